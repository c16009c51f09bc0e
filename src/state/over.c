/* Whether all that is left of a process is its wait for the dead of its pid namespace. What executes something is told by one call. */
#include "state/over.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "kern/process.h"

#define FLAGS 9
#define EXITING 0x4 /* PF_EXITING */

static bool is_dead(char state) { return state == 'Z' || state == 'X'; }

/* A thread that is dead, or sleeps behind all that it had: its namespaces go after its memory and before it waits. */
static bool has_left(int tasks, pid_t thread)
{
	char name[32], link[8], state;
	uint64_t flags;

	if (process_stat_field(tasks, thread, FLAGS, &flags, &state) < 0)
		return true;
	if (is_dead(state))
		return true;
	format(name, sizeof(name), "%d/ns/mnt", (int)thread);
	return flags & EXITING && state == 'S' && readlinkat(tasks, name, link, sizeof(link)) < 0 && errno == ENOENT;
}

/* Calls `is_so` for each numbered entry, until one of them is not; false then. */
static bool all_numbers(int dir, bool (*is_so)(int dir, pid_t number, const void *data), const void *data)
{
	int fd = again_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	bool so = list;
	uint32_t number;

	if (!list)
		close_fd(&fd);
	for (struct dirent *entry; so && (entry = again_readdir(list));)
		if (number_u32(entry->d_name, INT32_MAX, &number) == 0)
			so = is_so(dir, (pid_t)number, data);
	if (list)
		closedir(list);
	return so;
}

static bool thread_has_left(int tasks, pid_t thread, const void *data)
{
	(void)data;
	return has_left(tasks, thread);
}

static int namespace_of(int procfs, pid_t pid)
{
	char name[32];

	format(name, sizeof(name), "%d/ns/pid", (int)pid);
	return again_openat(procfs, name, O_RDONLY | O_CLOEXEC); /* a magic link by nature */
}

struct wait {
	pid_t pid;
	struct stat namespace;
};

/* Not alive in the namespace, nor in one below it. */
static bool is_not_waited_for(int procfs, pid_t pid, const void *data)
{
	const struct wait *wait = data;
	struct stat namespace;
	uint64_t start;
	char state;

	if (pid == wait->pid)
		return true;
	_cleanup_fd int fd = namespace_of(procfs, pid);
	while (fd >= 0 && fstat(fd, &namespace) == 0) {
		if (namespace.st_ino == wait->namespace.st_ino && namespace.st_dev == wait->namespace.st_dev)
			return process_stat(procfs, pid, &start, &state) < 0 || is_dead(state);
		int parent = again_ioctl(fd, ABI_NS_GET_PARENT, NULL);
		close(fd);
		fd = parent;
	}
	return true;
}

bool process_is_over(int procfs, pid_t pid)
{
	struct wait wait = { .pid = pid };
	struct stat file;
	char name[32];

	/* One call for all that are alive. Of one whose first thread has ended the others are asked. */
	format(name, sizeof(name), "%d/exe", (int)pid);
	if (fstatat(procfs, name, &file, 0) == 0 || errno != ENOENT)
		return false;
	format(name, sizeof(name), "%d/task", (int)pid);
	_cleanup_fd int tasks = again_openat(procfs, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd int namespace = namespace_of(procfs, pid);
	if (tasks < 0 || namespace < 0 || fstat(namespace, &wait.namespace) < 0)
		return false;
	return all_numbers(tasks, thread_has_left, NULL) && all_numbers(procfs, is_not_waited_for, &wait);
}
