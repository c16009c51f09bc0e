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

/* The file that says so, open: for whoever waits for the container's end. On v2 it becomes POLLPRI when there may be news, again after
 * each reading. -1: this host cannot tell. The caller's. */
int cgroup_oom_open(const struct cgroup_at *at);
/* The count behind such a descriptor. 0; -ENODEV: the cgroup has been removed; -errno. */
int cgroup_oom_count(int fd, uint64_t *count);

/* For the files of src/cgroup alone: the same as cgroup_oom_open, with the directory it is in, which is the caller's too. */
struct oom_place { int dir; bool legacy; };
int oom_open(const struct cgroup_at *at, struct oom_place *place);
