/* Names of systemd's units, and where their cgroups are (systemd.unit(5), systemd.slice(5)). */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/unit.h"

#define NAME_MOST 255 /* UNIT_NAME_MAX without its NUL */

/* '@' makes instances of templates, and has rules of its own. */
static bool may_be_in_a_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(":-_.\\", c));
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* Without its instance "x@.scope" is a template: nothing that could be started. */
bool unit_name_valid(const char *name, const char *suffix)
{
	size_t length = strlen(name), stem = length - strlen(suffix);

	if (length > NAME_MOST || !ends_in(name, suffix) || name[0] == '@' || name[stem - 1] == '@')
		return false;
	for (size_t i = 0; i < stem; i++)
		if (name[i] != '@' && !may_be_in_a_name(name[i]))
			return false;
	return true;
}

bool unit_slice_valid(const char *name)
{
	if (!unit_name_valid(name, ".slice") || strchr(name, '@'))
		return false;
	if (strcmp(name, "-.slice") == 0)
		return true;
	return name[0] != '-' && !strstr(name, "--") && !strstr(name, "-.slice");
}

const char *unit_escape(struct arena *arena, const char *name)
{
	struct text escaped = text_in(arena);

	text_add(&escaped, "");
	for (; *name; name++) {
		if (may_be_in_a_name(*name))
			text_add_char(&escaped, *name);
		else
			text_printf(&escaped, "\\x%02x", (unsigned char)*name);
	}
	return escaped.data ? escaped.data : arena_string(arena, "");
}

/* A unit that could be taken for a file of the kernel gets an underscore, and one that begins with one gets another. */
static void add_component(struct text *path, const char *name)
{
	bool escaped = name[0] == '_' || name[0] == '.' || cgroup_name_reserved(name);

	text_printf(path, "/%s%s", escaped ? "_" : "", name);
}

/* Each dash is a step down: a-b.slice is inside of a.slice. */
static void add_slice(struct arena *arena, struct text *path, const char *slice)
{
	size_t stem = strlen(slice) - strlen(".slice");

	if (strcmp(slice, "-.slice") == 0)
		return;
	for (size_t i = 1; i < stem; i++)
		if (slice[i] == '-')
			add_component(path, arena_printf(arena, "%.*s.slice", (int)i, slice));
	add_component(path, slice);
}

const char *unit_slice_path(struct arena *arena, const char *slice)
{
	struct text path = text_in(arena);

	add_slice(arena, &path, slice);
	return path.data ? path.data : arena_string(arena, "");
}

const char *unit_path(struct arena *arena, const char *slice, const char *name)
{
	struct text path = text_in(arena);

	add_slice(arena, &path, slice);
	add_component(&path, name);
	return path.data;
}
