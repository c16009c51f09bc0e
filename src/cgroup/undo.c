/* Putting back what an update was about to change: at once if it fails, by its note if it was killed. */
#include "cgroup/undo.h"

#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "cgroup/device_filter.h"
#include "cgroup/rows.h"
#include "cgroup/tree.h"
#include "cgroup/unit.h"
#include "cgroup/update.h"

int undo_open(const struct cgroup_at *at, const char *mount, bool v2)
{
	for (size_t i = 0; i < at->count; i++)
		if (strcmp(at->hierarchies[i].mount, mount) == 0 && at->hierarchies[i].v2 == v2)
			return tree_of(&at->hierarchies[i], at->path);
	return -ENOENT;
}

/* ---- what is to be written down ---- */

static void fill_properties(struct undo *undo, const struct plan_unit *unit, struct arena *arena)
{
	struct undo_property *to = arena_array(arena, struct undo_property, unit->property_count);

	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *from = &unit->properties[i];
		uint32_t count = (uint32_t)from->count, bytes = (uint32_t)from->byte_count;
		to[i] = (struct undo_property){
			.name = from->name, .signature = from->signature, .number = from->number, .since = from->since,
		};
		if (from->strings)
			to[i].strings = (struct json_strings){ (const char **)from->strings, count, true };
		if (from->numbers)
			to[i].numbers = (struct json_uints){ (uint64_t *)from->numbers, count, true };
		to[i].bytes = (struct json_uints){ arena_array(arena, uint64_t, bytes), bytes, bytes > 0 };
		for (size_t k = 0; k < bytes; k++)
			to[i].bytes.items[k] = from->bytes[k];
	}
	undo->unit = unit->name;
	undo->user_unit = unit->user;
	undo->properties = (struct json_objects){ to, (uint32_t)unit->property_count, true };
}

static void fill_rules(struct undo *undo, const struct plan_cgroup *back, struct arena *arena)
{
	struct undo_rule *to = arena_array(arena, struct undo_rule, back->device_rule_count);

	for (size_t i = 0; i < back->device_rule_count; i++) {
		const struct plan_device_rule *from = &back->device_rules[i];
		to[i] = (struct undo_rule){ from->allow, arena_copy(arena, &from->type, 1), from->major, from->minor, from->access };
	}
	undo->rules = (struct json_objects){ to, (uint32_t)back->device_rule_count, true };
}

/* Of legacy hierarchies `back` has rows for device rules alone, and in one of them. */
static void fill_devices(struct undo *undo, const struct plan_cgroup_directory *back, const char *list, struct arena *arena)
{
	struct undo_row *to = arena_array(arena, struct undo_row, back->write_count);

	for (size_t i = 0; i < back->write_count; i++)
		to[i] = (struct undo_row){ back->mount, back->v2, back->writes[i].file, NULL, back->writes[i].value, NULL, -1 };
	undo->devices = (struct json_objects){ to, (uint32_t)back->write_count, true };
	undo->devices_list = list ? list : "";
}

void undo_fill(struct undo *undo, const struct plan_cgroup *to, const struct plan_cgroup *back, const struct saved_rows *saved,
	       const char *list, struct arena *arena)
{
	*undo = (struct undo){ .rows = { saved->items, (uint32_t)saved->count, true } };
	if (to->unit)
		fill_properties(undo, back->unit, arena);
	if (to->devices_v2)
		fill_rules(undo, back, arena);
	for (size_t i = 0; i < back->directory_count; i++)
		if (!back->directories[i].v2 && back->directories[i].write_count)
			fill_devices(undo, &back->directories[i], list, arena);
}

/* ---- and back ---- */

struct undoing {
	const struct undo *undo;
	const struct cgroup_at *at;
	struct arena *arena;
	struct error *error;
	bool failed;
};

static void add_words(struct undoing *u, const char *what)
{
	size_t length = strlen(u->error->text);

	u->failed = true;
	format(u->error->text + length, sizeof(u->error->text) - length, "; %s could not be put back", what);
}

