/* Nodes → structs, by tables. */
#include "json/json.h"

#include <string.h>
#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "json/spot.h"

struct decoder {
	const char *name, *file; /* for errors; and for places, where NULL is config.json */
	struct arena *arena;     /* where values go at this moment */
	struct arena *own;       /* has the nodes; and the values that are kept apart, which are those of fields with these flags */
	unsigned apart;
	struct json_note **notes_end; /* NULL: nobody wants them */
	struct error *error;
};

#define refuse(decoder, spot, ...) spot_fail((spot), (decoder)->name, (decoder)->error, __VA_ARGS__)

static int decode_object(struct decoder *decoder, const struct spot *spot, const struct json_table *table, void *out);

static struct place place_of(const struct decoder *decoder, const struct spot *spot)
{
	char usual[256];
	size_t length = spot_path(spot, usual, sizeof(usual));
	char *path = arena_alloc(decoder->arena, length + 1);

	if (length < sizeof(usual))
		memcpy(path, usual, length + 1);
	else
		spot_path(spot, path, length + 1);
	return (struct place){ .path = path, .line = spot->node->line, .column = spot->node->column, .file = decoder->file };
}

static const char *const type_words[] = {
	[JSON_NULL] = "null", [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
	[JSON_STRING] = "a string", [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
};

static int expect(struct decoder *decoder, const struct spot *spot, enum json_type type)
{
	if (spot->node->type == type)
		return 0;
	return refuse(decoder, spot, "expected %s, found %s", type_words[type], type_words[spot->node->type]);
}

static int check_count(struct decoder *decoder, const struct json_field *field, const struct spot *spot, uint64_t most)
{
	if (most && spot->node->count > most)
		return refuse(decoder, spot, "%u elements, at most %ju are allowed", spot->node->count, (uintmax_t)most);
	if (!spot->node->count && field->flags & FIELD_NOT_EMPTY)
		return refuse(decoder, spot, "must not be empty");
	return 0;
}

/* What a node says, where the values live. */
static const char *keep(const struct decoder *decoder, const char *text)
{
	return decoder->arena == decoder->own ? text : arena_string(decoder->arena, text);
}

/* ---- single values ---- */

static int decode_bool(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	(void)decoder;
	(void)field;
	*(bool *)out = spot->node->truth;
	return 0;
}

/* Numbers stay text until here, so that nothing was rounded on the way. */
static int check_whole(struct decoder *decoder, const struct spot *spot)
{
	char quoted[EXCERPT_SIZE];
	const char *digits = spot->node->text;

	if (strpbrk(digits, ".eE"))
		return refuse(decoder, spot, "expected a whole number in plain digits, found '%s'", excerpt(digits, quoted));
	if (strcmp(digits, "-0") == 0)
		return refuse(decoder, spot, "expected a number, found '-0': write 0");
	return 0;
}

static void store(void *out, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(uint8_t *)out = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)out = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)out = (uint32_t)value;
		break;
	default:
		*(uint64_t *)out = value;
	}
}

static int decode_int(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	int64_t min = field->min, max = (int64_t)field->max, value;
	char quoted[EXCERPT_SIZE];

	try(check_whole(decoder, spot));
	if (number_i64(spot->node->text, &value) < 0 || value < min || value > max)
		return refuse(decoder, spot, "must be %jd to %jd, found '%s'", (intmax_t)min, (intmax_t)max,
			      excerpt(spot->node->text, quoted));
	store(out, field->size, (uint64_t)value);
	return 0;
}

static int take_uint(struct decoder *decoder, const struct spot *spot, uint64_t max, uint64_t *to)
{
	char quoted[EXCERPT_SIZE];

	try(check_whole(decoder, spot));
	if (number_u64(spot->node->text, to) < 0 || *to > max)
		return refuse(decoder, spot, "must be 0 to %ju, found '%s'", (uintmax_t)max, excerpt(spot->node->text, quoted));
	return 0;
}

