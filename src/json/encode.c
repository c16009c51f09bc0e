/* Structs → text, by tables. */
#include "json/json.h"

#include <string.h>
#include "base/text.h"

struct writer {
	struct text *out;
	enum json_style style;
	unsigned depth;
	bool first; /* nothing was written yet since the last bracket opened */
};

static void write_object(struct writer *writer, const struct json_table *table, const void *in);

static void new_line(struct writer *writer)
{
	static const char *const indents[] = { [JSON_TWO_SPACES] = "  ", [JSON_TABS] = "\t" };

	if (writer->style == JSON_COMPACT)
		return;
	text_add_char(writer->out, '\n');
	for (unsigned i = 0; i < writer->depth; i++)
		text_add(writer->out, indents[writer->style]);
}

static void open_bracket(struct writer *writer, char bracket)
{
	text_add_char(writer->out, bracket);
	writer->depth++;
	writer->first = true;
}

static void close_bracket(struct writer *writer, char bracket)
{
	writer->depth--;
	if (!writer->first)
		new_line(writer);
	text_add_char(writer->out, bracket);
	writer->first = false;
}

/* In front of each element or member. */
static void next_item(struct writer *writer)
{
	if (!writer->first)
		text_add_char(writer->out, ',');
	writer->first = false;
	new_line(writer);
}

static void write_key(struct writer *writer, const char *key)
{
	next_item(writer);
	text_add_json(writer->out, key);
	text_add(writer->out, writer->style == JSON_COMPACT ? ":" : ": ");
}

static int64_t load_int(const void *in, size_t size)
{
	switch (size) {
	case 1:
		return *(const int8_t *)in;
	case 2:
		return *(const int16_t *)in;
	case 4:
		return *(const int32_t *)in;
	default:
		return *(const int64_t *)in;
	}
}

static uint64_t load_uint(const void *in, size_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)in;
	case 2:
		return *(const uint16_t *)in;
	case 4:
		return *(const uint32_t *)in;
	default:
		return *(const uint64_t *)in;
	}
}

static const char *find_word(const struct json_word *words, int value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return NULL;
}

/* ---- is there anything to write? ---- */

static bool any_present(const struct json_table *table, const void *in);

/* What the member points to if it is optional, else the member itself; NULL if absent. */
static const void *value_of(const struct json_field *field, const void *in)
{
	const void *member = (const char *)in + field->offset;

	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
	case FIELD_INT:
	case FIELD_UINT:
	case FIELD_ENUM:
	case FIELD_OBJECT:
		return field->flags & FIELD_OPTIONAL ? *(void *const *)member : member;
	case FIELD_STRING:
	case FIELD_STRINGS:
	case FIELD_UINTS:
	case FIELD_ENUMS:
	case FIELD_OBJECTS:
	case FIELD_MAP:
	case FIELD_OBJECT_MAP:
		return member;
	case FIELD_KEY:
	case FIELD_PLACE:
		return NULL;
	}
	return NULL;
}

#define list_present(type, value) (((const type *)(value))->given || ((const type *)(value))->count)

/* Whether a value that stands in the struct itself says anything. A boolean or number that need not be there and is 0 does not. */
static bool says_something(const struct json_field *field, const void *value)
{
	bool always = field->flags & (FIELD_REQUIRED | FIELD_OPTIONAL);

	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return always || *(const bool *)value;
	case FIELD_INT:
	case FIELD_UINT:
		return always || load_uint(value, field->size);
	case FIELD_STRING:
		return *(const char *const *)value != NULL;
	case FIELD_ENUM:
		return find_word(field->words, *(const int *)value) != NULL;
	case FIELD_OBJECT:
		return always || any_present(field->table, value);
	case FIELD_STRINGS:
		return list_present(struct json_strings, value);
	case FIELD_UINTS:
		return list_present(struct json_uints, value);
	case FIELD_ENUMS:
		return list_present(struct json_ints, value);
	case FIELD_OBJECTS:
	case FIELD_OBJECT_MAP:
		return list_present(struct json_objects, value);
	case FIELD_MAP:
		return list_present(struct json_map, value);
	case FIELD_KEY:
	case FIELD_PLACE:
		return false;
	}
	return false;
}

