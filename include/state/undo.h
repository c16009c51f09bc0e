/* What an update of limits is about to change, as it was before. It is written down first of all (STATE_UPDATING), so that an update that
 * is killed between two writes is undone by the next one. */
#pragma once

#include "state/state.h"

/* One file of the container's cgroup. */
struct undo_row {
	const char *mount;        /* of its hierarchy */
	bool v2;
	const char *file;
	const char *over;         /* what was about to be written: of a file with a line for each key it tells the line */
	const char *value;        /* what brings back what the file said */
	const char *otherwise;    /* what has the same effect, should the kernel not take that any more; NULL */
	int dir;                  /* HOST: the directory, while it is open; -1 */
};

struct undo_rule { bool allow; const char *type; int64_t major, minor; uint32_t access; }; /* as struct plan_device_rule */

/* As struct plan_property. */
struct undo_property {
	const char *name, *signature;
	uint64_t number;
	struct json_strings strings;
	struct json_uints numbers, bytes;
	uint32_t since;
};

struct undo {
	uint64_t resources;           /* inode of the STATE_RESOURCES that goes with all this, 0: none. With another one it is over */
	struct json_objects rows;     /* struct undo_row, in the order in which they were to be written */
	struct json_objects devices;  /* struct undo_row: of a legacy hierarchy, to be written one after the other: file and value */
	const char *devices_list;     /* ... what devices.list said; NULL: the rules were not to be changed */
	struct json_objects rules;    /* struct undo_rule: of the program on the v2 directory, none: it was not to be changed */
	const char *unit;             /* systemd's, NULL: none */
	bool user_unit;
	struct json_objects properties; /* struct undo_property */
};

/* Notes the present STATE_RESOURCES in it, and writes it down. */
int undo_save(const struct state_dir *state, struct undo *undo, struct arena *arena, struct error *error);

/* 1: read, and nobody has undone it; 0: there is none, or that update had come to its end (then it is forgotten); -1: damaged, with the
 * error filled. */
int undo_load(const struct state_dir *state, struct arena *arena, struct undo *undo, struct error *error);

/* All is as it was, or as it was to be. */
void undo_forget(const struct state_dir *state);
