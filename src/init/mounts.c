/* The mounts, in order: target resolved to a descriptor, attributes set while detached, attached, propagation set. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "init/filesystem.h"
#include "kern/mount.h"
#include "kern/path.h"
#include "kern/procfs.h"
#include "run/planned_mount.h"

/* Mounts that become read-only last; the descriptor is the handle, no name is resolved again (rule B.3.4). Those beyond are made
 * read-only at once: nothing can be put into them then. */
#define LATE_MOST 256
static struct { int fd; const struct plan_mount *mount; } late[LATE_MOST];
static size_t late_count;

int late_mounts_readonly(struct error *error)
{
	for (size_t i = 0; i < late_count; i++) {
		_cleanup_fd int fd = take_fd(&late[i].fd);
		int r = mount_attributes(fd, ABI_MOUNT_ATTR_RDONLY, 0, 0);
		if (r < 0)
			return fail_at(error, &late[i].mount->at, -r, "cannot make '%s' read-only", late[i].mount->target);
	}
	late_count = 0;
	return 0;
}

/* procfs and sysfs, for what is covered in them later. */
#define KERNEL_VIEWS_MOST 8
static struct { int fd; const char *target; } views[KERNEL_VIEWS_MOST];
static size_t view_count;

/* libc's strstr(3) would be a kilobyte of init. */
static bool goes_up(const char *path)
{
	for (; *path; path++)
		if (path[0] == '/' && path[1] == '.' && path[2] == '.')
			return true;
	return false;
}

/* The view's number, or -1. A ".." may lead out of it again. */
static int view_of(const char *path)
{
	for (size_t i = view_count; i-- > 0;) {
		size_t length = strlen(views[i].target);
		if (strncmp(path, views[i].target, length) == 0 && path[length] == '/' && !goes_up(path + length))
			return (int)i;
	}
	return -1;
}

bool lies_in_view(const char *path)
{
	return view_of(path) >= 0;
}

int open_below_mount(const struct stage *stage, const char *path)
{
	int view = view_of(path);
	return view < 0 ? path_open(stage_root(stage), path, O_PATH, 0) :
			  path_open(views[view].fd, path + strlen(views[view].target), O_PATH, 0);
}

void close_mount_handles(void)
{
	while (view_count > 0)
		close_fd(&views[--view_count].fd);
}

