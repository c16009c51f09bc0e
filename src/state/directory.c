/* ROOT and ROOT/ID: opened safely, claimed, locked, listed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"
#include "state/state.h"

int state_check_id(const char *id, struct error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

	if (!id || !*id)
		return fail(error, 0, "container id cannot be empty");
	if (strlen(id) > STATE_ID_MOST)
		return fail(error, 0, "invalid container ID format: more than %d bytes", STATE_ID_MOST);
	if (id[0] == '.' || strspn(id, allowed) != strlen(id))
		return fail(error, 0, "invalid container ID format: '%s' (letters, digits, '_', '+', '-' and '.', not first)", id);
	return 0;
}

/* mkdir -p, 0700: every part that is missing. */
static int make_parents(const char *path)
{
	char *copy = strdup(path);
	int result = 0;

	if (!copy)
		return -ENOMEM;
	for (char *at = copy + 1; result == 0; at++) {
		if (*at != '/' && *at != '\0')
			continue;
		char held = *at;
		*at = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			result = -errno;
		*at = held;
		if (!held)
			break;
	}
	free(copy);
	return result;
}

/* Rule B.14.1: a root another user could write to, or replace, is refused; before anything is made in what is his. */
static int check_parent(const struct stat *parent, const char *path, struct error *error)
{
	if (parent->st_uid != 0 && parent->st_uid != geteuid())
		return fail(error, 0, "the directory above the state root '%s' belongs to uid %u", path, parent->st_uid);
	if ((parent->st_mode & (S_IWGRP | S_IWOTH)) && !(parent->st_mode & S_ISVTX))
		return fail(error, 0, "the directory above the state root '%s' may be written by others (mode %o)", path,
			    parent->st_mode & 07777);
	return 0;
}

static int check_root(int fd, const char *path, struct error *error)
{
	struct stat root, parent;

	if (fstat(fd, &root) < 0 || fstatat(fd, "..", &parent, 0) < 0)
		return fail(error, errno, "cannot look at the state root '%s'", path);
	if (root.st_uid != geteuid())
		return fail(error, 0, "the state root '%s' belongs to uid %u, not to us", path, root.st_uid);
	if (root.st_mode & (S_IWGRP | S_IWOTH))
		return fail(error, 0, "the state root '%s' may be written by others (mode %o)", path, root.st_mode & 07777);
	return check_parent(&parent, path, error);
}

static const char *advice(int code)
{
	const bool refused = code == EACCES || code == EPERM;
	return refused && geteuid() != 0 ? " (an ordinary user's is below XDG_RUNTIME_DIR, or where --root says)" : "";
}

static int make_root(const char *path, int flags, struct error *error)
{
	const mode_t mode = flags & STATE_ROOT_STICKY ? 01700 : 0700;
	char *above = strdup(path), *slash = above ? strrchr(above, '/') : NULL;
	struct stat parent;
	int r = above ? 0 : -ENOMEM;

	if (slash && slash != above) {
		*slash = '\0';
		r = make_parents(above);
		if (r == 0 && stat(above, &parent) < 0)
			r = -errno;
		if (r == 0 && check_parent(&parent, path, error) < 0) {
			free(above);
			return -1;
		}
	}
	free(above);
	if (r == 0 && mkdir(path, mode) < 0 && errno != EEXIST)
		r = -errno;
	return r < 0 ? fail(error, -r, "cannot make the state root '%s'%s", path, advice(-r)) : 0;
}

int state_open_root(const char *path, int flags, struct state_dir *state, struct error *error)
{
	*state = (struct state_dir){ .root = -1, .dir = -1, .root_path = path };

	if (strcmp(path, "/") == 0)
		return fail(error, 0, "Option --root argument should not be set to /");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && (flags & STATE_ROOT_MAKE)) {
		try(make_root(path, flags, error));
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return fail(error, errno, "cannot open the state root '%s'%s", path, advice(errno));
	state->root = fd;
	return check_root(fd, path, error);
}

int state_claim(struct state_dir *state, const char *id, struct error *error)
{
	state->id = id;
	if (mkdirat(state->root, id, 0700) < 0)
		return errno == EEXIST ? fail(error, 0, "container with given ID already exists: %s", id)
				       : fail(error, errno, "cannot make the state directory of '%s'", id);
	state->dir = openat(state->root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->dir < 0 || flock(state->dir, LOCK_EX | LOCK_NB) < 0) {
		int cause = errno;
		unlinkat(state->root, id, AT_REMOVEDIR);
		close_fd(&state->dir);
		return fail(error, cause, "cannot lock the state directory of '%s'", id);
	}
	state->locked = true;
	return 0;
}

void state_unlock(struct state_dir *state)
{
	if (state->locked)
		flock(state->dir, LOCK_UN);
	state->locked = false;
}

/* Whether the directory we hold is still the one of that name: who had the lock before us may have removed it. */
static bool still_named(const struct state_dir *state)
{
	struct stat held, named;
	return fstat(state->dir, &held) == 0 && fstatat(state->root, state->id, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* flock(2) has no time limit of its own; its holder is a command that takes milliseconds, or one that runs a hook. */
static int lock_bounded(int fd)
{
	int64_t deadline = clock_ms() + STATE_LOCK_WAIT_MS;
	struct timespec pause = { .tv_nsec = 200000 };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_ms() >= deadline)
			return -EBUSY;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

int state_open(struct state_dir *state, const char *id, int flags, struct error *error)
{
	state->id = id;
	state->dir = openat(state->root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->dir < 0 && errno == ENOENT)
		return fail(error, 0, "container does not exist: %s", id);
	if (state->dir < 0)
		return fail(error, errno, "cannot open the state directory of '%s'", id);
	if (!(flags & STATE_LOCK))
		return 0;
	int r = lock_bounded(state->dir);
	state->locked = r == 0 && still_named(state);
	if (state->locked)
		return 0;
	close_fd(&state->dir);
	if (r == 0)
		return fail(error, 0, "container does not exist: %s", id);
	return r == -EBUSY ? fail(error, 0, "container '%s' is busy: another command is changing it", id)
			   : fail(error, -r, "cannot lock the state directory of '%s'", id);
}

void state_close(struct state_dir *state)
{
	close_fd(&state->dir);
	close_fd(&state->root);
	state->locked = false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All entries that may be containers, as an array in the arena. */
static const char **list_ids(const struct state_dir *state, struct arena *arena, size_t *count, struct error *error)
{
	size_t room = 64;
	const char **ids = arena_array(arena, const char *, room);
	int fd = openat(state->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*count = 0;
	if (!dir) {
		fail(error, errno, "cannot list the state root '%s'", state->root_path);
		return NULL;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (*count == room) {
			const char **more = arena_array(arena, const char *, room * 2);
			memcpy(more, ids, room * sizeof(*ids));
			ids = more;
			room *= 2;
		}
		ids[(*count)++] = arena_string(arena, entry->d_name);
	}
	closedir(dir);
	qsort(ids, *count, sizeof(*ids), by_name);
	return ids;
}

int state_each(const struct state_dir *state, struct arena *arena, int (*each)(const char *id, void *data, struct error *error), void *data,
	       struct error *error)
{
	size_t count;
	const char **ids = list_ids(state, arena, &count, error);

	if (!ids)
		return -1;
	for (size_t i = 0; i < count; i++)
		try(each(ids[i], data, error));
	return 0;
}
