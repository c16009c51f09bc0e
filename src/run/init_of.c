/* Looking at the init of a container through /proc. */
#include "run/init_of.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/procfs.h"

int init_open(const struct stage *stage, const char *directory, const char *link)
{
	char path[40];

	format(path, sizeof(path), "%d%s", (int)stage->record.pid, directory);
	_cleanup_fd int dir = procfs_open(stage->procfs, path, O_PATH | O_DIRECTORY);
	if (dir < 0 || !link)
		return take_fd(&dir);
	int fd = again_openat(dir, link, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int init_shares(const struct stage *stage, const char *name)
{
	struct stat ours, theirs;

	_cleanup_fd int their_dir = init_open(stage, "/ns", NULL);
	_cleanup_fd int our_dir = procfs_open(stage->procfs, "self/ns", O_PATH | O_DIRECTORY);
	if (their_dir < 0 || our_dir < 0)
		return their_dir < 0 ? their_dir : our_dir;
	if (fstatat(their_dir, name, &theirs, 0) < 0 || fstatat(our_dir, name, &ours, 0) < 0)
		return -errno;
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}
