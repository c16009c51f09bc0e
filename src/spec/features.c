/* features.md as a table, in the order the document has it. */
#include "spec/features.h"

/* A false is said, not left out: it means "not supported" (features-linux.md). */
#define SAID FIELD_REQUIRED

JSON_TABLE(features_switch_table, "feature", struct features_switch, F_BOOL(struct features_switch, enabled, "enabled", SAID));

JSON_TABLE(features_cgroup_table, "cgroup", struct features_cgroup,
	F_BOOL(struct features_cgroup, v1, "v1", SAID),
	F_BOOL(struct features_cgroup, v2, "v2", SAID),
	F_BOOL(struct features_cgroup, systemd, "systemd", SAID),
	F_BOOL(struct features_cgroup, systemd_user, "systemdUser", SAID),
	F_BOOL(struct features_cgroup, rdma, "rdma", SAID),
);

JSON_TABLE(features_seccomp_table, "seccomp", struct features_seccomp,
	F_BOOL(struct features_seccomp, enabled, "enabled", SAID),
	F_STRINGS(struct features_seccomp, actions, "actions", 0, 0),
	F_STRINGS(struct features_seccomp, operators, "operators", 0, 0),
	F_STRINGS(struct features_seccomp, archs, "archs", 0, 0),
	F_STRINGS(struct features_seccomp, known_flags, "knownFlags", 0, 0),
	F_STRINGS(struct features_seccomp, supported_flags, "supportedFlags", 0, 0),
);

JSON_TABLE(features_rdt_table, "intelRdt", struct features_rdt,
	F_BOOL(struct features_rdt, enabled, "enabled", SAID),
	F_BOOL(struct features_rdt, schemata, "schemata", SAID),
	F_BOOL(struct features_rdt, monitoring, "monitoring", SAID),
);

JSON_TABLE(features_memory_policy_table, "memoryPolicy", struct features_memory_policy,
	F_STRINGS(struct features_memory_policy, modes, "modes", 0, 0),
	F_STRINGS(struct features_memory_policy, flags, "flags", 0, 0),
);

JSON_TABLE(features_mount_extensions_table, "mountExtensions", struct features_mount_extensions,
	F_OBJECT(struct features_mount_extensions, idmap, "idmap", SAID, &features_switch_table),
);

JSON_TABLE(features_linux_table, "linux", struct features_linux,
	F_STRINGS(struct features_linux, namespaces, "namespaces", 0, 0),
	F_STRINGS(struct features_linux, capabilities, "capabilities", 0, 0),
	F_OBJECT(struct features_linux, cgroup, "cgroup", SAID, &features_cgroup_table),
	F_OBJECT(struct features_linux, seccomp, "seccomp", SAID, &features_seccomp_table),
	F_OBJECT(struct features_linux, apparmor, "apparmor", SAID, &features_switch_table),
	F_OBJECT(struct features_linux, selinux, "selinux", SAID, &features_switch_table),
	F_OBJECT(struct features_linux, intel_rdt, "intelRdt", SAID, &features_rdt_table),
	F_OBJECT(struct features_linux, memory_policy, "memoryPolicy", SAID, &features_memory_policy_table),
	F_OBJECT(struct features_linux, mount_extensions, "mountExtensions", SAID, &features_mount_extensions_table),
	F_OBJECT(struct features_linux, net_devices, "netDevices", SAID, &features_switch_table),
);

JSON_TABLE(features_table, "features", struct features,
	F_STRING(struct features, oci_version_min, "ociVersionMin", SAID),
	F_STRING(struct features, oci_version_max, "ociVersionMax", SAID),
	F_STRINGS(struct features, hooks, "hooks", 0, 0),
	F_STRINGS(struct features, mount_options, "mountOptions", 0, 0),
	F_OBJECT(struct features, linux_, "linux", SAID, &features_linux_table),
	F_MAP(struct features, annotations, "annotations", 0),
	F_STRINGS(struct features, unsafe_annotations, "potentiallyUnsafeConfigAnnotations", 0, 0),
);
