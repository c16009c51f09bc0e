/* Deaths for lack of memory, counted by the kernel. */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "cgroup/tree.h"
#include "state/state.h"

/* Whether a legacy hierarchy is mounted under its controller's name, as it usually is: "/sys/fs/cgroup/memory". */
static bool is_named_memory(const struct record_cgroup *hierarchy)
{
	const char *slash = strrchr(hierarchy->mount, '/');

	return slash && strstr(slash, "memory") != NULL;
}

/* The most likely place first, so that nothing is opened in vain where there are a dozen hierarchies. */
enum likely { NAMED_MEMORY, UNIFIED, ANY_OTHER, LIKELY_ALL };

static enum likely likely_of(const struct record_cgroup *hierarchy)
{
	return hierarchy->v2 ? UNIFIED : is_named_memory(hierarchy) ? NAMED_MEMORY : ANY_OTHER;
}

static int open_in(const struct record_cgroup *hierarchy, const char *path, struct oom_place *place)
{
	_cleanup_fd int dir = tree_of(hierarchy, path);
	int fd = dir < 0 ? -1 : again_openat(dir, hierarchy->v2 ? "memory.events" : "memory.oom_control", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		*place = (struct oom_place){ take_fd(&dir), !hierarchy->v2 };
	return fd;
}

int oom_open(const struct cgroup_at *at, struct oom_place *place)
{
	*place = (struct oom_place){ .dir = -1 };
	if (!at->path || !tree_path_valid(at->path))
		return -1;
	for (enum likely likely = NAMED_MEMORY; likely < LIKELY_ALL; likely++)
		for (size_t i = 0; i < at->count; i++) {
			int fd = likely_of(&at->hierarchies[i]) == likely ? open_in(&at->hierarchies[i], at->path, place) : -1;
			if (fd >= 0)
				return fd;
		}
	return -1;
}

/* Always from the beginning: that is a new reading for the kernel, and what poll(2) counts from. */
static int read_key(int fd, const char *key, uint64_t *count)
{
	char text[512], *rest;
	ssize_t length = again_pread(fd, text, sizeof(text) - 1, 0);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, key, strlen(key)) == 0)
			return number_u64(line + strlen(key), count);
	return -ENODATA;
}

int oom_count(int fd, uint64_t *count)
{
	return read_key(fd, "oom_kill ", count);
}

static int open_alone(const struct cgroup_at *at)
{
	struct oom_place place;
	int fd = oom_open(at, &place);

	close_fd(&place.dir);
	return fd;
}

int cgroup_oom_kills(const struct cgroup_at *at, uint64_t *count)
{
	_cleanup_fd int fd = open_alone(at);

	return fd < 0 ? -ENODEV : oom_count(fd, count);
}

int cgroup_oom_times(const struct cgroup_at *at, uint64_t *count)
{
	_cleanup_fd int fd = open_alone(at);

	return fd < 0 ? -ENODEV : read_key(fd, "oom ", count);
}

/* ---- a count kept up ---- */

#define AGAIN_MOST 8

/* A death between two readings would be in one count alone. */
static int read_both(const struct oom_tally *tally, uint64_t *own, uint64_t *above)
{
	uint64_t before = 0;
	int r = oom_count(tally->own, own);

	for (int i = 0; r == 0 && tally->above >= 0 && i < AGAIN_MOST && (i == 0 || *own != before); i++) {
		before = *own;
		if (oom_count(tally->above, above) < 0)
			*above = tally->above_count;
		r = oom_count(tally->own, own);
	}
	return r;
}

/* "..", unless that leads out of the hierarchy: there it has no such file. */
void oom_tally_open(const struct cgroup_at *at, struct oom_tally *tally)
{
	struct oom_place place;

	*tally = (struct oom_tally)OOM_TALLY_NONE;
	tally->own = oom_open(at, &place);
	if (tally->own >= 0 && !place.legacy)
		tally->above = again_openat(place.dir, "../memory.events", O_RDONLY | O_CLOEXEC);
	close_fd(&place.dir);
	tally->counted = tally->own >= 0 && read_both(tally, &tally->own_count, &tally->above_count) == 0;
	if (!tally->counted)
		oom_tally_close(tally);
}

void oom_tally_read(struct oom_tally *tally)
{
	uint64_t own = tally->own_count, above = tally->above_count;

	if (tally->own < 0)
		return;
	if (read_both(tally, &own, &above) == 0) {
		tally->kills += own > tally->own_count ? own - tally->own_count : 0;
		tally->own_count = own;
		tally->above_count = above;
		return;
	}
	if (tally->above >= 0 && oom_count(tally->above, &above) == 0 && above > tally->above_count)
		tally->kills += above - tally->above_count;
	oom_tally_close(tally);
}

void oom_tally_close(struct oom_tally *tally)
{
	close_fd(&tally->own);
	close_fd(&tally->above);
}
