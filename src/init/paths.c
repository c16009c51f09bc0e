/* The working directory, masked paths and read-only paths: after all mounts, inside the new root, before anything of the image runs
 * (rule B.7). */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "init/filesystem.h"
#include "kern/mount.h"
#include "kern/path.h"

int init_cwd(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	_cleanup_fd int fd = path_directory(stage_root(stage), process->cwd, 0755);

	/* Root of a user namespace may be refused where the user is not; entering it is tried again as the user (rule B.6.12). */
	if (fd >= 0 || fd == -EACCES)
		return 0;
	return fail_at(error, &process->cwd_at, -fd, "cannot make the working directory '%s'", process->cwd);
}

/* ---- masks: one tmpfs with an empty directory and an empty file, read-only as a whole, cloned for each path ---- */

#define MASK_DIRECTORY "directory"
#define MASK_FILE "file"

static int fill_mask(int context, int tmpfs)
{
	if (mkdirat(tmpfs, MASK_DIRECTORY, 0555) < 0 || mknodat(tmpfs, MASK_FILE, S_IFREG | 0444, 0) < 0)
		return -errno;
	/* The superblock too: a mount's flag alone can be taken back by root of the container's user namespace. */
	int r = mount_parameter(context, "ro", NULL);
	if (r == 0)
		r = mount_reconfigure(context);
	return r < 0 ? r : mount_attributes(tmpfs, ABI_MOUNT_ATTR_RDONLY, 0, 0);
}

static int make_mask(void)
{
	static const struct { const char *key, *value; } parameters[] = {
		{ "source", "masked" }, { "mode", "0555" }, { "nr_inodes", "8" }, { "nr_blocks", "1" },
	};
	_cleanup_fd int context = mount_context("tmpfs");
	int r = context < 0 ? context : 0;
	for (size_t i = 0; i < array_length(parameters) && r == 0; i++)
		r = mount_parameter(context, parameters[i].key, parameters[i].value);
	const uint64_t attributes = ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC;
	_cleanup_fd int tmpfs = r < 0 ? r : mount_make(context, attributes);
	if (tmpfs < 0)
		return tmpfs;
	r = fill_mask(context, tmpfs);
	return r < 0 ? r : take_fd(&tmpfs);
}

/* The path's descriptor; -ENOENT: there is nothing to mask. `*directory` tells what it is. */
static int open_masked(const struct stage *stage, const char *path, bool *directory, struct error *error)
{
	struct stat file;
	_cleanup_fd int fd = open_below_mount(stage, path);

	if (fd == -ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &file) < 0)
		return fail_at(error, &stage->plan->mounts.masked_at, fd < 0 ? -fd : errno, "cannot look at '%s' to mask it", path);
	*directory = S_ISDIR(file.st_mode);
	return take_fd(&fd);
}

static int cover(int tmpfs, int target, bool directory)
{
	_cleanup_fd int tree = mount_clone(tmpfs, directory ? MASK_DIRECTORY : MASK_FILE, 0);
	return tree < 0 ? tree : mount_attach(tree, target);
}

static int mask(const struct stage *stage, int tmpfs, const char *path, struct error *error)
{
	bool directory;
	_cleanup_fd int target = open_masked(stage, path, &directory, error);

	if (target < 0)
		return error->text[0] ? -1 : 0;
	int r = cover(tmpfs, target, directory);
	return r < 0 ? fail_at(error, &stage->plan->mounts.masked_at, -r, "cannot mask '%s'", path) : 0;
}

/* The tmpfs itself goes under the mask of the first directory: what is attached can be cloned (before Linux 6.15 nothing else can),
 * and no detached mount is left whose closing waits for RCU. Without a directory it lies on "/" for as long as it is needed. */
static int attach_mask(const struct stage *stage, int tmpfs, bool *passing, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	bool directory = false, any = false;

	for (size_t i = 0; i < mounts->masked_count; i++) {
		_cleanup_fd int target = open_masked(stage, mounts->masked[i], &directory, error);
		if (target < 0 && error->text[0])
			return -1;
		any = any || target >= 0;
		if (target < 0 || !directory)
			continue;
		int r = mount_attach(tmpfs, target);
		return r < 0 ? fail_at(error, &mounts->masked_at, -r, "cannot mask '%s'", mounts->masked[i]) : 0;
	}
	if (!any)
		return 0;
	int r = mount_attach_at(tmpfs, stage_root(stage), ".");
	*passing = r == 0;
	return r < 0 ? fail_at(error, &mounts->masked_at, -r, "cannot mount the tmpfs for masks") : 0;
}

/* By its root as the working directory: no path leads there. */
static int detach_mask(int tmpfs, const struct place *at, struct error *error)
{
	if (fchdir(tmpfs) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail_at(error, at, errno, "cannot unmount the tmpfs for masks");
	return 0;
}

int init_masked(struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	bool passing = false;
	_cleanup_fd int tmpfs = make_mask();

	if (tmpfs < 0)
		return fail_at(error, &mounts->masked_at, -tmpfs, "cannot make the tmpfs for masks");
	try(attach_mask(stage, tmpfs, &passing, error));
	for (size_t i = 0; i < mounts->masked_count; i++)
		try(mask(stage, tmpfs, mounts->masked[i], error));
	return passing ? detach_mask(tmpfs, &mounts->masked_at, error) : 0;
}

/* ---- read-only ---- */

static int make_readonly(const struct stage *stage, const char *path)
{
	_cleanup_fd int target = open_below_mount(stage, path);
	if (target < 0)
		return target == -ENOENT ? 0 : target;
	/* A clone keeps nosuid, nodev and noexec of the mount it is taken from. */
	_cleanup_fd int tree = mount_clone(target, "", MOUNT_RECURSIVE);
	if (tree < 0)
		return tree;
	int r = mount_attributes(tree, ABI_MOUNT_ATTR_RDONLY, 0, MOUNT_RECURSIVE);
	return r < 0 ? r : mount_attach(tree, target);
}

static int make_root_readonly(const struct stage *stage)
{
	_cleanup_fd int root = openat(stage_root(stage), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : mount_attributes(root, ABI_MOUNT_ATTR_RDONLY, 0, 0);
}

int init_readonly(struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	const struct plan_root *root = &stage->plan->root;

	for (size_t i = 0; i < mounts->readonly_count; i++) {
		int r = make_readonly(stage, mounts->readonly[i]);
		if (r < 0)
			return fail_at(error, &mounts->readonly_at, -r, "cannot make '%s' read-only", mounts->readonly[i]);
	}
	try(late_mounts_readonly(error));
	int r = root->readonly ? make_root_readonly(stage) : 0;
	return r < 0 ? fail_at(error, &root->at, -r, "cannot make the root read-only") : 0;
}
