/* Mounts of a container that runs: added and taken away. */
#include "run/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/momentary.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/path.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/container.h"
#include "run/source.h"
#include "run/stage.h"

#define SYSFS_MAGIC 0x62656572

/* The container's surroundings, held by descriptors. */
struct inside {
	const struct stage *stage;
	int pidfd;    /* init's */
	int root;     /* "/" as the container has it, O_PATH */
	uint64_t own; /* CLONE_NEW* of what a new file system belongs to and the container has not from us */
};

/* ---- entering, for a moment ---- */

static int not_running(struct error *error)
{
	return fail(error, 0, "container not running: its init has ended");
}

static int find_root(void *data)
{
	struct inside *inside = data;
	int r = namespace_join(inside->pidfd, ABI_CLONE_NEWNS);

	if (r < 0)
		return r;
	inside->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return inside->root < 0 ? -errno : 0;
}

static bool is_ours(const struct stage *stage, const char *name)
{
	char path[40];
	struct stat ours, theirs;

	format(path, sizeof(path), "%d/ns", (int)stage->record.pid);
	_cleanup_fd int their_dir = procfs_open(stage->procfs, path, O_PATH | O_DIRECTORY);
	_cleanup_fd int our_dir = procfs_open(stage->procfs, "self/ns", O_PATH | O_DIRECTORY);
	return their_dir >= 0 && our_dir >= 0 && fstatat(their_dir, name, &theirs, 0) == 0 && fstatat(our_dir, name, &ours, 0) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* A root that was only changed by chroot is not the mount namespace's. */
static int find_chroot(struct inside *inside)
{
	char path[40];

	format(path, sizeof(path), "%d", (int)inside->stage->record.pid);
	_cleanup_fd int dir = procfs_open(inside->stage->procfs, path, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	inside->root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return inside->root < 0 ? -errno : 0;
}

static int enter(struct stage *stage, struct inside *inside, struct error *error)
{
	static const struct { const char *name; uint64_t flag; } owners[] = {
		{ "user", ABI_CLONE_NEWUSER }, { "net", ABI_CLONE_NEWNET }, { "ipc", ABI_CLONE_NEWIPC },
	};

	*inside = (struct inside){ .stage = stage, .pidfd = record_pidfd(&stage->record), .root = -1 };
	if (inside->pidfd < 0)
		return not_running(error);
	if (is_ours(stage, "mnt"))
		return fail(error, 0, "the container '%s' has no mount namespace: its mounts are the host's", stage->record.id);
	for (size_t i = 0; i < array_length(owners); i++)
		if (!is_ours(stage, owners[i].name))
			inside->own |= owners[i].flag;
	/* Who joins must not be traced from in there, where it can be seen at all (rule B.5.4). */
	int r = process_undumpable();
	if (r == 0)
		r = stage->record.chrooted ? find_chroot(inside) : momentary(find_root, inside);
	/* The number was init's own as long as this says that it lives. */
	if (pidfd_wait(inside->pidfd, 0) != 0)
		return not_running(error);
	return r < 0 ? fail(error, -r, "cannot enter the mount namespace of container '%s'", stage->record.id) : 0;
}

static void leave(struct inside *inside)
{
	close_fd(&inside->root);
	close_fd(&inside->pidfd);
}

/* ---- targets ---- */

/* New mount points belong to the container's root, where that is another than ours. */
static int make_target(const struct inside *inside, const struct plan_mount *m, mode_t type)
{
	const struct plan_namespaces *n = &inside->stage->plan->namespaces;
	bool other = n->of[PLAN_NS_USER].mode == NS_NEW && n->root_uid != (uid_t)-1 && n->root_gid != (gid_t)-1;

	if (other) {
		setfsgid(n->root_gid);
		setfsuid(n->root_uid);
	}
	int fd = type == S_IFDIR ? path_directory(inside->root, m->target, 0755) : path_file(inside->root, m->target, 0644);
	if (other) {
		setfsuid(geteuid());
		setfsgid(getegid());
	}
	return fd;
}

/* A harmless name may lead into what the kernel shows, by a link; the names that may lie in procfs are checked by plan (rule B.3.5). */
static bool strays(const struct plan_mount *m, int target)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		return true;
	return (fs.f_type == ABI_PROC_SUPER_MAGIC && strncmp(m->target, "/proc/", 6) != 0) || fs.f_type == SYSFS_MAGIC;
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
	if (strays(m, target))
		return fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it is inside /proc or /sys", m->target);
	return take_fd(&target);
}

/* ---- trees ---- */

struct making {
	const struct inside *inside;
	const struct plan_mount *mount;
	char words[MOUNT_WORDS];
};

/* Root of the user namespace: what is made belongs to that, and can do no more than the container itself could. */
static int become_container(const struct inside *inside)
{
	int r = namespace_join(inside->pidfd, inside->own | ABI_CLONE_NEWNS);

	if (r < 0 || !(inside->own & ABI_CLONE_NEWUSER))
		return r;
	/* By raw calls: this thread alone, which has our memory, and will be gone. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

static int set_parameters(int context, const struct plan_mount *m)
{
	int r = m->source ? mount_parameter(context, "source", m->source) : 0;

	for (size_t i = 0; r == 0 && i < m->param_count; i++) {
		r = mount_parameter(context, m->params[i].key, m->params[i].value);
		if (m->params[i].optional)
			r = 0;
	}
	return r;
}

static int make_filesystem(void *data)
{
	struct making *making = data;
	const struct plan_mount *m = making->mount;
	int r = become_container(making->inside);

	if (r < 0)
		return r;
	_cleanup_fd int context = mount_context(m->type);
	if (context < 0)
		return context;
	r = set_parameters(context, m);
	if (r == 0)
		r = mount_make(context, m->attr_set);
	if (r < 0)
		mount_words(context, making->words);
	return r;
}

static int set_attributes(const struct plan_mount *m, int tree, struct error *error)
{
	int r = 0;

	if (m->attr_set || m->attr_clear)
		r = mount_attributes(tree, m->attr_set, m->attr_clear, 0);
	if (r == 0 && (m->recursive_set || m->recursive_clear))
		r = mount_attributes(tree, m->recursive_set, m->recursive_clear, MOUNT_RECURSIVE);
	if (r == -EPERM)
		return fail_at(error, &m->at, -r, "cannot change the flags of the mount for '%s': the source mount is locked", m->target);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot set the flags of the mount for '%s'", m->target) : 0;
}

static int open_tree_for(struct stage *stage, const struct inside *inside, const struct plan_mount *m, struct error *error)
{
	struct making making = { .inside = inside, .mount = m };

	if (m->kind == MOUNT_FILESYSTEM) {
		int made = momentary(make_filesystem, &making);
		return made < 0 ? fail_at(error, &m->at, -made, "cannot mount '%s' at '%s'%s", m->type, m->target, making.words) : made;
	}
	_cleanup_fd int tree = cargo_tree(stage, m, error);
	if (tree < 0)
		return -1;
	try(set_attributes(m, tree, error));
	return take_fd(&tree);
}

/* ---- attaching and taking away ---- */

struct attaching {
	const struct inside *inside;
	const struct plan_mount *mount;
	int tree, target;
};

static int attach(void *data)
{
	const struct attaching *attaching = data;
	const struct plan_mount *m = attaching->mount;
	int r = namespace_join(attaching->inside->pidfd, ABI_CLONE_NEWNS);

	if (r == 0)
		r = mount_attach(attaching->tree, attaching->target);
	for (size_t i = 0; r == 0 && i < m->propagation_count; i++)
		r = mount_propagation(attaching->tree, m->propagation[i].flag, m->propagation[i].recursive ? MOUNT_RECURSIVE : 0);
	return r;
}

/* By its descriptor and not by a name that the container may have changed: our own procfs leads to it. */
static int detach(void *data)
{
	const struct attaching *attaching = data;
	char path[40];
	int r = namespace_join(attaching->inside->pidfd, ABI_CLONE_NEWNS);

	format(path, sizeof(path), "self/fd/%d", attaching->tree);
	if (r == 0 && (fchdir(attaching->inside->stage->procfs) < 0 || umount2(path, MNT_DETACH) < 0))
		r = -errno;
	return r;
}

static int add_one(const struct inside *inside, const struct plan_mount *m, int tree, struct error *error)
{
	struct stat source;

	if (fstat(tree, &source) < 0)
		return fail_at(error, &m->at, errno, "cannot look at what is to be mounted at '%s'", m->target);
	_cleanup_fd int target = open_target(inside, m, S_ISDIR(source.st_mode) ? S_IFDIR : S_IFREG, error);
	if (target < 0)
		return -1;
	struct attaching attaching = { inside, m, tree, target };
	int r = momentary(attach, &attaching);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot mount at '%s'", m->target) : 0;
}

static int add_all(struct stage *stage, const struct inside *inside, int *trees, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	size_t done = 0;
	int r = 0;

	/* All sources before the first target is touched (rule B.3.1). */
	for (size_t i = 0; r == 0 && i < mounts->count; i++) {
		trees[i] = open_tree_for(stage, inside, &mounts->items[i], error);
		r = trees[i] < 0 ? -1 : 0;
	}
	while (r == 0 && done < mounts->count) {
		r = add_one(inside, &mounts->items[done], trees[done], error);
		done += r == 0;
	}
	while (r < 0 && done-- > 0) {
		struct attaching attaching = { inside, &mounts->items[done], trees[done], -1 };
		momentary(detach, &attaching);
	}
	return r;
}

int container_mounts_add(struct stage *stage, struct error *error)
{
	const size_t count = stage->plan->mounts.count;
	int *trees = arena_array(stage->arena, int, count);
	struct inside inside;

	for (size_t i = 0; i < count; i++)
		trees[i] = -1;
	int r = enter(stage, &inside, error);
	if (r == 0)
		r = add_all(stage, &inside, trees, error);
	for (size_t i = 0; i < count; i++)
		close_fd(&trees[i]);
	leave(&inside);
	return r;
}

/* By the mount, as its name may be another: what covers a path that the container may not see, or not write to. */
static bool confines(const struct inside *inside, uint64_t mount)
{
	const struct plan_mounts *mounts = &inside->stage->plan->mounts;
	uint64_t id;

	for (size_t i = 0; i < mounts->masked_count + mounts->readonly_count; i++) {
		const char *path = i < mounts->masked_count ? mounts->masked[i] : mounts->readonly[i - mounts->masked_count];
		_cleanup_fd int fd = path_open(inside->root, path, O_PATH, 0);
		if (fd >= 0 && (mount_id(fd, &id) < 0 || id == mount))
			return true;
	}
	return false;
}

/* The last part is opened below its directory and no link is followed there: what is in procfs or sysfs is known by that. */
static int open_last(const struct inside *inside, const struct plan_mount *m, struct statfs *above)
{
	const char *name;

	_cleanup_fd int seen = path_open(inside->root, m->target, O_PATH | O_NOFOLLOW, 0);
	if (seen < 0)
		return seen;
	_cleanup_fd int directory = path_parent(inside->root, m->target, 0, &name);
	if (directory < 0)
		return directory;
	int fd = fstatfs(directory, above) < 0 ? -1 : openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_mount(const struct inside *inside, const struct plan_mount *m, struct error *error)
{
	struct statx info;
	struct statfs above;
	uint64_t id;

	_cleanup_fd int mount = open_last(inside, m, &above);
	if (mount < 0)
		return fail_at(error, &m->at, -mount, "cannot reach the mount at '%s'", m->target);
	if (statx(mount, "", AT_EMPTY_PATH, 0, &info) < 0 || !(info.stx_attributes & STATX_ATTR_MOUNT_ROOT) || mount_id(mount, &id) < 0)
		return fail_at(error, &m->at, 0, "nothing is mounted at '%s'", m->target);
	if (above.f_type == ABI_PROC_SUPER_MAGIC || above.f_type == SYSFS_MAGIC || confines(inside, id))
		return fail_at(error, &m->at, 0, "'%s' confines the container and is not removed", m->target);
	return take_fd(&mount);
}

static int remove_all(const struct inside *inside, const struct plan_mounts *mounts, int *found, struct error *error)
{
	for (size_t i = 0; i < mounts->count; i++) {
		found[i] = open_mount(inside, &mounts->items[i], error);
		if (found[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < mounts->count; i++) {
		struct attaching attaching = { inside, &mounts->items[i], found[i], -1 };
		int r = momentary(detach, &attaching);
		if (r < 0)
			return fail_at(error, &mounts->items[i].at, -r, "cannot unmount '%s'", mounts->items[i].target);
	}
	return 0;
}

int container_mounts_remove(struct stage *stage, struct error *error)
{
	const size_t count = stage->plan->mounts.count;
	int *found = arena_array(stage->arena, int, count);
	struct inside inside;

	for (size_t i = 0; i < count; i++)
		found[i] = -1;
	int r = enter(stage, &inside, error);
	if (r == 0)
		r = remove_all(&inside, &stage->plan->mounts, found, error);
	for (size_t i = 0; i < count; i++)
		close_fd(&found[i]);
	leave(&inside);
	return r;
}
