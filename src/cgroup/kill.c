/* Everything in a cgroup killed, a fork bomb and what is frozen included. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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
	int first;   /* one of these, which tells whose they all are, or -1 */
	const struct record_cgroup *first_hierarchy;
};

static void close_all(struct victims *victims)
{
	close_fd(&victims->v2);
	while (victims->count)
		close_fd(&victims->v1[--victims->count]);
}

/* One that cannot be opened is not gone: somebody may be in there. */
static int open_all(struct victims *victims, const struct cgroup_at *at)
{
	*victims = (struct victims){ .v2 = -1, .freezer = -1, .first = -1 };
	for (size_t i = 0; i < at->count && victims->count < CGROUP_DIRECTORIES_MOST; i++) {
		const struct record_cgroup *hierarchy = &at->hierarchies[i];
		int dir = tree_of(hierarchy, at->path);
		if (dir == -ENOENT || dir == -ENODEV)
			continue;
		if (dir < 0)
			return dir;
		if (victims->first < 0) {
			victims->first = dir;
			victims->first_hierarchy = hierarchy;
		}
		if (hierarchy->v2 && victims->v2 < 0) {
			victims->v2 = dir;
			continue;
		}
		victims->v1[victims->count++] = dir;
		if (faccessat(dir, "freezer.state", W_OK, 0) == 0)
			victims->freezer = dir;
	}
	return 0;
}

/* What is frozen by v1 does not die. */
static void thaw(const struct victims *victims)
{
	if (victims->freezer >= 0)
		freezer_release_tree(victims->freezer);
}

/* So that nothing forks between being counted and being killed. */
static void freeze(const struct freezer *freezer, int64_t deadline)
{
	int64_t until = clock_ms() + FREEZE_MS;

	if (freezer->dir >= 0)
		freezer_stop(freezer, until < deadline ? until : deadline, -1);
}

#define AT_ONCE 128 /* descriptors; the usual limit is 1024 */

struct target {
	pid_t pid;
	int pidfd;
	bool there;
};
struct shooting {
	int dir;
	int64_t deadline;
	int spare; /* given up for the list's descriptor where there is none left */
	size_t count;
	struct target targets[AT_ONCE];
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
	_cleanup_fd int pidfd = process > 0 ? pidfd_open(process) : process ? process : -ESRCH;

	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : pidfd;
	int here = tree_processes(shooting->dir, is_pid, &thread);
	if (here <= 0)
		return here;
	pid_t now = process_of_thread(thread);
	if (now != process) /* it has just ended */
		return now < 0 && now != -ESRCH ? now : 0;
	int r = pidfd_signal(pidfd, SIGKILL);
	return r == -ESRCH ? 0 : r;
}

static int by_pid(const void *a, const void *b)
{
	pid_t one = ((const struct target *)a)->pid, other = ((const struct target *)b)->pid;

	return (one > other) - (one < other);
}

static int mark(pid_t pid, void *data)
{
	struct shooting *shooting = data;
	const struct target wanted = { .pid = pid };
	struct target *found = bsearch(&wanted, shooting->targets, shooting->count, sizeof(wanted), by_pid);

	if (found)
		found->there = true;
	return 0;
}

/* The descriptors are there; now the question whether they are still of this cgroup: so no number can mean somebody else (rule B.14.9),
 * not even where a freezer should have kept them all, as not everybody need be below it. The list is read once for all of them: for each
 * it would take a fork bomb's square. */
static int fire(struct shooting *shooting)
{
	int result = 0;

	close_fd(&shooting->spare);
	if (shooting->count) {
		qsort(shooting->targets, shooting->count, sizeof(shooting->targets[0]), by_pid);
		result = tree_processes(shooting->dir, mark, shooting);
	}
	for (size_t i = 0; i < shooting->count; i++) {
		struct target *target = &shooting->targets[i];
		int r = target->there ? pidfd_signal(target->pidfd, SIGKILL) : 0;
		if (r < 0 && r != -ESRCH && result == 0)
			result = r;
		close_fd(&target->pidfd);
	}
	shooting->count = 0;
	shooting->spare = fcntl(shooting->dir, F_DUPFD_CLOEXEC, 3);
	return result;
}

static int aim(pid_t pid, void *data)
{
	struct shooting *shooting = data;
	int pidfd = pidfd_open(pid), r = 0;

	if (pidfd == -EINVAL || pidfd == -ENOENT) { /* a thread, before and since Linux 6.16 */
		r = shoot_process_of(pid, shooting);
		if (r == -EMFILE && shooting->count && (r = fire(shooting)) == 0)
			r = shoot_process_of(pid, shooting);
		return r;
	}
	if (pidfd == -EMFILE && shooting->count && (r = fire(shooting)) == 0)
		pidfd = pidfd_open(pid);
	if (r < 0 || pidfd < 0)
		return r < 0 ? r : pidfd == -ESRCH ? 0 : pidfd;
	shooting->targets[shooting->count++] = (struct target){ .pid = pid, .pidfd = pidfd };
	if (shooting->count < AT_ONCE)
		return 0;
	r = fire(shooting);
	return r == 0 && clock_ms() >= shooting->deadline ? -ETIMEDOUT : r;
}

