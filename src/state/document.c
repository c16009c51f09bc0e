/* A file of the state directory, whole. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "state/state.h"

int state_unreadable(int code)
{
	return code == ELOOP || code == ENXIO || code == ENODEV || code == ENOTDIR ? STATE_DAMAGED : -1;
}

int state_document(const struct state_dir *state, const char *name, struct arena *arena, const char **text, size_t *length,
		   struct error *error)
{
	struct stat info;

	_cleanup_fd int fd = state_open_file(state, name);
	/* Asked again, as for this nobody needs a descriptor: what was never there is not missed for want of one. */
	if (fd == -ENOENT || (fd < 0 && state_mode(state, name) == -ENOENT))
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0) {
		fail(error, fd < 0 ? -fd : errno, "cannot read our %s of container '%s'", name, state->id);
		return state_unreadable(error->code);
	}
	if (!S_ISREG(info.st_mode) || info.st_size > JSON_SIZE_MOST) {
		fail(error, 0, "our %s of container '%s' is damaged", name, state->id);
		return STATE_DAMAGED;
	}
	char *to = arena_alloc(arena, (size_t)info.st_size + 2);
	ssize_t n = read_all(fd, to, (size_t)info.st_size + 2);
	if (n < 0)
		return fail(error, (int)-n, "cannot read our %s of container '%s'", name, state->id);
	*text = to;
	*length = (size_t)n;
	return 1;
}