static int decode_uint(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	uint64_t holds = field->size < 8 ? (UINT64_C(1) << 8 * field->size) - 1 : UINT64_MAX, value;

	try(take_uint(decoder, spot, field->max < holds ? field->max : holds, &value));
	store(out, field->size, value);
	return 0;
}

static int check_string(struct decoder *decoder, const struct json_field *field, const struct spot *spot)
{
	const char *text = spot->node->text;
	char quoted[EXCERPT_SIZE];

	if (field->flags & FIELD_ABSOLUTE && *text != '/')
		return refuse(decoder, spot, "must be an absolute path, found '%s'", excerpt(text, quoted));
	return 0;
}

static int decode_string(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	if (field->flags & FIELD_NOT_EMPTY && !*spot->node->text)
		return refuse(decoder, spot, "must not be empty");
	try(check_string(decoder, field, spot));
	*(const char **)out = keep(decoder, spot->node->text);
	return 0;
}

static int unknown_word(struct decoder *decoder, const struct json_field *field, const struct spot *spot)
{
	struct text allowed = text_in(decoder->own);
	char quoted[EXCERPT_SIZE];

	for (const struct json_word *word = field->words; word->word; word++)
		text_printf(&allowed, "%s'%s'", word == field->words ? "" : ", ", word->word);
	return refuse(decoder, spot, "unknown value '%s', allowed are %s", excerpt(spot->node->text, quoted), allowed.data);
}

static int decode_enum(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	for (const struct json_word *word = field->words; word->word; word++) {
		if (strcmp(word->word, spot->node->text) == 0) {
			*(int *)out = word->value;
			return 0;
		}
	}
	return unknown_word(decoder, field, spot);
}

static int decode_struct(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	return decode_object(decoder, spot, field->table, out);
}

/* ---- lists ---- */

static struct spot first_spot(const struct spot *list)
{
	return (struct spot){ .parent = list, .node = list->node->first };
}

static void next_spot(struct spot *spot)
{
	spot->node = spot->node->next;
	spot->index++;
}

static int decode_strings(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_strings *list = out;

	try(check_count(decoder, field, spot, field->max));
	list->items = arena_array(decoder->arena, const char *, (size_t)spot->node->count + 1);
	list->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		try(expect(decoder, &item, JSON_STRING));
		try(check_string(decoder, field, &item));
		list->items[list->count++] = keep(decoder, item.node->text);
	}
	return 0;
}

static int decode_uints(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_uints *list = out;

	try(check_count(decoder, field, spot, 0));
	list->items = arena_array(decoder->arena, uint64_t, spot->node->count);
	list->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		try(expect(decoder, &item, JSON_NUMBER));
		try(take_uint(decoder, &item, field->max, &list->items[list->count++]));
	}
	return 0;
}

static int decode_enums(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_ints *list = out;

	try(check_count(decoder, field, spot, 0));
	list->items = arena_array(decoder->arena, int, spot->node->count);
	list->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		try(expect(decoder, &item, JSON_STRING));
		try(decode_enum(decoder, field, &item, &list->items[list->count++]));
	}
	return 0;
}

static int decode_objects(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_objects *list = out;
	char *items;

	try(check_count(decoder, field, spot, field->max));
	list->items = items = arena_alloc(decoder->arena, field->table->size * spot->node->count);
	list->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		try(expect(decoder, &item, JSON_OBJECT));
		try(decode_object(decoder, &item, field->table, items + field->table->size * list->count++));
	}
	return 0;
}

/* ---- maps: a null is an absent entry ---- */

static int check_entry(struct decoder *decoder, const struct spot *spot, enum json_type type)
{
	if (!*spot->node->key)
		return refuse(decoder, spot, "the key must not be empty");
	return expect(decoder, spot, type);
}

static int decode_map(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_map *map = out;

	try(check_count(decoder, field, spot, field->max));
	map->items = arena_array(decoder->arena, struct json_pair, spot->node->count);
	map->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		if (item.node->type == JSON_NULL)
			continue;
		try(check_entry(decoder, &item, JSON_STRING));
		map->items[map->count++] = (struct json_pair){
			.key = keep(decoder, item.node->key), .value = keep(decoder, item.node->text), .at = place_of(decoder, &item),
		};
	}
	return 0;
}

