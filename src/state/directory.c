/* ROOT and ROOT/ID: opened safely, claimed, locked, listed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h> /* RENAME_NOREPLACE */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"
#include "kern/path.h"
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
		if (again_mkdir(copy, 0700) < 0 && errno != EEXIST)
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
	if (r == 0 && again_mkdir(path, mode) < 0 && errno != EEXIST)
		r = -errno;
	return r < 0 ? fail(error, -r, "cannot make the state root '%s'%s", path, advice(-r)) : 0;
}

int state_open_root(const char *path, int flags, struct state_dir *state, struct error *error)
{
	*state = (struct state_dir){ .root = -1, .dir = -1, .root_path = path };

	if (strcmp(path, "/") == 0)
		return fail(error, 0, "Option --root argument should not be set to /");
	int fd = again_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && (flags & STATE_ROOT_MAKE)) {
		try(make_root(path, flags, error));
		fd = again_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return fail(error, errno, "cannot open the state root '%s'%s", path, advice(errno));
	state->root = fd;
	return check_root(fd, path, error);
}

void state_unlock(struct state_dir *state)
{
	if (state->locked)
		again_flock(state->dir, LOCK_UN);
	state->locked = false;
}

#define CLAIMS 100    /* names that are tried */
#define NAME_SIZE 320 /* an id, if it is none as well, and the name of a file of ours */

/* Where a file of ours is found: its directory, and its name there. */
static int place_of(const struct state_dir *state, const char *name, char path[NAME_SIZE])
{
	if (state->dir >= 0)
		format(path, NAME_SIZE, "%s", name);
	else
		format(path, NAME_SIZE, "%s/%s", state->id, name);
	return state->dir >= 0 ? state->dir : state->root;
}

int state_open_file(const struct state_dir *state, const char *name)
{
	char path[NAME_SIZE];
	int dir = place_of(state, name, path);

	return path_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, PATH_NO_SYMLINKS);
}

int state_mode(const struct state_dir *state, const char *name)
{
	struct stat info;
	char path[NAME_SIZE];
	int dir = place_of(state, name, path);

	return fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : (int)info.st_mode;
}

