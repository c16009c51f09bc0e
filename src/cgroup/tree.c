/* Directories of one cgroup hierarchy: opened without being led astray, walked, asked who is in them. */
#include "cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "kern/path.h"

/* Each level costs a descriptor. What is deeper is not seen, and keeps cgroup_remove from succeeding if anybody is in it; on v2
 * cgroup.kill and cgroup.events know of it anyway. */
#define DEPTH_MOST 500

int tree_root(const char *mount, bool v2)
{
	_cleanup_fd int fd = open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if ((uint32_t)fs.f_type != (v2 ? ABI_CGROUP2_SUPER_MAGIC : ABI_CGROUP_SUPER_MAGIC))
		return -ENODEV;
	return take_fd(&fd);
}

int tree_open(int dir, const char *path)
{
	while (*path == '/')
		path++;
	return path_open(dir, *path ? path : ".", O_RDONLY | O_DIRECTORY, PATH_NO_SYMLINKS | PATH_NO_XDEV);
}

int tree_leaf(const char *mount, bool v2, const char *path)
{
	_cleanup_fd int root = tree_root(mount, v2);

	return root < 0 ? root : tree_open(root, path);
}

bool tree_path_valid(const char *path)
{
	bool any = false;

	while (path && *path) {
		size_t length = strcspn(path, "/");
		if (length == 2 && path[0] == '.' && path[1] == '.')
			return false;
		any = any || (length && !(length == 1 && path[0] == '.'));
		path += length + (path[length] == '/');
	}
	return any;
}

/* What getdents64(2) returns; libc's readdir(3) would take memory for each directory. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int names_in(int dir, char *buffer, long filled, int (*each)(int dir, const char *name, void *data), void *data)
{
	for (long at = 0; at < filled;) {
		struct entry *entry = (struct entry *)(void *)(buffer + at);
		at += entry->length;
		if (entry->type != DT_DIR || !strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
			continue;
		int r = each(dir, entry->name, data);
		if (r != 0)
			return r;
	}
	return 0;
}

int tree_names(int dir, int (*each)(int dir, const char *name, void *data), void *data)
{
	_Alignas(struct entry) char buffer[4096];

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		long n = syscall(SYS_getdents64, dir, buffer, sizeof(buffer));
		if (n < 0)
			return errno == ENOENT ? 0 : -errno; /* the directory itself has been removed */
		if (n == 0)
			return 0;
		int r = names_in(dir, buffer, n, each, data);
		if (r != 0)
			return r;
	}
}

struct walk {
	int (*each)(int dir, void *data);
	void *data;
	int depth;
};

static int enter(int parent, const char *name, void *data)
{
	struct walk *walk = data;
	_cleanup_fd int dir = tree_open(parent, name);
	int r;

	if (dir < 0)
		return dir == -ENOENT || dir == -ENODEV ? 0 : dir;
	if (walk->depth >= DEPTH_MOST)
		return 0;
	walk->depth++;
	r = walk->each(dir, walk->data);
	if (r == 0)
		r = tree_names(dir, enter, walk);
	walk->depth--;
	return r;
}

int tree_each(int dir, int (*each)(int dir, void *data), void *data)
{
	struct walk walk = { each, data, 0 };
	int r = each(dir, data);

	return r != 0 ? r : tree_names(dir, enter, &walk);
}

/* Numbers, one a line; one may be cut by the end of the buffer. */
static int parse_pids(const char *text, size_t length, pid_t *partial, int (*each)(pid_t pid, void *data), void *data)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			*partial = *partial * 10 + (text[i] - '0');
			continue;
		}
		pid_t pid = *partial;
		*partial = 0;
		int r = pid > 0 ? each(pid, data) : 0; /* 0: a process of another pid namespace */
		if (r != 0)
			return r;
	}
	return 0;
}

static int read_pids(int dir, const char *file, int (*each)(pid_t pid, void *data), void *data)
{
	_cleanup_fd int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	pid_t partial = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		if (n == 0)
			return 0;
		int r = parse_pids(buffer, (size_t)n, &partial, each, data);
		if (r != 0)
			return r;
	}
}

int tree_processes(int dir, int (*each)(pid_t pid, void *data), void *data)
{
	int r = read_pids(dir, "cgroup.procs", each, data);

	/* A threaded v2 cgroup shows its processes only at the root of its threaded tree (cgroups(7)). */
	return r == -EOPNOTSUPP ? read_pids(dir, "cgroup.threads", each, data) : r;
}

static int count_one(pid_t pid, void *data)
{
	(void)pid;
	++*(int *)data;
	return 0;
}

static int count_here(int dir, void *data)
{
	return tree_processes(dir, count_one, data);
}

int tree_count(int dir)
{
	int count = 0;
	int r = tree_each(dir, count_here, &count);

	return r < 0 ? r : count;
}

static bool has_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	return found && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n';
}

bool tree_event(int dir, const char *line)
{
	char events[256];

	return file_read(dir, "cgroup.events", events, sizeof(events)) >= 0 && has_line(events, line);
}

bool tree_event_wait(int dir, const char *line, int64_t us, int interrupt)
{
	const struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	_cleanup_fd int events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	struct pollfd wait_for[2] = { { .fd = events, .events = POLLPRI }, { .fd = interrupt, .events = POLLIN } };
	char text[256];

	/* Polling tells of changes since it was read through this descriptor. */
	if (events >= 0 && (read_all(events, text, sizeof(text)) < 0 || !has_line(text, line)))
		wait_for[0].fd = -1;
	ppoll(wait_for, 2, &time, NULL);
	return wait_for[1].revents != 0;
}

bool tree_threaded(int dir)
{
	char type[32];

	return file_read(dir, "cgroup.type", type, sizeof(type)) > 0 && strncmp(type, "threaded", 8) == 0;
}

/* THAWED, FREEZING or FROZEN; what the cgroups above impose is in it. */
bool tree_v1_frozen(int dir)
{
	char state[32];

	return file_read(dir, "freezer.state", state, sizeof(state)) > 0 && strncmp(state, "THAWED", 6) != 0;
}
