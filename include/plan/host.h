/* What the host offers, found out once per command (run/host.c) so that plan can decide without asking the kernel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KERNEL_VERSION_OF(major, minor) ((major) << 8 | (minor))

/* cgroup controllers under their v2 names; `devices`, `freezer`, `cpuacct`, `net_cls` and `net_prio` exist on v1 alone, and
 * `perf_event` is always on in v2. */
enum cgroup_controller {
	CG_CPU, CG_CPUSET, CG_MEMORY, CG_IO, CG_PIDS, CG_HUGETLB, CG_RDMA, CG_DEVICES, CG_FREEZER, CG_CPUACCT, CG_NET_CLS,
	CG_NET_PRIO, CG_PERF_EVENT, CG_MISC, CG_DMEM,
	CG_CONTROLLERS
};
extern const char cgroup_controller_names[CG_CONTROLLERS][12];    /* as v2 calls them: "io" */
extern const char cgroup_controller_v1_names[CG_CONTROLLERS][12]; /* as v1 calls them: "blkio" */

enum cgroup_layout { CGROUP_NONE, CGROUP_UNIFIED, CGROUP_HYBRID, CGROUP_LEGACY };

struct host_cgroup {
	enum cgroup_layout layout;
	const char *v2;                      /* where the v2 tree is mounted, or NULL */
	uint32_t v2_controllers;             /* bits 1 << enum cgroup_controller that its root offers */
	const char *v1[CG_CONTROLLERS];      /* where each legacy hierarchy is mounted, or NULL; co-mounted ones share the path */
	bool memory_v1_swap;                 /* memory.memsw.* exists */
	const char *beside;                  /* an ordinary user: the v2 path where his own cgroup is and he may make others; or NULL */
};

struct host {
	unsigned kernel;                     /* KERNEL_VERSION_OF(major, minor) */
	uid_t euid;
	gid_t egid;
	bool unprivileged;                   /* no CAP_SYS_ADMIN: an ordinary user */
	bool sets_ids;                       /* CAP_SETUID and CAP_SETGID: any id may be mapped */
	bool in_user_namespace;              /* the runtime itself is not in the initial user namespace */
	bool owns_network;                   /* ... and its network namespace belongs to that one */
	bool apparmor, selinux;
	bool systemd;                        /* it is the init system (sd_booted(3)) */
	bool systemd_user;                   /* but not ours to command: the user's own manager is */
	unsigned cpus;                       /* that the runtime may use; 0: not known */
	unsigned mounts;                     /* of its mount namespace, 4096 or more told as that; 0: not known */
	bool kcore;                          /* /proc/kcore exists: /dev/core is made */
	unsigned last_capability;
	uint64_t capabilities;               /* the runtime's own bounding set: what it can grant */
	struct host_cgroup cgroup;
};
