/* The part of `mounts add` and `mounts remove` that is done in the container's mount namespace, by a child that can be given up. */
#pragma once

#include <stdint.h>
#include "base/error.h"

struct stage;

enum kept { KEPT_ROOT, KEPT_PROC, KEPT_SYS, KEPT_DEV, KEPT };

/* The container's surroundings, held by descriptors. */
struct inside {
	const struct stage *stage;
	int pidfd;           /* init's */
	uint64_t own;        /* CLONE_NEW* of what a new file system belongs to and the container has not from us */
	int64_t deadline;    /* of clock_ms(): when the container's file systems must have answered */
	int *trees;          /* one for each of the plan's mounts: what is to be attached; for the removal, what was found */

	/* The child's. */
	int root;            /* "/" as the container has it, O_PATH */
	uint64_t kept[KEPT]; /* ids of the mounts at "/", "/proc", "/sys" and "/dev"; 0: none of its own */
};

/* For struct visit, with a struct inside as their data. The first attaches what is to be, and stops where that fails; the second takes
 * away all that is attached; the third removes all, or, if one of them is not to be removed, nothing. */
int inside_attach(void *inside, int *fd, struct error *error);
int inside_take_back(void *inside, int *fd, struct error *error);
int inside_remove(void *inside, int *fd, struct error *error);
