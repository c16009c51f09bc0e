/* A container's directories taken away, with those the payload made in them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"
#include "cgroup/cgroup.h"
#include "cgroup/tree.h"
#include "state/state.h"

/* A process that has just ended may still count for a moment: waits of 1, 2, 4 ... ms, a second in all (contract section 14.2). */
#define WAITS 10

struct sweep {
	bool removed;
	char busy[NAME_MAX + 1]; /* the first that could not be removed */
};

static int sweep_one(int dir, const char *name, void *data)
{
	struct sweep *sweep = data;

	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
		sweep->removed = true;
		return 0;
	}
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	format(sweep->busy, sizeof(sweep->busy), "%s", name);
	return 1;
}

static int open_parent(int dir)
{
	int parent = again_openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return parent < 0 ? -errno : parent;
}

/* Removes all directories below `top`. It needs one descriptor for any depth (whoever is in a container may nest as it likes):
 * down into what is busy, and back by "..", which in this file system cannot have become another directory. */
static int empty(int top)
{
	_cleanup_fd int at = tree_open(top, ".");
	bool came_up = false;
	long depth = 0;

	for (;;) {
		struct sweep sweep = { .removed = false };
		int busy = at < 0 ? at : tree_names(at, sweep_one, &sweep);
		if (busy < 0 || (!busy && depth == 0))
			return busy;
		/* Nothing is below it any more and it is still busy: somebody is in it. */
		if (busy && came_up && !sweep.removed)
			return -EBUSY;
		int next = busy ? tree_open(at, sweep.busy) : open_parent(at);
		if (busy && next == -ENOENT)
			continue;
		came_up = !busy;
		depth += busy ? 1 : -1;
		close_fd(&at);
		at = next;
	}
}

static int remove_once(int root, const char *parent_path, const char *name)
{
	_cleanup_fd int parent = tree_open(root, parent_path);

	if (parent < 0)
		return parent;
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	_cleanup_fd int leaf = tree_open(parent, name);
	int r = leaf < 0 ? leaf : empty(leaf);
	if (r < 0)
		return r;
	return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* "/a/b/" becomes "/a" and "b". */
static const char *split(char *path)
{
	size_t length = strlen(path);

	while (length && path[length - 1] == '/')
		path[--length] = '\0';
	char *slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

enum cgroup_whose cgroup_whose(const struct cgroup_at *at)
{
	if (!at->count || !tree_path_valid(at->path))
		return CGROUP_GONE;
	const struct record_cgroup *first = &at->hierarchies[0];
	_cleanup_fd int dir = tree_leaf(first->mount, first->v2, at->path);
	if (dir < 0)
		return CGROUP_GONE;
	if (!first->inode)
		return tree_count(dir) == 0 ? CGROUP_OURS : CGROUP_OTHERS;
	_cleanup_fd int ours = tree_of(first, at->path);
	return ours >= 0 ? CGROUP_OURS : CGROUP_OTHERS;
}

static int remove_one(const struct record_cgroup *hierarchy, const char *path, int *waits)
{
	char parent[PATH_MAX];
	_cleanup_fd int root = tree_root(hierarchy->mount, hierarchy->v2);
	int r = root;

	if (format(parent, sizeof(parent), "/%s", path) >= sizeof(parent))
		return -ENAMETOOLONG;
	_cleanup_fd int dir = tree_of(hierarchy, path);
	/* Gone, or another one of its name; or nobody knows whose it is, and somebody is in it. */
	if (dir < 0 || (!hierarchy->inode && tree_count(dir) > 0))
		return dir == -ENOENT || dir == -ENODEV || dir >= 0 ? 0 : dir;
	if (hierarchy->mark && !(hierarchy->mark & TREE_MARK_MADE)) /* in this hierarchy it was there before us (runtime.md#delete) */
		return 0;
	const char *name = split(parent);
	if (!name)
		return -EINVAL;
	while (root >= 0 && (r = remove_once(root, parent, name)) == -EBUSY && *waits < WAITS)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000L << (*waits)++ }, NULL);
	return r == -ENOENT || r == -ENODEV || r > 0 ? 0 : r;
}

/* From the deepest up, until one is in use or was there before us. */
static void remove_above(const struct record_cgroup *hierarchy, const char *path, const char *above)
{
	char at[PATH_MAX];
	_cleanup_fd int root = tree_root(hierarchy->mount, hierarchy->v2);

	if (root < 0 || format(at, sizeof(at), "%s", path) >= sizeof(at) || !split(at))
		return;
	while (strlen(at) > strlen(above)) {
		const char *name = split(at);
		_cleanup_fd int parent = name ? tree_open(root, *at ? at : "/") : -1;
		if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) < 0)
			return;
	}
}

void cgroup_wait_removed(const struct cgroup_at *at, int timeout_ms)
{
	int64_t until = clock_ms() + timeout_ms;

	for (size_t i = 0; i < at->count;) {
		_cleanup_fd int dir = tree_of(&at->hierarchies[i], at->path);
		if (dir < 0)
			i++;
		else if (clock_ms() >= until)
			return;
		else
			nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

int cgroup_remove(const struct cgroup_at *at, const char *above)
{
	int waits = 0, result = 0;

	if (!tree_path_valid(at->path))
		return -EINVAL;
	for (size_t i = 0; i < at->count; i++) {
		int r = remove_one(&at->hierarchies[i], at->path, &waits);
		if (r == 0 && above)
			remove_above(&at->hierarchies[i], at->path, above);
		if (r < 0 && result == 0)
			result = r;
	}
	return result;
}
