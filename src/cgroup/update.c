/* New limits for a cgroup that is in use: all of them, or the old ones. */
#include "cgroup/update.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_filter.h"
#include "cgroup/read_back.h"
#include "cgroup/rows.h"
#include "cgroup/tree.h"
#include "cgroup/undo.h"
#include "cgroup/unit.h"
#include "state/state.h"

struct updating {
	const struct cgroup_change *change;
	int dir[CGROUP_DIRECTORIES_MOST]; /* of the plan's directories; -1: nothing to do there */
	struct saved_rows saved;
	struct undo undo;
	bool unit_told;                   /* the unit has new properties */
};

static bool wants(const struct plan_cgroup *plan, size_t i)
{
	const struct plan_cgroup_directory *directory = &plan->directories[i];

	return directory->write_count || (directory->v2 && plan->devices_v2);
}

/* ---- before anything is written ---- */

/* v2: a container that was made without some limit may have been made without the controller for it. */
static int enable_above(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, struct error *error)
{
	uint32_t needed = rows_needed(directory);
	char path[PATH_MAX];

	if (!directory->v2 || !needed || format(path, sizeof(path), "%s", plan->path) >= sizeof(path))
		return 0;
	_cleanup_fd int root = tree_root(directory->mount, true);
	for (char *end = path; root >= 0 && end; end = strchr(end + 1, '/')) {
		char next = *end;
		*end = '\0'; /* every directory above the last: "", "/a", "/a/b" */
		_cleanup_fd int dir = tree_open(root, path);
		if (dir >= 0)
			try(rows_enable(dir, *path ? path : "/", 0, needed, error));
		*end = next;
	}
	return 0;
}

static int open_one(struct updating *u, size_t i, struct error *error)
{
	const struct plan_cgroup_directory *directory = &u->change->to->directories[i];
	const char *path = u->change->of->path;

	u->dir[i] = undo_open(u->change->of, directory->mount, directory->v2);
	if (u->dir[i] == -ENOENT)
		return fail(error, 0, "the container has no cgroup '%s' below '%s' any more", path, directory->mount);
	if (u->dir[i] < 0)
		return fail(error, -u->dir[i], "cannot open the cgroup '%s' below '%s'", path, directory->mount);
	return 0;
}

static int open_all(struct updating *u, struct error *error)
{
	const struct plan_cgroup *plan = u->change->to;

	if (!tree_path_valid(plan->path) || plan->directory_count > CGROUP_DIRECTORIES_MOST)
		return fail_at(error, &plan->at, EINVAL, "'%s' cannot be a container's cgroup", plan->path ? plan->path : "");
	for (size_t i = 0; i < plan->directory_count; i++)
		if (wants(plan, i))
			try(open_one(u, i, error));
	return 0;
}

static const char *device_list(const struct updating *u)
{
	const struct plan_cgroup *back = u->change->back;
	char *list = NULL;

	for (size_t i = 0; i < back->directory_count && !list; i++)
		if (!back->directories[i].v2 && back->directories[i].write_count && u->dir[i] >= 0) {
			list = arena_alloc(u->change->arena, DEVICES_LIST_ROOM);
			file_read(u->dir[i], "devices.list", list, DEVICES_LIST_ROOM);
		}
	return list;
}

/* Last of all: files that are to be saved may come with their controller, and enabling one is not taken back. */
static int save_all(struct updating *u, struct error *error)
{
	const struct plan_cgroup *plan = u->change->to;

	for (size_t i = 0; i < plan->directory_count; i++) {
		if (u->dir[i] < 0)
			continue;
		try(enable_above(plan, &plan->directories[i], error));
		try(rows_save(plan, &plan->directories[i], u->dir[i], &u->saved, error));
	}
	undo_fill(&u->undo, plan, u->change->back, &u->saved, device_list(u), u->change->arena);
	return 0;
}

static const struct {
	const char *file, *usage, *what;
} usages[] = {
	{ "memory.max", "memory.current", "memory" },
	{ "memory.limit_in_bytes", "memory.usage_in_bytes", "memory" },
	{ "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes", "memory+swap" },
};

/* A number in a file; "max" and what cannot be read are UINT64_MAX, which never is too little. */
static uint64_t number_in(int dir, const char *file)
{
	char text[32];
	uint64_t number = UINT64_MAX;

	if (file_read(dir, file, text, sizeof(text)) >= 0) {
		text[strcspn(text, "\n")] = '\0';
		number_u64(text, &number);
	}
	return number;
}