static void undo_unit(struct undoing *u)
{
	const struct json_objects *list = &u->undo->properties;
	const struct undo_property *from = list->items;
	struct plan_property *to = arena_array(u->arena, struct plan_property, list->count);
	struct error failed = { 0 };

	if (!u->undo->unit)
		return;
	for (uint32_t i = 0; i < list->count; i++) {
		uint8_t *bytes = arena_array(u->arena, uint8_t, from[i].bytes.count);
		for (uint32_t k = 0; k < from[i].bytes.count; k++)
			bytes[k] = (uint8_t)from[i].bytes.items[k];
		to[i] = (struct plan_property){
			.name = from[i].name, .signature = from[i].signature, .number = from[i].number, .since = from[i].since,
			.strings = from[i].strings.items, .numbers = from[i].numbers.items, .count = from[i].strings.count,
			.bytes = bytes, .byte_count = from[i].bytes.count,
		};
	}
	if (unit_set(u->undo->unit, u->undo->user_unit, to, list->count, &failed) < 0)
		add_words(u, "the properties of the unit");
}

static void undo_rules(struct undoing *u)
{
	const struct json_objects *list = &u->undo->rules;
	struct plan_device_rule *to = arena_array(u->arena, struct plan_device_rule, list->count);
	size_t count = 0;
	struct error failed = { 0 };

	if (!list->count)
		return;
	JSON_EACH(struct undo_rule, from, list)
		to[count++] = (struct plan_device_rule){ from->allow, from->type[0], from->major, from->minor, from->access };
	for (size_t i = 0; i < u->at->count; i++) {
		_cleanup_fd int dir = u->at->hierarchies[i].v2 ? tree_of(&u->at->hierarchies[i], u->at->path) : -1;
		if (dir >= 0 && device_filter_attach(dir, to, count, &failed) < 0)
			add_words(u, "the device rules");
	}
}

/* With everything allowed by default the kernel does not tell what is not; but that this is the default, which was to change. */
static bool as_before(const struct undo *undo, int dir, struct arena *arena)
{
	const struct undo_row *first = undo->devices.items;
	char *now = arena_alloc(arena, DEVICES_LIST_ROOM);

	if (strncmp(undo->devices_list, "a ", 2) == 0 && strcmp(first->value, "a") != 0)
		return false;
	return file_read(dir, "devices.list", now, DEVICES_LIST_ROOM) >= 0 && strcmp(now, undo->devices_list) == 0;
}

/* The rows lead back from wherever the update has come to, and take nothing away meanwhile that is allowed before and after; but for
 * another default, which the kernel refuses once the container has made cgroups of its own: then there was none. */
static void undo_devices(struct undoing *u)
{
	const struct undo_row *rows = u->undo->devices.items;
	bool failed = false;

	if (!u->undo->devices.count || !u->undo->devices_list)
		return;
	_cleanup_fd int dir = undo_open(u->at, rows->mount, rows->v2);
	if (dir < 0 || as_before(u->undo, dir, u->arena))
		return;
	for (uint32_t i = 0; i < u->undo->devices.count; i++)
		failed |= file_write(dir, rows[i].file, rows[i].value) < 0;
	if (failed && !as_before(u->undo, dir, u->arena))
		add_words(u, "the device rules");
}

/* Where a directory is gone there is nothing to put back. */
static void undo_rows(struct undoing *u)
{
	struct undo_row *rows = u->undo->rows.items;
	uint32_t count = u->undo->rows.count;
	struct saved_rows open = { u->arena, arena_array(u->arena, struct undo_row, count), 0, count };

	for (uint32_t i = 0; i < count; i++) {
		const struct undo_row *last = open.count ? &open.items[open.count - 1] : NULL;
		struct undo_row row = rows[i];
		bool same = last && last->v2 == row.v2 && strcmp(last->mount, row.mount) == 0;
		row.dir = same ? last->dir : undo_open(u->at, row.mount, row.v2);
		if (row.dir >= 0)
			open.items[open.count++] = row;
	}
	const char *file = rows_restore(&open);
	if (file)
		add_words(u, file);
	for (size_t i = open.count; i--;)
		if (i == 0 || open.items[i].dir != open.items[i - 1].dir)
			close_fd(&open.items[i].dir);
}

int cgroup_undo(const struct undo *undo, const struct cgroup_at *at, struct arena *arena, struct error *error)
{
	struct undoing u = { undo, at, arena, error, false };

	undo_unit(&u);
	undo_rules(&u);
	undo_devices(&u);
	undo_rows(&u);
	return u.failed ? -1 : 0;
}
