/* Pseudoterminals: made by descriptor alone, from the devpts they are to belong to. */
#include "kern/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/path.h"
#include "kern/sys.h"

#define PTMX "ptmx"
#define PTMX_INODE 2

/* In the devpts itself, not in what somebody has put over it: so nothing else is ever opened, and then it is looked at once more. */
static int open_ptmx(int devpts)
{
	struct stat node;
	_cleanup_fd int fd = path_open(devpts, PTMX, O_RDWR | O_NOCTTY, PATH_NO_SYMLINKS | PATH_NO_XDEV);

	if (fd < 0)
		return fd == -EXDEV || fd == -ELOOP ? -ENODEV : fd;
	if (fstat(fd, &node) < 0)
		return -errno;
	if (!S_ISCHR(node.st_mode) || node.st_ino != PTMX_INODE || node.st_rdev != makedev(5, 2))
		return -ENODEV;
	return take_fd(&fd);
}

int terminal_make(int root, const char *path)
{
	struct statfs fs;
	int locked = 0;
	_cleanup_fd int devpts = path_open(root, path, O_PATH | O_DIRECTORY, 0);

	if (devpts < 0)
		return devpts;
	if (again_fstatfs(devpts, &fs) < 0)
		return -errno;
	if (fs.f_type != ABI_DEVPTS_SUPER_MAGIC)
		return -ENODEV;
	_cleanup_fd int master = open_ptmx(devpts);
	if (master < 0)
		return master;
	return again_ioctl(master, TIOCSPTLCK, &locked) < 0 ? -errno : take_fd(&master);
}

int terminal_peer(int master)
{
	return sys_result(again_ioctl(master, ABI_TIOCGPTPEER, (void *)(intptr_t)(O_RDWR | O_NOCTTY | O_CLOEXEC)));
}

int terminal_control(int fd)
{
	return sys_result(again_ioctl(fd, TIOCSCTTY, NULL));
}

int terminal_set_size(int fd, uint16_t rows, uint16_t columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	return sys_result(again_ioctl(fd, TIOCSWINSZ, &size));
}

int terminal_size(int fd, uint16_t *rows, uint16_t *columns)
{
	struct winsize size;
	int r = sys_result(again_ioctl(fd, TIOCGWINSZ, &size));

	if (r == 0) {
		*rows = size.ws_row;
		*columns = size.ws_col;
	}
	return r;
}
