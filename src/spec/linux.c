/* config-linux.md: the "linux" object, as tables. */
#include "spec/linux.h"

#include <linux/mempolicy.h>

#include "spec/limits.h"
#include "spec/mounts.h"

const struct json_word namespace_words[] = {
	{ "user", NS_USER }, { "mount", NS_MOUNT }, { "pid", NS_PID }, { "network", NS_NETWORK },
	{ "ipc", NS_IPC }, { "uts", NS_UTS }, { "cgroup", NS_CGROUP }, { "time", NS_TIME }, { NULL, 0 },
};

/* Linux 6.9; not in the headers we build with. */
#define POLICY_WEIGHTED_INTERLEAVE 6

const struct json_word memory_policy_words[] = {
	{ "MPOL_DEFAULT", MPOL_DEFAULT }, { "MPOL_PREFERRED", MPOL_PREFERRED }, { "MPOL_BIND", MPOL_BIND },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE }, { "MPOL_LOCAL", MPOL_LOCAL }, { "MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY },
	{ "MPOL_WEIGHTED_INTERLEAVE", POLICY_WEIGHTED_INTERLEAVE }, { NULL, 0 },
};

const struct json_word memory_policy_flag_words[] = {
	{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING }, { "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES }, { NULL, 0 },
};

const struct json_word personality_words[] = { { "LINUX", PERSONALITY_LINUX }, { "LINUX32", PERSONALITY_LINUX32 }, { NULL, 0 } };

JSON_TABLE(spec_namespace_table, "namespace", struct spec_namespace,
	F_PLACE(struct spec_namespace, at),
	F_ENUM(struct spec_namespace, type, "type", FIELD_REQUIRED, namespace_words),
	F_STRING(struct spec_namespace, path, "path", FIELD_ABSOLUTE | FIELD_MAKING));

/* time_namespaces(7): the kernel refuses a second or more in the nanoseconds. */
JSON_TABLE(spec_time_offset_table, "time offset", struct spec_time_offset,
	F_OPT_INT(struct spec_time_offset, secs, "secs", INT64_MIN, INT64_MAX),
	F_OPT_UINT(struct spec_time_offset, nanosecs, "nanosecs", 999999999));

JSON_TABLE(spec_time_offsets_table, "timeOffsets", struct spec_time_offsets,
	F_PLACE(struct spec_time_offsets, at),
	F_OPT_OBJECT(struct spec_time_offsets, monotonic, "monotonic", &spec_time_offset_table),
	F_OPT_OBJECT(struct spec_time_offsets, boottime, "boottime", &spec_time_offset_table));

/* The mode may carry the file type's bits, as stat(2) gives it: engines copy it from a device of the host. */
JSON_TABLE(spec_device_table, "device", struct spec_device,
	F_PLACE(struct spec_device, at),
	F_STRING(struct spec_device, path, "path", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_STRING(struct spec_device, type, "type", FIELD_REQUIRED),
	F_OPT_INT(struct spec_device, major, "major", 0, DEVICE_MAJOR_MAX),
	F_OPT_INT(struct spec_device, minor, "minor", 0, DEVICE_MINOR_MAX),
	F_OPT_UINT(struct spec_device, file_mode, "fileMode", 0177777),
	F_OPT_UINT(struct spec_device, uid, "uid", ID_MAX),
	F_OPT_UINT(struct spec_device, gid, "gid", ID_MAX));

JSON_TABLE(spec_net_device_table, "network device", struct spec_net_device,
	F_KEY(struct spec_net_device, key),
	F_PLACE(struct spec_net_device, at),
	F_STRING(struct spec_net_device, name, "name", 0));

JSON_TABLE(spec_intel_rdt_table, "intelRdt", struct spec_intel_rdt,
	F_PLACE(struct spec_intel_rdt, at),
	F_STRING(struct spec_intel_rdt, clos_id, "closID", 0),
	F_STRING(struct spec_intel_rdt, l3_cache_schema, "l3CacheSchema", 0),
	F_STRING(struct spec_intel_rdt, mem_bw_schema, "memBwSchema", 0),
	F_STRINGS(struct spec_intel_rdt, schemata, "schemata", 0, 0),
	F_BOOL(struct spec_intel_rdt, enable_monitoring, "enableMonitoring", 0));

JSON_TABLE(spec_memory_policy_table, "memoryPolicy", struct spec_memory_policy,
	F_PLACE(struct spec_memory_policy, at),
	F_ENUM(struct spec_memory_policy, mode, "mode", FIELD_REQUIRED, memory_policy_words),
	F_STRING(struct spec_memory_policy, nodes, "nodes", 0),
	F_ENUMS(struct spec_memory_policy, flags, "flags", 0, memory_policy_flag_words));

JSON_TABLE(spec_personality_table, "personality", struct spec_personality,
	F_PLACE(struct spec_personality, at),
	F_ENUM(struct spec_personality, domain, "domain", FIELD_REQUIRED, personality_words),
	F_STRINGS(struct spec_personality, flags, "flags", 0, 0));

/* seccomp last: it is by far the longest of a written configuration. */
JSON_TABLE(spec_linux_table, "linux", struct spec_linux,
	F_PLACE(struct spec_linux, at),
	F_OBJECTS(struct spec_linux, namespaces, "namespaces", 0, &spec_namespace_table, 64),
	F_OBJECTS(struct spec_linux, uid_mappings, "uidMappings", FIELD_MAKING, &spec_id_mapping_table, ID_MAPPINGS_MOST),
	F_OBJECTS(struct spec_linux, gid_mappings, "gidMappings", FIELD_MAKING, &spec_id_mapping_table, ID_MAPPINGS_MOST),
	F_OBJECT(struct spec_linux, time_offsets, "timeOffsets", FIELD_OPTIONAL | FIELD_MAKING, &spec_time_offsets_table),
	F_OBJECTS(struct spec_linux, devices, "devices", FIELD_MAKING, &spec_device_table, 4096), /* rule B.17 */
	F_OBJECT_MAP(struct spec_linux, net_devices, "netDevices", FIELD_MAKING, &spec_net_device_table),
	F_STRING_AT(struct spec_linux, cgroups_path, cgroups_path_at, "cgroupsPath", FIELD_HOST),
	F_OBJECT(struct spec_linux, resources, "resources", FIELD_OPTIONAL | FIELD_HOST, &spec_resources_table),
	F_OBJECT(struct spec_linux, intel_rdt, "intelRdt", FIELD_OPTIONAL | FIELD_HOST, &spec_intel_rdt_table),
	F_OPT_OBJECT(struct spec_linux, memory_policy, "memoryPolicy", &spec_memory_policy_table),
	F_MAP(struct spec_linux, sysctl, "sysctl", FIELD_MAKING),
	F_STRING_AT(struct spec_linux, rootfs_propagation, rootfs_propagation_at, "rootfsPropagation", FIELD_MAKING),
	F_STRINGS_AT(struct spec_linux, masked_paths, masked_paths_at, "maskedPaths", FIELD_MAKING, 0),
	F_STRINGS_AT(struct spec_linux, readonly_paths, readonly_paths_at, "readonlyPaths", FIELD_MAKING, 0),
	F_STRING_AT(struct spec_linux, mount_label, mount_label_at, "mountLabel", FIELD_MAKING),
	F_OPT_OBJECT(struct spec_linux, personality, "personality", &spec_personality_table),
	F_OBJECT(struct spec_linux, seccomp, "seccomp", FIELD_OPTIONAL | FIELD_HOST, &spec_seccomp_table));
