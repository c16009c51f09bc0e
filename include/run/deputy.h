/* For a runtime that may not do it itself, an ordinary user's: a process of its own somewhere else, in a new user namespace where it has
 * all capabilities, or in a cgroup that nobody enters from outside. It shares memory and descriptors with the runtime and plays single
 * steps in its place, while the runtime waits.
 *
 * What is outside stays outside: hooks, the state directory, systemd and the terminal see the user as he is. It never enters a user
 * namespace in which there are others: they could have rights over it, and over what it gives birth to (rules B.6.3, B.11). */
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

/* One in `namespaces` (CLONE_NEW*), or where we are: 0 or -errno. It does not move in memory until it is ended. */
int deputy_begin(struct deputy *deputy, uint64_t namespaces);

/* One in a new user namespace without ids, and in a copy of our mount namespace: it may clone mounts there, whose flags are locked. */
int deputy_for_mounts(struct deputy *deputy, const struct place *at, struct error *error);

/* `step`, played by the deputy if there is one, else here: 0, or -1 with the error filled. Whoever is stopped, frozen or takes longer than
 * `patience` milliseconds (-1: as long as it takes) is killed, and so it is if a signal asks us to end. */
int deputy_play(struct stage *stage, struct deputy *deputy, int (*step)(struct stage *stage, struct error *error), int patience,
		struct error *error);

void deputy_end(struct deputy *deputy);
