/* Everything in a cgroup killed, a fork bomb and what is frozen included. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/tree.h"
#include "state/state.h"

#define FREEZE_MS 200 /* a process in the kernel may take long to freeze; then it is killed as it is */

/* The container's directories that are still there. */
struct victims {
	int v2;
	int v1[CGROUP_DIRECTORIES_MOST];
	size_t count;
	int freezer; /* one of v1, or -1 */
};

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 }, NULL);
}

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
		int dir = tree_leaf(hierarchy->mount, hierarchy->v2, at->path);
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

static int thaw_one(int dir, void *data)
{
	(void)data;
	file_write(dir, "freezer.state", "THAWED");
	return 0;
}

/* All the way down: the container may have frozen children of its own, and what is frozen by v1 does not die. */
static void thaw(const struct victims *victims)
{
	if (victims->freezer >= 0)
		tree_each(victims->freezer, thaw_one, NULL);
}

/* So that nothing forks between being counted and being killed. */
static bool freeze(const struct victims *victims, int64_t deadline)
{
	char state[32];
	int64_t until = clock_ms() + FREEZE_MS < deadline ? clock_ms() + FREEZE_MS : deadline;

	if (victims->freezer < 0)
		return false;
	do {
		if (file_write(victims->freezer, "freezer.state", "FROZEN") < 0)
			return false;
		if (file_read(victims->freezer, "freezer.state", state, sizeof(state)) > 4 &&
		    state[4] == 'E') /* FROZEN, not FREEZING */
			return true;
		sleep_us(1000);
	} while (clock_ms() < until);
	return false;
}

struct shooting {
	int dir;
	bool frozen;
};

static int is_pid(pid_t pid, void *data)
{
	return pid == *(pid_t *)data;
}

/* The descriptor first, then the question whether it is still one of them: so the number cannot mean somebody else (rule B.14.9).
 * What is frozen cannot have ended meanwhile. */
static int shoot(pid_t pid, void *data)
{
	const struct shooting *shooting = data;
	_cleanup_fd int pidfd = (int)syscall(ABI_SYS_pidfd_open, pid, 0);

	if (pidfd < 0 && errno == EINVAL) /* a thread of a threaded cgroup: its leader is killed where that is */
		return kill(pid, SIGKILL) < 0 && errno == EPERM ? -EPERM : 0;
	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	if (!shooting->frozen && tree_processes(shooting->dir, is_pid, &pid) == 0)
		return 0;
	if (syscall(ABI_SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return -errno;
	return 0;
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
	bool frozen = freeze(victims, deadline);
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

/* Sleeps, or until the v2 cgroup says that it has changed since it was read. It may say so 10 ms late: its notifications are kept
 * that far apart. */
static void doze(const struct victims *victims, int64_t us)
{
	const struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	_cleanup_fd int events = victims->v2 < 0 ? -1 : openat(victims->v2, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256];

	if (events >= 0 && read_all(events, text, sizeof(text)) > 0 && strstr(text, "populated 1"))
		ppoll(&(struct pollfd){ .fd = events, .events = POLLPRI }, 1, &time, NULL);
	else
		nanosleep(&time, NULL);
}

/* The killed need a moment to go; being killed again does not make them faster. How many are left. */
static int wait_for_the_dying(const struct victims *victims, int64_t until)
{
	int count;

	for (int64_t us = 50; (count = left(victims)) > 0 && clock_ms() < until; us = us < 10000 ? us * 2 : us)
		doze(victims, us);
	return count;
}

static int kill_v2(const struct victims *victims)
{
	bool frozen = false;
	int r = file_write(victims->v2, "cgroup.kill", "1");

	/* A threaded cgroup cannot be killed as one. */
	return r == -EOPNOTSUPP ? tree_each(victims->v2, shoot_all, &frozen) : r == -ENODEV ? 0 : r;
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
	int r = victims->v2 < 0 ? 0 : kill_v2(victims);

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
	close_all(&victims);
	return r;
}

int cgroup_frozen(const struct cgroup_at *at)
{
	bool frozen = false;

	for (size_t i = 0; i < at->count && !frozen && tree_path_valid(at->path); i++) {
		const struct record_cgroup *hierarchy = &at->hierarchies[i];
		_cleanup_fd int dir = tree_leaf(hierarchy->mount, hierarchy->v2, at->path);
		if (dir >= 0)
			frozen = hierarchy->v2 ? tree_event(dir, "frozen 1") : tree_v1_frozen(dir);
	}
	return frozen;
}
