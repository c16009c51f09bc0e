/* Id maps belong to processes: a child does nothing but live in a user namespace until its maps are written, or read. */
#include "run/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"

#define ANSWER_MS 4000

static _Noreturn void wait_for_end(int end)
{
	char nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	again_read(end, &nothing, 1);
	_exit(0);
}

static int write_map(int procfs, pid_t pid, const char *file, const char *map)
{
	char path[40];
	format(path, sizeof(path), "%d/%s", (int)pid, file);
	return procfs_write(procfs, path, map);
}

static int open_namespace(int procfs, pid_t pid)
{
	char path[40];
	format(path, sizeof(path), "%d/ns/user", (int)pid);
	int fd = again_openat(procfs, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_and_open(int procfs, pid_t pid, const char *uid_map, const char *gid_map)
{
	int r = write_map(procfs, pid, "gid_map", gid_map);
	if (r == 0)
		r = write_map(procfs, pid, "uid_map", uid_map);
	return r < 0 ? r : open_namespace(procfs, pid);
}

int idmap_namespace(int procfs, const char *uid_map, const char *gid_map)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = process_fork(ABI_CLONE_NEWUSER, NULL);
	if (pid == 0) {
		close(ends[1]);
		wait_for_end(ends[0]);
	}
	close(ends[0]);
	int fd = pid < 0 ? (int)pid : write_and_open(procfs, pid, uid_map, gid_map);
	close(ends[1]); /* the child ends */
	if (pid > 0)
		again_waitpid(pid, NULL, 0);
	return fd;
}

/* Root of that namespace may trace who is in it and dumpable, and this one has all that we have in memory. */
static _Noreturn void enter_and_wait(int users, int answer, int end)
{
	int r = process_undumpable();

	if (r == 0)
		r = namespace_join(users, ABI_CLONE_NEWUSER);
	process_undumpable();
	(void)!again_write(answer, &r, sizeof(r));
	close(answer);
	wait_for_end(end);
}

static int read_map(int procfs, pid_t pid, const char *file, char *to, size_t size)
{
	char path[40];
	format(path, sizeof(path), "%d/%s", (int)pid, file);
	ssize_t length = file_read(procfs, path, to, size);
	return length < 0 ? (int)length : 0;
}

static int answer_of(int from)
{
	int answer = -EIO;
	struct pollfd word = { .fd = from, .events = POLLIN };
	ssize_t n;

	if (poll(&word, 1, ANSWER_MS) == 0) /* root of that namespace may have stopped it */
		return -ETIMEDOUT;
	n = again_read(from, &answer, sizeof(answer));
	return n == (ssize_t)sizeof(answer) ? answer : -EIO;
}

int idmap_read(int procfs, int users, char *uid_map, char *gid_map, size_t size)
{
	int answer[2], ends[2];

	if (pipe2(answer, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_fd int from = answer[0], to = answer[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid_t pid = process_fork(0, NULL);
	if (pid == 0) {
		close(ends[1]);
		enter_and_wait(users, to, ends[0]);
	}
	close(ends[0]);
	close_fd(&to);
	int r = pid < 0 ? (int)pid : answer_of(from);
	if (r == 0)
		r = read_map(procfs, pid, "uid_map", uid_map, size);
	if (r == 0)
		r = read_map(procfs, pid, "gid_map", gid_map, size);
	close(ends[1]); /* the child ends */
	if (r < 0 && pid > 0)
		kill(pid, SIGKILL); /* ours, and not waited for: its number is its own */
	if (pid > 0)
		again_waitpid(pid, NULL, 0);
	return r;
}
