/* A user namespace is made by a child that does nothing but live until its maps are written. */
#include "run/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/process.h"
#include "kern/procfs.h"

static _Noreturn void wait_for_end(int end)
{
	char nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(end, &nothing, 1) < 0 && errno == EINTR)
		;
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
	int fd = openat(procfs, path, O_RDONLY | O_CLOEXEC);
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
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return fd;
}
