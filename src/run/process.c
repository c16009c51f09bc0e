/* What the runtime sets on init from outside, with its own rights: resource limits, the OOM score, a scheduler that no fork keeps. */
#include <errno.h>
#include <sys/resource.h>
#include "base/format.h"
#include "base/number.h"
#include "kern/procfs.h"
#include "run/scheduler.h"
#include "run/stage.h"

static rlim_t enough(const struct plan *plan, const struct plan_rlimit *limit, uint64_t value)
{
	uint64_t least = PLAN_NOFILE_LEAST + (uint64_t)plan->preserve_fds;
	return limit->resource == RLIMIT_NOFILE && value < least ? least : value;
}

int host_rlimits(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;

	for (size_t i = 0; i < process->rlimit_count; i++) {
		const struct plan_rlimit *limit = &process->rlimits[i];
		const struct rlimit value = {
			.rlim_cur = enough(stage->plan, limit, limit->soft), .rlim_max = enough(stage->plan, limit, limit->hard),
		};
		/* init is our child and not reaped: its number is its own. */
		if (prlimit(stage->pid, limit->resource, &value, NULL) < 0)
			return fail_at(error, &limit->at, errno, "cannot set %s to %llu, at most %llu", limit->name,
				       (unsigned long long)limit->soft, (unsigned long long)limit->hard);
	}
	return 0;
}

int host_scheduler(struct stage *stage, struct error *error)
{
	return scheduler_apply(stage->pid, stage->plan->process.scheduler, error);
}

int stage_oom_score_refused(const struct stage *stage, int code, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;

	return fail_at(error, &process->oom_score_adj_at, code, "failed to update /proc/self/oom_score_adj to %d", *process->oom_score_adj);
}

/* From the host's side: in a user namespace of its own init could not lower it. Before init has done anything worth killing it for,
 * since the engine's own score may be -999. */
int host_oom_score(struct stage *stage, struct error *error)
{
	char path[40], value[24];

	format(path, sizeof(path), "%d/oom_score_adj", (int)stage->pid);
	number_text(value, *stage->plan->process.oom_score_adj);
	int r = procfs_write(stage->procfs, path, value);
	return r < 0 ? stage_oom_score_refused(stage, -r, error) : 0;
}
