/* For a runtime that may not do it itself, an ordinary user's: a process of its own inside the container's user namespace, where it has all
 * capabilities. It shares memory and descriptors with the runtime and plays single steps in its place, while the runtime waits.
 *
 * What is outside stays outside: hooks, the state directory, systemd and the terminal see the user as he is. */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"

struct stage;

struct deputy {
	pid_t pid;   /* 0: there is none */
	int pidfd;
	pid_t creator;
	int ours, its; /* two ends of a socket; both are in the one table of descriptors */
	int (*step)(struct stage *stage, struct error *error);
	struct stage *stage;
	struct error *error;
	int result;
};
#define DEPUTY_NONE { .pidfd = -1, .ours = -1, .its = -1 }

/* A deputy in `namespaces` (CLONE_NEW*), or where we are: 0 or -errno. */
int deputy_begin(struct stage *stage, uint64_t namespaces);

/* One in the user namespace of a container that runs, whose init has the pidfd stage->container. */
int deputy_to_container(struct stage *stage, struct error *error);

/* `step`, played by the deputy if there is one, else here: 0, or -1 with the error filled. */
int deputy_play(struct stage *stage, int (*step)(struct stage *stage, struct error *error), struct error *error);

void deputy_end(struct deputy *deputy);
