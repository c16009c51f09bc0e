/* Handles on procfs that cannot be fooled. */
#include "kern/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/path.h"

#define PROC_ROOT_INODE 1

int procfs_host(void)
{
	struct statfs fs;
	struct stat root;
	_cleanup_fd int fd = again_open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || again_fstatfs(fd, &fs) < 0 || fstat(fd, &root) < 0)
		return -errno;
	if (fs.f_type != ABI_PROC_SUPER_MAGIC || root.st_ino != PROC_ROOT_INODE)
		return -EINVAL;
	return take_fd(&fd);
}

int procfs_kept(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = procfs_host();
	return fd;
}

int procfs_private(void)
{
	_cleanup_fd int context = (int)syscall(ABI_SYS_fsopen, "proc", ABI_FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	/* subset=pid is Linux 5.8: no /proc/sys, no /proc/sysrq-trigger to leak. */
	if (again_fsconfig(context, ABI_FSCONFIG_SET_STRING, "subset", "pid", 0) < 0 ||
	    again_fsconfig(context, ABI_FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int fd = (int)syscall(ABI_SYS_fsmount, context, ABI_FSMOUNT_CLOEXEC,
			      (unsigned)(ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC));
	return fd < 0 ? -errno : fd;
}

int procfs_open(int procfs, const char *path, int flags)
{
	return path_open(procfs, path, flags, PATH_NO_XDEV);
}

int procfs_write(int procfs, const char *path, const char *value)
{
	_cleanup_fd int fd = procfs_open(procfs, path, O_WRONLY);
	if (fd < 0)
		return fd;
	size_t length = strlen(value);
	ssize_t written = again_write(fd, value, length);
	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -EIO;
}
