/* In the mount namespace of a container that runs: targets found and mounted on, mounts looked at and taken away. */
#include "run/mounts_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/path.h"
#include "kern/process.h"
#include "run/init_of.h"
#include "run/stage.h"

#define SYSFS_MAGIC 0x62656572
#define CGROUP_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270
#define DEEPEST 4096

/* ---- entering ---- */

static int find_root(void)
{
	int root = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -errno : root;
}

static int enter(struct inside *inside, struct error *error)
{
	const struct record *record = &inside->stage->record;
	/* An ordinary user has the right to it in the user namespace that owns it; for root that would be less than he has. */
	const bool ordinary = inside->stage->plan->namespaces.ahead;
	int r = namespace_join(inside->pidfd, ABI_CLONE_NEWNS | (ordinary ? ABI_CLONE_NEWUSER : 0));
	if (r == 0 && ordinary) { /* other credentials undo both (prctl(2), rule B.5.4) */
		r = process_undumpable();
		process_die_with_parent(SIGKILL);
	}

	/* A root that was only changed by chroot is not the mount namespace's. */
	if (r == 0)
		r = inside->root = record->chrooted ? init_open(inside->stage, "", "root") : find_root();
	/* The number was init's own as long as this says that it lives. */
	if (pidfd_wait(inside->pidfd, 0) != 0)
		return fail(error, 0, "container not running: its init has ended");
	return r < 0 ? fail(error, -r, "cannot enter the mount namespace of container '%s'", record->id) : 0;
}

/* ---- what is neither taken away nor covered ---- */

/* Without these the container would not be one. As mounts, for each may have many names (rule B.2.6). */
static int find_kept(struct inside *inside, struct error *error)
{
	static const char *const paths[KEPT] = {
		[KEPT_ROOT] = "/", [KEPT_PROC] = "/proc", [KEPT_SYS] = "/sys", [KEPT_DEV] = "/dev",
	};

	for (int i = 0; i < KEPT; i++) {
		_cleanup_fd int fd = path_open(inside->root, paths[i], O_PATH, 0);
		int r = fd < 0 ? fd : mount_id(fd, &inside->kept[i]);
		if (r < 0 && r != -ENOENT && r != -ELOOP)
			return fail(error, -r, "cannot look at the container's %s", paths[i]);
		/* A plain directory of the root is not kept for itself. */
		if (r < 0 || (i > KEPT_ROOT && inside->kept[i] == inside->kept[KEPT_ROOT]))
			inside->kept[i] = 0;
	}
	return 0;
}

/* KEPT: none of them. */
static enum kept which_kept(const struct inside *inside, uint64_t mount)
{
	enum kept i = KEPT_ROOT;

	while (i < KEPT && inside->kept[i] != mount)
		i++;
	return i;
}

/* From the directory in which something is mounted up to the root's mount; ".." of a descriptor asks no name. KEPT: it cannot be told. */
static enum kept kept_above(const struct inside *inside, int directory)
{
	_cleanup_fd int at = again_openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat here, above = { 0 };
	uint64_t id, last = 0;

