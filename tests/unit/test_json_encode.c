/* json_encode: the three styles, what is left out, and there and back again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#undef fail
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "json/json.h"

enum { ONE = 1, TWO };
static const struct json_word words[] = { { "one", ONE }, { "two", TWO }, { NULL, 0 } };

struct inner {
	const char *key;
	struct place at;
	int8_t small;
	const uint16_t *maybe;
};

struct outer {
	struct place at;
	const char *text;
	bool flag, must;
	const bool *maybe;
	int64_t number;
	uint64_t needed;
	int word;
	const int *other;
	struct inner by_value;
	struct inner *by_pointer;
	struct json_strings strings;
	struct json_uints uints;
	struct json_ints ints;
	struct json_objects list, map_of;
	struct json_map map;
};

JSON_TABLE(inner_table, "inner", struct inner,
	F_KEY(struct inner, key),
	F_PLACE(struct inner, at),
	F_INT(struct inner, small, "small", 0, INT8_MIN, INT8_MAX),
	F_OPT_UINT(struct inner, maybe, "maybe", UINT16_MAX),
);

JSON_TABLE(outer_table, "outer", struct outer,
	F_PLACE(struct outer, at),
	F_STRING(struct outer, text, "text", 0),
	F_BOOL(struct outer, flag, "flag", 0),
	F_BOOL(struct outer, must, "must", FIELD_REQUIRED),
	F_OPT_BOOL(struct outer, maybe, "maybe"),
	F_INT(struct outer, number, "number", 0, INT64_MIN, INT64_MAX),
	F_UINT(struct outer, needed, "needed", FIELD_REQUIRED, UINT64_MAX),
	F_ENUM(struct outer, word, "word", 0, words),
	F_OPT_ENUM(struct outer, other, "other", words),
	F_OBJECT(struct outer, by_value, "byValue", 0, &inner_table),
	F_OPT_OBJECT(struct outer, by_pointer, "byPointer", &inner_table),
	F_STRINGS(struct outer, strings, "strings", 0, 0),
	F_UINTS(struct outer, uints, "uints", 0, UINT64_MAX),
	F_ENUMS(struct outer, ints, "ints", 0, words),
	F_OBJECTS(struct outer, list, "list", 0, &inner_table, 0),
	F_OBJECT_MAP(struct outer, map_of, "mapOf", 0, &inner_table),
	F_MAP(struct outer, map, "map", 0),
);

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	return arena_open(&arena);
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

static const char *encode(const struct outer *outer, enum json_style style)
{
	struct text text = text_in(&arena);

	json_encode(&outer_table, outer, style, &text);
	return text.data;
}

/* What encoding the decoded text gives. */
static const char *again(const char *text, enum json_style style)
{
	struct error error = { 0 };
	struct json_node *root;
	struct outer outer;

	assert_int_equal(json_parse("config.json", text, strlen(text), &arena, &root, &error), 0);
	assert_int_equal(json_decode("config.json", root, &outer_table, &outer, &arena, NULL, &error), 0);
	return encode(&outer, style);
}

static const char full[] =
	"{\"text\":\"a/b \\\"\\n\\u001b\",\"flag\":true,\"must\":false,\"maybe\":false,\"number\":-9223372036854775808,"
	"\"needed\":18446744073709551615,\"word\":\"two\",\"other\":\"one\",\"byValue\":{\"small\":-128,\"maybe\":65535},"
	"\"byPointer\":{\"maybe\":0},\"strings\":[\"a\",\"\"],\"uints\":[0,18446744073709551615],\"ints\":[\"two\",\"one\"],"
	"\"list\":[{\"small\":1},{}],\"mapOf\":{\"a.b\":{\"small\":2},\"c\":{}},\"map\":{\"k\":\"v\",\"l\":\"\"}}";

static void there_and_back_again(void **state)
{
	static const enum json_style styles[] = { JSON_COMPACT, JSON_TWO_SPACES, JSON_TABS };

	(void)state;
	for (size_t i = 0; i < array_length(styles); i++)
		assert_string_equal(again(again(full, styles[i]), JSON_COMPACT), full);
}

static void what_is_absent_is_left_out(void **state)
{
	static const struct outer nothing;

	(void)state;
	assert_string_equal(encode(&nothing, JSON_COMPACT), "{\"must\":false,\"needed\":0}");
	assert_string_equal(again("{\"must\":false,\"needed\":0,\"strings\":null,\"byValue\":{}}", JSON_COMPACT),
			    "{\"must\":false,\"needed\":0}");
}

static void what_is_given_but_empty_is_written(void **state)
{
	static const char given[] = "{\"text\":\"\",\"must\":true,\"needed\":1,\"byPointer\":{},"
				    "\"strings\":[],\"uints\":[],\"ints\":[],"
				    "\"list\":[],\"mapOf\":{},\"map\":{}}";

	(void)state;
	assert_string_equal(again(given, JSON_COMPACT), given);
}

static void lists_made_by_hand_need_no_mark(void **state)
{
	static const char *items[] = { "x", NULL };
	const struct outer outer = { .strings = { .items = items, .count = 1 } };

	(void)state;
	assert_string_equal(encode(&outer, JSON_COMPACT), "{\"must\":false,\"needed\":0,\"strings\":[\"x\"]}");
}

static void styles_indent(void **state)
{
	static const char text[] = "{\"must\":true,\"needed\":1,\"byPointer\":{},\"strings\":[\"a\",\"b\"],"
				   "\"list\":[{\"small\":1}],\"map\":{}}";

	(void)state;
	assert_string_equal(again(text, JSON_TWO_SPACES),
			    "{\n  \"must\": true,\n  \"needed\": 1,\n  \"byPointer\": {},\n"
			    "  \"strings\": [\n    \"a\",\n    \"b\"\n  ],\n"
			    "  \"list\": [\n    {\n      \"small\": 1\n    }\n  ],\n  \"map\": {}\n}");
	assert_string_equal(again(text, JSON_TABS),
			    "{\n\t\"must\": true,\n\t\"needed\": 1,\n\t\"byPointer\": {},\n"
			    "\t\"strings\": [\n\t\t\"a\",\n\t\t\"b\"\n\t],\n"
			    "\t\"list\": [\n\t\t{\n\t\t\t\"small\": 1\n\t\t}\n\t],\n\t\"map\": {}\n}");
}

static void bad_text_becomes_good_json(void **state)
{
	const struct outer outer = { .text = "\xff\x7f/" };

	(void)state;
	assert_string_equal(encode(&outer, JSON_COMPACT), "{\"text\":\"\xef\xbf\xbd\\u007f/\",\"must\":false,\"needed\":0}");
}

static void text_is_appended(void **state)
{
	static const struct outer nothing;
	struct text text = text_in(&arena);

	(void)state;
	text_add(&text, "[");
	json_encode(&outer_table, &nothing, JSON_COMPACT, &text);
	text_add(&text, "]");
	assert_string_equal(text.data, "[{\"must\":false,\"needed\":0}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back_again),
		cmocka_unit_test(what_is_absent_is_left_out),
		cmocka_unit_test(what_is_given_but_empty_is_written),
		cmocka_unit_test(lists_made_by_hand_need_no_mark),
		cmocka_unit_test(styles_indent),
		cmocka_unit_test(bad_text_becomes_good_json),
		cmocka_unit_test(text_is_appended),
	};
	return cmocka_run_group_tests_name("json_encode", tests, open_arena, close_arena);
}
