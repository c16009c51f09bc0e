/* The plan: what will be done, fully decided, nearer to the kernel than the configuration.
 *
 * It lives in a shared arena: the runtime fills it, init maps it read-only at the same address. Everything is const once made but
 * for the members marked HOST, which the runtime fills in (descriptors, a compiled filter) before init reaches the row that uses
 * them. Lists are arrays with counts; a NULL string or a zero count is "not wanted". Neither run nor init sees the spec.
 *
 * Members marked OWN point into the runtime's own arena, which init has not: it must not follow them. Who may trace init sees all that the
 * shared arena holds, so what only the host needs is OWN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/abi.h"
#include "base/error.h"
#include "plan/host.h"
#include "plan/request.h"

/* ---- namespaces ---- (enum namespace_type is spec's; init sees these numbers only here) */
enum plan_ns {
	PLAN_NS_USER, PLAN_NS_MOUNT, PLAN_NS_PID, PLAN_NS_NETWORK, PLAN_NS_IPC, PLAN_NS_UTS, PLAN_NS_CGROUP, PLAN_NS_TIME,
	PLAN_NS_TYPES
};
enum ns_mode { NS_INHERIT, NS_NEW, NS_JOIN };

struct plan_namespace {
	enum ns_mode mode;
	uint64_t flag;             /* CLONE_NEW* */
	const char *name;          /* "network" */
	const char *path;          /* NS_JOIN */
	struct place at;
	int fd;                    /* HOST: NS_JOIN: the namespace, verified to be of this type; inherited by init */
	bool own;                  /* HOST: the path leads to the runtime's own namespace: not private (rule B.11) */
};

#define TIME_OFFSETS_WORDS "cannot set the clock offsets of the time namespace" /* on whichever side */

struct plan_namespaces {
	struct plan_namespace of[PLAN_NS_TYPES];
	uint64_t at_birth;         /* CLONE_NEW* for clone3 */
	bool user_late;            /* a new user namespace that init unshares, once it has joined what that would have no rights in */
	uint64_t after_user;       /* CLONE_NEW* that init unshares once it is in its user namespace; NEWPID means a fork then */
	bool unshare_cgroup;       /* a new cgroup namespace: unshared once init is in its cgroups (rule B.13) */
	bool unshare_time;
	const char *uid_map, *gid_map; /* text for /proc/PID/uid_map, NULL if no new user namespace */
	const struct place *uid_map_at, *gid_map_at; /* of each line */
	/* The runtime may not do what follows outside: a process of its own goes ahead into the user namespace (run/deputy.h). */
	bool ahead;
	bool born_ahead;           /* that is a new one: init is born there */
	unsigned few_mounts;       /* the kernel's small mount namespace is copied, if it is found among so many processes; 0: the host's */
	bool network_beside;       /* the network namespace of at_birth is made before, on another core (kern/beside.h) */
	bool deny_setgroups;       /* the price at which an ordinary user may map his own group (user_namespaces(7)) */
	uid_t setup_uid;           /* the container's ids that init has while it sets up: 0, or the first one that is mapped. HOST: those */
	gid_t setup_gid;           /* of a joined user namespace */
	uid_t root_uid;            /* the same as host ids, for ownership of what the host makes; (uid_t)-1 if not known */
	gid_t root_gid;
	const char *time_offsets;  /* lines for /proc/self/timens_offsets */
	struct place time_offsets_at;
	bool offsets_by_host;      /* init, which was executed outside of its user namespace, may not write them */
	const char *hostname, *domainname;
	bool loopback;             /* a new network namespace: lo is set up */
	int container;             /* exec: HOST: the pidfd of the container's init, whose namespaces are entered by it; else -1 */
};

/* ---- network devices ---- */
struct plan_net_device {
	struct place at;
	const char *host, *name;   /* its name here, and in the container */
	bool numbered;             /* name ends with "%d": the kernel chooses the number */
};

