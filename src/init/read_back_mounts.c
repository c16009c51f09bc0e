/* Every mount of the plan, looked up in the container's mount table once nothing is mounted any more (debug builds).
 *
 * What is found at a target is the topmost mount there. One that a later row of the plan covers cannot be reached any more and is not
 * looked at; remounts change what the row before them asked for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/read_back.h"
#include "init/filesystem.h"
#include "init/read_back.h"
#include "init/read_back_parts.h"
#include "kern/mount.h"
#include "kern/path.h"

#define IDS_MOST 4096

struct expected {
	uint64_t bits, known;                      /* of the mount itself */
	uint64_t below_bits, below_known;          /* of what was mounted below it */
	uint64_t propagation, below_propagation;   /* 0: nothing was asked for */
	const struct plan_mount *base;             /* what mounts there; NULL: something was remounted that is not of the plan */
	const struct plan_mount *parameters;       /* whose data options hold */
};

/* The mounts of the plan, by their ids: what is theirs is not "below" another. 0: not looked up. */
static uint64_t ids[IDS_MOST];

/* ---- what is expected ---- */

static void change(uint64_t *bits, uint64_t *known, uint64_t set, uint64_t clear)
{
	*bits = (*bits & ~clear) | set;
	*known |= set | clear;
}

static void begin(struct expected *to, const struct plan_mount *m)
{
	*to = (struct expected){ .base = m };
	if (m->kind == MOUNT_FILESYSTEM || m->kind == MOUNT_CGROUP_V1) {
		to->bits = m->attr_set;
		to->known = READ_BACK_ATTRIBUTES;
	}
}

static void apply(struct expected *to, const struct plan_mount *m)
{
	if (m->kind != MOUNT_FILESYSTEM) {
		change(&to->bits, &to->known, m->attr_set, m->attr_clear);
		change(&to->bits, &to->known, m->recursive_set, m->recursive_clear);
		change(&to->below_bits, &to->below_known, m->recursive_set, m->recursive_clear);
	}
	for (size_t i = 0; i < m->propagation_count; i++) {
		to->propagation = m->propagation[i].flag;
		if (m->propagation[i].recursive)
			to->below_propagation = m->propagation[i].flag;
	}
	if (m->param_count)
		to->parameters = m;
}

static bool same_target(const char *a, const char *b)
{
	return read_back_below(a, b) && read_back_below(b, a);
}

/* The plan's mounts at the target of item `at`, which is the last of them. The root's propagation comes after all. */
static void expect(const struct plan *plan, size_t at, struct expected *to)
{
	const struct plan_mount *items = plan->mounts.items;
	size_t from = at;

	while (from > 0 && !(items[from].kind != MOUNT_REMOUNT && same_target(items[from].target, items[at].target)))
		from--;
	*to = (struct expected){ 0 };
	for (size_t i = from; i <= at; i++) {
		if (!same_target(items[i].target, items[at].target))
			continue;
		if (items[i].kind != MOUNT_REMOUNT)
			begin(to, &items[i]);
		apply(to, &items[i]);
	}
	if (plan->root.propagation_recursive)
		to->propagation = to->below_propagation = plan->root.propagation;
}

/* Later rows that leave nothing to be seen of this one, or are the ones to be compared in its place. */
static bool covered(const struct plan *plan, size_t at)
{
	const struct plan_mounts *mounts = &plan->mounts;
	const char *target = mounts->items[at].target;

	for (size_t i = at + 1; i < mounts->count; i++)
		if (mounts->items[i].kind == MOUNT_REMOUNT ? same_target(mounts->items[i].target, target)
							   : read_back_below(target, mounts->items[i].target))
			return true;
	return read_back_hidden(plan, target);
}

/* ---- what is there ---- */

/* procfs and sysfs are where the handles of their mounts say: a mount point may have been renamed away (rule B.3.4). What is found there
 * is the topmost mount again. */
