/* The freezer: cgroup.freeze of v2, freezer.state of a legacy hierarchy. */
#pragma once

#include "cgroup/cgroup.h"

/* Stops every process below, and waits until the kernel says that all have stopped, at most timeout_ms: then, and on any other
 * failure, it is thawed again (contract 16.15). 0; -ENOENT: there is no cgroup or no freezer; -ETIMEDOUT; -errno. */
int cgroup_freeze(const struct cgroup_at *at, int timeout_ms);

/* Lets them go on. The same errors. What the container has frozen itself, further down, stays frozen. */
int cgroup_thaw(const struct cgroup_at *at, int timeout_ms);
