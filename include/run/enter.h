/* exec on the runtime's side: one more process in a container. */
#pragma once

#include "cgroup/join.h"
#include "run/stage.h"

/* The stage has plan, arena, state directory and record of a container that runs; no lock is needed: the container's init is held by its
 * pidfd, and what was made of nothing is undone by ending the process. Returns once the program is executed: stage->pid and pidfd are its.
 * -1 with the error filled, and the process gone. */
int container_exec(struct stage *stage, const struct cgroup_wishes *wishes, struct error *error);
