/* Device nodes and the links beside them (rule B.8). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/filesystem.h"
#include "kern/mount.h"
#include "kern/path.h"

/* The directory /dev, as it lies in the root: never through a link of the image (CVE-2026-47766, CVE-2026-41579). */
static int open_dev(struct stage *stage, struct error *error)
{
	if (stage->dev >= 0)
		return 0;
	int fd = path_open(stage->root, "/dev", O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);
	if (fd == -ENOENT)
		fd = path_directory(stage->root, "/dev", 0755);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return fail(error, -fd, "'/dev' of the root must be a real directory to make device nodes in");
	if (fd < 0)
		return fail(error, -fd, "cannot open '/dev' of the root");
	stage->dev = fd;
	return 0;
}

/* The directory a device goes to, and its name there. `*owned` is what the caller closes: not stage->dev. */
static int open_parent(const struct stage *stage, const char *path, const char **name, int *owned)
{
	*owned = -1;
	if (strncmp(path, "/dev/", 5) == 0 && !strchr(path + 5, '/')) {
		*name = path + 5;
		return stage->dev;
	}
	*owned = path_parent(stage->root, path, 0755, name);
	return *owned;
}

static int is_it(const struct stat *node, const struct plan_device *device)
{
	if ((node->st_mode & S_IFMT) != (device->mode & S_IFMT))
		return 0;
	return S_ISFIFO(device->mode) || node->st_rdev == makedev(device->major, device->minor);
}

/* Whatever stands there now is looked at through a descriptor: a name may have been swapped, and one that was there before must be
 * the right node already. */
static int make_node(int parent, const char *name, const struct plan_device *device, struct error *error)
{
	struct stat node;
	dev_t number = S_ISFIFO(device->mode) ? 0 : makedev(device->major, device->minor);
	bool made = mknodat(parent, name, device->mode, number) == 0;

	if (!made && errno != EEXIST)
		return fail_at(error, &device->at, errno, "cannot make the device '%s'", device->path);
	_cleanup_fd int fd = again_openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &node) < 0)
		return fail_at(error, &device->at, errno, "cannot look at the device '%s'", device->path);
	if (!is_it(&node, device))
		return fail_at(error, &device->at, EEXIST, "'%s' is there and is not the device asked for", device->path);
	if (made && (node.st_uid != device->uid || node.st_gid != device->gid) &&
	    fchownat(fd, "", device->uid, device->gid, AT_EMPTY_PATH) < 0)
		return fail_at(error, &device->at, errno, "cannot give the device '%s' to %u:%u", device->path, device->uid,
			       device->gid);
	return 0;
}

/* A place to bind a node on: an empty file of ours, or of an earlier run, or the very node. */
static int open_placeholder(int parent, const char *name, const struct plan_device *device, struct error *error)
{
	struct stat file;

	if (mknodat(parent, name, S_IFREG, 0) < 0 && errno != EEXIST)
		return fail_at(error, &device->at, errno, "cannot make the file '%s' to bind the device on", device->path);
	_cleanup_fd int fd = again_openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) < 0)
		return fail_at(error, &device->at, errno, "cannot look at '%s'", device->path);
	if (!is_it(&file, device) && !(S_ISREG(file.st_mode) && file.st_size == 0))
		return fail_at(error, &device->at, EEXIST, "'%s' is there and is not the device asked for", device->path);
	return take_fd(&fd);
}

/* A user namespace may not make nodes; the host's is bound, as the runtime verified it. */
static int bind_node(struct stage *stage, int parent, const char *name, const struct plan_device *device, struct error *error)
{
	_cleanup_fd int tree = init_next_tree(stage, error);
	if (tree < 0)
		return -1;
	_cleanup_fd int target = open_placeholder(parent, name, device, error);
	if (target < 0)
		return -1;
	int r = mount_attributes(tree, ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NOEXEC, 0, 0);
	if (r == 0)
		r = mount_attach(tree, target);
	return r < 0 ? fail_at(error, &device->at, -r, "cannot bind the host's '%s'", device->path) : 0;
}

static int make_device(struct stage *stage, const struct plan_device *device, struct error *error)
{
	const char *name;
	_cleanup_fd int owned = -1;
	int parent = open_parent(stage, device->path, &name, &owned);

	if (parent < 0)
		return fail_at(error, &device->at, -parent, "cannot reach the place of the device '%s'", device->path);
	return device->bind ? bind_node(stage, parent, name, device, error) : make_node(parent, name, device, error);
}

static int make_link(const struct stage *stage, const struct plan_link *link, struct error *error)
{
	char there[64];
	const char *name = link->path + strlen("/dev/");

	if (symlinkat(link->target, stage->dev, name) == 0)
		return 0;
	if (errno != EEXIST)
		return fail(error, errno, "cannot make the link '%s'", link->path);
	/* In a /dev that is the image's, what stands there is left alone. */
	if (!stage->plan->mounts.dev_is_ours)
		return 0;
	ssize_t length = readlinkat(stage->dev, name, there, sizeof(there));
	if (length == (ssize_t)strlen(link->target) && memcmp(there, link->target, (size_t)length) == 0)
		return 0;
	return fail(error, EEXIST, "'%s' is there and is not the link to '%s'", link->path, link->target);
}

int init_devices(struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	mode_t before = umask(0); /* modes are as configured */

	/* Without links, /dev is the user's own business: nothing of ours goes there. */
	if (mounts->link_count)
		try(open_dev(stage, error));
	for (size_t i = 0; i < mounts->device_count; i++)
		try(make_device(stage, &mounts->devices[i], error));
	for (size_t i = 0; i < mounts->link_count; i++)
		try(make_link(stage, &mounts->links[i], error));
	umask(before);
	close_fd(&stage->dev);
	close_fd(&stage->cargo);
	return 0;
}
