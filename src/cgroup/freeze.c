/* Everything in a cgroup stopped where it is, and let go again. */
#include "cgroup/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "cgroup/tree.h"
#include "state/state.h"

/* Most cgroups stop within some microseconds: short moments first. */
#define MOMENT_US 50
#define MOMENT_MOST_US 10000

/* A legacy freezer can miss a process that is on its way between two states. Asking once more mostly does; after so many times
 * it is thawed for a moment, so that all begin anew (contract 6.9). */
#define TURNS 20

static bool file_begins(int dir, const char *file, const char *with)
{
	char text[32];

	return file_read(dir, file, text, sizeof(text)) > 0 && strncmp(text, with, strlen(with)) == 0;
}

/* All of them; the legacy freezer looks at its processes when it is read. */
static bool has_stopped(const struct freezer *freezer)
{
	return freezer->v2 ? tree_event(freezer->dir, "frozen 1") : file_begins(freezer->dir, "freezer.state", "FROZEN");
}

/* Asks in each turn, although a v2 cgroup needs it once: who kills without waiting for us thaws, too. */
int freezer_stop(const struct freezer *freezer, int64_t until, int interrupt)
{
	int64_t us = MOMENT_US;
	int turn = 0;

	do {
		int r = freezer->v2 ? file_write(freezer->dir, "cgroup.freeze", "1")
				    : file_write(freezer->dir, "freezer.state", "FROZEN");
		if (r < 0 || has_stopped(freezer))
			return r;
		if (!freezer->v2 && ++turn % TURNS == 0)
			freezer_release(freezer);
		if (tree_event_wait(freezer->dir, "frozen 0", us, interrupt))
			return -EINTR;
		us = us < MOMENT_MOST_US ? us * 2 : us;
	} while (clock_ms() < until);
	return -ETIMEDOUT;
}

int freezer_release(const struct freezer *freezer)
{
	return freezer->v2 ? file_write(freezer->dir, "cgroup.freeze", "0") : file_write(freezer->dir, "freezer.state", "THAWED");
}

static int release_one(int dir, void *data)
{
	(void)data;
	freezer_release(&(struct freezer){ .dir = dir });
	return 0;
}

void freezer_release_tree(int dir)
{
	tree_each(dir, release_one, NULL);
}

/* The container's directory in a hierarchy, if it has a freezer: the descriptor, or -errno. */
static int open_freezer(const struct cgroup_at *at, size_t index)
{
	const struct record_cgroup *hierarchy = &at->hierarchies[index];
	_cleanup_fd int dir = tree_path_valid(at->path) ? tree_of(hierarchy, at->path) : -ENOENT;

	if (dir < 0)
		return dir;
	return faccessat(dir, hierarchy->v2 ? "cgroup.freeze" : "freezer.state", F_OK, 0) < 0 ? -errno : take_fd(&dir);
}

/* A directory that was removed while it was open says so. */
static int as_missing(int r)
{
	return r == -ENODEV ? -ENOENT : r;
}

/* A legacy freezer is preferred: it is where others look on such a host. One that cannot be opened is not missing. */
static int find_freezer(const struct cgroup_at *at, struct freezer *freezer)
{
	_cleanup_fd int unified = -1;

	for (size_t i = 0; i < at->count; i++) {
		_cleanup_fd int dir = as_missing(open_freezer(at, i));
		if (dir < 0 && dir != -ENOENT)
			return dir;
		if (dir >= 0 && !at->hierarchies[i].v2) {
			*freezer = (struct freezer){ .dir = take_fd(&dir) };
			return 0;
		}
		if (dir >= 0 && unified < 0)
			unified = take_fd(&dir);
	}
	*freezer = (struct freezer){ .dir = take_fd(&unified), .v2 = true };
	return freezer->dir < 0 ? -ENOENT : 0;
}

int cgroup_freeze(const struct cgroup_at *at, int timeout_ms, int interrupt)
{
	struct freezer freezer;
	int r = find_freezer(at, &freezer);

	if (r < 0)
		return r;
	r = freezer_stop(&freezer, clock_ms() + timeout_ms, interrupt);
	if (r < 0)
		freezer_release(&freezer);
	close_fd(&freezer.dir);
	return as_missing(r);
}

int cgroup_thaw(const struct cgroup_at *at)
{
	int result = -ENOENT;

	for (size_t i = 0; i < at->count; i++) {
		_cleanup_fd int dir = open_freezer(at, i);
		int r = as_missing(dir < 0 ? dir : freezer_release(&(struct freezer){ dir, at->hierarchies[i].v2 }));
		if (r < 0 && r != -ENOENT)
			return r;
		result = r == 0 ? 0 : result;
	}
	return result == 0 && cgroup_frozen(at) ? -EBUSY : result;
}

/* Both files of v2 matter: the first has what was asked for here, the other one what cgroups above impose. */
bool freezer_frozen(const struct freezer *freezer)
{
	return freezer->v2 ? file_begins(freezer->dir, "cgroup.freeze", "1") || tree_event(freezer->dir, "frozen 1")
			   : tree_v1_frozen(freezer->dir);
}

#define LOOK_SIZE 256
#define NAME_MOST 4000

/* What a file of the cgroup says, found by its name. NULL: there is none. */
static const char *look(const struct record_cgroup *hierarchy, const char *path, const char *file, char text[LOOK_SIZE])
{
	char name[NAME_MOST + 64];

	format(name, sizeof(name), "%s/%s/%s", hierarchy->mount, path, file);
	return file_look(AT_FDCWD, name, text, LOOK_SIZE) > 0 ? text : NULL;
}

/* Hardly any is. So much is told by names alone; whose cgroup it is, is asked of one that looks frozen, or has too long a name. */
static bool looks_frozen(const struct record_cgroup *hierarchy, const char *path)
{
	char text[LOOK_SIZE];

	if (strlen(hierarchy->mount) + strlen(path) > NAME_MOST)
		return true;
	if (!hierarchy->v2)
		return look(hierarchy, path, "freezer.state", text) && strncmp(text, "THAWED", strlen("THAWED")) != 0;
	return (look(hierarchy, path, "cgroup.freeze", text) && *text == '1') ||
	       (look(hierarchy, path, "cgroup.events", text) && strstr(text, "frozen 1"));
}

int cgroup_frozen(const struct cgroup_at *at)
{
	bool frozen = false;

	for (size_t i = 0; i < at->count && !frozen && tree_path_valid(at->path); i++) {
		const struct record_cgroup *hierarchy = &at->hierarchies[i];
		if (!looks_frozen(hierarchy, at->path))
			continue;
		_cleanup_fd int dir = tree_of(hierarchy, at->path);
		frozen = dir >= 0 && freezer_frozen(&(struct freezer){ dir, hierarchy->v2 });
	}
	return frozen;
}
