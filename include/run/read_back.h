/* Debug builds (make DEBUG=1): the runtime reads back from the kernel what was set on a process and its cgroup, and refuses if that is
 * something else than the plan has. In any other build these do nothing, and nothing of src/run/read_back*.c is there. */
#pragma once

#include "run/stage.h"

struct talk;

#ifdef CAISSON_READ_BACK

#define READ_BACK_WANTS_PROCFS true

/* Once init has set all of itself, before it is let go: ids, capabilities, limits, namespaces, the cgroup and its values. */
int read_back_commit(const struct stage *stage, struct error *error);

/* Init is about to execute the program and waits for us: somebody of ours looks at it when it has, and it goes on. */
int read_back_watch(const struct talk *talk, struct error *error);

/* It has executed the program: what he has found, that is the seccomp filter, labels, descriptors, final limits. */
int read_back_watched(struct error *error);

#else

#define READ_BACK_WANTS_PROCFS false

static inline int read_back_commit(const struct stage *stage, struct error *error) { (void)stage; (void)error; return 0; }
static inline int read_back_watch(const struct talk *talk, struct error *error) { (void)talk; (void)error; return 0; }
static inline int read_back_watched(struct error *error) { (void)error; return 0; }

#endif
