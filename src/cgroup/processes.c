/* The processes of a container, found by its cgroup; listed, and signalled without a number being mistaken. */
#include "cgroup/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/number.h"
#include "cgroup/tree.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "state/state.h"

/* Descriptors held at a time; the usual limit is 1024. */
#define AT_ONCE 256

struct gathering {
	struct arena *arena;
	pid_t *pids;
	size_t count, room;
};

static int add(pid_t pid, void *data)
{
	struct gathering *g = data;

	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		g->pids = arena_grow(g->arena, g->pids, g->room * sizeof(*g->pids), room * sizeof(*g->pids));
		g->room = room;
	}
	g->pids[g->count++] = pid;
	return 0;
}

/* Name, Umask, State and Tgid are the first lines. */
pid_t process_of_thread(pid_t thread)
{
	const int procfs = procfs_kept();
	char path[32], status[512];
	uint32_t process;

	format(path, sizeof(path), "%d/status", (int)thread);
	_cleanup_fd int fd = procfs < 0 ? procfs : procfs_open(procfs, path, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	ssize_t length = again_read(fd, status, sizeof(status) - 1);
	if (length < 0)
		return -errno;
	status[length] = '\0';
	char *line = strstr(status, "\nTgid:\t");
	if (!line)
		return -ESRCH;
	line += strlen("\nTgid:\t");
	line[strcspn(line, "\n")] = '\0';
	return number_u32(line, INT32_MAX, &process) < 0 ? -ESRCH : (pid_t)process;
}

static int add_directory(int dir, void *data)
{
	struct gathering *g = data;
	size_t first = g->count;
	int r = tree_processes(dir, add, g);

	if (r < 0 || g->count == first || !tree_threaded(dir))
		return r;
	for (size_t i = first; i < g->count; i++) {
		g->pids[i] = process_of_thread(g->pids[i]);
		if (g->pids[i] < 0 && g->pids[i] != -ESRCH)
			return g->pids[i];
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	pid_t one = *(const pid_t *)a, other = *(const pid_t *)b;

	return (one > other) - (one < other);
}

/* Sorted, each once; what has vanished while it was asked about, goes. */
static size_t settle(pid_t *pids, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(pids, count, sizeof(*pids), by_number);
	for (size_t i = 0; i < count; i++)
		if (pids[i] > 0 && (kept == 0 || pids[kept - 1] != pids[i]))
			pids[kept++] = pids[i];
	return kept;
}

int cgroup_processes(const struct cgroup_at *at, struct arena *arena, struct pid_list *to)
{
	struct gathering g = { .arena = arena };
	int r = 0;

	*to = (struct pid_list){ 0 };
	for (size_t i = 0; i < at->count && r >= 0 && tree_path_valid(at->path); i++) {
		const struct record_cgroup *hierarchy = &at->hierarchies[i];
		_cleanup_fd int dir = tree_of(hierarchy, at->path);
		r = dir >= 0 ? tree_each(dir, add_directory, &g) : dir == -ENOENT || dir == -ENODEV ? 0 : dir;
	}
	if (r < 0)
		return r;
	*to = (struct pid_list){ .items = g.pids, .count = settle(g.pids, g.count) };
	return 0;
}

static int find(pid_t pid, void *data)
{
	return pid == *(const pid_t *)data;
}

static int find_in(int dir, void *data)
{
	return tree_processes(dir, find, data);
}

int cgroup_has_process(const struct cgroup_at *at, pid_t pid)
{
	int first = 0;

	for (size_t i = 0; i < at->count && tree_path_valid(at->path); i++) {
		_cleanup_fd int dir = tree_of(&at->hierarchies[i], at->path);
		int found = dir >= 0 ? tree_each(dir, find_in, &pid) : dir == -ENOENT || dir == -ENODEV ? 0 : dir;
		if (found > 0)
			return 1;
		first = first ? first : found;
	}
	return first;
}

bool pid_list_has(const struct pid_list *list, pid_t pid)
{
	return list->count && bsearch(&pid, list->items, list->count, sizeof(pid), by_number);
}

/* The descriptors first, then the question who is there now: so a number cannot mean somebody else (rule B.14.9). */
static int signal_some(const struct cgroup_at *at, const pid_t *pids, size_t count, int signal)
{
	int pidfd[AT_ONCE], result = 0;
	struct pid_list now = { 0 };
	struct arena arena;

	for (size_t i = 0; i < count; i++)
		pidfd[i] = pidfd_open(pids[i]);
	int r = arena_open(&arena); /* of its own: each list is as long as the first */
	if (r == 0)
		r = cgroup_processes(at, &arena, &now);
	for (size_t i = 0; i < count; i++) {
		int sent = pidfd[i];
		if (r == 0 && sent >= 0)
			sent = pid_list_has(&now, pids[i]) ? pidfd_signal(pidfd[i], signal) : -ESRCH;
		if (sent < 0 && sent != -ESRCH && result == 0)
			result = sent;
		close_fd(&pidfd[i]);
	}
	arena_close(&arena);
	return r < 0 ? r : result;
}

int cgroup_signal(const struct cgroup_at *at, int signal, pid_t except, struct arena *arena)
{
	struct pid_list all;
	int result = cgroup_processes(at, arena, &all);
	pid_t some[AT_ONCE];
	size_t count = 0;

	for (size_t i = 0; all.items && i < all.count; i++) {
		if (all.items[i] != except)
			some[count++] = all.items[i];
		if (count < AT_ONCE && i + 1 < all.count)
			continue;
		int r = signal_some(at, some, count, signal);
		result = result == 0 ? r : result;
		count = 0;
	}
	return result;
}