static int shoot_all(int dir, void *data)
{
	struct shooting shooting = { .dir = dir, .deadline = *(const int64_t *)data };

	shooting.spare = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	int r = tree_processes(dir, aim, &shooting), last = fire(&shooting);
	close_fd(&shooting.spare);
	return r < 0 ? r : last;
}

/* One round over the legacy hierarchies. They hold the same processes, unless the container moved some: the first round is content
 * with one hierarchy. */
static int kill_v1(const struct victims *victims, int round, int64_t deadline)
{
	int r = 0;

	freeze(&(struct freezer){ .dir = victims->freezer }, deadline);
	for (size_t i = 0; i < victims->count && r >= 0; i++)
		if (round > 0 || victims->freezer < 0 || victims->v1[i] == victims->freezer)
			r = tree_each(victims->v1[i], shoot_all, &deadline);
	thaw(victims); /* on every way out, or the dying stay (contract section 16.15) */
	return r;
}

/* How many are left, or -errno. */
static int count_left(const struct victims *victims)
{
	bool populated = false, frozen;
	int r = victims->v2 < 0 ? 0 : tree_events(victims->v2, &populated, &frozen), all = populated;

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
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

	for (int64_t us = 50; (count = count_left(victims)) > 0 && clock_ms() < until; us = us < 10000 ? us * 2 : us)
		tree_event_wait(victims->v2, "populated 1", us, -1);
	return count;
}

/* A threaded cgroup cannot be killed as one. */
static int kill_threaded(int dir, int64_t deadline)
{
	const struct freezer freezer = { .dir = dir, .v2 = true };

	freeze(&freezer, deadline);
	int r = tree_each(dir, shoot_all, &deadline);
	freezer_release(&freezer);
	return r;
}

static int kill_v2(const struct victims *victims, int64_t deadline)
{
	int r = file_write(victims->v2, "cgroup.kill", "1");

	/* Gone, between our look and this; of the file itself when it is opened, it is ENOENT. */
	if (r == -ENODEV || r == -ENOENT)
		return 0;
	return r == -EOPNOTSUPP ? kill_threaded(victims->v2, deadline) : r;
}

/* Nothing has been killed before the first round; after it there is more patience each time. */
static int64_t round_end(int round, int64_t deadline)
{
	int64_t end = round == 0 ? 0 : clock_ms() + (20LL << (round < 5 ? round : 5));

	return end < deadline ? end : deadline;
}

/* Once they have all gone another container may take a cgroup that stays, and whoever is in it be that one's: its mark comes before its
 * init, in the hierarchy that a create begins with. 1, 0, or -errno. */
static int still_ours(const struct victims *victims, int round)
{
	return round == 0 ? 1 : tree_is_the_one(victims->first_hierarchy, victims->first);
}

/* 1; 0: who is left is none of ours; or -errno. */
static int kill_round(const struct victims *victims, int round, int64_t deadline)
{
	int r = still_ours(victims, round);
	if (r <= 0)
		return r;
	if (round > 0 && clock_ms() >= deadline)
		return -ETIMEDOUT;
	/* The one write kills a fork bomb as a whole, and what v2 has frozen; legacy freezers have to let go of it. */
	r = victims->v2 < 0 ? 0 : kill_v2(victims, deadline);
	if (r < 0)
		return r;
	if (victims->v2 < 0 || round > 0)
		r = kill_v1(victims, round, deadline);
	else
		thaw(victims);
	return r < 0 ? r : 1;
}

int cgroup_kill(const struct cgroup_at *at, int timeout_ms)
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct victims victims;
	int left = 0;

	if (!tree_path_valid(at->path))
		return -EINVAL;
	int r = open_all(&victims, at);
	for (int round = 0; r >= 0 && (left = r = wait_for_the_dying(&victims, round_end(round, deadline))) > 0; round++)
		if ((r = kill_round(&victims, round, deadline)) <= 0)
			break;
	/* Killing lifts no freeze of v2, and a cgroup that is not removed with the container is used again (contract 16.15). */
	if (victims.v2 >= 0 && (r < 0 || left <= 0))
		freezer_release(&(struct freezer){ .dir = victims.v2, .v2 = true });
	close_all(&victims);
	return r;
}
