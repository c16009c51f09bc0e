/* The root: the copied mount tree is cut off from the host's, the root attached, and in the end made "/". */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/filesystem.h"
#include "init/read_back.h"
#include "kern/mount.h"

static int open_root(uint64_t *mount)
{
	_cleanup_fd int fd = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : mount_id(fd, mount);

	return r < 0 ? r : take_fd(&fd);
}

/* All of the namespace's mounts, those above a chroot too. Hooks and the root's path are the caller's business, though, and mean what
 * they mean in his chroot: so it is entered again until the pivot. */
static int cut_off(struct stage *stage, uint64_t propagation)
{
	struct stat ours, whole;
	uint64_t mount, top_mount;
	_cleanup_fd int from = open_root(&mount);
	int r = from < 0 ? from : mount_namespace_root();

	/* Without CAP_SYS_CHROOT nobody can leave a chroot, the container no more than we. */
	if (r == -EPERM)
		return mount_propagation(from, propagation, MOUNT_RECURSIVE);
	if (r < 0)
		return r;
	_cleanup_fd int top = open_root(&top_mount);
	r = top < 0 ? top : mount_propagation(top, propagation, MOUNT_RECURSIVE);
	if (r < 0)
		return r;
	if (fstat(from, &ours) < 0 || fstat(top, &whole) < 0)
		return -errno;
	stage->chroot = mount != top_mount || ours.st_ino != whole.st_ino;
	return stage->chroot && (fchdir(from) < 0 || chroot(".") < 0) ? -errno : 0;
}

int init_propagation(struct stage *stage, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;
	/* Shared is for what is bound from the host: in a shared copy of its tree our own mounts would appear on the host. */
	int r = cut_off(stage, root->host_propagation == ABI_MS_SHARED ? ABI_MS_SLAVE : root->host_propagation);

	return r < 0 ? fail(error, -r, "cannot cut the mount namespace off from the host's") : 0;
}

/* No mount namespace: the directory itself. */
static int open_plain(struct stage *stage, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;

	stage->root = root->fd;
	if (stage->root < 0)
		stage->root = again_open(root->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return stage->root < 0 ? fail_at(error, &root->at, errno, "invalid rootfs: cannot open '%s'", root->path) : 0;
}

/* Whether the path cannot be reached from in here: a user namespace below directories of mode 0700. */
static int unreachable(int code)
{
	return code == -EACCES || code == -ENOENT || code == -ENOTDIR || code == -ELOOP;
}

/* Only on the directory that the host has looked at: who owns a directory above it may have put another in its place. */
static int attach_on_own_path(const struct plan_root *root)
{
	struct stat here;
	_cleanup_fd int at = again_open(root->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (at < 0 || fstat(at, &here) < 0)
		return -errno;
	if (here.st_dev != root->device || here.st_ino != root->inode)
		return -ENOENT;
	return mount_attach(root->fd, at);
}

int init_attach_root(struct stage *stage, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;
	const struct plan_namespace *joined = &stage->plan->namespaces.of[PLAN_NS_MOUNT];
	uint64_t flag = root->propagation == ABI_MS_SLAVE ? ABI_MS_SLAVE : ABI_MS_PRIVATE;

	if (!root->bound)
		return open_plain(stage, error);
	int r = mount_propagation(root->fd, flag, MOUNT_RECURSIVE);
	/* On its own path, so that createContainer hooks find the container's mounts where the host has the root. Over "/" it hides
	 * nothing: absolute paths begin below what lies on "/". */
	if (r == 0)
		r = attach_on_own_path(root);
	/* In a mount namespace of its own nobody else is below "/". */
	if (unreachable(r) && joined->mode == NS_JOIN)
		return fail_at(error, &joined->at, 0, "the mount namespace '%s' does not show the root '%s': whoever is in there would "
			       "lose his own", joined->path, root->path);
	if (unreachable(r))
		r = mount_attach_at(root->fd, AT_FDCWD, "/");
	if (r < 0)
		return fail_at(error, &root->at, -r, "cannot attach the root '%s'", root->path);
	stage->root = root->fd;
	return 0;
}

/* A bind of the root's directory inside of it has the same looks, and may be mounted on. */
int is_stage_root(const struct stage *stage, int fd, const struct stat *looks)
{
	const struct plan_root *root = &stage->plan->root;

	if (looks->st_ino != root->top_inode || looks->st_dev != root->top_device)
		return 0;
	return mount_same_place(stage_root(stage), fd);
}

static int change_root(const struct stage *stage)
{
	const struct plan_root *root = &stage->plan->root;

	if (!root->bound)
		return fchdir(stage->root) < 0 || chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
	if (root->pivot) {
		/* pivot_root(2) in a chroot would leave what is above it within the container's reach. */
		int r = stage->chroot ? mount_namespace_root() : 0;
		return r < 0 ? r : mount_pivot(stage->root);
	}
	int r = mount_drop_host_kernel_views(stage->root, root->path);
	return r < 0 ? r : mount_move_root(stage->root);
}

/* Last of all that is done with mounts: an unbindable one cannot be cloned any more. */
int init_root_propagation(struct stage *stage, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;
	_cleanup_fd int fd = again_openat(stage_root(stage), ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : mount_propagation(fd, root->propagation, root->propagation_recursive ? MOUNT_RECURSIVE : 0);

	int compared = r < 0 ? 0 : read_back_mounts(stage, error);
	close_mount_handles();
	return r < 0 ? fail_at(error, &root->at, -r, "cannot set the propagation of the root") : compared;
}

int init_pivot(struct stage *stage, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;

	if (stage->chroot && !root->pivot && root->bound)
		return fail(error, 0, "--no-pivot cannot be used in a chroot: the container could walk out to what is above it");
	int r = change_root(stage);

	if (r < 0)
		return fail_at(error, &root->at, -r, "cannot make '%s' the root by %s", root->path,
			       root->pivot ? "pivot_root" : "chroot");
	/* From here the working directory is the root; no descriptor of a directory stays open (rule B.1.6). */
	close_fd(&stage->root);
	close_fd(&stage->dev);
	close_fd(&stage->cargo);
	return 0;
}