static int open_view(const struct stage *stage, const struct mount_table *table, const char *target)
{
	struct mount_line line;
	char top[512];
	uint64_t id;

	format(top, sizeof(top), "%s/.", target);
	_cleanup_fd int handle = open_below_mount(stage, top);
	int r = handle < 0 ? handle : mount_id(handle, &id);
	if (r < 0)
		return r;
	return mount_table_find(table, id, &line) ? path_open(stage_root(stage), line.point, O_PATH, 0) : -ENOENT;
}

static int open_mount(const struct stage *stage, const struct mount_table *table, const char *target)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;

	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->items[i].real_directory && strcmp(mounts->items[i].target, target) == 0)
			return open_view(stage, table, target);
	return open_below_mount(stage, target);
}

/* The mount at a target, by its id; 0: it cannot be reached by who we are, as root of a user namespace. */
static int look_up(const struct stage *stage, const struct mount_table *table, const char *target, uint64_t *id, struct error *error)
{
	_cleanup_fd int fd = open_mount(stage, table, target);
	int r = fd < 0 ? fd : mount_id(fd, id);

	if (r == -EACCES || r == -EPERM)
		*id = 0;
	else if (r < 0)
		return fail(error, -r, "read back: the mount at '%s': cannot be reached", target);
	return r < 0 ? -1 : take_fd(&fd);
}