static void set_key(const struct json_table *table, void *out, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].kind == FIELD_KEY)
			*(const char **)((char *)out + table->fields[i].offset) = key;
}

static int decode_object_map(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out)
{
	struct json_objects *list = out;
	char *items;

	try(check_count(decoder, field, spot, field->max));
	list->items = items = arena_alloc(decoder->arena, field->table->size * spot->node->count);
	list->given = true;
	for (struct spot item = first_spot(spot); item.node; next_spot(&item)) {
		if (item.node->type == JSON_NULL)
			continue;
		try(check_entry(decoder, &item, JSON_OBJECT));
		void *to = items + field->table->size * list->count++;
		try(decode_object(decoder, &item, field->table, to));
		set_key(field->table, to, keep(decoder, item.node->key));
	}
	return 0;
}

/* ---- objects ---- */

static const struct {
	enum json_type type;
	int (*decode)(struct decoder *decoder, const struct json_field *field, const struct spot *spot, void *out);
} kinds[] = {
	[FIELD_BOOL] = { JSON_BOOL, decode_bool },
	[FIELD_INT] = { JSON_NUMBER, decode_int },
	[FIELD_UINT] = { JSON_NUMBER, decode_uint },
	[FIELD_STRING] = { JSON_STRING, decode_string },
	[FIELD_ENUM] = { JSON_STRING, decode_enum },
	[FIELD_OBJECT] = { JSON_OBJECT, decode_struct },
	[FIELD_STRINGS] = { JSON_ARRAY, decode_strings },
	[FIELD_UINTS] = { JSON_ARRAY, decode_uints },
	[FIELD_ENUMS] = { JSON_ARRAY, decode_enums },
	[FIELD_OBJECTS] = { JSON_ARRAY, decode_objects },
	[FIELD_MAP] = { JSON_OBJECT, decode_map },
	[FIELD_OBJECT_MAP] = { JSON_OBJECT, decode_object_map },
};

/* What an optional member points to; 0 where the member itself can be absent. */
static size_t pointed_size(const struct json_field *field)
{
	switch ((enum field_kind)field->kind) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_INT:
	case FIELD_UINT:
		return field->size;
	case FIELD_ENUM:
		return sizeof(int);
	case FIELD_OBJECT:
		return field->table->size;
	case FIELD_STRING:
	case FIELD_STRINGS:
	case FIELD_UINTS:
	case FIELD_ENUMS:
	case FIELD_OBJECTS:
	case FIELD_MAP:
	case FIELD_OBJECT_MAP:
	case FIELD_KEY:
	case FIELD_PLACE:
		return 0;
	}
	return 0;
}

static int decode_value(struct decoder *decoder, const struct json_field *field, const struct spot *spot, char *out)
{
	void *member = out + field->offset;
	size_t pointed = field->flags & FIELD_OPTIONAL ? pointed_size(field) : 0;

	if (arena_is_short(decoder->arena))
		return refuse(decoder, spot, "the document has too many values");
	if (field->flags & FIELD_PLACED)
		*(struct place *)(out + field->place) = place_of(decoder, spot);
	if (pointed)
		member = *(void **)member = arena_alloc(decoder->arena, pointed);
	return kinds[field->kind].decode(decoder, field, spot, member);
}

/* The member itself lies where `out` is; what is apart is what it points to. */
static int decode_member(struct decoder *decoder, const struct json_field *field, const struct spot *spot, char *out)
{
	struct arena *arena = decoder->arena;

	if (spot->node->type == JSON_NULL)
		return field->flags & FIELD_REQUIRED ? refuse(decoder, spot, "is required, not null") : 0;
	try(expect(decoder, spot, kinds[field->kind].type));
	if (field->flags & decoder->apart)
		decoder->arena = decoder->own;
	int r = decode_value(decoder, field, spot, out);
	decoder->arena = arena;
	return r;
}

