/* Deaths for lack of memory: memory.events of v2, memory.oom_control of a legacy hierarchy.
 *
 * The kernel counts a process where it was, whoever ran out of memory: its own limit, one above it, or the host. v2 counts those of
 * cgroups below, too; a legacy hierarchy does not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "cgroup/cgroup.h"

/* How many processes of the container the kernel has killed. 0; -ENODEV: the cgroup is gone, or does not count them; -errno. */
int cgroup_oom_kills(const struct cgroup_at *at, uint64_t *count);
/* How often its own limit, or that of one below, left no memory, whether there was somebody to kill or not. v2 alone: else -ENODATA. */
int cgroup_oom_times(const struct cgroup_at *at, uint64_t *count);

/* A count kept up from now on, for whoever sees the container through. systemd removes a scope's cgroup with the last process in it,
 * which may be before anybody could read; the cgroup above, which stays, has counted the same death. */
struct oom_tally {
	int own;             /* its file: on v2 POLLPRI when there may be news, again after each reading; -1: no such file, or gone */
	int above;           /* v2 alone: that of the cgroup above; else -1 */
	uint64_t own_count, above_count; /* as last read, both at one moment */
	uint64_t kills;      /* since it was opened */
	bool counted;        /* it could be opened, whether it is still there or not */
};

#define OOM_TALLY_NONE { .own = -1, .above = -1 }

/* Leaves OOM_TALLY_NONE where this host does not count. To be closed. */
void oom_tally_open(const struct cgroup_at *at, struct oom_tally *tally);
/* Brings `kills` up to date. Once the cgroup is gone, the last time: a death in it since the reading before is told from one beside it by
 * nothing, but that was moments ago, for every one is news. */
void oom_tally_read(struct oom_tally *tally);
void oom_tally_close(struct oom_tally *tally);

/* For the files of src/cgroup alone: the file and the directory it is in, both the caller's; -1: this host cannot tell. */
struct oom_place { int dir; bool legacy; };
int oom_open(const struct cgroup_at *at, struct oom_place *place);
/* The count behind such a descriptor. 0; -ENODEV: the cgroup has been removed; -errno. */
int oom_count(int fd, uint64_t *count);
