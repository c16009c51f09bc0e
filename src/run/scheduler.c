/* The scheduler of the container's process. */
#include "run/scheduler.h"

#include <errno.h>
#include <sched.h>
#include "base/error.h"
#include "kern/schedule.h"
#include "plan/plan.h"

#define POLICY_DEADLINE 6u
#define FLAG_RESET_ON_FORK 1u

static bool is_lost(const struct plan *plan)
{
	const struct plan_scheduler *wanted = plan->process.scheduler;

	return plan->has_process && wanted && plan->namespaces.of[PLAN_NS_PID].mode == NS_JOIN &&
	       (wanted->policy == POLICY_DEADLINE || wanted->flags & FLAG_RESET_ON_FORK);
}

static bool needs_no_right(const struct plan *plan)
{
	const struct plan_scheduler *wanted = plan->process.scheduler;
	bool fair = wanted->policy != POLICY_DEADLINE && wanted->policy != SCHED_FIFO && wanted->policy != SCHED_RR;

	return fair && wanted->nice >= 0 && !(plan->seccomp && plan->seccomp->early);
}

bool scheduler_by_host(const struct plan *plan)
{
	return is_lost(plan) && !needs_no_right(plan);
}

bool scheduler_by_reborn(const struct plan *plan)
{
	return is_lost(plan) && needs_no_right(plan);
}

int scheduler_apply(pid_t pid, const struct plan_scheduler *wanted, struct error *error)
{
	const struct schedule schedule = {
		.policy = wanted->policy, .flags = wanted->flags, .nice = wanted->nice, .priority = wanted->priority,
		.runtime = wanted->runtime, .deadline = wanted->deadline, .period = wanted->period,
	};
	int r = schedule_set(pid, &schedule);
	/* With CONFIG_RT_GROUP_SCHED a new legacy cpu cgroup has no time for real-time tasks at all (sched-rt-group.rst). */
	if (r == -EPERM && (wanted->policy == SCHED_FIFO || wanted->policy == SCHED_RR))
		return fail_at(error, &wanted->at, 0, "the kernel refuses the scheduler: a real-time policy needs CAP_SYS_NICE, "
			       "and in a legacy cpu cgroup a share of linux.resources.cpu.realtimeRuntime");
	if (r == -EPERM && pid)
		return fail_at(error, &wanted->at, 0, "the kernel refuses the scheduler: SCHED_FLAG_RESET_ON_FORK of a process that enters "
			       "a pid namespace needs CAP_SYS_NICE, or noNewPrivileges, a policy that is not real-time, and nice from 0");
	return r < 0 ? fail_at(error, &wanted->at, -r, "the kernel refuses the scheduler") : 0;
}