/* Whether the directory we hold is still the one of that name: who had the lock before us may have removed it. */
static int still_named(const struct state_dir *state)
{
	struct stat held, named;

	if (fstat(state->dir, &held) < 0)
		return -errno;
	if (fstatat(state->root, state->id, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

bool state_gone(const struct state_dir *state) { return still_named(state) == 0; }

/* flock(2) has no time limit of its own; its holder is a command that takes milliseconds, or one that runs a hook. */
static int lock_bounded(int fd, int ms)
{
	int64_t deadline = clock_ms() + ms;
	struct timespec pause = { .tv_nsec = 200000 };

	while (again_flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (clock_ms() >= deadline)
			return -EBUSY;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 10000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

/* Nobody but who sweeps has a claim's lock before its maker. 1; 0: it is swept away; or -errno. */
static int lock_claim(struct state_dir *state, const char *claim)
{
	state->dir = again_openat(state->root, claim, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->dir < 0)
		return errno == ENOENT ? 0 : -errno;
	if (again_flock(state->dir, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : -errno;
	return 1;
}

/* Where the file system cannot rename without replacing (rename(2)), an empty directory has the name first, locked as the claim is: that is
 * what is replaced. 0, or -errno; -EAGAIN: somebody took it for an abandoned one before it was locked. */
static int name_in_two_steps(const struct state_dir *state, const char *claim)
{
	const int root = state->root;
	struct state_dir first = { .root = root, .id = state->id };

	if (again_mkdirat(root, state->id, 0700) < 0)
		return -errno;
	_cleanup_fd int dir = again_openat(root, state->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = dir < 0 ? -errno : lock_bounded(dir, STATE_LOCK_WAIT_MS);
	first.dir = dir;
	if (r == 0)
		r = still_named(&first);
	if (r == 0 || r == -ENOENT)
		return -EAGAIN;
	if (r < 0) {
		unlinkat(root, state->id, AT_REMOVEDIR);
		return r;
	}
	if (syscall(SYS_renameat2, root, claim, root, state->id, 0) == 0)
		return 0;
	r = -errno;
	unlinkat(root, state->id, AT_REMOVEDIR);
	return r;
}

/* 0; or -errno, -ENOENT: it was swept away. */
static int name_claim(const struct state_dir *state, const char *claim)
{
	/* By number: libc declares renameat(2) in <stdio.h>. */
	if (syscall(SYS_renameat2, state->root, claim, state->root, state->id, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL ? name_in_two_steps(state, claim) : -errno;
}

/* Made and locked under a name that is no container's, and then given its own: whoever finds it under that finds it locked, and does not
 * take it for one that was abandoned. 0, or -errno. */
static int claim_once(struct state_dir *state, const char *claim)
{
	if (again_mkdirat(state->root, claim, 0700) < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	int r = lock_claim(state, claim);
	r = r > 0 ? name_claim(state, claim) : r < 0 ? r : -ENOENT;
	if (r == 0)
		return 0;
	unlinkat(state->root, claim, AT_REMOVEDIR);
	close_fd(&state->dir);
	return r == -ENOENT ? -EAGAIN : r;
}

int state_claim(struct state_dir *state, const char *id, struct error *error)
{
	char claim[sizeof(STATE_CLAIM) + STATE_ID_MOST + 32];
	struct stat info;
	int r = -EAGAIN;

	state->id = id;
	if (fstatat(state->root, id, &info, AT_SYMLINK_NOFOLLOW) == 0)
		r = -EEXIST;
	/* A name that is taken is that of a killed process with our pid, or of one in another pid namespace. */
	for (int attempt = 0; r == -EAGAIN && attempt < CLAIMS; attempt++) {
		format(claim, sizeof(claim), STATE_CLAIM "%s.%d-%d", id, (int)getpid(), attempt);
		r = claim_once(state, claim);
	}
	if (r == -EEXIST)
		return fail(error, 0, "container with given ID already exists: %s", id);
	if (r < 0)
		return fail(error, -r, "cannot make the state directory of '%s'", id);
	state->locked = true;
	return 0;
}

int state_absent(const char *id, struct error *error)
{
	fail(error, 0, "container does not exist: %s", id);
	return STATE_ABSENT;
}

static int lock_named(struct state_dir *state, int ms, struct error *error)
{
	int r = lock_bounded(state->dir, ms);
	int named = r < 0 ? r : still_named(state);

	state->locked = named > 0;
	if (state->locked)
		return 0;
	if (r == 0)
		again_flock(state->dir, LOCK_UN);
	if (named == 0)
		return state_absent(state->id, error);
	if (r != -EBUSY)
		return fail(error, -named, "cannot lock the state directory of '%s'", state->id);
	fail(error, 0, "container '%s' is busy: another command is changing it", state->id);
	return STATE_BUSY;
}

int state_relock(struct state_dir *state, struct error *error)
{
	return lock_named(state, STATE_LOCK_WAIT_MS, error);
}

int state_open(struct state_dir *state, const char *id, int flags, struct error *error)
{
	state->id = id;
	state->dir = again_openat(state->root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state->dir < 0 && errno == ENOENT)
		return state_absent(id, error);
	if (state->dir < 0)
		return fail(error, errno, "cannot open the state directory of '%s'", id);
	if (!flags)
		return 0;
	int r = lock_named(state, flags & STATE_LOCK_BRIEFLY ? STATE_LOCK_BRIEF_MS : STATE_LOCK_WAIT_MS, error);
	if (r < 0)
		close_fd(&state->dir);
	return r;
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
	int fd = again_openat(state->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*count = 0;
	if (!dir) {
		fail(error, errno, "cannot list the state root '%s'", state->root_path);
		return NULL;
	}
	for (struct dirent *entry; errno = 0, (entry = again_readdir(dir));) {
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
	int cause = errno;
	closedir(dir);
	if (cause) {
		fail(error, cause, "cannot list the state root '%s'", state->root_path);
		return NULL;
	}
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
