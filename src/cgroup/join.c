/* Where one more process of a container goes. */
#include "cgroup/join.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "cgroup/freeze.h"
#include "cgroup/tree.h"
#include "kern/procfs.h"
#include "plan/plan.h"
#include "state/state.h"

/* What is left of `path` below `above`, by whole names; NULL: it is not below. "" if it is the same. */
static const char *below(const char *path, const char *above)
{
	size_t length = strlen(above);

	if (strncmp(path, above, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path[length] ? path + length + 1 : "";
}

/* "cpu,freezer" */
static bool has_name(const char *names, const char *name)
{
	const size_t length = strlen(name);

	while (strncmp(names, name, length) != 0 || (names[length] && names[length] != ',')) {
		names += strcspn(names, ",");
		if (!*names++)
			return false;
	}
	return true;
}

/* "0::/machine/one": its path in the v2 tree. "7:freezer:/machine/one": in the freezer's. */
static const char *path_in(char *lines, bool v2)
{
	char *rest;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		if (v2 ? strcmp(line, "0:") == 0 : has_name(names + 1, "freezer"))
			return path;
	}
	return NULL;
}

/* Where a process is, in the v2 tree or in the freezer's. What cannot be found out leaves the container's own. */
static int open_where_it_is(int dir, bool v2, pid_t pid, const char *container)
{
	char path[40], text[8192];
	_cleanup_fd int procfs = procfs_host();

	format(path, sizeof(path), "%d/cgroup", (int)pid);
	_cleanup_fd int fd = procfs < 0 ? -1 : procfs_open(procfs, path, O_RDONLY);
	if (fd < 0 || read_all(fd, text, sizeof(text)) < 0)
		return -ENOENT;
	const char *where = path_in(text, v2), *rest = where ? below(where, container) : NULL;
	return rest && tree_path_valid(rest) ? tree_open(dir, rest) : -ENOENT;
}

bool cgroup_process_frozen(const struct cgroup_at *at, pid_t pid)
{
	bool frozen = false;

	for (size_t i = 0; i < at->count && !frozen && tree_path_valid(at->path); i++) {
		const bool v2 = at->hierarchies[i].v2;
		_cleanup_fd int dir = tree_of(&at->hierarchies[i], at->path);
		if (dir < 0 || (!v2 && faccessat(dir, "freezer.state", F_OK, 0) < 0))
			continue;
		_cleanup_fd int inner = open_where_it_is(dir, v2, pid, at->path);
		frozen = inner >= 0 && freezer_frozen(&(struct freezer){ inner, v2 });
	}
	return frozen;
}

/* Whether a legacy hierarchy carries a controller: it is mounted under the names of what it has, "/sys/fs/cgroup/cpu,cpuacct". */
static bool carries(const struct record_cgroup *hierarchy, const char *controllers, size_t length)
{
	const char *name = strrchr(hierarchy->mount, '/');
	char wanted[64], has[256];

	if (hierarchy->v2 || !name || format(has, sizeof(has), ",%s,", name + 1) >= sizeof(has))
		return false;
	for (size_t at = 0; at < length;) {
		size_t one = strcspn(controllers + at, ",:");
		if (format(wanted, sizeof(wanted), ",%.*s,", (int)one, controllers + at) < sizeof(wanted) && one && strstr(has, wanted))
			return true;
		at += one + 1;
	}
	return false;
}

/* The wish for a hierarchy: its path, or NULL. The last one holds. */
static const char *wish_for(const struct cgroup_wishes *wishes, const struct record_cgroup *hierarchy)
{
	const char *path = NULL;

	for (size_t i = 0; i < wishes->count; i++) {
		const char *wish = wishes->items[i], *colon = strchr(wish, ':');
		if (!colon)
			path = wish;
		else if (carries(hierarchy, wish, (size_t)(colon - wish)))
			path = colon + 1;
	}
	return path;
}

static int check_wishes(const struct cgroup_at *at, const struct cgroup_wishes *wishes, struct error *error)
{
	for (size_t i = 0; i < wishes->count; i++) {
		const char *wish = wishes->items[i], *colon = strchr(wish, ':'), *path = colon ? colon + 1 : wish;
		bool any = !colon;
		for (size_t k = 0; colon && k < at->count; k++)
			any = any || carries(&at->hierarchies[k], wish, (size_t)(colon - wish));
		if (!any)
			return fail(error, 0, "--cgroup '%s': the container has no legacy hierarchy with this controller", wish);
		if (strcmp(path, "/") != 0 && *path && !tree_path_valid(path))
			return fail(error, 0, "--cgroup '%s': not a path below the container's cgroup", wish);
	}
	return 0;
}

static int open_one(const struct cgroup_at *at, size_t i, pid_t init, const struct cgroup_wishes *wishes, struct error *error)
{
	const struct record_cgroup *hierarchy = &at->hierarchies[i];
	const char *wish = wish_for(wishes, hierarchy);
	_cleanup_fd int dir = tree_of(hierarchy, at->path);

	if (dir < 0)
		return fail(error, dir == -ENOENT ? 0 : -dir, "cannot open the container's cgroup '%s' below '%s'%s", at->path,
			    hierarchy->mount, dir == -ENOENT ? ": it is gone" : "");
	if (wish) {
		int inner = tree_open(dir, wish);
		return inner < 0 ? fail(error, -inner, "--cgroup '%s': cannot open it below the container's cgroup", wish) : inner;
	}
	int inner = hierarchy->v2 ? open_where_it_is(dir, true, init, at->path) : -ENOENT;
	return inner < 0 ? take_fd(&dir) : inner;
}

int cgroup_open(const struct cgroup_at *at, pid_t init, const struct cgroup_wishes *wishes, struct plan_cgroup *plan, struct cgroup *to,
		struct arena *arena, struct error *error)
{
	struct plan_cgroup_directory *directories = arena_array(arena, struct plan_cgroup_directory, at->count);

	*to = (struct cgroup){ .lock = -1, .v2 = -1 };
	if (at->count > CGROUP_DIRECTORIES_MOST || !tree_path_valid(at->path))
		return fail(error, EINVAL, "'%s' cannot be a container's cgroup", at->path ? at->path : "");
	try(check_wishes(at, wishes, error));
	for (size_t i = 0; i < at->count; i++) {
		int fd = open_one(at, i, init, wishes, error);
		if (fd < 0) {
			cgroup_close(to);
			return -1;
		}
		to->fd[to->count++] = fd;
		if (at->hierarchies[i].v2)
			to->v2 = fd;
		directories[i] = (struct plan_cgroup_directory){ .mount = at->hierarchies[i].mount, .v2 = at->hierarchies[i].v2 };
		plan->legacy = plan->legacy || !at->hierarchies[i].v2;
	}
	if (!wishes->even_frozen && to->v2 >= 0 && tree_event(to->v2, "frozen 1")) {
		cgroup_close(to);
		return fail(error, 0, "cannot exec in a paused container: its init's cgroup is frozen (use --ignore-paused to override)");
	}
	plan->path = at->path;
	plan->directories = directories;
	plan->directory_count = at->count;
	return 0;
}
