/* What the host side of the score carries from row to row, and its steps. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <sys/types.h>
#include "cgroup/cgroup.h"
#include "cgroup/oom.h"
#include "cgroup/unit.h"
#include "kern/beside.h"
#include "plan/plan.h"
#include "run/deputy.h"
#include "run/score.h"
#include "state/state.h"

struct arena;

struct stage {
	const struct score *score;    /* what is played */
	struct plan *plan;
	struct trace_lane *trace;     /* --trace: ours; NULL */
	struct arena *arena;          /* ours alone: whoever may trace init finds nothing of it there */
	struct arena *plan_arena;     /* the shared one, with the plan and, in the end, the filter */
	size_t shared;                /* how much of that init maps: what it is to see must be below */
	const char *config_text;      /* what config.json said: a copy goes into the state directory */
	size_t config_length;
	const char *pid_file;         /* --pid-file, or NULL */
	int pid_dir;                  /* the directory it is relative to */

	int pidfd_receiver;           /* --pidfd-socket, connected; -1: none */
	int console;                  /* --console-socket, connected; -1: none */
	int master;                   /* of the terminal, once init has sent it; -1 */

	struct state_dir state;       /* ROOT and ROOT/ID, locked */
	struct record record;         /* what is (to be) written down */
	bool claimed;                 /* the directory is ours: a failure must undo */

	struct cgroup cgroup;         /* open directories of the container's cgroup */
	struct oom_tally oom;         /* in a unit of systemd's */
	struct network_beside network; /* being made; taken at birth */
	struct deputy deputy;         /* in the container's new user namespace, or in one for mounts alone, until it is created */
	struct placeholder placeholder; /* in a scope of systemd's until init is in it */
	int container;                /* exec: the pidfd of the container's init; -1 */
	enum status status;           /* exec: of the container */
	bool even_frozen;             /* exec: it waits with the container as long as that is frozen */
	pid_t pid;                    /* init, as the runtime sees it; 0: not born */
	int pidfd;
	uint64_t pid_start;           /* field 22 of /proc/PID/stat */
	void *errand;                 /* for a step of the deputy that needs more */
	bool reborn;                  /* init goes on in its second process */
	int socket;                   /* our end of the baton's socket */
	int cargo;                    /* our end of the cargo socket; -1: nothing to send */
	int joined_user;              /* a user namespace that is joined by path, for as long as id-mapped mounts may want it; -1: none */
	int procfs;                   /* the host's /proc, verified */
	int signals;                  /* a signalfd: SIGTERM and the like end a create cleanly; -1: none */
	bool baton;                   /* it is our turn */
};

/* How every stage begins, as a part of its initializer: no descriptor is open, and the baton is the runtime's. */
#define STAGE_BEGIN                                                                                                              \
	.pid_dir = AT_FDCWD, .pidfd_receiver = -1, .console = -1, .master = -1, .state = { .root = -1, .dir = -1 },                  \
	.cgroup = { .v2 = -1 }, .oom = OOM_TALLY_NONE, .deputy = DEPUTY_NONE, .placeholder = { .pidfd = -1 }, .container = -1,       \
	.pidfd = -1, .socket = -1, .cargo = -1, .joined_user = -1, .procfs = -1, .signals = -1, .baton = true

/* HOST and ASIDE steps; each file in src/run has its topic's. 0, or -1 with the error filled. */
int host_claim(struct stage *stage, struct error *error);          /* claim.c: the directory ROOT/ID, the lock, the first record */
int host_network(struct stage *stage, struct error *error);        /* birth.c: a network namespace is begun, on another core */
int host_deputy(struct stage *stage, struct error *error);         /* deputy.c */
int host_cgroup(struct stage *stage, struct error *error);         /* cgroup.c: directories, limits, device rules */
int host_placeholder(struct stage *stage, struct error *error);    /* cgroup.c: who held the place in systemd's scope goes */
int host_join_cgroups(struct stage *stage, struct error *error);   /* cgroup.c: pid into each legacy hierarchy */
int host_namespaces(struct stage *stage, struct error *error);     /* namespaces.c: opens and verifies the ones to be joined */
int host_root(struct stage *stage, struct error *error);           /* root.c: the root as a detached tree -> plan->root.fd */
int host_cargo(struct stage *stage, struct error *error);          /* cargo.c: opens sources, sends the trees over the cargo socket */
int host_listener(struct stage *stage, struct error *error);       /* start.c: the socket `start` will connect to */
int host_birth(struct stage *stage, struct error *error);          /* birth.c: init is born */
int host_id_maps(struct stage *stage, struct error *error);        /* namespaces.c */
int host_time_offsets(struct stage *stage, struct error *error);   /* namespaces.c */
int host_net_devices(struct stage *stage, struct error *error);    /* net_devices.c: into the container's network namespace */
int host_net_devices_stay(struct stage *stage, struct error *error); /* net_devices.c: the way back is given up */
int host_oom_score(struct stage *stage, struct error *error);      /* process.c */
int host_rlimits(struct stage *stage, struct error *error);        /* process.c: prlimit(2) on init, with the runtime's own rights */
int host_scheduler(struct stage *stage, struct error *error);      /* process.c */
int host_seccomp(struct stage *stage, struct error *error);        /* seccomp.c: the filter, compiled while init mounts */
int host_filter_ready(struct stage *stage, struct error *error);   /* seccomp.c: the point where init may rely on the compiled filter */
int host_notify(struct stage *stage, struct error *error);         /* seccomp.c: the listener of an early filter, to its agent */
int host_hooks_begin(struct stage *stage, struct error *error);    /* hooks.c: the record says so before the first one runs */
int host_prestart(struct stage *stage, struct error *error);       /* hooks.c */
int host_create_runtime(struct stage *stage, struct error *error); /* hooks.c */
int host_newlines(struct stage *stage, struct error *error);       /* console.c: of a terminal that we attend */
int host_console(struct stage *stage, struct error *error);        /* console.c: the terminal's master, to the console socket */
int host_commit(struct stage *stage, struct error *error);         /* claim.c: the record with the pid, the pid file */
int host_created(struct stage *stage, struct error *error);        /* claim.c: init stands on its own; nothing is left to do */
int host_exec_commit(struct stage *stage, struct error *error);    /* enter.c: exec: the pid file, the pidfd socket */

/* The error of a score that the kernel does not take. -1. */
int stage_oom_score_refused(const struct stage *stage, int code, struct error *error);

/* Nothing without stage->pid_file. */
int stage_write_pid_file(struct stage *stage, struct error *error);
