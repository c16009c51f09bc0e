/* Sources on the host: one way to open them, one to clone them. */
#include "run/source.h"

#include <errno.h>
#include <fcntl.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/mount.h"
#include "kern/path.h"
#include "run/stage.h"

int source_open(const char *path, int flags)
{
	_cleanup_fd int slash = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return slash < 0 ? -errno : path_open(slash, path, flags | O_PATH, 0);
}

void sources_begin(struct sources *sources, const struct stage *stage)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;

	*sources = (struct sources){ .view = { -1, -1, -1 } };
	sources->locked = n->of[PLAN_NS_USER].mode != NS_INHERIT && n->of[PLAN_NS_MOUNT].mode != NS_INHERIT;
	sources->viewed = sources->locked && !stage->deputy.pid;
}

void sources_end(struct sources *sources)
{
	mount_view_close(&sources->view);
}

static int clone_plain(const char *path, int flags, int how)
{
	_cleanup_fd int fd = source_open(path, flags);
	return fd < 0 ? fd : mount_clone(fd, "", how);
}

/* Nothing that a lock would keep. */
static bool has_no_flags(int fd)
{
	struct statvfs fs;
	return again_fstatvfs(fd, &fs) == 0 && !(fs.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC));
}

int sources_clone(struct sources *sources, const char *path, int flags, int how)
{
	if (!sources->viewed)
		return clone_plain(path, flags, how);
	int r = sources->view.root < 0 ? mount_view_open(&sources->view) : 0;
	if (r < 0)
		return r;
	_cleanup_fd int fd = path_open(sources->view.root, path, flags | O_PATH, 0);
	if (fd < 0)
		return fd;
	int tree = mount_view_clone(&sources->view, fd, how);
	/* A plain bind of a directory with mounts below it: what they hide is the configuration's to show, if no flag gets lost. */
	if (tree == -EINVAL && !(how & MOUNT_RECURSIVE) && has_no_flags(fd))
		return clone_plain(path, flags, how);
	return tree;
}