	for (int depth = 0; at >= 0 && depth < DEEPEST; depth++) {
		if (mount_id(at, &id) < 0 || fstat(at, &here) < 0)
			return KEPT;
		if (which_kept(inside, id) != KEPT)
			return which_kept(inside, id);
		/* The top of what was moved away from its root: no kept mount has been on the way. */
		if (id == last && here.st_ino == above.st_ino && here.st_dev == above.st_dev)
			return KEPT_ROOT;
		last = id;
		above = here;
		int up = again_openat(at, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close_fd(&at);
		at = up;
	}
	return KEPT;
}

/* The directory that a file lies in; of a directory, itself. By the kernel's name for it, without links, and looked at again. */
static int directory_of(const struct inside *inside, int file)
{
	char link[40], path[4096];
	struct stat looks;

	if (fstat(file, &looks) < 0)
		return -errno;
	if (S_ISDIR(looks.st_mode))
		return path_open(file, ".", O_PATH | O_DIRECTORY, 0);
	format(link, sizeof(link), "self/fd/%d", file);
	ssize_t length = readlinkat(inside->stage->procfs, link, path, sizeof(path) - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	char *name = strrchr(path, '/');
	if (!name)
		return -ENOENT;
	*name++ = '\0';
	_cleanup_fd int top = find_root();
	_cleanup_fd int directory = top < 0 ? top : path_open(top, *path ? path : "/", O_PATH | O_DIRECTORY, PATH_NO_SYMLINKS);
	if (directory < 0)
		return directory;
	_cleanup_fd int again = again_openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int same = again < 0 ? -errno : mount_same_place(again, file);
	return same > 0 ? take_fd(&directory) : same < 0 ? same : -EAGAIN;
}

/* Whether the mount is passed on the way from a file up to the root. What cannot be told is. */
static bool lies_on(const struct inside *inside, int file, uint64_t mount)
{
	uint64_t id;

	if (mount_id(file, &id) < 0 || id == mount)
		return true;
	_cleanup_fd int at = directory_of(inside, file);
	for (int depth = 0; at >= 0 && depth < DEEPEST; depth++) {
		if (mount_id(at, &id) < 0 || id == mount)
			return true;
		int up = again_openat(at, "..", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int top = up < 0 ? -errno : mount_same_place(at, up);
		close_fd(&at);
		at = up;
		if (top)
			return top < 0;
	}
	return true;
}

/* The masked paths, then the read-only ones. */
static size_t restricted(const struct inside *inside)
{
	return inside->stage->plan->mounts.masked_count + inside->stage->plan->mounts.readonly_count;
}

static int open_restricted(const struct inside *inside, size_t i)
{
	const struct plan_mounts *mounts = &inside->stage->plan->mounts;
	const char *path = i < mounts->masked_count ? mounts->masked[i] : mounts->readonly[i - mounts->masked_count];

	return path_open(inside->root, path, O_PATH, 0);
}

static bool is_mount(int fd)
{
	struct abi_statx info;
	return mount_statx(fd, 0, 0, &info) < 0 || (info.attributes & ABI_STATX_ATTR_MOUNT_ROOT);
}

/* By the mount, as its name may be another: what covers a path that the container may not see, or not write to, and what has such a
 * cover in it, which would go with it. A file that the container has made at such a path is no cover. */
static bool covers(const struct inside *inside, uint64_t mount)
{
	for (size_t i = 0; i < restricted(inside); i++) {
		_cleanup_fd int fd = open_restricted(inside, i);
		if (fd >= 0 && is_mount(fd) && lies_on(inside, fd, mount))
			return true;
	}
	return false;
}

static bool is_restricted(const struct inside *inside, int target)
{
	for (size_t i = 0; i < restricted(inside); i++) {
		_cleanup_fd int fd = open_restricted(inside, i);
		if (fd >= 0 && mount_same_place(fd, target) != 0)
			return true;
	}
	return false;
}

/* Whether it is a view of the kernel's own: more than one may be mounted, each with masks of its own. */
static bool is_kernel_view(int fd)
{
	static const long magics[] = { ABI_PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP_MAGIC, CGROUP2_MAGIC };
	struct statfs fs;

	if (again_fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < array_length(magics); i++)
		if ((long)fs.f_type == magics[i])
			return true;
	return false;
}

static bool confines(const struct inside *inside, int mount, uint64_t id, int directory)
{
	return which_kept(inside, id) != KEPT || is_kernel_view(mount) || is_kernel_view(directory) ||
	       kept_above(inside, directory) != KEPT_ROOT || covers(inside, id);
}

/* What is mounted there could not be removed again. In /dev, where no mount is yet, it is a device of the container from then on. */
static bool would_confine(const struct inside *inside, int target)
{
	_cleanup_fd int directory = directory_of(inside, target);

	if (directory < 0 || is_kernel_view(target) || is_restricted(inside, target))
		return true;
	enum kept above = kept_above(inside, directory);
	return above != KEPT_ROOT && (above != KEPT_DEV || is_mount(target));
}

/* ---- targets ---- */

/* New mount points belong to the container's root, where that is another than ours. */
static int make_target(const struct inside *inside, const struct plan_mount *m, mode_t type)
{
	const struct plan_namespaces *n = &inside->stage->plan->namespaces;
	bool other = n->of[PLAN_NS_USER].mode != NS_INHERIT && n->root_uid != (uid_t)-1 && n->root_gid != (gid_t)-1;

	if (other) {
		setfsgid(n->root_gid);
		setfsuid(n->root_uid);
	}
	int fd = type == S_IFDIR ? path_directory(inside->root, m->target, 0755) : path_file(inside->root, m->target, 0644);
	if (other) {
		setfsuid(geteuid());
		setfsgid(getegid());
		process_undumpable(); /* changed ids bring fs.suid_dumpable's answer back (proc_sys_fs(5)) */
	}
	return fd;
}

/* A harmless name may lead into what the kernel shows, by a link (rule B.3.5). */
static bool strays(int target)
{
	struct statfs fs;

	if (again_fstatfs(target, &fs) < 0)
		return true;
	return fs.f_type == ABI_PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC;
}

/* Where the container's root is, a link of its making may lead to it: what lies on "/" would be the root of all who come later. */
static int check_target(const struct inside *inside, const struct plan_mount *m, int target, struct error *error)
{
	int top = mount_same_place(inside->root, target);

	if (top < 0)
		return fail_at(error, &m->at, -top, "cannot look at the mount point '%s'", m->target);
	if (top)
		return fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it leads to the top of rootfs", m->target);
	if (strays(target))
		return fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it is inside /proc or /sys", m->target);
	if (would_confine(inside, target))
		return fail_at(error, &m->at, 0, "'%s' confines the container and is not mounted on", m->target);
	return 0;
}

static int open_target(const struct inside *inside, const struct plan_mount *m, mode_t type, struct error *error)
{
	_cleanup_fd int target = path_open(inside->root, m->target, O_PATH, 0);

	if (target == -ENOENT)
		target = make_target(inside, m, type);
	if (target == -EROFS)
		return fail_at(error, &m->at, EROFS, "cannot make the mount point '%s': the root is read-only", m->target);
	if (target < 0)
		return fail_at(error, &m->at, -target, "cannot reach the mount point '%s'", m->target);
	try(check_target(inside, m, target, error));
	return take_fd(&target);
}

/* ---- attaching and taking away ---- */

static int attach(const struct inside *inside, const struct plan_mount *m, int tree, struct error *error)
{
	struct stat source;

	if (fstat(tree, &source) < 0)
		return fail_at(error, &m->at, errno, "cannot look at what is to be mounted at '%s'", m->target);
	if (is_kernel_view(tree))
		return fail_at(error, &m->at, 0, "'%s': proc, sysfs and cgroup are mounted by create alone", m->target);
	_cleanup_fd int target = open_target(inside, m, S_ISDIR(source.st_mode) ? S_IFDIR : S_IFREG, error);
	if (target < 0)
		return -1;
	int r = mount_attach(tree, target);
	/* Not before: what lies in a shared mount is shared, and what cannot be bound is not attached there. */
	for (size_t i = 0; r == 0 && i < m->propagation_count; i++)
		r = mount_propagation(tree, m->propagation[i].flag, m->propagation[i].recursive ? MOUNT_RECURSIVE : 0);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot mount at '%s'", m->target) : 0;
}

int inside_attach(void *data, int *fd, struct error *error)
{
	struct inside *inside = data;
	const struct plan_mounts *mounts = &inside->stage->plan->mounts;

	(void)fd;
	try(enter(inside, error));
	try(find_kept(inside, error));
	for (size_t i = 0; i < mounts->count; i++)
		try(attach(inside, &mounts->items[i], inside->trees[i], error));
	return 0;
}

/* By its descriptor and not by a name that the container may have changed: our own procfs leads to it. */
static int detach(const struct inside *inside, int tree)
{
	char path[40];

	format(path, sizeof(path), "self/fd/%d", tree);
	return fchdir(inside->stage->procfs) < 0 || umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}

/* What is attached nowhere is EINVAL, and goes with its last descriptor. */
int inside_take_back(void *data, int *fd, struct error *error)
{
	struct inside *inside = data;
	int result = 0;

	(void)fd;
	try(enter(inside, error));
	for (size_t i = inside->stage->plan->mounts.count; i-- > 0;) {
		int r = inside->trees[i] < 0 ? 0 : detach(inside, inside->trees[i]);
		if (r < 0 && r != -EINVAL)
			result = fail(error, -r, "cannot unmount '%s'", inside->stage->plan->mounts.items[i].target);
	}
	return result;
}

/* ---- the removal ---- */

/* The last part is opened below its directory and no link is followed there: what it is mounted in is known by that. */
static int open_last(const struct inside *inside, const struct plan_mount *m, int *directory)
{
	const char *name;

	_cleanup_fd int seen = path_open(inside->root, m->target, O_PATH | O_NOFOLLOW, 0);
	if (seen < 0)
		return seen;
	*directory = path_parent(inside->root, m->target, 0, &name);
	if (*directory < 0)
		return *directory;
	int fd = again_openat(*directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_mount(const struct inside *inside, const struct plan_mount *m, struct error *error)
{
	uint64_t id;

	_cleanup_fd int directory = -1;
	_cleanup_fd int mount = open_last(inside, m, &directory);
	if (mount < 0)
		return fail_at(error, &m->at, -mount, "cannot reach the mount at '%s'", m->target);
	if (!is_mount(mount) || mount_id(mount, &id) < 0)
		return fail_at(error, &m->at, 0, "nothing is mounted at '%s'", m->target);
	if (confines(inside, mount, id, directory))
		return fail_at(error, &m->at, 0, "'%s' confines the container and is not removed", m->target);
	return take_fd(&mount);
}

int inside_remove(void *data, int *fd, struct error *error)
{
	struct inside *inside = data;
	const struct plan_mounts *mounts = &inside->stage->plan->mounts;

	(void)fd;
	try(enter(inside, error));
	try(find_kept(inside, error));
	for (size_t i = 0; i < mounts->count; i++) {
		inside->trees[i] = open_mount(inside, &mounts->items[i], error);
		if (inside->trees[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < mounts->count; i++) {
		int r = detach(inside, inside->trees[i]);
		if (r < 0)
			return fail_at(error, &mounts->items[i].at, -r, "cannot unmount '%s'", mounts->items[i].target);
	}
	return 0;
}
