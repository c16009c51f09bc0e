/* Directories of one cgroup hierarchy: opened without being led astray, walked, asked who is in them. */
#include "cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/path.h"
#include "state/state.h"

int tree_root(const char *mount, bool v2)
{
	_cleanup_fd int fd = again_open(mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || again_fstatfs(fd, &fs) < 0)
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

#define MARK "trusted.caisson"

static int set_mark(int dir, bool made, int flags, uint64_t *mark)
{
	*mark = 0;
	uint64_t number;
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return 0;
	number = (number & ~(uint64_t)TREE_MARK_MADE) | (made ? TREE_MARK_MADE : 0);
	if (fsetxattr(dir, MARK, &number, sizeof(number), flags) < 0)
		return errno == EEXIST ? -EEXIST : 0;
	*mark = number;
	return 0;
}

uint64_t tree_mark(int dir, bool made)
{
	uint64_t before, mark;

	if (fgetxattr(dir, MARK, &before, sizeof(before)) == sizeof(before) && before & TREE_MARK_MADE)
		made = true;
	set_mark(dir, made, 0, &mark);
	return mark;
}

int tree_mark_new(int dir, uint64_t *mark)
{
	return set_mark(dir, true, XATTR_CREATE, mark);
}

bool tree_marked(int dir)
{
	return fgetxattr(dir, MARK, NULL, 0) > 0;
}

int tree_is_the_one(const struct record_cgroup *hierarchy, int dir)
{
	struct stat info;
	uint64_t mark;

	if (hierarchy->inode && fstat(dir, &info) < 0)
		return -errno;
	if (hierarchy->inode && info.st_ino != hierarchy->inode)
		return 0;
	return !hierarchy->mark || fgetxattr(dir, MARK, &mark, sizeof(mark)) != sizeof(mark) || mark == hierarchy->mark;
}

int tree_of(const struct record_cgroup *hierarchy, const char *path)
{
	_cleanup_fd int dir = tree_leaf(hierarchy->mount, hierarchy->v2, path);

	if (dir < 0)
		return dir;
	int ours = tree_is_the_one(hierarchy, dir);
	return ours > 0 ? take_fd(&dir) : ours < 0 ? ours : -ENOENT;
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

/* By getdents64(2): libc's readdir(3) would take memory for each directory. */
static int names_in(int dir, char *buffer, long filled, int (*each)(int dir, const char *name, void *data), void *data)
{
	for (long at = 0; at < filled;) {
		struct abi_dirent64 *entry = (struct abi_dirent64 *)(void *)(buffer + at);
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
	_Alignas(struct abi_dirent64) char buffer[4096];

	if (lseek(dir, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		long n = again_getdents64(dir, buffer, sizeof(buffer));
		if (n < 0)
			return errno == ENOENT ? 0 : -errno; /* the directory itself has been removed */
		if (n == 0)
			return 0;
		int r = names_in(dir, buffer, n, each, data);
		if (r != 0)
			return r;
	}
}

/* A walk without recursion and with one descriptor, at any depth: whoever is in a container may nest as it likes. On the way back up a
 * directory's listing has to go on behind the child we come from, which is found by its inode. The kernel's position of an entry is the
 * hash of its name, and names are the container's to choose: it is a place to look at first, no more. */
#define DEPTH_MOST    65536
#define RESTARTS_MOST 1000

struct walk {
	int at;
	_Alignas(struct abi_dirent64) char buffer[4096]; /* of the listing of `at`, which is never read but onwards */
	long filled, used;
	int64_t position;     /* of what comes next; of the directory's own entry once next_directory has found it */
	int64_t *above;       /* the same for each level up to here */
	size_t depth;
	unsigned restarts;
	char name[256];
};

/* The next entry, or NULL at the end, or with *r set to -errno. */
static const struct abi_dirent64 *next_entry(struct walk *w, int *r)
{
	if (w->used == w->filled) {
		w->used = 0;
		w->filled = again_getdents64(w->at, w->buffer, sizeof(w->buffer));
		if (w->filled < 0) {
			*r = errno == ENOENT ? 0 : -errno; /* the directory itself has been removed */
			w->filled = 0;
		}
		if (w->filled == 0)
			return NULL;
	}
	const struct abi_dirent64 *entry = (struct abi_dirent64 *)(void *)(w->buffer + w->used);
	w->used += entry->length;
	return entry;
}

static int list_from(struct walk *w, int64_t position)
{
	w->filled = w->used = 0;
	w->position = position;
	return lseek(w->at, position, SEEK_SET) < 0 ? -errno : 0;
}

/* 1 with its name, 0: there is none any more; -errno. */
static int next_directory(struct walk *w)
{
	const struct abi_dirent64 *entry;
	int r = 0;

	for (; (entry = next_entry(w, &r)); w->position = entry->offset)
		if (entry->type == DT_DIR && strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0) {
			format(w->name, sizeof(w->name), "%s", entry->name);
			return 1;
		}
	return r;
}

/* Puts the listing behind the entry with this inode, looked for in the first `most` entries from `position` on. */
static bool pass_inode(struct walk *w, int64_t position, uint64_t inode, unsigned most)
{
	const struct abi_dirent64 *entry;
	int r = list_from(w, position);

	for (unsigned i = 0; r == 0 && i < most && (entry = next_entry(w, &r)); i++) {
		w->position = entry->offset;
		if (entry->inode == inode)
			return true;
	}
	return false;
}

static int go_down(struct walk *w)
{
	int next = tree_open(w->at, w->name);

	if (next < 0)
		return next == -ENOENT || next == -ENODEV ? 0 : next;
	if (w->depth == DEPTH_MOST) {
		close(next);
		return -ELOOP;
	}
	w->above[w->depth++] = w->position;
	close_fd(&w->at);
	w->at = next;
	w->filled = w->used = w->position = 0;
	return 1;
}

/* A child that vanished meanwhile says nothing about where we were: the directory is listed again from the beginning. */
static int go_up(struct walk *w)
{
	struct stat child;
	int parent = fstat(w->at, &child) < 0 ? -1 : again_openat(w->at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (parent < 0)
		return -errno;
	close_fd(&w->at);
	w->at = parent;
	if (pass_inode(w, w->above[--w->depth], child.st_ino, 8) || pass_inode(w, 0, child.st_ino, UINT32_MAX))
		return 0;
	return ++w->restarts > RESTARTS_MOST ? -EAGAIN : list_from(w, 0);
}

int tree_each(int dir, int (*each)(int dir, void *data), void *data)
{
	static int64_t above[DEPTH_MOST]; /* pages of it that no depth reaches cost nothing */
	struct walk w = { .at = tree_open(dir, "."), .above = above };
	int r = w.at < 0 ? w.at : each(w.at, data);

	while (r == 0) {
		r = next_directory(&w);
		if (r == 0 && w.depth == 0)
			break;
		if (r == 0)
			r = go_up(&w);
		else if (r > 0 && (r = go_down(&w)) > 0)
			r = each(w.at, data);
	}
	close_fd(&w.at);
	return r;
}

/* Numbers, one a line; one may be cut by the end of the buffer. */
static int parse_pids(const char *text, size_t length, pid_t *partial, int (*each)(pid_t pid, void *data), void *data)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			if (*partial < INT32_MAX / 10) /* more is no number of a process */
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
	_cleanup_fd int fd = again_openat(dir, file, O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	pid_t partial = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	for (;;) {
		ssize_t n = again_read(fd, buffer, sizeof(buffer));
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

int tree_events(int dir, bool *populated, bool *frozen)
{
	char events[256];
	ssize_t r = file_read(dir, "cgroup.events", events, sizeof(events));

	*populated = r >= 0 && has_line(events, "populated 1");
	*frozen = r >= 0 && has_line(events, "frozen 1");
	return r < 0 ? (int)r : 0;
}

bool tree_event(int dir, const char *line)
{
	char events[256];

	return file_read(dir, "cgroup.events", events, sizeof(events)) >= 0 && has_line(events, line);
}

bool tree_event_wait(int dir, const char *line, int64_t us, int interrupt)
{
	const struct timespec time = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	_cleanup_fd int events = again_openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
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
