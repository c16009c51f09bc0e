/* features.md and features-linux.md: the document `caisson features` prints. Written only, never read. */
#pragma once

#include "json/json.h"

/* Pointers to bool, as the document tells "not supported" from "not said". */
struct features_switch { bool enabled; };
struct features_cgroup { bool v1, v2, systemd, systemd_user, rdma; };
struct features_seccomp { bool enabled; struct json_strings actions, operators, archs, known_flags, supported_flags; };
struct features_rdt { bool enabled, schemata, monitoring; };
struct features_memory_policy { struct json_strings modes, flags; };
struct features_mount_extensions { struct features_switch idmap; };

struct features_linux {
	struct json_strings namespaces, capabilities;
	struct features_cgroup cgroup;
	struct features_seccomp seccomp;
	struct features_switch apparmor, selinux;
	struct features_rdt intel_rdt;
	struct features_memory_policy memory_policy;
	struct features_mount_extensions mount_extensions;
	struct features_switch net_devices;
};

struct features {
	const char *oci_version_min, *oci_version_max;
	struct json_strings hooks, mount_options;
	struct features_linux linux_;
	struct json_map annotations;
	struct json_strings unsafe_annotations;
};
extern const struct json_table features_table;