static bool mounted_by_plan(uint64_t id, size_t count)
{
	for (size_t i = 0; i < count && i < IDS_MOST; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Whether `line` lies below the mount `top`, and no other mount of the plan is between, nor anything that was put there later. */
static bool belongs_to(const struct stage *stage, const struct mount_table *table, const struct mount_line *line, uint64_t top)
{
	size_t count = stage->plan->mounts.count;
	struct mount_line above;
	uint64_t id = line->parent;

	if (strcmp(line->source, "masked") == 0 || mounted_by_plan(line->id, count) || read_back_hidden(stage->plan, line->point))
		return false;
	while (id != top) {
		if (mounted_by_plan(id, count) || !mount_table_find(table, id, &above) || above.parent == id)
			return false;
		id = above.parent;
	}
	return true;
}

static int compare_below(const struct stage *stage, const struct mount_table *table, const struct expected *expected, uint64_t top,
			 struct error *error)
{
	struct mount_line line;

	if (!expected->below_known && !expected->below_propagation)
		return 0;
	for (size_t at = 0; mount_table_next(table, &at, &line);) {
		const uint64_t id = line.id;
		if (!belongs_to(stage, table, &line, top))
			continue;
		if (!mount_table_find(table, id, &line)) /* the lines share a buffer */
			continue;
		try(read_back_attributes(line.point, expected->below_bits, expected->below_known, &line, error));
		if (expected->below_propagation)
			try(read_back_propagation(line.point, expected->below_propagation, &line, error));
	}
	return 0;
}

static const char *type_of(const struct plan_mount *m)
{
	if (m->kind == MOUNT_CGROUP_V1)
		return "tmpfs";
	if (m->kind == MOUNT_TREE && m->tree == TREE_OVERLAY)
		return "overlay";
	if (m->kind == MOUNT_TREE && m->procfs_only)
		return "proc";
	return m->kind == MOUNT_FILESYSTEM ? m->type : NULL;
}

static int compare_base(const struct plan *plan, const struct plan_mount *m, const struct mount_line *line, struct error *error)
{
	const char *type = type_of(m);
	bool mapped = m->id_map || m->id_map_container;
	char field[160];

	format(field, sizeof(field), "type of the mount at '%.100s'", m->target);
	if (type)
		try(read_back_text(error, field, type, line->type));
	format(field, sizeof(field), "id map of the mount at '%.100s'", m->target);
	if (mapped && (!mount_word(line->options, "idmapped") || read_back_breaks(plan->process.env, "mount-idmap")))
		return read_back_differs(error, field, "idmapped", line->options);
	return 0;
}

static int compare_one(const struct stage *stage, const struct mount_table *table, size_t at, struct error *error)
{
	const struct plan_mount *m = &stage->plan->mounts.items[at];
	struct expected expected;
	struct mount_line line;
	uint64_t id = 0;

	_cleanup_fd int fd = look_up(stage, table, m->target, &id, error);
	if (fd < 0)
		return error->text[0] ? -1 : 0;
	if (!mount_table_find(table, id, &line))
		return fail(error, 0, "read back: the mount at '%s': it is not in the mount table", m->target);
	if (at < IDS_MOST)
		ids[at] = id;
	expect(stage->plan, at, &expected);
	if (expected.base)
		try(compare_base(stage->plan, expected.base, &line, error));
	try(read_back_attributes(m->target, expected.bits, expected.known, &line, error));
	if (expected.propagation)
		try(read_back_propagation(m->target, expected.propagation, &line, error));
	if (expected.parameters && expected.base && expected.base->kind != MOUNT_TREE)
		try(read_back_parameters(stage->plan, expected.parameters, fd, &line, error));
	return 0;
}

/* ---- legacy cgroups: a mount for each hierarchy below one of the plan ---- */

static int compare_inside(const struct stage *stage, const struct mount_table *table, const struct plan_mount *m, struct error *error)
{
	struct mount_line line;
	char target[512];
	uint64_t id = 0;

	for (size_t i = 0; i < m->inside_count; i++) {
		const struct plan_mount *inside = &m->inside[i];
		format(target, sizeof(target), "%s/%s", m->target, inside->target);
		if (read_back_hidden(stage->plan, target))
			continue;
		_cleanup_fd int fd = look_up(stage, table, target, &id, error);
		if (fd < 0)
			return error->text[0] ? -1 : 0;
		if (!mount_table_find(table, id, &line))
			return fail(error, 0, "read back: the mount at '%s': it is not in the mount table", target);
		if (strncmp(line.type, "cgroup", 6) != 0)
			return read_back_differs(error, "type of a cgroup mount", "cgroup", line.type);
		try(read_back_attributes(target, inside->attr_set, inside->attr_set | inside->attr_clear, &line, error));
	}
	return 0;
}

/* ---- the root ---- */

static int compare_root(const struct stage *stage, const struct mount_table *table, struct error *error)
{
	const struct plan_root *root = &stage->plan->root;
	struct mount_line line;
	uint64_t id;

	_cleanup_fd int fd = look_up(stage, table, "/", &id, error);
	if (fd < 0)
		return error->text[0] ? -1 : 0;
	if (!mount_table_find(table, id, &line))
		return fail(error, 0, "read back: the root is not in the mount table");
	if (root->readonly)
		try(read_back_attributes("/", ABI_MOUNT_ATTR_RDONLY, ABI_MOUNT_ATTR_RDONLY, &line, error));
	if (root->overlay)
		try(read_back_text(error, "type of the root", "overlay", line.type));
	return root->propagation ? read_back_propagation("/", root->propagation, &line, error) : 0;
}

static int compare_all(const struct stage *stage, const struct mount_table *table, struct error *error)
{
	const struct plan_mounts *mounts = &stage->plan->mounts;
	struct expected expected;

	for (size_t i = 0; i < mounts->count; i++)
		if (!covered(stage->plan, i))
			try(compare_one(stage, table, i, error));
	for (size_t i = 0; i < mounts->count; i++) {
		if (i >= IDS_MOST || !ids[i])
			continue;
		expect(stage->plan, i, &expected);
		try(compare_below(stage, table, &expected, ids[i], error));
		if (mounts->items[i].kind == MOUNT_CGROUP_V1)
			try(compare_inside(stage, table, &mounts->items[i], error));
	}
	try(compare_root(stage, table, error));
	return read_back_paths(stage, table, error);
}

int read_back_mounts(struct stage *stage, struct error *error)
{
	struct mount_table table = { 0 };

	if (!stage->plan->root.bound)
		return read_back_devices(stage, error);
	try(read_back_break_mounts(stage, error));
	int r = mount_table_read(stage->procfs, &table);
	r = r < 0 ? read_back_unreadable(error, "the mount table", -r) : compare_all(stage, &table, error);
	mount_table_close(&table);
	return r < 0 ? -1 : read_back_devices(stage, error);
}
