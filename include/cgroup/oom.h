/* Deaths for lack of memory: memory.events of v2, memory.oom_control of a legacy hierarchy. */
#pragma once

#include <stdint.h>
#include "cgroup/cgroup.h"

/* How many processes of the container the kernel has killed for its limit, as far as the cgroup still tells: 0 if it is gone. */
uint64_t cgroup_oom_kills(const struct cgroup_at *at);

/* An open look at the same, which survives the removal of the directory as far as the kernel lets it: for whoever waits for the
 * container's end. -1: this host cannot tell. The caller's. */
int cgroup_oom_open(const struct cgroup_at *at);
/* The count behind such a descriptor, 0 if it cannot be read any more. */
uint64_t cgroup_oom_count(int fd);
