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
#include "base/cleanup.h"
#include "base/format.h"
#include "state/state.h"

#define GONE_PREFIX ".del."
#define DEPTH_MOST 8

/* Takes `fd`. Best effort: what cannot be removed keeps its directory. */
static void empty_directory(int fd, dev_t device, int depth)
{
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		const char *name = entry->d_name;
		struct stat info;
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(fd, name, 0) == 0)
			continue;
		int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue;
		if (depth < DEPTH_MOST && fstat(child, &info) == 0 && info.st_dev == device)
			empty_directory(child, device, depth + 1);
		else
			close(child);
		unlinkat(fd, name, AT_REMOVEDIR);
	}
	closedir(dir);
}

static void empty_named(int root, const char *name)
{
	struct stat info;
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &info) == 0)
		empty_directory(fd, info.st_dev, 0);
	else if (fd >= 0)
		close(fd);
	unlinkat(root, name, AT_REMOVEDIR);
}

int state_remove(struct state_dir *state, struct error *error)
{
	char gone[sizeof(GONE_PREFIX) + STATE_ID_MOST + 20];
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (uint64_t)getpid();
	format(gone, sizeof(gone), GONE_PREFIX "%s.%016llx", state->id, (unsigned long long)random);
	int cause = renameat(state->root, state->id, state->root, gone) < 0 ? errno : 0;
	/* Where it cannot vanish in one step, in several. */
	empty_named(state->root, cause ? state->id : gone);
	if (cause && faccessat(state->root, state->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fail(error, cause, "cannot remove the state directory of '%s'", state->id);
	close_fd(&state->dir);
	return 0;
}

/* Nothing that is named like this is in use: the rename was the end of it. */
void state_sweep(struct state_dir *state)
{
	int fd = openat(state->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (strncmp(entry->d_name, GONE_PREFIX, strlen(GONE_PREFIX)) == 0)
			empty_named(state->root, entry->d_name);
	closedir(dir);
}
