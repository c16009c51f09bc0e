/* The working directory, masked paths and read-only paths: after all mounts, inside the new root, before anything of the image runs
 * (rule B.7). */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
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
	if (again_mkdirat(tmpfs, MASK_DIRECTORY, 0555) < 0 || mknodat(tmpfs, MASK_FILE, S_IFREG | 0444, 0) < 0)
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
	int r = fd < 0 ? fd : fstat(fd, &file) < 0 ? -errno : is_stage_root(stage, fd, &file);
	if (r < 0)
		return fail_at(error, &stage->plan->mounts.masked_at, -r, "cannot look at '%s' to mask it", path);
	if (r) /* as plan answers to "/": what lies there hides nothing from us, and all from exec */
		return fail_at(error, &stage->plan->mounts.masked_at, 0, "masking '%s' would leave nothing: it leads to '/'", path);
	*directory = S_ISDIR(file.st_mode);
	return take_fd(&fd);
}

/* `file` is the mask of files where no directory is masked, else -1. */
struct masks {
	int tmpfs, file;
	bool file_attached;
};

static int cover(struct masks *masks, int target, bool directory)
{
	bool alone = masks->file >= 0;

	if (alone && directory)
		return -EAGAIN; /* it was none a moment ago */
	if (alone && !masks->file_attached) {
		masks->file_attached = true;
		return mount_attach(masks->file, target);
	}
	_cleanup_fd int tree = alone ? mount_clone(masks->file, "", 0) :
				       mount_clone(masks->tmpfs, directory ? MASK_DIRECTORY : MASK_FILE, 0);
	return tree < 0 ? tree : mount_attach(tree, target);
}

static int mask(const struct stage *stage, struct masks *masks, const char *path, struct error *error)
{
	bool directory;
	_cleanup_fd int target = open_masked(stage, path, &directory, error);

	if (target < 0)
		return error->text[0] ? -1 : 0;
	int r = cover(masks, target, directory);
	return r < 0 ? fail_at(error, &stage->plan->mounts.masked_at, -r, "cannot mask '%s'", path) : 0;
}

/* A clone of the tmpfs' file, for which it lies on "/" for a moment. No path may be resolved meanwhile: ".." that reaches the root leads
 * into what is mounted there. */
static int file_alone(const struct stage *stage, int tmpfs)
{
	int r = mount_attach_at(tmpfs, stage_root(stage), ".");
	if (r < 0)
		return r;
	_cleanup_fd int file = mount_clone(tmpfs, MASK_FILE, 0);
	/* By its root as the working directory: no path leads there. */
	if (fchdir(tmpfs) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return file < 0 ? file : take_fd(&file);
}

/* The tmpfs itself goes under the mask of the first directory: what is attached can be cloned (before Linux 6.15 nothing else can),
 * and no detached mount is left whose closing waits for RCU. Without a directory it is its file that is attached first, and cloned. */
static int attach_mask(const struct stage *stage, struct masks *masks, struct error *error)
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
		int r = mount_attach(masks->tmpfs, target);
		return r < 0 ? fail_at(error, &mounts->masked_at, -r, "cannot mask '%s'", mounts->masked[i]) : 0;
	}
	if (any)
		masks->file = file_alone(stage, masks->tmpfs);
	return any && masks->file < 0 ? fail_at(error, &mounts->masked_at, -masks->file, "cannot mount the tmpfs for masks") : 0;
}

static int mask_all(const struct stage *stage, struct masks *masks, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	try(attach_mask(stage, masks, error));
	for (size_t i = 0; i < mounts->masked_count; i++)
		try(mask(stage, masks, mounts->masked[i], error));
	return 0;
}

int init_masked(struct stage *stage, struct error *error)
{
	struct masks masks = { .tmpfs = make_mask(), .file = -1 };

	if (masks.tmpfs < 0)
		return fail_at(error, &stage->plan->mounts.masked_at, -masks.tmpfs, "cannot make the tmpfs for masks");
	int r = mask_all(stage, &masks, error);
	close_fd(&masks.file);
	close_fd(&masks.tmpfs);
	return r;
}

/* ---- read-only ---- */

static int make_root_readonly(const struct stage *stage)
{
	_cleanup_fd int root = again_openat(stage_root(stage), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : mount_attributes(root, ABI_MOUNT_ATTR_RDONLY, 0, 0);
}

static int make_readonly(const struct stage *stage, const char *path, bool *whole)
{
	struct stat file;
	_cleanup_fd int target = open_below_mount(stage, path);
	if (target < 0)
		return target == -ENOENT ? 0 : target;
	int top = lies_in_view(path) ? 0 : fstat(target, &file) < 0 ? -errno : is_stage_root(stage, target, &file);
	if (top) {
		*whole = *whole || top > 0;
		return top < 0 ? top : 0;
	}
	/* A clone keeps nosuid, nodev and noexec of the mount it is taken from. */
	_cleanup_fd int tree = mount_clone(target, "", MOUNT_RECURSIVE);
	if (tree < 0)
		return tree;
	int r = mount_attributes(tree, ABI_MOUNT_ATTR_RDONLY, 0, MOUNT_RECURSIVE);
	return r < 0 ? r : mount_attach(tree, target);
}

int init_readonly(struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	const struct plan_root *root = &stage->plan->root;
	bool whole = root->readonly;

	for (size_t i = 0; i < mounts->readonly_count; i++) {
		int r = make_readonly(stage, mounts->readonly[i], &whole);
		if (r < 0)
			return fail_at(error, &mounts->readonly_at, -r, "cannot make '%s' read-only", mounts->readonly[i]);
	}
	try(late_mounts_readonly(error));
	int r = whole ? make_root_readonly(stage) : 0;
	return r < 0 ? fail_at(error, &root->at, -r, "cannot make the root read-only") : 0;
}