/* ---- root and mounts ---- */
struct plan_overlay {
	const char *const *lower;  /* absolute host directories, topmost first */
	size_t lower_count;
	const char *upper, *work;  /* both or neither */
	bool ephemeral;            /* upper and work on a private tmpfs that dies with the container */
	const struct mount_param *params; /* further overlay options: "metacopy=on" */
	size_t param_count;
	bool detached;             /* this kernel assembles it without any mount table (6.15); else in a passing mount namespace */
};

struct plan_root {
	struct place at;
	const char *path;          /* absolute host path of the root directory; the lowest layer of an overlay */
	const struct plan_overlay *overlay; /* NULL: a plain directory */
	bool readonly;
	bool pivot;                /* false: --no-pivot, or no mount namespace of its own: chroot */
	bool bound;                /* false: no mount namespace: nothing is mounted, only chroot */
	uint64_t propagation;      /* MS_* for "/" once pivoted: ABI_MS_PRIVATE by default */
	bool propagation_recursive;
	/* MS_SLAVE, MS_PRIVATE or MS_SHARED: what the copied host tree is made, recursively, before anything is mounted; 0: not touched */
	uint64_t host_propagation;
	uint64_t device, inode;    /* HOST: of the directory at `path`, as it was looked at */
	uint64_t top_device, top_inode; /* HOST: of what becomes "/": the same, or the overlay's */
	int fd;                    /* HOST: the detached tree (a clone of the directory, or the overlay); inherited by init */
};

struct mount_param {
	const char *key;
	const char *value;         /* NULL: a flag */
	bool optional;             /* a file system that does not know it goes without */
};

enum mount_kind {
	MOUNT_FILESYSTEM,  /* init makes it: fsopen, fsconfig, fsmount */
	MOUNT_TREE,        /* the runtime has it ready as a detached tree: bind mounts, overlays, a v2 cgroup directory */
	MOUNT_REMOUNT,     /* attributes of what is mounted at the target */
	MOUNT_CGROUP_V1,   /* a tmpfs with one tree for each legacy hierarchy in it */
};

enum tree_source { TREE_NONE, TREE_BIND, TREE_OVERLAY, TREE_CGROUP, TREE_READINESS };

/* Where a program finds the socket on which it tells that it is ready (contract 7.4): a directory of the state directory, read-only. */
#define PLAN_READINESS_DIR "notify"
#define PLAN_READINESS_SOCKET "notify.sock"
#define PLAN_READINESS_TARGET "/run/notify"

struct propagation { uint64_t flag; bool recursive; };

struct plan_id_map { const char *uid_map, *gid_map; bool recursive; struct place at; };

struct plan_mount {
	struct place at;
	enum mount_kind kind;
	const char *target;              /* as configured, below the root; always begins with '/' */
	const char *type;                /* file system type; NULL for a tree */
	const char *source;              /* MOUNT_FILESYSTEM: the "source" parameter or NULL; TREE_BIND: absolute host path */
	enum tree_source tree;           /* MOUNT_TREE */
	bool recursive;                  /* rbind */
	const struct plan_overlay *overlay;
	const struct mount_param *params;
	size_t param_count;
	uint64_t attr_set, attr_clear;   /* MOUNT_ATTR_* of the mount itself; any atime word puts MOUNT_ATTR__ATIME in attr_clear */
	uint64_t recursive_set, recursive_clear;
	const struct propagation *propagation; /* applied in order, after attaching */
	size_t propagation_count;
	bool real_directory;             /* proc and sysfs: the target must be a directory itself, directly below the root (rule B.3.5) */
	bool view;                       /* ... and what lies below it is looked for in this mount: no later one covers it (rule B.3.4) */
	const char *why_refused;         /* MOUNT_FILESYSTEM: what EPERM means, as words after a sentence; or NULL */
	bool procfs_only;                /* a tree on /proc: its root must be procfs with inode 1 (rule B.3.5) */
	bool copy_up;                    /* tmpcopyup */
	bool mode_from_target;           /* tmpfs without mode=: takes the mode of an existing directory */
	bool readonly_late;              /* read-only after devices are made in it */
	const struct plan_id_map *id_map; /* a mapping of its own; with MAP_CONTAINER: that of the container's user namespace */
	bool id_map_container;
	const struct plan_mount *inside; /* MOUNT_CGROUP_V1: one TREE_CGROUP mount for each hierarchy, targets relative to this one */
	size_t inside_count;
	const struct plan_link *links;   /* MOUNT_CGROUP_V1: "cpuacct" -> "cpu,cpuacct" */
	size_t link_count;
	unsigned cgroup;                 /* TREE_CGROUP: index into plan_cgroup.directories */
};

