/* Id maps: one write(2) each, the kernel takes them only once and only whole (user_namespaces(7)). */
#include "run/id_maps.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/format.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/id_ranges.h"
#include "run/stage.h"

#define TOOL_MS 10000

struct map {
	const char *file;  /* in /proc/PID */
	const char *tool;  /* never looked for in PATH (rule B.10) */
	const char *text;
	const struct place *at; /* of each line */
};

static int write_file(const struct stage *stage, pid_t pid, const char *file, const char *text)
{
	char path[40];

	format(path, sizeof(path), "%d/%s", (int)pid, file);
	return procfs_write(stage->procfs, path, text);
}

/* ---- by newuidmap, newgidmap ---- */

/* "newuidmap PID 0 1000 1 1 100000 65536": the numbers of the map are its arguments. */
static char **arguments(struct arena *arena, const struct map *map, pid_t pid)
{
	size_t count = 2, room = 3;

	for (const char *c = map->text; *c; c++)
		room += *c == ' ' || *c == '\n';
	char **argv = arena_array(arena, char *, room);
	argv[0] = (char *)map->tool;
	argv[1] = arena_printf(arena, "%d", (int)pid);
	for (const char *at = map->text; *at;) {
		size_t length = strcspn(at, " \n");
		argv[count++] = arena_copy(arena, at, length);
		at += length + (at[length] != '\0');
	}
	argv[count] = NULL;
	return argv;
}

/* "newuidmap: uid range [1-65537) -> [100000-165536) not allowed" tells which line it is about. */
static const struct place *place_of(const struct map *map, const char *words)
{
	struct id_range range;
	const char *at = map->text;
	char told[40];

	for (size_t i = 0; id_ranges_next(&at, &range); i++) {
		format(told, sizeof(told), "-> [%" PRIu64 "-%" PRIu64 ")", range.outside, range.outside + range.size);
		if (strstr(words, told))
			return &map->at[i];
	}
	return map->at;
}

static int by_tool(struct stage *stage, const struct map *map, pid_t pid, struct error *error)
{
	char *const no_environment[] = { NULL };
	struct program_end end = { 0 };
	const struct program program = {
		.path = map->tool, .argv = arguments(stage->arena, map, pid), .envp = no_environment, .input = "", .cwd = -1,
		.timeout_ms = TOOL_MS, .quiet = true, .interrupt = stage->signals, .watched = -1,
	};
	int r = program_run(&program, &end);

	if (r == -ENOENT)
		return fail_at(error, map->at, 0, "an ordinary user may map only his own id by himself; for others there must be %s "
			       "(Debian: package uidmap), which is missing", map->tool);
	if (r < 0)
		return fail_at(error, map->at, -r, "cannot execute %s", map->tool);
	if (end.timed_out || end.interrupted || end.signal)
		return fail_at(error, map->at, 0, "%s %s", map->tool, end.timed_out ? "takes too long" : "was interrupted");
	if (end.code)
		return fail_at(error, place_of(map, end.last_line), 0, "%s refuses the %s: %s", map->tool, map->file,
			       end.last_line[0] ? end.last_line : "it says nothing");
	return 0;
}

/* ---- read back ---- */

static int verify(struct stage *stage, const struct map *map, pid_t pid, struct error *error)
{
	char path[40], *written = arena_alloc(stage->arena, ID_RANGES_TEXT_MOST);

	format(path, sizeof(path), "%d/%s", (int)pid, map->file);
	ssize_t length = file_read(stage->procfs, path, written, ID_RANGES_TEXT_MOST);
	if (length < 0)
		return fail_at(error, map->at, (int)-length, "cannot read the %s of the new user namespace", map->file);
	if (id_ranges_same(written, map->text))
		return 0;
	return fail_at(error, map->at, 0, "the %s of the new user namespace is not the one that was asked for", map->file);
}

/* ---- both ---- */

static int write_map(struct stage *stage, const struct map *map, pid_t pid, struct error *error)
{
	int r = write_file(stage, pid, map->file, map->text);

	if (r == -EPERM && stage->plan->namespaces.ahead)
		return by_tool(stage, map, pid, error);
	return r < 0 ? fail_at(error, map->at, -r, "cannot write the %s of the new user namespace", map->file) : 0;
}

int id_maps_write(struct stage *stage, pid_t pid, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	const struct map gid = { "gid_map", "/usr/bin/newgidmap", n->gid_map, n->gid_map_at };
	const struct map uid = { "uid_map", "/usr/bin/newuidmap", n->uid_map, n->uid_map_at };

	if (n->deny_setgroups) {
		int r = write_file(stage, pid, "setgroups", "deny");
		if (r < 0)
			return fail_at(error, gid.at, -r, "cannot deny setgroups in the new user namespace");
	}
	try(write_map(stage, &uid, pid, error));
	try(write_map(stage, &gid, pid, error));
	try(verify(stage, &uid, pid, error));
	return verify(stage, &gid, pid, error);
}
