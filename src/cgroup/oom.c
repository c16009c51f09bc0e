/* Deaths for lack of memory, counted by the kernel. */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
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
	int fd = dir < 0 ? -1 : openat(dir, hierarchy->v2 ? "memory.events" : "memory.oom_control", O_RDONLY | O_CLOEXEC);

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

int cgroup_oom_open(const struct cgroup_at *at)
{
	struct oom_place place;
	int fd = oom_open(at, &place);

	close_fd(&place.dir);
	return fd;
}

/* Always from the beginning: that is a new reading for the kernel, and what poll(2) counts from. */
static int read_key(int fd, const char *key, uint64_t *count)
{
	char text[512], *rest;
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, key, strlen(key)) == 0)
			return number_u64(line + strlen(key), count);
	return -ENODATA;
}

int cgroup_oom_count(int fd, uint64_t *count)
{
	return read_key(fd, "oom_kill ", count);
}

int cgroup_oom_kills(const struct cgroup_at *at, uint64_t *count)
{
	_cleanup_fd int fd = cgroup_oom_open(at);

	return fd < 0 ? -ENODEV : cgroup_oom_count(fd, count);
}

int cgroup_oom_times(const struct cgroup_at *at, uint64_t *count)
{
	_cleanup_fd int fd = cgroup_oom_open(at);

	return fd < 0 ? -ENODEV : read_key(fd, "oom ", count);
}