static bool is_present(const struct json_field *field, const void *in)
{
	const void *value = value_of(field, in);

	return value && says_something(field, value);
}

static bool any_present(const struct json_table *table, const void *in)
{
	for (size_t i = 0; i < table->count; i++)
		if (is_present(&table->fields[i], in))
			return true;
	return false;
}

/* ---- lists and maps ---- */

static void write_strings(struct writer *writer, const struct json_strings *list)
{
	open_bracket(writer, '[');
	for (uint32_t i = 0; i < list->count; i++) {
		next_item(writer);
		text_add_json(writer->out, list->items[i]);
	}
	close_bracket(writer, ']');
}

static void write_uints(struct writer *writer, const struct json_uints *list)
{
	open_bracket(writer, '[');
	for (uint32_t i = 0; i < list->count; i++) {
		next_item(writer);
		text_printf(writer->out, "%ju", (uintmax_t)list->items[i]);
	}
	close_bracket(writer, ']');
}

static void write_enums(struct writer *writer, const struct json_field *field, const struct json_ints *list)
{
	open_bracket(writer, '[');
	for (uint32_t i = 0; i < list->count; i++) {
		const char *word = find_word(field->words, list->items[i]);
		if (!word)
			continue;
		next_item(writer);
		text_add_json(writer->out, word);
	}
	close_bracket(writer, ']');
}

static void write_objects(struct writer *writer, const struct json_table *table, const struct json_objects *list)
{
	open_bracket(writer, '[');
	for (uint32_t i = 0; i < list->count; i++) {
		next_item(writer);
		write_object(writer, table, (const char *)list->items + i * table->size);
	}
	close_bracket(writer, ']');
}

static void write_map(struct writer *writer, const struct json_map *map)
{
	open_bracket(writer, '{');
	for (uint32_t i = 0; i < map->count; i++) {
		write_key(writer, map->items[i].key);
		text_add_json(writer->out, map->items[i].value);
	}
	close_bracket(writer, '}');
}

static const char *key_of(const struct json_table *table, const char *in)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].kind == FIELD_KEY)
			return *(const char *const *)(in + table->fields[i].offset);
	return "";
}

static void write_object_map(struct writer *writer, const struct json_table *table, const struct json_objects *list)
{
	open_bracket(writer, '{');
	for (uint32_t i = 0; i < list->count; i++) {
		const char *in = (const char *)list->items + i * table->size;
		write_key(writer, key_of(table, in));
		write_object(writer, table, in);
	}
	close_bracket(writer, '}');
}

/* ---- values and objects ---- */

static void write_value(struct writer *writer, const struct json_field *field, const void *value)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return text_add(writer->out, *(const bool *)value ? "true" : "false");
	case FIELD_INT:
		return text_printf(writer->out, "%jd", (intmax_t)load_int(value, field->size));
	case FIELD_UINT:
		return text_printf(writer->out, "%ju", (uintmax_t)load_uint(value, field->size));
	case FIELD_STRING:
		return text_add_json(writer->out, *(const char *const *)value);
	case FIELD_ENUM:
		return text_add_json(writer->out, find_word(field->words, *(const int *)value));
	case FIELD_OBJECT:
		return write_object(writer, field->table, value);
	case FIELD_STRINGS:
		return write_strings(writer, value);
	case FIELD_UINTS:
		return write_uints(writer, value);
	case FIELD_ENUMS:
		return write_enums(writer, field, value);
	case FIELD_OBJECTS:
		return write_objects(writer, field->table, value);
	case FIELD_MAP:
		return write_map(writer, value);
	case FIELD_OBJECT_MAP:
		return write_object_map(writer, field->table, value);
	case FIELD_KEY:
	case FIELD_PLACE:
		return;
	}
}

static void write_object(struct writer *writer, const struct json_table *table, const void *in)
{
	open_bracket(writer, '{');
	for (size_t i = 0; i < table->count; i++) {
		const struct json_field *field = &table->fields[i];
		if (!is_present(field, in))
			continue;
		write_key(writer, field->key);
		write_value(writer, field, value_of(field, in));
	}
	close_bracket(writer, '}');
}

void json_encode(const struct json_table *table, const void *in, enum json_style style, struct text *out)
{
	struct writer writer = { .out = out, .style = style };

	write_object(&writer, table, in);
}
