/* A state directory vanishes in one step; what was in it is emptied afterwards, never following a link, never onto another mount. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"
#include "kern/path.h"
#include "state/network.h"
#include "state/state.h"

#define GONE_PREFIX ".del."
#define REMOVE_MS 10000
#define SWEEP_MS 1000

/* A container that is mighty may have made its directory for NOTIFY_SOCKET writable and filled it: at any depth, in any number, and what
 * of it is still alive goes on doing so. Hence no recursion, and an end to it. */
struct emptying {
	int64_t deadline;
	uint64_t random;  /* in the names that are given: nobody has taken them before */
	unsigned given;
};

static struct emptying begin(int ms)
{
	struct emptying e = { .deadline = clock_ms() + ms };

	if (getrandom(&e.random, sizeof(e.random), 0) < 0)
		e.random = (uint64_t)getpid();
	return e;
}

static DIR *open_below(int dir, const char *name)
{
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY, PATH_NO_SYMLINKS | PATH_NO_XDEV);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !list)
		close(fd);
	return list;
}

/* The next entry; NULL at the end, or once the time is over. */
static const char *next(const struct emptying *e, DIR *list)
{
	for (struct dirent *entry; clock_ms() < e->deadline && (entry = again_readdir(list));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	return NULL;
}

static bool drop(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

/* Empties a directory that lies in `top`: what is not empty itself moves up beside it. Whether anything was done. */
static bool lift(struct emptying *e, int top, const char *from)
{
	DIR *list = open_below(top, from);
	bool done = false;

	if (!list)
		return false;
	for (const char *name; (name = next(e, list));) {
		char up[48];
		bool gone = drop(dirfd(list), name);
		if (!gone) {
			format(up, sizeof(up), "%016llx.%u", (unsigned long long)e->random, e->given++);
			gone = renameat(dirfd(list), name, top, up) == 0;
		}
		done |= gone;
	}
	closedir(list);
	return done;
}

/* Level by level, with two descriptors. Each round leaves less, or the same things less deep. */
static void flatten(struct emptying *e, DIR *top)
{
	bool done = true;

	while (done) {
		done = false;
		rewinddir(top);
		for (const char *name; (name = next(e, top));) {
			bool dropped = drop(dirfd(top), name), lifted = !dropped && lift(e, dirfd(top), name);
			if (lifted)
				unlinkat(dirfd(top), name, AT_REMOVEDIR);
			done |= dropped || lifted;
		}
	}
}

/* Each directory in it is flattened within itself: nothing leaves the mount that a container sees of it. Whether all of it is gone. */
static bool empty_named(struct emptying *e, int root, const char *gone)
{
	DIR *list = open_below(root, gone);

	for (const char *name; list && (name = next(e, list));) {
		if (drop(dirfd(list), name))
			continue;
		/* The kernel would not give it up when it was told to. */
		if (strcmp(name, STATE_NETWORK_NAMESPACE) == 0 || strcmp(name, STATE_NETWORK_HOME) == 0)
			network_give_up(dirfd(list));
		DIR *child = open_below(dirfd(list), name);
		if (!child)
			continue;
		flatten(e, child);
		closedir(child);
		unlinkat(dirfd(list), name, AT_REMOVEDIR);
	}
	if (list)
		closedir(list);
	return unlinkat(root, gone, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

int state_remove(struct state_dir *state, struct error *error)
{
	char gone[sizeof(GONE_PREFIX) + STATE_ID_MOST + 20];
	struct emptying e = begin(REMOVE_MS);

	format(gone, sizeof(gone), GONE_PREFIX "%s.%016llx", state->id, (unsigned long long)e.random);
	int cause = renameat(state->root, state->id, state->root, gone) < 0 ? errno : 0;
	/* Where it cannot vanish in one step, in several; and again, for what the kernel refused for a passing reason. */
	const char *named = cause ? state->id : gone;
	bool emptied = empty_named(&e, state->root, named) || empty_named(&e, state->root, named);
	if (cause && faccessat(state->root, state->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(error, cause, "cannot remove the state directory of '%s'", state->id);
	if (!emptied)
		log_warning("container '%s' is deleted, but not all of '%s/%s' could be removed: a later delete --force tries again",
			    state->id, state->root_path, gone);
	close_fd(&state->dir);
	return 0;
}

static bool begins(const char *name, const char *with) { return strncmp(name, with, strlen(with)) == 0; }

/* A claim that was cut short is empty, and nobody has its lock. */
static void drop_claim(int root, const char *name)
{
	_cleanup_fd int dir = again_openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0 && again_flock(dir, LOCK_EX | LOCK_NB) == 0)
		unlinkat(root, name, AT_REMOVEDIR);
}

/* Nothing that is named like a removed one is in use: the rename was the end of it. */
void state_sweep(struct state_dir *state)
{
	struct emptying e = begin(SWEEP_MS);
	DIR *list = open_below(state->root, ".");

	if (!list)
		return;
	for (const char *name; (name = next(&e, list));) {
		if (begins(name, GONE_PREFIX))
			empty_named(&e, state->root, name);
		else if (begins(name, STATE_CLAIM))
			drop_claim(state->root, name);
	}
	closedir(list);
}
