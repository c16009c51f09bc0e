/* Small files, whole: read, written, replaced. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"

int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t n = again_write(fd, at, length);
		if (n < 0)
			return -errno;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int file_write(int dir, const char *name, const char *text)
{
	_cleanup_fd int fd = again_openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	size_t length = strlen(text);

	if (fd < 0)
		return -errno;
	/* The kernel takes each write(2) to its files as one value: a rest written after a short write would be another one. */
	const ssize_t n = again_write(fd, text, length);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

ssize_t read_all(int fd, char *to, size_t size)
{
	size_t length = 0;

	if (!size)
		return -EINVAL;
	for (;;) {
		char more;
		size_t room = size - 1 - length;
		ssize_t n = again_read(fd, room ? to + length : &more, room ? room : 1);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (!room)
			return -EFBIG;
		length += (size_t)n;
	}
	to[length] = '\0';
	return (ssize_t)length;
}

ssize_t file_read(int dir, const char *name, char *to, size_t size)
{
	_cleanup_fd int fd = again_openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : read_all(fd, to, size);
}

ssize_t file_look(int dir, const char *name, char *to, size_t size)
{
	_cleanup_fd int fd = again_openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : again_read(fd, to, size - 1);

	if (n < 0)
		return -errno;
	to[n] = '\0';
	return n;
}

/* A new file beside `name`; its name is put into `temporary`. Leftovers of a killed process with our pid are stepped over. */
static int create_beside(int dir, const char *name, char *temporary, size_t size)
{
	const char *slash = strrchr(name, '/');
	size_t prefix = slash ? (size_t)(slash + 1 - name) : 0;

	for (int attempt = 0; attempt < 1000; attempt++) {
		if (format(temporary, size, "%.*s.%s.%d-%d", (int)prefix, name, name + prefix, (int)getpid(), attempt) >= size)
			return -ENAMETOOLONG;
		int fd = again_create_at(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int file_replace(int dir, const char *name, const void *data, size_t length, mode_t mode)
{
	char temporary[1024];
	_cleanup_fd int fd = create_beside(dir, name, temporary, sizeof(temporary));
	int r;

	if (fd < 0)
		return fd;
	r = write_all(fd, data, length);
	if (r == 0 && fchmod(fd, mode) < 0) /* not by open(2): its mode goes through the umask */
		r = -errno;
	/* No fsync: the files so replaced live on a tmpfs, and what they tell ends with the kernel that runs now. */
	if (r == 0 && syscall(SYS_renameat2, dir, temporary, dir, name, 0) < 0) /* libc declares renameat(2) in <stdio.h> */
		r = -errno;
	if (r < 0)
		unlinkat(dir, temporary, 0);
	return r;
}

/* 0; or -errno, also of file systems that have no O_TMPFILE, and where we may not link what we made (open(2)). */
static int link_new(int dir, const char *name, const void *data, size_t length, mode_t mode)
{
	const char *slash = strrchr(name, '/');
	char path[1024];

	if (format(path, sizeof(path), "%.*s.", slash ? (int)(slash + 1 - name) : 0, name) >= sizeof(path))
		return -ENAMETOOLONG;
	_cleanup_fd int fd = again_create_at(dir, path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int r = write_all(fd, data, length);
	if (r < 0)
		return r;
	return fchmod(fd, mode) < 0 || linkat(fd, "", dir, name, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

int file_place(int dir, const char *name, const void *data, size_t length, mode_t mode)
{
	struct stat there;

	if (link_new(dir, name, data, length, mode) == 0)
		return 0;
	if (fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
		return S_ISDIR(there.st_mode) ? -EISDIR : -EEXIST;
	return file_replace(dir, name, data, length, mode);
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* MFD_NOEXEC_SEAL is Linux 6.3's, and there vm.memfd_noexec=2 refuses a memfd without it; an older kernel answers EINVAL. */
int memfd_make(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}
