/* The scheduler of the container's process: by init itself, or by the runtime where a fork would lose it. In both executables. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct error;
struct plan;
struct plan_scheduler;

/* A child does not get what SCHED_FLAG_RESET_ON_FORK or SCHED_DEADLINE gives (sched(7)), and who enters a pid namespace becomes a child,
 * which has no privileges any more. Then the runtime sets it from outside; but where a reborn init needs none for it, and no filter may
 * be in its way, it does so itself: an ordinary user's runtime may not, of a process with another id. */
bool scheduler_by_host(const struct plan *plan);
bool scheduler_by_reborn(const struct plan *plan);

/* Of process `pid`, 0: our own. 0, or -1 with the error told. */
int scheduler_apply(pid_t pid, const struct plan_scheduler *wanted, struct error *error);
