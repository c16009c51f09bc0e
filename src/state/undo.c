/* The note of an update that is at work: how to undo it. */
#include "state/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

JSON_TABLE(undo_row_table, "row", struct undo_row,
	F_STRING(struct undo_row, mount, "mount", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_BOOL(struct undo_row, v2, "v2", 0),
	F_STRING(struct undo_row, file, "file", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_STRING(struct undo_row, over, "over", 0),
	F_STRING(struct undo_row, value, "value", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_STRING(struct undo_row, otherwise, "otherwise", 0),
);

JSON_TABLE(undo_rule_table, "device rule", struct undo_rule,
	F_BOOL(struct undo_rule, allow, "allow", FIELD_REQUIRED),
	F_STRING(struct undo_rule, type, "type", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_INT(struct undo_rule, major, "major", FIELD_REQUIRED, -1, INT64_MAX),
	F_INT(struct undo_rule, minor, "minor", FIELD_REQUIRED, -1, INT64_MAX),
	F_UINT(struct undo_rule, access, "access", FIELD_REQUIRED, 7),
);

JSON_TABLE(undo_property_table, "property", struct undo_property,
	F_STRING(struct undo_property, name, "name", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_STRING(struct undo_property, signature, "signature", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_UINT(struct undo_property, number, "number", 0, UINT64_MAX),
	F_STRINGS(struct undo_property, strings, "strings", 0, 0),
	F_UINTS(struct undo_property, numbers, "numbers", 0, UINT64_MAX),
	F_UINTS(struct undo_property, bytes, "bytes", 0, UINT8_MAX),
	F_UINT(struct undo_property, since, "since", 0, UINT32_MAX),
);

JSON_TABLE(undo_table, "note of an update", struct undo,
	F_UINT(struct undo, resources, "resources", FIELD_REQUIRED, UINT64_MAX),
	F_OBJECTS(struct undo, rows, "rows", 0, &undo_row_table, 0),
	F_OBJECTS(struct undo, devices, "devices", 0, &undo_row_table, 0),
	F_STRING(struct undo, devices_list, "devicesList", 0),
	F_OBJECTS(struct undo, rules, "rules", 0, &undo_rule_table, 0),
	F_STRING(struct undo, unit, "unit", 0),
	F_BOOL(struct undo, user_unit, "userUnit", 0),
	F_OBJECTS(struct undo, properties, "properties", 0, &undo_property_table, 0),
);

/* A file that is replaced gets another one: the old one is there until the new one has its name. */
static uint64_t present_resources(const struct state_dir *state)
{
	struct stat info;

	return fstatat(state->dir, STATE_RESOURCES, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_ino : 0;
}

int undo_save(const struct state_dir *state, struct undo *undo, struct arena *arena, struct error *error)
{
	struct text text = text_in(arena);

	undo->resources = present_resources(state);
	json_encode(&undo_table, undo, JSON_COMPACT, &text);
	if (text.length > JSON_SIZE_MOST)
		return fail(error, 0, "the limits to be changed of container '%s' are more than %u bytes", state->id, JSON_SIZE_MOST);
	int r = file_replace(state->dir, STATE_UPDATING, text.data, text.length, 0600);
	return r < 0 ? fail(error, -r, "cannot note in the state of container '%s' that it is being updated", state->id) : 0;
}

int undo_load(const struct state_dir *state, struct arena *arena, struct undo *undo, struct error *error)
{
	struct json_node *root;
	const char *text;
	size_t length;
	int found = state_document(state, STATE_UPDATING, arena, &text, &length, error);

	if (found <= 0)
		return found;
	try(json_parse(STATE_UPDATING, text, length, arena, &root, error));
	try(json_decode(STATE_UPDATING, root, &undo_table, undo, arena, NULL, error));
	if (undo->resources == present_resources(state))
		return 1;
	undo_forget(state);
	return 0;
}

void undo_forget(const struct state_dir *state)
{
	unlinkat(state->dir, STATE_UPDATING, 0);
}
