/* Everything in a cgroup killed, a fork bomb and what is frozen included. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/freeze.h"
#include "cgroup/processes.h"
#include "cgroup/tree.h"
#include "kern/process.h"
#include "state/state.h"

#define FREEZE_MS 200 /* a process in the kernel may take long to freeze; then it is killed as it is */

/* The container's directories that are still there. */
struct victims {
	int v2;
	int v1[CGROUP_DIRECTORIES_MOST];
	size_t count;
	int freezer; /* one of v1, or -1 */
};

static void close_all(struct victims *victims)
{
	close_fd(&victims->v2);
	while (victims->count)
		close_fd(&victims->v1[--victims->count]);
}

static void open_all(struct victims *victims, const struct cgroup_at *at)
{
	*victims = (struct victims){ .v2 = -1, .freezer = -1 };
	for (size_t i = 0; i < at->count && victims->count < CGROUP_DIRECTORIES_MOST; i++) {
		const struct record_cgroup *hierarchy = &at->hierarchies[i];
		int dir = tree_of(hierarchy, at->path);
		if (dir < 0)
			continue;
		if (hierarchy->v2 && victims->v2 < 0) {
			victims->v2 = dir;
			continue;
		}
		victims->v1[victims->count++] = dir;
		if (faccessat(dir, "freezer.state", W_OK, 0) == 0)
			victims->freezer = dir;
	}
}

/* What is frozen by v1 does not die. */
static void thaw(const struct victims *victims)
{
	if (victims->freezer >= 0)
		freezer_release_tree(victims->freezer);
}

/* So that nothing forks between being counted and being killed. */
static bool freeze(const struct freezer *freezer, int64_t deadline)
{
	int64_t until = clock_ms() + FREEZE_MS;

	return freezer->dir >= 0 && freezer_stop(freezer, until < deadline ? until : deadline, -1) == 0;
}

struct shooting {
	int dir;
	bool frozen;
};

static int is_pid(pid_t pid, void *data)
{
	return pid == *(pid_t *)data;
}

/* A threaded cgroup lists threads: it is the process that dies. As long as the thread is here and is that process's, the descriptor
 * is that process, or of one that has ended. */
static int shoot_process_of(pid_t thread, const struct shooting *shooting)
{
	pid_t process = process_of_thread(thread);
	_cleanup_fd int pidfd = process > 0 ? pidfd_open(process) : -ESRCH;

	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : pidfd;
	if (process_of_thread(thread) != process || tree_processes(shooting->dir, is_pid, &thread) == 0)
		return 0;
	int r = pidfd_signal(pidfd, SIGKILL);
	return r == -ESRCH ? 0 : r;
}

/* The descriptor first, then the question whether it is still one of them: so the number cannot mean somebody else (rule B.14.9).
 * What is frozen cannot have ended meanwhile. */
static int shoot(pid_t pid, void *data)
{
	const struct shooting *shooting = data;
	_cleanup_fd int pidfd = pidfd_open(pid);

	if (pidfd == -EINVAL || pidfd == -ENOENT) /* a thread, before and since Linux 6.16 */
		return shoot_process_of(pid, shooting);
	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : pidfd;
	if (!shooting->frozen && tree_processes(shooting->dir, is_pid, &pid) == 0)
		return 0;
	int r = pidfd_signal(pidfd, SIGKILL);
	return r == -ESRCH ? 0 : r;
}

static int shoot_all(int dir, void *data)
{
	struct shooting shooting = { dir, *(bool *)data };

	return tree_processes(dir, shoot, &shooting);
}

/* One round over the legacy hierarchies. They hold the same processes, unless the container moved some: the first round is content
 * with one hierarchy. */
static int kill_v1(const struct victims *victims, int round, int64_t deadline)
{
	bool frozen = freeze(&(struct freezer){ .dir = victims->freezer }, deadline);
	int r = 0;

	for (size_t i = 0; i < victims->count && r >= 0; i++)
		if (round > 0 || victims->freezer < 0 || victims->v1[i] == victims->freezer)
			r = tree_each(victims->v1[i], shoot_all, &frozen);
	thaw(victims); /* on every way out, or the dying stay (contract section 16.15) */
	return r;
}

/* How many are left, or -errno. */
static int left(const struct victims *victims)
{
	int all = 0;

	if (victims->v2 >= 0 && tree_event(victims->v2, "populated 1"))
		all = 1;
	for (size_t i = 0; i < victims->count; i++) {
		int count = tree_count(victims->v1[i]);
		if (count < 0)
			return count;
		all += count;
	}
	return all;
}

/* The killed need a moment to go; being killed again does not make them faster. How many are left. */
static int wait_for_the_dying(const struct victims *victims, int64_t until)
{
	int count;

	for (int64_t us = 50; (count = left(victims)) > 0 && clock_ms() < until; us = us < 10000 ? us * 2 : us)
		tree_event_wait(victims->v2, "populated 1", us, -1);
	return count;
}

/* A threaded cgroup cannot be killed as one. */
static int kill_threaded(int dir, int64_t deadline)
{
	const struct freezer freezer = { .dir = dir, .v2 = true };
	bool frozen = freeze(&freezer, deadline);
	int r = tree_each(dir, shoot_all, &frozen);

	freezer_release(&freezer);
	return r;
}

static int kill_v2(const struct victims *victims, int64_t deadline)
{
	int r = file_write(victims->v2, "cgroup.kill", "1");

	return r == -EOPNOTSUPP ? kill_threaded(victims->v2, deadline) : r == -ENODEV ? 0 : r;
}

/* Nothing has been killed before the first round; after it there is more patience each time. */
static int64_t round_end(int round, int64_t deadline)
{
	int64_t end = round == 0 ? 0 : clock_ms() + (20ll << (round < 5 ? round : 5));

	return end < deadline ? end : deadline;
}

static int kill_round(const struct victims *victims, int round, int64_t deadline)
{
	/* The one write kills a fork bomb as a whole, and what v2 has frozen; legacy freezers have to let go of it. */
	int r = victims->v2 < 0 ? 0 : kill_v2(victims, deadline);

	if (r < 0)
		return r;
	if (victims->v2 < 0 || round > 0)
		return kill_v1(victims, round, deadline);
	thaw(victims);
	return 0;
}

int cgroup_kill(const struct cgroup_at *at, int timeout_ms)
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct victims victims;
	int r;

	if (!tree_path_valid(at->path))
		return -EINVAL;
	open_all(&victims, at);
	for (int round = 0; (r = wait_for_the_dying(&victims, round_end(round, deadline))) > 0; round++) {
		r = round > 0 && clock_ms() >= deadline ? -ETIMEDOUT : kill_round(&victims, round, deadline);
		if (r < 0)
			break;
	}
	/* Killing lifts no freeze of v2, and a cgroup that is not removed with the container is used again (contract 16.15). */
	if (victims.v2 >= 0)
		freezer_release(&(struct freezer){ .dir = victims.v2, .v2 = true });
	close_all(&victims);
	return r;
}
