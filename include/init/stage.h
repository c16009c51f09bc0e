/* What init carries from row to row, and its steps. init has no heap: this struct and the plan are all it knows. */
#pragma once

#include <stdbool.h>
#include "plan/plan.h"
#include "run/score.h"

struct stage {
	const struct score *score;
	const struct plan *plan;
	struct trace_lane *trace; /* --trace: init's; NULL */
	int socket;        /* the baton's; after the wait the accepted connection of `start` */
	int cargo;         /* detached trees arrive here; -1: none expected */
	int cargo_fds[250];/* the message that is being used up */
	int cargo_next, cargo_count;
	int listener;
	int procfs;        /* -1: not wanted */
	int root;          /* the container's root, O_PATH: the one base of all paths in it (rule B.2.1); -1 once it is "/" */
	int dev;           /* the directory mounted on /dev, while wanted; -1 */
	int program;       /* args[0] as found, O_PATH; -1 */
	bool chroot;       /* whoever called us is in a chroot: our "/" is not the mount namespace's */
	bool entered;      /* the working directory has been entered, as root and before a filter was loaded */
	char program_path[4096]; /* its path, for execve: what a script's interpreter sees in argv */
	bool baton;
};

/* Whether a joined pid namespace is still to be entered, by a child that goes on (namespaces.c: init_reborn). */
static inline bool rebirth_pending(const struct plan *plan)
{
	const struct plan_namespace *pid = &plan->namespaces.of[PLAN_NS_PID];
	return pid->mode == NS_JOIN && !pid->own;
}

/* start.c: init's lane in the memory behind the descriptor, which it takes; NULL for none (-1). */
struct trace_lane *init_trace(int fd);

/* console.c: the terminal on 0 becomes the session's. */
int console_control(const struct stage *stage, struct error *error);

/* The INIT steps; each file in src/init has its topic's. 0, or -1 with the error filled. */
int init_ties(struct stage *stage, struct error *error);            /* main.c: dies with its creator; not dumpable */
int init_namespaces(struct stage *stage, struct error *error);      /* namespaces.c: joins, then makes what had to wait */
int init_enter_container(struct stage *stage, struct error *error); /* namespaces.c: exec: those of the container, and its root */
int init_late_user(struct stage *stage, struct error *error);       /* namespaces.c: a user namespace that waits for joins */
int init_become_root(struct stage *stage, struct error *error);     /* namespaces.c: ids of the user namespace that own what is made */
int init_cgroup_namespace(struct stage *stage, struct error *error);/* namespaces.c */
int init_time_namespace(struct stage *stage, struct error *error);  /* namespaces.c */
int init_enter_time(struct stage *stage, struct error *error);      /* namespaces.c */
int init_names(struct stage *stage, struct error *error);           /* namespaces.c: hostname, domainname */
int init_loopback(struct stage *stage, struct error *error);        /* namespaces.c */
int init_pid_namespace(struct stage *stage, struct error *error);   /* namespaces.c: a joined one, for our next child */
int init_reborn(struct stage *stage, struct error *error);          /* namespaces.c: ... which goes on, without privileges (rule B.11) */
int init_session(struct stage *stage, struct error *error);         /* process.c: setsid, session keyring */
int init_propagation(struct stage *stage, struct error *error);     /* root.c: the copied host tree becomes slave or private */
int init_attach_root(struct stage *stage, struct error *error);     /* root.c: stage->root */
int init_mounts(struct stage *stage, struct error *error);          /* mounts.c */
int init_devices(struct stage *stage, struct error *error);         /* devices.c: nodes, links */
int init_sysctl(struct stage *stage, struct error *error);          /* sysctl.c */
int init_create_container(struct stage *stage, struct error *error);/* hooks.c */
int init_pivot(struct stage *stage, struct error *error);           /* root.c: pivot_root or chroot; then its propagation */
int init_cwd(struct stage *stage, struct error *error);             /* paths.c: made if missing */
int init_masked(struct stage *stage, struct error *error);          /* paths.c */
int init_console(struct stage *stage, struct error *error);         /* console.c: the terminal: made, bound on /dev/console, 0 to 2 */
int init_readonly(struct stage *stage, struct error *error);        /* paths.c: read-only paths, late read-only mounts, the root */
int init_root_propagation(struct stage *stage, struct error *error);/* root.c: last of all that is done with mounts */
int init_limits(struct stage *stage, struct error *error);          /* process.c: scheduler, io priority and the like */
int init_enter_early(struct stage *stage, struct error *error);     /* user.c: cwd, securebits, before a filter may bar the way */
int init_seccomp_early(struct stage *stage, struct error *error);   /* seccomp.c: without no_new_privs it needs CAP_SYS_ADMIN */
int init_user(struct stage *stage, struct error *error);            /* user.c: bounding set, groups, ids, capabilities, cwd */
int init_labels(struct stage *stage, struct error *error);          /* process.c: AppArmor, SELinux, for the next exec */
int init_program(struct stage *stage, struct error *error);         /* program.c: finds args[0]; HOME; no_new_privs, umask, signals */
int init_untie(struct stage *stage, struct error *error);            /* start.c: it no longer dies with its creator */
int init_wait(struct stage *stage, struct error *error);             /* start.c: closes what set-up needed, waits for `start` */
int init_start_container(struct stage *stage, struct error *error); /* hooks.c */
int init_close(struct stage *stage, struct error *error);           /* program.c: all but stdio, preserved fds and stage->socket */
int init_seccomp_late(struct stage *stage, struct error *error);    /* seccomp.c: the last thing before exec */
int init_exec(struct stage *stage, struct error *error);            /* program.c: execve; on failure a baton says why */

/* The next detached tree of the cargo, owned by the caller; -1 with the error filled. */
int init_next_tree(struct stage *stage, struct error *error);
