/* config-linux.md: the "linux" object */
#pragma once

#include "json/json.h"
#include "spec/resources.h"
#include "spec/seccomp.h"

/* One bit order for namespaces everywhere: spec, plan, run, init. */
enum namespace_type { NS_USER, NS_MOUNT, NS_PID, NS_NETWORK, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_TYPES };

struct spec_namespace {
	struct place at;
	int type;                     /* enum namespace_type */
	const char *path;             /* NULL: a new one */
};

struct spec_time_offset { const int64_t *secs; const uint32_t *nanosecs; };
struct spec_time_offsets { struct place at; struct spec_time_offset *monotonic, *boottime; };

struct spec_device {                  /* config-linux.md#devices */
	struct place at;
	const char *path;
	const char *type;             /* "c" "b" "u" "p" */
	const int64_t *major, *minor;
	const uint32_t *file_mode;
	const uint32_t *uid, *gid;
};

struct spec_net_device { const char *key; struct place at; const char *name; };

struct spec_intel_rdt {
	struct place at;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct json_strings schemata;
	bool enable_monitoring;
};

struct spec_memory_policy {
	struct place at;
	int mode;                     /* MPOL_* of set_mempolicy(2), without flags */
	const char *nodes;
	struct json_ints flags;       /* bits of MPOL_F_* */
};

enum { PERSONALITY_LINUX = 0, PERSONALITY_LINUX32 = 8 };
struct spec_personality { struct place at; int domain; struct json_strings flags; };

struct spec_linux {
	struct place at;
	struct json_objects namespaces;      /* struct spec_namespace */
	struct json_objects uid_mappings;    /* struct spec_id_mapping */
	struct json_objects gid_mappings;
	struct spec_time_offsets *time_offsets;
	struct json_objects devices;         /* struct spec_device */
	struct json_objects net_devices;     /* struct spec_net_device */
	const char *cgroups_path;
	struct place cgroups_path_at;
	struct spec_resources *resources;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct json_map sysctl;
	struct spec_seccomp *seccomp;
	const char *rootfs_propagation;
	struct place rootfs_propagation_at;
	struct json_strings masked_paths;
	struct place masked_paths_at;
	struct json_strings readonly_paths;
	struct place readonly_paths_at;
	const char *mount_label;
	struct place mount_label_at;
	struct spec_personality *personality;
};
extern const struct json_table spec_linux_table;

/* Words of the configuration for each value, for messages, `features` and the schema test; they end with a NULL word. */
extern const struct json_word namespace_words[], scheduler_policy_words[], scheduler_flag_words[], io_class_words[],
	memory_policy_words[], memory_policy_flag_words[], personality_words[];
