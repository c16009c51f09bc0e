/* Masked and read-only paths, device nodes and links: whether they are what was asked for (debug builds). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/read_back.h"
#include "init/filesystem.h"
#include "init/read_back_parts.h"
#include "kern/mount.h"
#include "kern/path.h"

/* Slashes at the end do not count. */
bool read_back_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	while (length > 0 && above[length - 1] == '/')
		length--;
	return strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

bool read_back_hidden(const struct plan *plan, const char *target)
{
	const struct plan_mounts *mounts = &plan->mounts;

	for (size_t i = 0; i < mounts->masked_count; i++)
		if (read_back_below(target, mounts->masked[i]))
			return true;
	for (size_t i = 0; i < mounts->readonly_count; i++)
		if (read_back_below(target, mounts->readonly[i]))
			return true;
	for (size_t i = 0; i < mounts->device_count; i++)
		if (mounts->devices[i].bind && read_back_below(target, mounts->devices[i].path))
			return true;
	return plan->process.console_device && read_back_below(target, "/dev/console");
}

/* The mount a path lies on. 1; 0: nothing is there, or nothing that we could reach; -1. */
static int mount_of(const struct stage *stage, const char *path, const struct mount_table *table, struct mount_line *line, int *fd,
		    struct error *error)
{
	uint64_t id;

	*fd = open_below_mount(stage, path);
	if (*fd == -ENOENT || *fd == -EACCES || *fd == -EPERM)
		return 0;
	int r = *fd < 0 ? *fd : mount_id(*fd, &id);
	if (r < 0)
		return fail(error, -r, "read back: '%s' cannot be looked at", path);
	return mount_table_find(table, id, line) ? 1 : fail(error, 0, "read back: the mount of '%s' is not in the mount table", path);
}

/* Nothing of what lies beneath can be read, or written over: an empty file or directory of ours, on a mount that is read-only. */
static int compare_masked(const struct stage *stage, const struct mount_table *table, const char *path, struct error *error)
{
	struct mount_line line;
	struct stat file;
	_cleanup_fd int fd = -1;
	char field[160];
	int r = mount_of(stage, path, table, &line, &fd, error);

	if (r <= 0)
		return r;
	format(field, sizeof(field), "what is mounted on the masked path '%.90s'", path);
	try(read_back_text(error, field, "tmpfs", line.type));
	try(read_back_text(error, field, "masked", line.source));
	uint64_t attributes = ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC;
	try(read_back_attributes(path, attributes, attributes, &line, error));
	if (!mount_word(line.super, "ro"))
		return read_back_differs(error, field, "ro", line.super);
	if (fstat(fd, &file) < 0)
		return read_back_unreadable(error, field, errno);
	if (S_ISREG(file.st_mode))
		return read_back_number(error, field, 0, (uint64_t)file.st_size);
	_cleanup_fd int inside = again_openat(fd, "directory", O_PATH | O_CLOEXEC);
	return inside >= 0 ? read_back_differs(error, field, "an empty directory", "the top of the tmpfs") : 0;
}

static int compare_readonly(const struct stage *stage, const struct mount_table *table, const char *path, struct error *error)
{
	struct mount_line line;
	_cleanup_fd int fd = -1;
	int r = mount_of(stage, path, table, &line, &fd, error);

	return r <= 0 ? r : read_back_attributes(path, ABI_MOUNT_ATTR_RDONLY, ABI_MOUNT_ATTR_RDONLY, &line, error);
}

int read_back_paths(const struct stage *stage, const struct mount_table *table, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	for (size_t i = 0; i < mounts->masked_count; i++)
		try(compare_masked(stage, table, mounts->masked[i], error));
	for (size_t i = 0; i < mounts->readonly_count; i++)
		try(compare_readonly(stage, table, mounts->readonly[i], error));
	return 0;
}

/* ---- devices ---- */

/* A node that was there before keeps its looks; in a /dev of ours there was none. */
static bool is_ours(const struct plan *plan, const struct plan_device *device)
{
	return plan->mounts.dev_is_ours && !device->bind && strncmp(device->path, "/dev/", 5) == 0;
}

static int compare_looks(const struct plan_device *device, const struct stat *node, struct error *error)
{
	char field[120];

	format(field, sizeof(field), "mode of the device '%.80s'", device->path);
	try(read_back_number(error, field, device->mode & 07777, node->st_mode & 07777));
	format(field, sizeof(field), "owner of the device '%.80s'", device->path);
	try(read_back_number(error, field, device->uid, node->st_uid));
	format(field, sizeof(field), "group of the device '%.80s'", device->path);
	return read_back_number(error, field, device->gid, node->st_gid);
}

static int compare_device(const struct stage *stage, const struct plan_device *device, struct error *error)
{
	char field[120];
	struct stat node;
	_cleanup_fd int fd = path_open(stage_root(stage), device->path, O_PATH | O_NOFOLLOW, 0);

	if (fd == -EACCES || fd == -EPERM)
		return 0;
	format(field, sizeof(field), "the device '%.80s'", device->path);
	if (fd < 0 || fstat(fd, &node) < 0)
		return read_back_unreadable(error, field, fd < 0 ? -fd : errno);
	try(read_back_number(error, field, device->mode & S_IFMT, node.st_mode & S_IFMT));
	if (!S_ISFIFO(device->mode)) {
		try(read_back_number(error, field, device->major, major(node.st_rdev)));
		try(read_back_number(error, field, device->minor, minor(node.st_rdev)));
	}
	return is_ours(stage->plan, device) ? compare_looks(device, &node, error) : 0;
}

static int compare_link(const struct stage *stage, const struct plan_link *link, struct error *error)
{
	char there[128], field[120];
	const char *name;
	_cleanup_fd int parent = path_parent(stage_root(stage), link->path, 0755, &name);

	if (parent < 0)
		return parent == -EACCES || parent == -EPERM ? 0 : read_back_unreadable(error, link->path, -parent);
	ssize_t length = readlinkat(parent, name, there, sizeof(there) - 1);
	if (length < 0)
		return read_back_unreadable(error, link->path, errno);
	there[length] = '\0';
	format(field, sizeof(field), "the link '%.80s'", link->path);
	return read_back_text(error, field, link->target, there);
}

int read_back_devices(const struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	for (size_t i = 0; i < mounts->device_count; i++)
		if (!mounts->devices[i].bind || stage->plan->root.bound)
			try(compare_device(stage, &mounts->devices[i], error));
	for (size_t i = 0; i < mounts->link_count && mounts->dev_is_ours; i++)
		try(compare_link(stage, &mounts->links[i], error));
	return 0;
}
