/* The root as a detached tree: a clone of the directory, or an overlay put together outside every mount table. */
#include "run/root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "kern/mount.h"
#include "kern/overlay.h"
#include "run/source.h"
#include "run/stage.h"

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool looks_of(const char *path, struct stat *looks)
{
	_cleanup_fd int fd = source_open(path, 0);
	return fd >= 0 && fstat(fd, looks) == 0;
}

/* A real directory, and not one that would give the container more than a root. */
static int open_root(const struct plan *plan, struct stat *directory, struct error *error)
{
	const struct plan_root *root = &plan->root;
	struct stat other;
	_cleanup_fd int fd = source_open(root->path, O_NOFOLLOW);

	if (fd < 0)
		return fail_at(error, &root->at, -fd, "invalid rootfs: cannot open '%s'", root->path);
	if (fstat(fd, directory) < 0)
		return fail_at(error, &root->at, errno, "invalid rootfs: cannot look at '%s'", root->path);
	if (S_ISLNK(directory->st_mode))
		return fail_at(error, &root->at, 0, "invalid rootfs: '%s' is not an absolute path, or a symlink", root->path);
	if (!S_ISDIR(directory->st_mode))
		return fail_at(error, &root->at, 0, "invalid rootfs: '%s' must be a directory", root->path);
	if (looks_of("/", &other) && same_file(&other, directory))
		return fail_at(error, &root->at, 0, "invalid rootfs: '%s' is the host's root directory", root->path);
	if (looks_of(plan->bundle, &other) && same_file(&other, directory))
		return fail_at(error, &root->at, 0, "invalid rootfs: '%s' is the bundle itself", root->path);
	return take_fd(&fd);
}

/* The directory, or the nearest one above it that is there: the state root may be made by this very command. */
static int open_nearest(const char *path)
{
	char part[4096];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	for (;;) {
		int fd = source_open(*part ? part : "/", O_DIRECTORY);
		if (fd != -ENOENT || !*part)
			return fd;
		while (length && part[--length] != '/')
			;
		part[length] = '\0';
	}
}

/* Whether `directory` is `inner` or one of those above it. */
static bool holds(const struct stat *directory, const char *inner)
{
	struct stat here, above;
	_cleanup_fd int at = open_nearest(inner);

	while (at >= 0 && fstat(at, &here) == 0) {
		if (same_file(&here, directory))
			return true;
		int up = again_openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fstat(up, &above) < 0 || same_file(&here, &above)) {
			close_fd(&up);
			return false;
		}
		close(at);
		at = up;
	}
	return false;
}

static int not_to_hold(const struct stat *directory, const char *path, const char *what, const struct plan_root *root,
		       const char *state_root, struct error *error)
{
	if (!state_root || !holds(directory, state_root))
		return 0;
	return fail_at(error, &root->at, 0, "invalid rootfs: %s'%s' holds the state directory '%s'", what, path, state_root);
}

static int layer_not_to_hold(const char *path, const char *what, const struct plan_root *root, const char *state_root,
			     struct error *error)
{
	struct stat directory;
	return path && looks_of(path, &directory) ? not_to_hold(&directory, path, what, root, state_root, error) : 0;
}

/* All that the container would see or write through its root: the state of all containers is for the runtime alone (case C29). */
static int check_state_apart(const struct plan_root *root, const struct stat *directory, const char *state_root, struct error *error)
{
	const struct plan_overlay *overlay = root->overlay;

	try(not_to_hold(directory, root->path, "", root, state_root, error));
	for (size_t i = 0; overlay && i < overlay->lower_count; i++)
		try(layer_not_to_hold(overlay->lower[i], "the layer ", root, state_root, error));
	if (!overlay || !overlay->upper)
		return 0;
	try(layer_not_to_hold(overlay->upper, "the upper directory ", root, state_root, error));
	return layer_not_to_hold(overlay->work, "the work directory ", root, state_root, error);
}

static int check_directory(const char *path, const char *what, const struct place *at, struct error *error)
{
	_cleanup_fd int fd = source_open(path, O_DIRECTORY);
	return fd < 0 ? fail_at(error, at, -fd, "cannot open the %s '%s'", what, path) : 0;
}

static int check_overlay(const struct plan_overlay *overlay, const struct place *at, struct error *error)
{
	for (size_t i = 0; i < overlay->lower_count; i++)
		try(check_directory(overlay->lower[i], "layer", at, error));
	if (overlay->upper) {
		try(check_directory(overlay->upper, "upper directory", at, error));
		try(check_directory(overlay->work, "work directory", at, error));
	}
	return 0;
}