struct plan_link { const char *target, *path; }; /* the text of the link, and where below the root */

struct plan_device {
	struct place at;
	const char *path;
	mode_t mode;                     /* type and permissions: S_IFCHR | 0666 */
	unsigned major, minor;
	uid_t uid;
	gid_t gid;
	bool bind;                       /* a user namespace may not mknod: the host's node is bound; the tree comes with the cargo */
};

struct plan_mounts {
	const struct plan_mount *items;
	size_t count;
	const struct plan_device *devices;
	size_t device_count;
	const struct plan_link *links;   /* /dev/fd, stdin, stdout, stderr, core, ptmx */
	size_t link_count;
	bool dev_is_ours;                /* /dev is a tmpfs we mount: what stands in the way of a node is an error */
	const char *const *masked;
	size_t masked_count;
	const char *const *readonly;
	size_t readonly_count;
	struct place masked_at, readonly_at;
	size_t cargo;                    /* how many trees the runtime sends: those of items (inside included), then devices with bind */
};

struct plan_sysctl { const char *path, *value; struct place at; }; /* path below /proc/sys: "net/ipv4/ip_forward" */

/* ---- process ---- */
/* init needs a few descriptors to the end: a smaller RLIMIT_NOFILE is set to this (and the preserved ones) first, and lowered by
 * init itself when all are closed. */
#define PLAN_NOFILE_LEAST 64
struct plan_rlimit { int resource; uint64_t soft, hard; const char *name; struct place at; };

