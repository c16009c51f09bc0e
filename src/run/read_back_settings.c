/* Resource limits, scheduling, and where a process is, compared with the plan (debug builds). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "base/read_back.h"
#include "kern/path.h"
#include "run/read_back_parts.h"

#define IOPRIO_WHO_PROCESS 1
#define RESET_ON_FORK 1u

/* ---- limits ---- */

static bool set_again(const struct plan_process *process, size_t i)
{
	for (size_t k = i + 1; k < process->rlimit_count; k++)
		if (process->rlimits[k].resource == process->rlimits[i].resource)
			return true;
	return false;
}

/* init itself needs some descriptors until it has closed them (PLAN_NOFILE_LEAST). */
static uint64_t enough(const struct plan *plan, const struct plan_rlimit *limit, uint64_t value, enum read_back_when when)
{
	uint64_t least = PLAN_NOFILE_LEAST + (uint64_t)plan->preserve_fds;

	return when == BEFORE_EXEC && limit->resource == RLIMIT_NOFILE && value < least ? least : value;
}

int read_back_limits(const struct read_back *b, enum read_back_when when, struct error *error)
{
	const struct plan_process *process = &b->plan->process;
	uint64_t found[2];
	char field[60];

	for (size_t i = 0; i < process->rlimit_count; i++) {
		const struct plan_rlimit *limit = &process->rlimits[i];
		if (set_again(process, i))
			continue;
		/* prlimit(2) of who has other ids, or may not be traced: an ordinary user's */
		if (syscall(SYS_prlimit64, b->pid, limit->resource, NULL, found) < 0)
			return errno == EPERM ? 0 : read_back_unreadable(error, limit->name, errno);
		format(field, sizeof(field), "%s, soft", limit->name);
		try(read_back_number(error, field, enough(b->plan, limit, limit->soft, when), found[0]));
		format(field, sizeof(field), "%s, hard", limit->name);
		try(read_back_number(error, field, enough(b->plan, limit, limit->hard, when), found[1]));
	}
	return 0;
}

/* ---- scheduling ---- */

struct attributes { /* struct sched_attr, version 0 */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int compare_scheduler(const struct read_back *b, struct error *error)
{
	const struct plan_scheduler *asked = b->plan->process.scheduler;
	struct attributes found = { .size = 0 };

	if (!asked)
		return 0;
	if (syscall(SYS_sched_getattr, b->pid, &found, sizeof(found), 0) < 0)
		return read_back_unreadable(error, "scheduler", errno);
	try(read_back_number(error, "scheduler: policy", asked->policy, found.policy));
	try(read_back_number(error, "scheduler: reset on fork", asked->flags & RESET_ON_FORK, found.flags & RESET_ON_FORK));
	if (asked->policy == SCHED_OTHER || asked->policy == SCHED_BATCH)
		try(read_back_number(error, "scheduler: nice", (uint64_t)asked->nice, (uint64_t)found.nice));
	if (asked->policy == SCHED_FIFO || asked->policy == SCHED_RR)
		try(read_back_number(error, "scheduler: priority", asked->priority, found.priority));
	if (asked->policy != 6) /* SCHED_DEADLINE */
		return 0;
	try(read_back_number(error, "scheduler: runtime", asked->runtime, found.runtime));
	try(read_back_number(error, "scheduler: deadline", asked->deadline, found.deadline));
	return read_back_number(error, "scheduler: period", asked->period ? asked->period : asked->deadline, found.period);
}

/* All that the cgroup has, and of those only the ones that were asked for. */
static int compare_cpus(const struct read_back *b, struct error *error)
{
	static uint64_t found[PLAN_CPUS / 64], all[PLAN_CPUS / 64];
	const uint64_t *asked = b->plan->process.cpus_final;

	memset(found, 0, sizeof(found));
	memset(all, 0, sizeof(all));
	if (!b->cpus || number_list(b->cpus, all, PLAN_CPUS) < 0)
		return 0;
	if (syscall(SYS_sched_getaffinity, b->pid, sizeof(found), found) < 0)
		return read_back_unreadable(error, "CPU affinity", errno);
	for (size_t i = 0; i < PLAN_CPUS / 64; i++)
		try(read_back_number(error, "CPU affinity", asked ? asked[i] & all[i] : all[i], found[i]));
	return 0;
}

int read_back_scheduling(const struct read_back *b, struct error *error)
{
	const struct plan_process *process = &b->plan->process;
	char asked[24];

	try(compare_scheduler(b, error));
	try(compare_cpus(b, error));
	if (process->io_priority) {
		long found = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, b->pid);
		if (found < 0)
			return read_back_unreadable(error, "ioPriority", errno);
		try(read_back_number(error, "ioPriority", (uint64_t)*process->io_priority, (uint64_t)found));
	}
	if (process->oom_score_adj) {
		ssize_t n = read_back_file(b, b->pid, "oom_score_adj");
		if (n < 0)
			return read_back_unreadable(error, "oomScoreAdj", (int)-n);
		b->room[strcspn(b->room, "\n")] = '\0';
		format(asked, sizeof(asked), "%d", *process->oom_score_adj);
		try(read_back_text(error, "oomScoreAdj", asked, b->room));
	}
	if (process->personality && read_back_file(b, b->pid, "personality") > 0) {
		b->room[strcspn(b->room, "\n")] = '\0';
		format(asked, sizeof(asked), "%08lx", *process->personality);
		try(read_back_text(error, "personality", asked, b->room));
	}
	return 0;
}

/* ---- where it is ---- */

/* By its files, since a link may be on the way; where we may not look, nothing is known. */
int read_back_place(const struct read_back *b, struct error *error)
{
	char path[40], found[256];
	struct stat asked, there;

	format(path, sizeof(path), "%d/root", (int)b->pid);
	_cleanup_fd int root = again_openat(b->procfs, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return 0;
	format(path, sizeof(path), "%d/cwd", (int)b->pid);
	_cleanup_fd int cwd = path_open(root, b->plan->process.cwd, O_PATH | O_DIRECTORY, 0);
	if (cwd < 0 || fstat(cwd, &asked) < 0 || fstatat(b->procfs, path, &there, 0) < 0)
		return 0;
	if (asked.st_dev == there.st_dev && asked.st_ino == there.st_ino)
		return 0;
	if (read_back_link(b, b->pid, "cwd", found, sizeof(found)) < 0)
		found[0] = '\0';
	return read_back_differs(error, "working directory", b->plan->process.cwd, found);
}
