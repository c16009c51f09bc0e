/* tmpcopyup: what a directory holds, copied into the tmpfs that will cover it; by descriptors, without libc's tree walkers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "init/filesystem.h"
#include "kern/path.h"
#include "kern/procfs.h"

#define DEPTH_MOST 100 /* each level costs two descriptors and two kilobytes of stack */

struct copy {
	int procfs;
	int depth;
};

void copy_looks(int fd, const struct stat *looks)
{
	const struct timespec times[2] = { looks->st_atim, looks->st_mtim };

	/* Owner first: it takes set-id bits away. Ids that this user namespace does not know cannot be given. */
	(void)!fchownat(fd, "", looks->st_uid, looks->st_gid, AT_EMPTY_PATH);
	/* A mount's descriptor is O_PATH: fchmod(2) and futimens(3) refuse it, and "." is the directory itself. */
	if (S_ISDIR(looks->st_mode)) {
		(void)!syscall(SYS_fchmodat, fd, ".", looks->st_mode & 07777); /* libc's can do more and is ten times as big */
		(void)!syscall(SYS_utimensat, fd, ".", times, 0);
	} else if (S_ISREG(looks->st_mode)) {
		(void)!fchmod(fd, looks->st_mode & 07777);
		(void)!syscall(SYS_utimensat, fd, NULL, times, 0);
	}
}

/* As far as they fit and tmpfs takes them: capabilities, labels. */
static void copy_attributes(int from, int to)
{
	char names[512], value[512];
	ssize_t length = flistxattr(from, names, sizeof(names));

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t size = fgetxattr(from, names + at, value, sizeof(value));
		if (size >= 0)
			(void)!fsetxattr(to, names + at, value, (size_t)size, 0);
	}
}

static int copy_data(int from, int to)
{
	for (;;) {
		ssize_t sent = again_sendfile(to, from, NULL, 1 << 20);
		if (sent == 0)
			return 0;
		if (sent < 0)
			return -errno;
	}
}

static int copy_file(const struct copy *copy, int source, int to, const char *name, const struct stat *looks)
{
	_cleanup_fd int from = path_reopen(copy->procfs, source, O_RDONLY);
	if (from < 0)
		return from;
	_cleanup_fd int fd = again_create_at(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int r = copy_data(from, fd);
	if (r < 0)
		return r;
	copy_looks(fd, looks);
	copy_attributes(from, fd);
	return 0;
}

static __attribute__((noinline)) int copy_link(int source, int to, const char *name, const struct stat *looks)
{
	char target[4096];
	ssize_t length = readlinkat(source, "", target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	if (symlinkat(target, to, name) < 0)
		return -errno;
	(void)!fchownat(to, name, looks->st_uid, looks->st_gid, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int copy_directory(struct copy *copy, int source, int to);

static int copy_below(struct copy *copy, int source, int to, const char *name, const struct stat *looks)
{
	if (again_mkdirat(to, name, 0700) < 0)
		return -errno;
	_cleanup_fd int fd = again_openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = copy_directory(copy, source, fd);
	if (r == 0)
		copy_looks(fd, looks);
	return r;
}

static int copy_entry(struct copy *copy, int from, int to, const char *name)
{
	struct stat looks;
	_cleanup_fd int source = again_openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (source < 0 || fstat(source, &looks) < 0)
		return errno == ENOENT ? 0 : -errno;
	switch (looks.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_below(copy, source, to, name, &looks);
	case S_IFREG:
		return copy_file(copy, source, to, name, &looks);
	case S_IFLNK:
		return copy_link(source, to, name, &looks);
	default:
		/* FIFOs, sockets, devices: as far as we may. */
		if (mknodat(to, name, looks.st_mode, looks.st_rdev) == 0)
			(void)!fchownat(to, name, looks.st_uid, looks.st_gid, AT_SYMLINK_NOFOLLOW);
		return 0;
	}
}

static int copy_entries(struct copy *copy, int from, int to, const char *buffer, long filled)
{
	for (long at = 0; at < filled;) {
		const struct abi_dirent64 *entry = (const void *)(buffer + at);
		at += entry->length;
		if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
			continue;
		int r = copy_entry(copy, from, to, entry->name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_directory(struct copy *copy, int source, int to)
{
	_Alignas(struct abi_dirent64) char buffer[1024];
	_cleanup_fd int from = again_openat(source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (from < 0)
		return -errno;
	if (copy->depth == DEPTH_MOST)
		return -ELOOP;
	copy->depth++;
	for (;;) {
		long filled = again_getdents64(from, buffer, sizeof(buffer));
		int r = filled < 0 ? -errno : copy_entries(copy, from, to, buffer, filled);
		if (r < 0)
			return r;
		if (filled == 0)
			break;
	}
	copy->depth--;
	copy_attributes(from, to);
	return 0;
}

int copy_up(int from, int to)
{
	/* The host's: the container's root is not ours yet. */
	_cleanup_fd int procfs = procfs_host();
	return procfs < 0 ? procfs : copy_directory(&(struct copy){ .procfs = procfs }, from, to);
}