struct plan_scheduler {
	struct place at;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

struct plan_memory_policy { struct place at; int mode; const uint64_t *nodes; size_t bits; /* mode has its flags in it */ };

#define PLAN_CPUS 65536

struct plan_capabilities { uint64_t bounding, effective, permitted, inheritable, ambient; };

#define PLAN_HOME_ROOM 65536 /* the largest page */

struct plan_process {
	struct place at;
	char *const *args;               /* NULL-ended */
	char *const *env;
	size_t env_count;
	bool wants_home;                 /* HOME is unset or empty: env[env_count] is "HOME=/", PLAN_HOME_ROOM bytes on pages of its own,
					  * where init writes what the container's passwd file says */
	const char *path;                /* the PATH for finding args[0] */
	struct place args_at, cwd_at;
	const char *cwd;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	mode_t umask;
	struct plan_capabilities caps;
	bool no_new_privileges;
	const struct plan_rlimit *rlimits;
	size_t rlimit_count;
	const int *oom_score_adj;
	bool oom_score_at_birth;         /* by init itself; else from outside, as in a user namespace it could not be lowered */
	struct place oom_score_adj_at, user_at, apparmor_at, selinux_at;
	const struct plan_scheduler *scheduler;
	const int *io_priority;          /* the value for ioprio_set(2) */
	struct place io_priority_at;
	const uint64_t *cpus_initial;    /* exec: a set of PLAN_CPUS bits that the runtime goes to before the birth; NULL: where it is */
	const uint64_t *cpus_final;      /* exec: ... and the process then; NULL: all that the cgroup has */
	const unsigned long *personality;
	struct place personality_at;
	const struct plan_memory_policy *memory_policy;
	const char *apparmor;            /* "exec PROFILE", for attr/apparmor/exec */
	const char *selinux;             /* label for attr/exec */
	const char *keyring;             /* name of the new session keyring, "_ses.ID"; NULL: --no-new-keyring */
	bool detached;                   /* outlives the runtime: create, run --detach */
	bool terminal;                   /* stdin, stdout and stderr are a new terminal of the container's devpts */
	bool console_device;             /* ... that is bound on /dev/console as well */
	uint16_t rows, columns;          /* its first size; 0: as it comes */
	struct place terminal_at;
};

/* ---- seccomp ---- */
struct plan_seccomp_arg { uint32_t index; uint64_t value, value_two; int op; };   /* op: libseccomp's number */
struct plan_seccomp_rule {
	struct place at;
	uint32_t action;                 /* libseccomp's SCMP_ACT_* with its errno */
	const char *const *names;
	size_t name_count;
	const struct plan_seccomp_arg *args;
	size_t arg_count;
};
struct plan_seccomp {
	struct place at;
	uint32_t default_action;
	const uint32_t *architectures;   /* OWN: SCMP_ARCH_*; the native one is always among them */
	size_t architecture_count;
	const struct plan_seccomp_rule *rules; /* OWN */
	size_t rule_count;
	uint32_t flags;                  /* for seccomp(2) */
	bool early;                      /* loaded before privileges are dropped; else the last thing before execve */
	bool notify;                     /* some rule notifies: the listener goes to listener_path */
	const char *listener_path, *listener_metadata; /* OWN */
	const struct abi_bpf_insn *program; /* HOST */
	size_t length;                   /* HOST */
};

/* ---- hooks ---- */
enum hook_kind {
	HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_CREATE_CONTAINER, HOOK_START_CONTAINER, HOOK_POSTSTART, HOOK_POSTSTOP,
	HOOK_KINDS
};
struct plan_hook {
	struct place at;
	const char *path;
	char *const *args;               /* never NULL: {path} when the configuration has none */
	char *const *env;                /* NULL: unset, which means another one for each kind (contract section 12) */
	int timeout_ms;                  /* 0: none */
};
struct plan_hooks {
	const struct plan_hook *of[HOOK_KINDS]; /* OWN but for createContainer and startContainer, which init runs */
	size_t count[HOOK_KINDS];
	/* The state for hooks that init runs: init knows its pid as the container sees it, so the text stops before the number. */
	const char *state_head, *state_tail;         /* with status "creating", for createContainer */
	const char *start_head, *start_tail;         /* with status "created", for startContainer */
};

/* ---- cgroup ---- */
struct plan_write {
	const char *file, *value;
	struct place at;
	bool may_be_missing;             /* a kernel without the file does without the write */
	bool or_next;                    /* a kernel without the file takes the next write instead, one with it skips that */
};

struct plan_cgroup_directory {
	const char *mount;               /* where the hierarchy is mounted on the host */
	bool v2;
	uint32_t controllers;            /* bits of enum cgroup_controller it carries */
	const struct plan_write *writes; /* in order */
	size_t write_count;
	const char *label;               /* v1: name of the mount point's last part, "cpu,cpuacct" */
};

struct plan_device_rule {
	bool allow;
	char type;                       /* 'a', 'b', 'c' */
	int64_t major, minor;            /* -1: any */
	unsigned access;                 /* 1 mknod, 2 read, 4 write, as BPF has it */
};

/* One property of a systemd unit (org.freedesktop.systemd1(5)), decided; `signature` is D-Bus's and says which members hold it. */
struct plan_property {
	const char *name;                /* "MemoryMax" */
	const char *signature;           /* "b" "y" "n" "q" "i" "u" "x" "t": number; "s": strings[0]; "as": strings; "a(ss)": pairs of
					  * strings; "a(st)": strings[i] with numbers[i]; "ay": bytes */
	uint64_t number;                 /* signed ones in two's complement */
	const char *const *strings;
	const uint64_t *numbers;
	size_t count;                    /* of strings; pairs count as two */
	const uint8_t *bytes;
	size_t byte_count;
	unsigned since;                  /* the systemd version that came to know it, 0: all; older ones go without */
	struct place at;
};

/* systemd owns the directories (contract 14.5): a transient unit, whose cgroup is the container's. */
struct plan_unit {
	const char *name;                /* "prefix-name.scope", or "name.slice" */
	const char *slice;               /* "machine.slice"; "-.slice" is the root */
	const char *description;
	bool is_slice;                   /* a slice holds no processes when it starts */
	bool user;                       /* the user manager's, on the user's bus; else the system's */
	const struct plan_property *properties; /* what the limits and annotations say; not the fixed ones (cgroup/unit.c) */
	size_t property_count;
};

/* How a refusal begins that an ordinary user may meet (contract 14.6). */
#define CGROUP_ROOTLESS "rootless needs no limits + no cgrouppath when no permission is granted for cgroups"

/* Every pointer here is OWN, and in what they point to. */
struct plan_cgroup {
	const char *path;                /* the same below every hierarchy: "/machine/abc"; NULL: no cgroup is made. With a unit: where
					  * systemd will put it, below the manager's own cgroup; HOST: its ControlGroup once started */
	struct place at;
	const struct plan_unit *unit;    /* NULL: the directories are ours */
	int ours;                        /* HOST: how many processes of ours are in a scope before init is */
	bool check_usage;                /* update: memory.checkBeforeUpdate: a limit not above the current usage is refused */
	const struct plan_cgroup_directory *directories; /* the v2 one first if there is one */
	size_t directory_count;
	const struct plan_device_rule *device_rules;     /* complete, in order: deny all first, defaults and linux.devices at the end */
	size_t device_rule_count;
	bool legacy;                     /* some directory is a legacy hierarchy's */
	bool scope;                      /* the unit is a scope */
	bool devices_optional;           /* where the kernel lets us load none, nobody can make device nodes either */
	bool rootless;                   /* whoever is refused gets told what an ordinary user can do */
	bool devices_v2;                 /* by a BPF program on the v2 directory; else by devices.* of the legacy hierarchy */
	uid_t owner_uid;                 /* delegation (config-linux.md#cgroup-ownership); (uid_t)-1: none */
};

/* ---- all of it ---- */
/* A container, or one more process in a container: then of all these chapters the process, seccomp, the namespaces to be entered
 * (NS_JOIN without a path), the cgroup, and for a container without a root mount of its own the root's descriptor. */
enum plan_kind { PLAN_CREATE, PLAN_EXEC };

struct plan {
	enum plan_kind kind;
	const char *id;
	const char *bundle;              /* absolute */
	struct plan_namespaces namespaces;
	const struct plan_net_device *net_devices; /* in the order in which they are moved */
	size_t net_device_count;
	bool net_devices_return;         /* delete brings them back; else they are with the owner of the namespace, or the kernel */
	struct plan_root root;
	struct plan_mounts mounts;
	const struct plan_sysctl *sysctls;
	size_t sysctl_count;
	const char *mount_label;
	struct plan_process process;
	bool has_process;                /* false: create works, start is an error (runtime.md#start) */
	const struct plan_seccomp *seccomp;
	struct plan_hooks hooks;
	struct plan_cgroup cgroup;
	bool readiness;                  /* the program may tell that it is ready: there is a directory for the socket of `start` */
	unsigned preserve_fds;           /* descriptors 3 .. 3+N-1 stay with the payload */
	bool in_user_namespace;          /* new, joined, or the runtime's own: mknod and some writes are not possible */

	unsigned first_row;              /* HOST: of the score: where init begins, having the baton; 0: it waits for its turn */
	/* HOST: descriptors that init inherits; -1: none */
	int socket;                      /* the baton's socket */
	int cargo_socket;                /* detached trees, in messages of at most 250 */
	int listener;                    /* a listening socket that `start` connects to */
	int trace;                       /* --trace: the memory that both sides write into */
	int procfs;                      /* a private procfs with subset=pid, for labels and offsets */
};