static int check_mount(const struct plan_mount *m, struct error *error)
{
	if (m->kind != MOUNT_TREE || m->tree == TREE_CGROUP || m->tree == TREE_READINESS)
		return 0;
	if (m->tree == TREE_OVERLAY)
		return check_overlay(m->overlay, &m->at, error);
	_cleanup_fd int fd = source_open(m->source, 0);
	return fd < 0 ? fail_at(error, &m->at, -fd, "failed to fulfil mount request: cannot open '%s'", m->source) : 0;
}

int root_check(const struct plan *plan, const char *state_root, struct error *error)
{
	struct stat directory;
	_cleanup_fd int fd = open_root(plan, &directory, error);

	if (fd < 0)
		return -1;
	if (plan->root.overlay)
		try(check_overlay(plan->root.overlay, &plan->root.at, error));
	try(check_state_apart(&plan->root, &directory, state_root, error));
	for (size_t i = 0; i < plan->mounts.count; i++)
		try(check_mount(&plan->mounts.items[i], error));
	return 0;
}

int root_open_overlay(const struct plan_overlay *overlay, const struct place *at, struct arena *arena, struct error *error)
{
	struct overlay_parameter *parameters = arena_array(arena, struct overlay_parameter, overlay->param_count);
	struct overlay_fault fault;

	for (size_t i = 0; i < overlay->param_count; i++)
		parameters[i] = (struct overlay_parameter){ overlay->params[i].key, overlay->params[i].value };
	const struct overlay wanted = {
		.lower = overlay->lower,
		.lower_count = overlay->lower_count,
		.upper = overlay->upper,
		.work = overlay->work,
		.ephemeral = overlay->ephemeral,
		.parameters = parameters,
		.parameter_count = overlay->param_count,
	};
	int fd = overlay->detached ? overlay_open(&wanted, &fault) : overlay_open_classic(&wanted, &fault);
	if (fd >= 0)
		return fd;
	if (fault.what)
		return fail_at(error, at, -fd, "cannot make the overlay: '%s' is refused%s", fault.what, fault.words);
	return fail_at(error, at, -fd, "cannot make the overlay of %zu lower directories%s", overlay->lower_count, fault.words);
}

/* What is cloned is what was looked at. */
static int clone_root(struct stage *stage, const struct stat *directory, struct error *error)
{
	struct plan_root *root = &stage->plan->root;
	struct sources sources;
	struct stat cloned;

	sources_begin(&sources, stage);
	root->fd = sources_clone(&sources, root->path, O_NOFOLLOW, MOUNT_RECURSIVE);
	sources_end(&sources);
	if (root->fd < 0)
		return fail_at(error, &root->at, -root->fd, "invalid rootfs: cannot clone the mount of '%s'", root->path);
	if (fstat(root->fd, &cloned) < 0 || !same_file(&cloned, directory))
		return fail_at(error, &root->at, 0, "invalid rootfs: '%s' is being changed", root->path);
	return 0;
}

static int open_overlay_root(struct stage *stage, struct error *error)
{
	struct plan_root *root = &stage->plan->root;
	struct stat top;

	root->fd = root_open_overlay(root->overlay, &root->at, stage->arena, error);
	if (root->fd < 0)
		return -1;
	if (fstat(root->fd, &top) < 0)
		return fail_at(error, &root->at, errno, "cannot look at the overlay");
	root->top_device = top.st_dev;
	root->top_inode = top.st_ino;
	return 0;
}

static int open_tree(struct stage *stage, struct error *error)
{
	struct plan_root *root = &stage->plan->root;
	struct stat directory;
	_cleanup_fd int fd = open_root(stage->plan, &directory, error);

	if (fd < 0)
		return -1;
	try(check_state_apart(root, &directory, stage->state.root_path, error));
	root->device = root->top_device = directory.st_dev;
	root->inode = root->top_inode = directory.st_ino;
	if (root->overlay)
		return open_overlay_root(stage, error);
	/* Without a mount namespace nothing is mounted: init changes into the directory itself. */
	if (!root->bound) {
		root->fd = take_fd(&fd);
		return 0;
	}
	return clone_root(stage, &directory, error);
}

int host_root(struct stage *stage, struct error *error)
{
	return deputy_play(stage, &stage->deputy, open_tree, -1, error);
}