static int keep_view(const struct plan_mount *m, int tree, struct error *error)
{
	if (!m->view || view_count == KERNEL_VIEWS_MOST)
		return 0;
	int fd = fcntl(tree, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return fail(error, errno, "cannot keep the mount at '%s' open", m->target);
	views[view_count].fd = fd;
	views[view_count++].target = m->target;
	return 0;
}

static int failed(const struct plan_mount *m, int r, const char *words, struct error *error)
{
	if (r == -EPERM && m->why_refused)
		words = m->why_refused;
	const char *what = m->type ? m->type : m->source ? m->source : m->tree == TREE_OVERLAY ? "overlay" : "cgroup";
	return fail_at(error, &m->at, -r, "cannot mount '%s' at '%s'%s", what, m->target, words);
}

/* ---- targets ---- */

static int refuse_target(const struct plan_mount *m, int r, struct error *error)
{
	if (m->real_directory && (r == -ELOOP || r == -ENOTDIR || r == -EXDEV))
		return fail_at(error, &m->at, -r, "'%s' must be a real directory of the root to mount %s on", m->target,
			       m->type ? m->type : "procfs");
	if (r == -EROFS)
		return fail_at(error, &m->at, -r,
			       "cannot make the mount point '%s': the root is read-only (an overlay needs --upper or --ephemeral)",
			       m->target);
	if (r == -EAGAIN)
		return fail_at(error, &m->at, -r, "the path to the mount point '%s' is being changed all the time", m->target);
	return fail_at(error, &m->at, -r, "cannot reach the mount point '%s'", m->target);
}

/* An image may lead a harmless name into procfs by a link; the names that may lie there are checked by plan (rule B.3.5). */
static bool strays_into_proc(const struct plan_mount *m, int target)
{
	struct statfs fs;

	if (m->real_directory || again_fstatfs(target, &fs) < 0 || fs.f_type != ABI_PROC_SUPER_MAGIC)
		return false;
	return strncmp(m->target, "/proc/", 6) != 0;
}

/* What lies on "/" is seen by who comes later (exec, by setns(2)) and not by us: with it our /proc, masks and devices would be covered
 * for them alone. The configuration's own "/" is refused by plan; this is one behind a link of the image. What was made just now is
 * "/" only behind a "..". */
static int refuse_root(const struct stage *stage, const struct plan_mount *m, int target, const struct stat *was, struct error *error)
{
	struct stat made;

	if (!was->st_mode && !goes_up(m->target))
		return 0;
	int r = !was->st_mode && fstat(target, &made) < 0 ? -errno : is_stage_root(stage, target, was->st_mode ? was : &made);
	if (r < 0)
		return fail_at(error, &m->at, -r, "cannot look at the mount point '%s'", m->target);
	return r ? fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it leads to the top of rootfs", m->target) : 0;
}

/* Opens the mount point, made if missing: as a directory or as an empty file. `*was` is what was there, st_mode 0 if nothing. */
static int open_target(const struct stage *stage, const struct plan_mount *m, mode_t type, struct stat *was, struct error *error)
{
	int how = m->real_directory ? PATH_NO_SYMLINKS | PATH_NO_XDEV : 0;

	was->st_mode = 0;
	_cleanup_fd int target = path_open(stage->root, m->target, O_PATH | (m->real_directory ? O_DIRECTORY : 0), how);
	if (target >= 0 && fstat(target, was) < 0)
		return fail_at(error, &m->at, errno, "cannot look at the mount point '%s'", m->target);
	if (target == -ENOENT)
		target = type == S_IFDIR ? path_directory(stage->root, m->target, 0755) : path_file(stage->root, m->target, 0644);
	if (target < 0)
		return refuse_target(m, target, error);
	if (strays_into_proc(m, target))
		return fail_at(error, &m->at, 0, "\"%s\" cannot be mounted because it is inside /proc", m->target);
	try(refuse_root(stage, m, target, was, error));
	return take_fd(&target);
}

/* ---- detached mounts ---- */

/* procfs shows the pid namespace of whoever opens it; a joined one is not ours yet (rule B.11). */
static bool shows_joined(const struct stage *stage, const struct plan_mount *m)
{
	const struct plan_namespace *pid = &stage->plan->namespaces.of[PLAN_NS_PID];

	return pid->mode == NS_JOIN && !pid->own && !strcmp(m->type, "proc");
}

static int open_joined(const struct plan *plan)
{
	return procfs_context(plan->namespaces.of[PLAN_NS_PID].fd, plan->root.pivot);
}

static const char *why_not_opened(int r)
{
	return r == -ETIMEDOUT ? ": somebody in its pid namespace holds the process that is to open it" :
	       r == -ECANCELED ? ": the process that was to open it in its pid namespace was killed" :
	       r == -EBADMSG   ? ": somebody in its pid namespace has put something else in its place" :
	       r == -EAGAIN    ? ": three processes are needed for it (pids.max, RLIMIT_NPROC)" :
	       r == -EUSERS    ? ": a mount namespace is needed for it (user.max_mnt_namespaces)" :
				 "";
}

static int is_procfs(int tree)
{
	struct statfs fs;

	if (again_fstatfs(tree, &fs) < 0)
		return -errno;
	return fs.f_type == ABI_PROC_SUPER_MAGIC ? 0 : -EINVAL;
}

static int make_filesystem(const struct stage *stage, const struct plan_mount *m, const struct stat *was, struct error *error)
{
	char words[MOUNT_WORDS], mode[16];
	bool joined = shows_joined(stage, m);
	_cleanup_fd int context = joined ? open_joined(stage->plan) : mount_context(m->type);

	if (context < 0)
		return failed(m, context, joined ? why_not_opened(context) : "", error);
	int r = m->source ? mount_parameter(context, "source", m->source) : 0;
	if (r == 0 && m->mode_from_target && was->st_mode) {
		format(mode, sizeof(mode), "%o", was->st_mode & 07777);
		r = mount_parameter(context, "mode", mode);
	}
	if (r == 0)
		r = planned_parameters(context, m);
	bool writable = (m->readonly_late && late_count < LATE_MOST) || m->copy_up;
	_cleanup_fd int tree = r < 0 ? r : mount_make(context, m->attr_set & ~(writable ? ABI_MOUNT_ATTR_RDONLY : 0));
	r = tree < 0 ? tree : joined ? is_procfs(tree) : 0;
	return r < 0 ? failed(m, r, mount_words(context, words), error) : take_fd(&tree);
}

static int set_propagation(const struct plan_mount *m, int mount, struct error *error)
{
	for (size_t i = 0; i < m->propagation_count; i++) {
		int r = mount_propagation(mount, m->propagation[i].flag, m->propagation[i].recursive ? MOUNT_RECURSIVE : 0);
		if (r < 0)
			return fail_at(error, &m->at, -r, "cannot set the propagation of the mount at '%s'", m->target);
	}
	return 0;
}

static int attach(const struct plan_mount *m, int tree, int target, struct error *error)
{
	int r = mount_attach(tree, target);
	if (r < 0)
		return failed(m, r, "", error);
	return set_propagation(m, tree, error);
}

/* ---- the kinds ---- */

static int keep_handles(struct stage *stage, const struct plan_mount *m, int tree, struct error *error)
{
	if (stage->plan->mounts.dev_is_ours && !strcmp(m->target, "/dev")) {
		close_fd(&stage->dev);
		stage->dev = fcntl(tree, F_DUPFD_CLOEXEC, 3);
		if (stage->dev < 0)
			return fail(error, errno, "cannot keep /dev open");
	}
	try(keep_view(m, tree, error));
	if (!m->readonly_late || late_count == LATE_MOST)
		return 0;
	int fd = fcntl(tree, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return fail(error, errno, "cannot keep the mount at '%s' open", m->target);
	late[late_count].fd = fd;
	late[late_count++].mount = m;
	return 0;
}

static int fill_up(const struct plan_mount *m, int from, int tree, const struct stat *was, struct error *error)
{
	int r = copy_up(from, tree);

	if (r < 0)
		return fail_at(error, &m->at, -r, "cannot copy '%s' into its tmpfs", m->target);
	if (m->mode_from_target)
		copy_looks(tree, was);
	if (!m->readonly_late && (m->attr_set & ABI_MOUNT_ATTR_RDONLY))
		r = mount_attributes(tree, ABI_MOUNT_ATTR_RDONLY, 0, 0);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot make '%s' read-only", m->target) : 0;
}

static int mount_filesystem(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	struct stat was;
	_cleanup_fd int target = open_target(stage, m, S_IFDIR, &was, error);
	if (target < 0)
		return -1;
	_cleanup_fd int tree = make_filesystem(stage, m, &was, error);
	if (tree < 0)
		return -1;
	if (m->copy_up && was.st_mode)
		try(fill_up(m, target, tree, &was, error));
	try(attach(m, tree, target, error));
	return keep_handles(stage, m, tree, error);
}

static int mount_tree(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	struct stat source, was;
	_cleanup_fd int tree = init_next_tree(stage, error);
	if (tree < 0)
		return -1;
	if (fstat(tree, &source) < 0)
		return fail_at(error, &m->at, errno, "cannot look at what is to be mounted at '%s'", m->target);
	_cleanup_fd int target = open_target(stage, m, S_ISDIR(source.st_mode) ? S_IFDIR : S_IFREG, &was, error);
	if (target < 0)
		return -1;
	try(planned_attributes(m, tree, error));
	return attach(m, tree, target, error);
}

static int remount(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	char words[MOUNT_WORDS];
	_cleanup_fd int mount = path_open(stage->root, m->target, O_PATH, 0);

	if (mount < 0)
		return refuse_target(m, mount, error);
	if (m->param_count) {
		_cleanup_fd int context = mount_pick(mount);
		int r = context < 0 ? context : planned_parameters(context, m);
		if (r == 0)
			r = mount_reconfigure(context);
		if (r < 0)
			return fail_at(error, &m->at, -r, "cannot remount '%s'%s", m->target,
				       context < 0 ? "" : mount_words(context, words));
	}
	try(planned_attributes(m, mount, error));
	return set_propagation(m, mount, error);
}

/* ---- legacy cgroups: a tmpfs with a directory for each hierarchy ---- */

static int attach_inside(struct stage *stage, const struct plan_mount *inside, int tmpfs, struct error *error)
{
	_cleanup_fd int tree = init_next_tree(stage, error);
	if (tree < 0)
		return -1;
	if (again_mkdirat(tmpfs, inside->target, 0555) < 0)
		return failed(inside, -errno, "", error);
	_cleanup_fd int target = again_openat(tmpfs, inside->target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return failed(inside, -errno, "", error);
	try(planned_attributes(inside, tree, error));
	return attach(inside, tree, target, error);
}

static int mount_cgroup_v1(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	struct stat was = { .st_mode = 0755 };
	struct plan_mount writable = *m;
	_cleanup_fd int target = open_target(stage, m, S_IFDIR, &was, error);
	if (target < 0)
		return -1;
	writable.attr_set &= ~ABI_MOUNT_ATTR_RDONLY;
	writable.mode_from_target = true;
	was.st_mode = S_IFDIR | 0755;
	_cleanup_fd int tmpfs = make_filesystem(stage, &writable, &was, error);
	if (tmpfs < 0)
		return -1;
	/* First of all: before Linux 6.15 nothing can be attached to what is not attached itself. */
	try(attach(m, tmpfs, target, error));
	for (size_t i = 0; i < m->inside_count; i++)
		try(attach_inside(stage, &m->inside[i], tmpfs, error));
	for (size_t i = 0; i < m->link_count; i++)
		if (symlinkat(m->links[i].target, tmpfs, m->links[i].path) < 0)
			return fail_at(error, &m->at, errno, "cannot make the link '%s' in '%s'", m->links[i].path, m->target);
	return planned_attributes(m, tmpfs, error);
}

static int mount_one(struct stage *stage, const struct plan_mount *m, struct error *error)
{
	switch (m->kind) {
	case MOUNT_FILESYSTEM:
		return mount_filesystem(stage, m, error);
	case MOUNT_TREE:
		return mount_tree(stage, m, error);
	case MOUNT_REMOUNT:
		return remount(stage, m, error);
	case MOUNT_CGROUP_V1:
		return mount_cgroup_v1(stage, m, error);
	}
	return fail_at(error, &m->at, EINVAL, "cannot mount at '%s'", m->target);
}

int init_mounts(struct stage *stage, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	for (size_t i = 0; i < mounts->count; i++) {
		struct trace_span *span = trace_begin(stage->trace, TRACE_MOUNT, (unsigned)i);
		try(trace_end(span, mount_one(stage, &mounts->items[i], error)));
	}
	return 0;
}