static bool same_but_for_case(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		int lower_a = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a;
		int lower_b = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
		if (lower_a != lower_b)
			return false;
	}
	return *a == *b;
}

/* Go's decoder ignores case, so another runtime may obey what we ignore: a near miss is worth a warning (rule B.17). */
static void note_unknown(struct decoder *decoder, const struct json_table *table, const struct spot *spot)
{
	struct json_note *note;

	if (!decoder->notes_end)
		return;
	struct arena *arena = decoder->arena;
	decoder->arena = decoder->own;
	note = arena_new(decoder->arena, struct json_note);
	*note = (struct json_note){ .at = place_of(decoder, spot), .text = "unknown property" };
	decoder->arena = arena;
	for (size_t i = 0; i < table->count; i++) {
		const char *key = table->fields[i].key;
		if (!key || !same_but_for_case(key, spot->node->key))
			continue;
		note->text = arena_printf(decoder->own, "unknown property; did you mean '%s'?", key);
		note->warning = true;
	}
	*decoder->notes_end = note;
	decoder->notes_end = &note->next;
}

/* Members mostly come in the order of the table: the search begins behind the one found last. */
static const struct json_field *find_field(const struct json_table *table, const char *key, size_t *hint)
{
	for (size_t tried = 0; tried < table->count; tried++) {
		const struct json_field *field = &table->fields[(*hint + tried) % table->count];
		if (!field->key || strcmp(field->key, key) != 0)
			continue;
		*hint = (size_t)(field - table->fields) + 1;
		return field;
	}
	return NULL;
}

static bool has_member(const struct json_node *object, const char *key)
{
	for (const struct json_node *member = object->first; member; member = member->next)
		if (strcmp(member->key, key) == 0)
			return true;
	return false;
}

static int check_required(struct decoder *decoder, const struct spot *spot, const struct json_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct json_field *field = &table->fields[i];
		if (!(field->flags & FIELD_REQUIRED) || has_member(spot->node, field->key))
			continue;
		struct json_node missing = { .key = field->key, .line = spot->node->line, .column = spot->node->column };
		return refuse(decoder, (&(struct spot){ .parent = spot, .node = &missing }), "is required");
	}
	return 0;
}

static int decode_object(struct decoder *decoder, const struct spot *spot, const struct json_table *table, void *out)
{
	size_t hint = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].kind == FIELD_PLACE)
			*(struct place *)((char *)out + table->fields[i].offset) = place_of(decoder, spot);
	for (struct spot member = first_spot(spot); member.node; next_spot(&member)) {
		const struct json_field *field = find_field(table, member.node->key, &hint);
		if (field)
			try(decode_member(decoder, field, &member, out));
		else
			note_unknown(decoder, table, &member);
	}
	return check_required(decoder, spot, table);
}

int json_decode_into(const char *name, const struct json_node *node, const struct json_table *table, void *out,
		     const struct json_homes *homes, struct json_note **notes, struct error *error)
{
	struct decoder decoder = { .name = name, .arena = homes->arena, .own = homes->own, .apart = homes->apart, .notes_end = notes,
				   .error = error };
	const struct spot document = { .node = node };

	/* Places go to init with the plan: what they point to must be in the arena. */
	if (strcmp(name, "config.json") != 0)
		decoder.file = arena_string(homes->arena, name);
	while (decoder.notes_end && *decoder.notes_end)
		decoder.notes_end = &(*decoder.notes_end)->next;
	memset(out, 0, table->size);
	try(expect(&decoder, &document, JSON_OBJECT));
	return decode_object(&decoder, &document, table, out);
}

int json_decode(const char *name, const struct json_node *node, const struct json_table *table, void *out, struct arena *arena,
		struct json_note **notes, struct error *error)
{
	const struct json_homes one = { .arena = arena, .own = arena };

	return json_decode_into(name, node, table, out, &one, notes, error);
}
