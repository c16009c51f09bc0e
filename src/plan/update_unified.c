/* An update of a field, where the file behind it was set by its name before: of the two the later one holds, and so it is kept. */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/update_unified.h"

const struct json_pair *unified_find(const struct json_map *unified, const char *file)
{
	for (uint32_t i = 0; i < unified->count; i++)
		if (strcmp(unified->items[i].key, file) == 0)
			return &unified->items[i];
	return NULL;
}

/* Files with a line for each device: a field sets one of them, or a part of it, and the rest stays. */
static bool has_lines(const char *file)
{
	static const char *const files[] = { "io.max", "io.weight", "io.bfq.weight", "rdma.max" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i], file) == 0)
			return true;
	return false;
}

/* The device of "8:0 rbps=5"; that of a weight alone is "default". */
static const char *device_of(const char *line, size_t length, size_t *word)
{
	*word = 0;
	while (*word < length && line[*word] != ' ')
		++*word;
	if (*word < length)
		return line;
	*word = strlen("default");
	return "default";
}

/* Whether "8:0 rbps=5 wbps=6" sets "rbps=". */
static bool sets(const char *line, const char *name, size_t length)
{
	for (const char *at = strchr(line, ' '); at; at = strchr(at + 1, ' '))
		if (strncmp(at + 1, name, length) == 0)
			return true;
	return false;
}

/* Whether nothing is left of the old line once the new one is written after it. */
static bool replaces(const char *new, const char *old, size_t length)
{
	size_t word, new_word;
	const char *device = device_of(old, length, &word), *new_device = device_of(new, strlen(new), &new_word);

	if (word != new_word || strncmp(device, new_device, word) != 0)
		return false;
	for (size_t at = device == old ? word : length; at < length;) {
		const char *name = old + at + 1, *equal = memchr(name, '=', length - at - 1);
		if (equal && !sets(new, name, (size_t)(equal - name) + 1))
			return false;
		const char *next = memchr(name, ' ', length - at - 1);
		at = next ? (size_t)(next - old) : length;
	}
	return true;
}

static bool replaced(const char *file, const char *line, size_t length, const struct cgroup_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->items[i].file, file) == 0 && replaces(rows->items[i].value, line, length))
			return true;
	return false;
}

/* The old lines of which something is left, then the new ones. */
static const char *with_rows(const struct json_pair *pair, const struct cgroup_rows *rows)
{
	struct text lines = text_in(rows->arena);
	size_t length;

	for (const char *at = pair->value; *at; at += length + (at[length] == '\n')) {
		length = strcspn(at, "\n");
		if (length && !replaced(pair->key, at, length, rows))
			text_printf(&lines, "%s%.*s", lines.length ? "\n" : "", (int)length, at);
	}
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->items[i].file, pair->key) == 0)
			text_printf(&lines, "%s%s", lines.length ? "\n" : "", rows->items[i].value);
	return lines.data;
}

static bool written(const struct cgroup_rows *rows, const char *file)
{
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->items[i].file, file) == 0)
			return true;
	return false;
}

void update_plan_unified(const struct cgroup_rows *rows, const struct json_map *change, struct json_map *unified)
{
	struct json_pair *kept = arena_array(rows->arena, struct json_pair, unified->count);
	uint32_t count = 0;

	for (uint32_t i = 0; i < unified->count; i++) {
		const struct json_pair *pair = &unified->items[i];
		bool overridden = written(rows, pair->key) && !unified_find(change, pair->key);
		if (overridden && !has_lines(pair->key))
			continue;
		kept[count] = *pair;
		if (overridden)
			kept[count].value = with_rows(pair, rows);
		count++;
	}
	*unified = (struct json_map){ kept, count, count > 0 };
}
