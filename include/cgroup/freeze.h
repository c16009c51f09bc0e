/* The freezer: cgroup.freeze of v2, freezer.state of a legacy hierarchy. Where a container is in both, it is the legacy one that
 * freezes, frozen means by either, and thawing lifts both. */
#pragma once

#include <stdint.h>
#include "cgroup/cgroup.h"

/* Stops every process below, and waits until the kernel says that all have stopped: at most timeout_ms, and no longer than until the
 * descriptor `interrupt` is readable (-1: none). Then, and on any other failure, it is thawed again (contract 16.15). 0; -ENOENT:
 * there is no cgroup, or none that can be frozen; -ETIMEDOUT; -EINTR; -errno. */
int cgroup_freeze(const struct cgroup_at *at, int timeout_ms, int interrupt);

/* Lets them go on; the kernel does that at once. What the container has frozen itself, further down, stays frozen. 0; -ENOENT; -EBUSY:
 * a cgroup above it is frozen, and so it stays; -errno. */
int cgroup_thaw(const struct cgroup_at *at);

/* ---- for the files of src/cgroup alone: one open directory that has such a file ---- */
struct freezer {
	int dir; /* the caller's */
	bool v2;
};

/* As cgroup_freeze, but `until` a time of clock_ms(), and not thawed on failure. */
int freezer_stop(const struct freezer *freezer, int64_t until, int interrupt);
int freezer_release(const struct freezer *freezer);

/* Also one that is only asked to be: whoever did it may have died while waiting. */
bool freezer_frozen(const struct freezer *freezer);

/* A legacy freezer and all those below it: what the container has frozen there itself would not die either. */
void freezer_release_tree(int dir);
