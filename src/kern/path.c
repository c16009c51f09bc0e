/* Paths inside a tree that may be hostile, resolved to descriptors by openat2(2) (rule B.2). */
#include "kern/path.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/sys.h"

#define PATH_MOST 4096
#define PATIENCE_NS 5000000 /* rule B.2.3: under a rename storm the worst ever seen was 0.8 ms */

static int64_t now(void)
{
	struct timespec time;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time); /* libc's brings the vDSO's symbols with it, a kilobyte of init */
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* The kernel gives up with EAGAIN when ".." meets a rename or a mount anywhere in the system. */
static int open_patiently(int root, const char *path, const struct abi_open_how *how)
{
	int fd = sys_openat2(root, path, how);
	if (fd != -EAGAIN)
		return fd;
	for (int64_t end = now() + PATIENCE_NS; fd == -EAGAIN && now() < end;)
		fd = sys_openat2(root, path, how);
	return fd;
}

int path_open(int root, const char *path, int flags, int how)
{
	struct abi_open_how open_how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = ABI_RESOLVE_IN_ROOT | ABI_RESOLVE_NO_MAGICLINKS,
	};
	if (how & PATH_NO_SYMLINKS)
		open_how.resolve |= ABI_RESOLVE_NO_SYMLINKS;
	if (how & PATH_NO_XDEV)
		open_how.resolve |= ABI_RESOLVE_NO_XDEV;
	int fd = open_patiently(root, path, &open_how);
	if (fd == -ENOSYS || fd == -EPERM || fd == -EINVAL)
		return path_walk(root, path, flags, how);
	/* Under renames the kernel goes several times, and adds the links of all of them. */
	int counted = fd == -ELOOP && !(how & PATH_NO_SYMLINKS) ? path_walk(root, path, flags, how) : fd;
	return counted >= 0 ? counted : fd;
}

static int open_prefix(int root, const char *path, size_t length)
{
	char prefix[PATH_MOST];

	if (length >= sizeof(prefix))
		return -ENAMETOOLONG;
	memcpy(prefix, path, length);
	prefix[length] = '\0';
	return path_open(root, length ? prefix : "/", O_PATH | O_DIRECTORY, 0);
}

/* Length of the path without its last part and the slashes before that. */
static size_t without_last(const char *path, size_t length)
{
	while (length && path[length - 1] == '/')
		length--;
	while (length && path[length - 1] != '/')
		length--;
	while (length && path[length - 1] == '/')
		length--;
	return length;
}

/* One directory below `at`; whoever made it, what is opened is a real directory below our descriptor (CVE-2024-45310). */
static int make_below(int at, const char *part, size_t length, mode_t mode)
{
	char name[256];

	if (length >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, part, length);
	name[length] = '\0';
	bool made = again_mkdirat(at, name, mode) == 0;
	if (!made && errno != EEXIST)
		return -errno;
	int fd = again_openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	/* Resolving said "missing" and the name is there: a link to nowhere. */
	if (fd < 0)
		return !made && errno == ENOTDIR ? -ELOOP : -errno;
	return fd;
}

static int directory(int root, const char *path, size_t length, mode_t mode)
{
	size_t known = length;
	_cleanup_fd int at = open_prefix(root, path, known);

	while (at == -ENOENT && known) {
		known = without_last(path, known);
		at = open_prefix(root, path, known);
	}
	while (at >= 0 && known < length) {
		size_t start = known + strspn(path + known, "/");
		size_t part = start < length ? strcspn(path + start, "/") : 0;
		if (start + part > length)
			part = length - start;
		known = start + part;
		if (part == 0 || (part == 1 && path[start] == '.'))
			continue;
		/* What stands before a ".." exists by now: the kernel knows where it leads. */
		bool up = part == 2 && path[start] == '.' && path[start + 1] == '.';
		int next = up ? open_prefix(root, path, known) : make_below(at, path + start, part, mode);
		close_fd(&at);
		at = next;
	}
	return at < 0 ? at : take_fd(&at);
}

int path_directory(int root, const char *path, mode_t mode)
{
	return directory(root, path, strlen(path), mode);
}

int path_parent(int root, const char *path, mode_t mode, const char **name)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;

	if (!*last || !strcmp(last, ".") || !strcmp(last, ".."))
		return -EISDIR;
	*name = last;
	return directory(root, path, without_last(path, strlen(path)), mode);
}

int path_file(int root, const char *path, mode_t mode)
{
	struct stat file;
	const char *name;
	int there = path_open(root, path, O_PATH, 0);

	if (there != -ENOENT)
		return there;
	_cleanup_fd int parent = path_parent(root, path, 0755, &name);
	if (parent < 0)
		return parent;
	/* mknod never follows and never truncates. */
	if (mknodat(parent, name, S_IFREG | mode, 0) < 0 && errno != EEXIST)
		return -errno;
	_cleanup_fd int fd = again_openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	return S_ISLNK(file.st_mode) ? -ELOOP : take_fd(&fd);
}

int path_reopen(int procfs, int fd, int flags)
{
	char name[32];
	struct stat before, after;

	if (fstat(fd, &before) < 0)
		return -errno;
	if (!S_ISREG(before.st_mode) && !S_ISDIR(before.st_mode))
		return -EINVAL;
	/* A magic link by nature; what it led to is compared, so that a false procfs gains nothing. */
	format(name, sizeof(name), "self/fd/%d", fd);
	_cleanup_fd int opened = again_openat(procfs, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (opened < 0 || fstat(opened, &after) < 0)
		return -errno;
	return before.st_dev == after.st_dev && before.st_ino == after.st_ino ? take_fd(&opened) : -EXDEV;
}
