/* Paths as the process itself sees them, by openat2 without magic links. */
#include "kern/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/path.h"

#define SYS_FACCESSAT2 439 /* Linux 5.8, the same number everywhere */

static int refused_by_filter(enum lookup_flags lookup)
{
	return lookup & LOOKUP_FILTERED && (errno == ENOSYS || errno == EPERM);
}

/* Where our caller's own filter forbids openat2: part by part. */
static int walk(const char *path, int flags)
{
	_cleanup_fd int root = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : path_walk(root, path, flags, 0);
}

int lookup_open(const char *path, int flags, enum lookup_flags lookup)
{
	struct abi_open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC), .resolve = ABI_RESOLVE_NO_MAGICLINKS };
	int fd = again_openat2(AT_FDCWD, path, &how);
	if (fd < 0 && refused_by_filter(lookup))
		fd = again_openat(AT_FDCWD, path, flags | O_CLOEXEC);
	else if (fd < 0 && (errno == ENOSYS || errno == EPERM) && path[0] == '/')
		return walk(path, flags);
	return fd < 0 ? -errno : fd;
}

int lookup_executable(const char *path, enum lookup_flags lookup)
{
	struct stat file;
	_cleanup_fd int fd = lookup_open(path, O_PATH, lookup);
	if (fd < 0)
		return fd;
	if (fstat(fd, &file) < 0)
		return -errno;
	if (S_ISDIR(file.st_mode))
		return -EISDIR;
	if (!S_ISREG(file.st_mode))
		return -EACCES;
	if (syscall(SYS_FACCESSAT2, fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0)
		return 0;
	/* The kernel itself never answers these two calls with EPERM or ENOSYS. */
	if (refused_by_filter(lookup) && (syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0 || refused_by_filter(lookup)))
		return 0;
	return -errno;
}

int lookup_inside(void)
{
	char where[4096];

	/* The kernel writes "(unreachable)" in front of what is not below our root; libc's getcwd hides that. A path too long to be
	 * told is not known to be inside. */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0)
		return -errno;
	return where[0] == '/' ? 0 : -EXDEV;
}