static int reject(const struct plan_write *write, const char *what, uint64_t limit, uint64_t usage, struct error *error)
{
	return fail_at(error, &write->at, 0, "rejecting %s limit %" PRIu64 " <= usage %" PRIu64, what, limit, usage);
}

/* A limit that is in force already is no change, and cannot be below the usage for long. */
static int check_usage(const struct plan_write *write, int dir, struct error *error)
{
	uint64_t limit;

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		if (strcmp(usages[i].file, write->file) != 0 || number_u64(write->value, &limit) < 0)
			continue;
		uint64_t usage = number_in(dir, usages[i].usage);
		if (usage != UINT64_MAX && limit <= usage && limit != number_in(dir, write->file))
			return reject(write, usages[i].what, limit, usage, error);
	}
	return 0;
}

/* v2 counts swap alone, the configuration both together (contract 14.3). */
static int check_both(const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	const struct plan_write *swap = NULL;
	uint64_t limit = UINT64_MAX, swap_limit = UINT64_MAX;

	for (size_t i = 0; i < directory->write_count; i++) {
		if (strcmp(directory->writes[i].file, "memory.max") == 0)
			number_u64(directory->writes[i].value, &limit);
		if (strcmp(directory->writes[i].file, "memory.swap.max") == 0 && number_u64(directory->writes[i].value, &swap_limit) == 0)
			swap = &directory->writes[i];
	}
	uint64_t usage = number_in(dir, "memory.current"), swapped = number_in(dir, "memory.swap.current");
	if (!swap || limit == UINT64_MAX || usage == UINT64_MAX || swapped == UINT64_MAX || limit + swap_limit > usage + swapped)
		return 0;
	if (limit == number_in(dir, "memory.max") && swap_limit == number_in(dir, "memory.swap.max"))
		return 0;
	return reject(swap, "memory+swap", limit + swap_limit, usage + swapped, error);
}

static int check_usages(const struct updating *u, struct error *error)
{
	const struct plan_cgroup *plan = u->change->to;

	for (size_t i = 0; plan->check_usage && i < plan->directory_count; i++) {
		const struct plan_cgroup_directory *directory = &plan->directories[i];
		for (size_t k = 0; k < directory->write_count; k++)
			try(check_usage(&directory->writes[k], u->dir[i], error));
		if (directory->v2)
			try(check_both(directory, u->dir[i], error));
	}
	return 0;
}

/* ---- writing ---- */

static int write_all_of(struct updating *u, struct error *error)
{
	const struct plan_cgroup *plan = u->change->to;

	/* systemd first: what it writes on its own is rounded. Who has not answered may yet do it. */
	if (plan->unit) {
		int r = unit_set(plan->unit->name, plan->unit->user, plan->unit->properties, plan->unit->property_count, error);
		u->unit_told = r == 0 || error->code == ETIMEDOUT || error->code == ECONNRESET || error->code == EPIPE;
		try(r);
	}
	for (size_t i = 0; i < plan->directory_count; i++) {
		if (!wants(plan, i))
			continue;
		if (plan->directories[i].v2 && plan->devices_v2)
			try(device_filter_apply(u->dir[i], plan, error));
		try(rows_write(plan, &plan->directories[i], u->dir[i], error));
		try(read_back_rows(&plan->directories[i], u->dir[i], error));
	}
	return u->change->keep ? u->change->keep(u->change->data, error) : 0;
}

/* ---- and back ---- */

/* Until systemd has taken its part nothing has been changed. */
static int put_back(struct updating *u, struct error *error)
{
	if (u->change->to->unit && !u->unit_told)
		return 0;
	return cgroup_undo(&u->undo, u->change->of, u->change->arena, error);
}

static int write_or_put_back(struct updating *u, struct error *error)
{
	const struct cgroup_change *change = u->change;
	int r = write_all_of(u, error);
	bool settled = r == 0 || put_back(u, error) == 0;

	if (settled && change->settled)
		change->settled(change->data);
	return r;
}

int cgroup_update(const struct cgroup_change *change, struct error *error)
{
	struct updating u = { .change = change, .saved = { .arena = change->arena } };

	for (size_t i = 0; i < CGROUP_DIRECTORIES_MOST; i++)
		u.dir[i] = -1;
	int r = open_all(&u, error);
	if (r == 0)
		r = check_usages(&u, error);
	if (r == 0)
		r = save_all(&u, error);
	if (r == 0 && change->begin)
		r = change->begin(change->data, &u.undo, error);
	if (r == 0)
		r = write_or_put_back(&u, error);
	for (size_t i = 0; i < CGROUP_DIRECTORIES_MOST; i++)
		close_fd(&u.dir[i]);
	return r < 0 ? -1 : 0;
}
