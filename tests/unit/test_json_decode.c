/* json_decode: tables, types, ranges, places (rule B.17, cases C50 to C52). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#undef fail
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/text.h"
#include "json/json.h"

struct point {
	const char *name;
	struct place at;
	int64_t x;
	const int64_t *y;
};

enum color { RED = 1, GREEN = 7 };
static const struct json_word colors[] = { { "red", RED }, { "green", GREEN }, { "verde", GREEN }, { NULL, 0 } };

struct sample {
	struct place at;
	bool flag;
	const bool *maybe;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32, id;
	uint64_t u64;
	const uint32_t *some;
	const char *text, *full, *root;
	struct place text_at;
	int color;
	const int *tint;
	struct point here;
	struct point *there;
	struct json_strings words, paths;
	struct place words_at;
	struct json_uints numbers;
	struct json_ints tints;
	struct json_objects points, named;
	struct json_map map;
};

JSON_TABLE(point_table, "point", struct point,
	F_KEY(struct point, name),
	F_PLACE(struct point, at),
	F_INT(struct point, x, "x", FIELD_REQUIRED, -10, 10),
	F_OPT_INT(struct point, y, "y", INT64_MIN, INT64_MAX),
);

JSON_TABLE(sample_table, "sample", struct sample,
	F_PLACE(struct sample, at),
	F_BOOL(struct sample, flag, "flag", 0),
	F_OPT_BOOL(struct sample, maybe, "maybe"),
	F_INT(struct sample, i8, "i8", 0, INT8_MIN, INT8_MAX),
	F_INT(struct sample, i16, "i16", 0, INT16_MIN, INT16_MAX),
	F_INT(struct sample, i32, "oom", 0, -1000, 1000),
	F_INT(struct sample, i64, "i64", 0, INT64_MIN, INT64_MAX),
	F_UINT(struct sample, u8, "u8", 0, UINT64_MAX),
	F_UINT(struct sample, u16, "u16", 0, UINT16_MAX),
	F_UINT(struct sample, u32, "u32", 0, UINT32_MAX),
	F_UINT(struct sample, id, "uid", 0, UINT32_MAX - 1),
	F_UINT(struct sample, u64, "u64", 0, UINT64_MAX),
	F_OPT_UINT(struct sample, some, "some", 0777),
	{ FIELD_BASE_(struct sample, text, "text", FIELD_STRING, FIELD_PLACED), .place = offsetof(struct sample, text_at) },
	F_STRING(struct sample, full, "full", FIELD_NOT_EMPTY),
	F_STRING(struct sample, root, "root", FIELD_ABSOLUTE),
	F_ENUM(struct sample, color, "color", 0, colors),
	F_OPT_ENUM(struct sample, tint, "tint", colors),
	F_OBJECT(struct sample, here, "here", 0, &point_table),
	F_OPT_OBJECT(struct sample, there, "there", &point_table),
	{ FIELD_BASE_(struct sample, words, "words", FIELD_STRINGS, FIELD_PLACED),
	  .place = offsetof(struct sample, words_at), .max = 3 },
	F_STRINGS(struct sample, paths, "paths", FIELD_ABSOLUTE | FIELD_NOT_EMPTY, 0),
	F_UINTS(struct sample, numbers, "numbers", 0, UINT32_MAX - 1),
	F_ENUMS(struct sample, tints, "tints", 0, colors),
	F_OBJECTS(struct sample, points, "points", 0, &point_table, 2),
	F_OBJECT_MAP(struct sample, named, "named", 0, &point_table),
	F_MAP(struct sample, map, "map", 0),
);

static struct arena arena;
static struct json_note *notes;
static char sentence[1024];

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

static int decode_as(const char *name, const char *text, struct sample *sample)
{
	struct error error = { 0 };
	struct json_node *root;

	notes = NULL;
	sentence[0] = '\0';
	memset(sample, 0xa5, sizeof(*sample));
	int r = json_parse(name, text, strlen(text), &arena, &root, &error);
	if (r == 0)
		r = json_decode(name, root, &sample_table, sample, &arena, &notes, &error);
	assert_int_equal(r == 0, error.text[0] == '\0');
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

static int decode(const char *text, struct sample *sample)
{
	return decode_as("config.json", text, sample);
}

static void everything_is_filled(void **state)
{
	struct sample s;
	const struct point *points;

	(void)state;
	assert_int_equal(decode("{\n\"flag\": true, \"maybe\": false, \"i8\": -128, \"i16\": 32767, \"oom\": -1000,\n"
				"\"i64\": -9223372036854775808, \"u8\": 255, \"u16\": 65535, \"u32\": 4294967295,\n"
				"\"u64\": 18446744073709551615, \"uid\": 4294967294, \"some\": 18,"
				"\"text\": \"\", \"full\": \"a\",\n"
				"\"root\": \"/x\", \"color\": \"red\", \"tint\": \"verde\", \"here\": {\"x\": 1},\n"
				"\"there\": {\"y\": 9223372036854775807, \"x\": -10},"
				"\"words\": [\"a\", \"\"], \"paths\": [\"/\"],\n"
				"\"numbers\": [0, 4294967294], \"tints\": [\"green\", \"red\"], \"points\": [{\"x\": 2},\n"
				"  {\"x\": 3}], \"named\": {\"n\": {\"x\": 4}, \"no\": null, \"a b\": {\"x\": 5}},"
				"\"map\": {\"k.l\": \"v\", \"z\": null}}",
				&s), 0);
	assert_true(s.flag);
	assert_false(*s.maybe);
	assert_int_equal(s.i8, -128);
	assert_int_equal(s.i16, 32767);
	assert_int_equal(s.i32, -1000);
	assert_true(s.i64 == INT64_MIN && s.u64 == UINT64_MAX);
	assert_true(s.u8 == 255 && s.u16 == 65535 && s.u32 == UINT32_MAX && s.id == UINT32_MAX - 1);
	assert_int_equal(*s.some, 18);
	assert_string_equal(s.text, "");
	assert_string_equal(s.full, "a");
	assert_string_equal(s.root, "/x");
	assert_int_equal(s.color, RED);
	assert_int_equal(*s.tint, GREEN);
	assert_int_equal(s.here.x, 1);
	assert_null(s.here.y);
	assert_true(s.there->x == -10 && *s.there->y == INT64_MAX);
	assert_true(s.words.given && s.words.count == 2);
	assert_string_equal(s.words.items[1], "");
	assert_null(s.words.items[2]);
	assert_string_equal(s.paths.items[0], "/");
	assert_true(s.numbers.count == 2 && s.numbers.items[1] == UINT32_MAX - 1);
	assert_true(s.tints.count == 2 && s.tints.items[0] == GREEN && s.tints.items[1] == RED);
	points = s.points.items;
	assert_true(s.points.count == 2 && points[0].x == 2 && points[1].x == 3);
	points = s.named.items;
	assert_int_equal(s.named.count, 2);
	assert_string_equal(points[0].name, "n");
	assert_string_equal(points[1].name, "a b");
	assert_int_equal(s.map.count, 1);
	assert_string_equal(s.map.items[0].key, "k.l");
	assert_string_equal(s.map.items[0].value, "v");
	assert_null(notes);
}

static void check_place(const struct place *place, const char *path, uint32_t line, uint32_t column, const char *file)
{
	assert_string_equal(place->path, path);
	assert_int_equal(place->line, line);
	assert_int_equal(place->column, column);
	if (file)
		assert_string_equal(place->file, file);
	else
		assert_null(place->file);
}

static const char placed[] =
	" {\"text\": \"t\", \"words\":[], \"points\": [{\"x\": 1},\n\t{\"x\": 2}], \"named\": {\"a b\": {\"x\":3}},"
	"\n \"map\":{\"a.b\": \"c\", \"plain\": \"\", \"1a\": \"\", \"q\\\"\\n\": \"\"}, \"there\": {\"x\":1}}";

static void places_are_told(void **state)
{
	struct sample s;

	(void)state;
	assert_int_equal(decode(placed, &s), 0);
	check_place(&s.at, "", 1, 2, NULL);
	check_place(&s.text_at, "text", 1, 11, NULL);
	check_place(&s.words_at, "words", 1, 24, NULL);
	check_place(&((struct point *)s.points.items)[1].at, "points[1]", 2, 2, NULL);
	check_place(&((struct point *)s.named.items)[0].at, "named[\"a b\"]", 2, 30, NULL);
	check_place(&s.map.items[0].at, "map[\"a.b\"]", 3, 16, NULL);
	check_place(&s.map.items[1].at, "map.plain", 3, 30, NULL);
	check_place(&s.map.items[2].at, "map[\"1a\"]", 3, 40, NULL);
	check_place(&s.map.items[3].at, "map[\"q\\\"\\n\"]", 3, 53, NULL);
	check_place(&s.there->at, "there", 3, 67, NULL);
	assert_int_equal(decode_as("process.json", placed, &s), 0);
	check_place(&s.text_at, "text", 1, 11, "process.json");
	assert_int_equal(decode_as("process.json", "{\"flag\":1}", &s), -1);
	assert_string_equal(sentence, "process.json:1:9: flag: expected a boolean, found a number");
}

static void absent_and_null_are_the_same(void **state)
{
	struct sample empty, nulls;
	struct text text = text_in(&arena);

	(void)state;
	assert_int_equal(decode("{}", &empty), 0);
	for (size_t i = 0; i < sample_table.count; i++)
		if (sample_table.fields[i].key)
			text_printf(&text, "%s\"%s\":null", text.length ? "," : "{", sample_table.fields[i].key);
	text_add(&text, "}");
	assert_int_equal(decode(text.data, &nulls), 0);
	empty.at = nulls.at = (struct place){ 0 };
	assert_memory_equal(&empty, &nulls, sizeof(empty));
	assert_null(empty.maybe);
	assert_null(empty.there);
	assert_false(empty.words.given);
	assert_null(notes);
	assert_int_equal(decode("{\"words\":[],\"map\":{},\"named\":{},\"points\":[]}", &empty), 0);
	assert_true(empty.words.given && empty.map.given && empty.named.given && empty.points.given);
	assert_null(empty.words.items[0]);
}

#define COLORS "allowed are 'red', 'green', 'verde'"

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "[]", "1:1: expected an object, found an array" },
	{ "null", "1:1: expected an object, found null" },
	{ "{\"flag\": 1}", "1:10: flag: expected a boolean, found a number" },
	{ "{\"flag\": \"true\"}", "1:10: flag: expected a boolean, found a string" },
	{ "{\n\"uid\": \"1000\"}", "2:8: uid: expected a number, found a string" },
	{ "{\"uid\": true}", "1:9: uid: expected a number, found a boolean" },
	{ "{\"text\": 1}", "1:10: text: expected a string, found a number" },
	{ "{\"words\": {}}", "1:11: words: expected an array, found an object" },
	{ "{\"words\": \"a\"}", "1:11: words: expected an array, found a string" },
	{ "{\"words\": [\"a\", 1]}", "1:17: words[1]: expected a string, found a number" },
	{ "{\"words\": [null]}", "1:12: words[0]: expected a string, found null" },
	{ "{\"words\": [\"a\",\"a\",\"a\",\"a\"]}", "1:11: words: 4 elements, at most 3 are allowed" },
	{ "{\"paths\": []}", "1:11: paths: must not be empty" },
	{ "{\"paths\": [\"/a\", \"b\"]}", "1:18: paths[1]: must be an absolute path, found 'b'" },
	{ "{\"full\": \"\"}", "1:10: full: must not be empty" },
	{ "{\"root\": \"\"}", "1:10: root: must be an absolute path, found ''" },
	{ "{\"root\": \"a/b\"}", "1:10: root: must be an absolute path, found 'a/b'" },
	{ "{\"color\": \"blue\"}", "1:11: color: unknown value 'blue', " COLORS },
	{ "{\"color\": \"Red\"}", "1:11: color: unknown value 'Red', " COLORS },
	{ "{\"tints\": [\"red\", \"\"]}", "1:19: tints[1]: unknown value '', " COLORS },
	{ "{\"tints\": [1]}", "1:12: tints[0]: expected a string, found a number" },
	{ "{\"numbers\": [1, -1]}", "1:17: numbers[1]: must be 0 to 4294967294, found '-1'" },
	{ "{\"numbers\": [\"1\"]}", "1:14: numbers[0]: expected a number, found a string" },
	{ "{\"points\": [{\"x\":1}, []]}", "1:22: points[1]: expected an object, found an array" },
	{ "{\"points\": [{\"x\":1}, {\"x\":11}]}", "1:27: points[1].x: must be -10 to 10, found '11'" },
	{ "{\"points\": [{\"x\":1}, {\"x\":1}, {}]}", "1:12: points: 3 elements, at most 2 are allowed" },
	{ "{\"points\": [\n {\"y\":1}]}", "2:2: points[0].x: is required" },
	{ "{\"points\": [{\"x\":null}]}", "1:18: points[0].x: is required, not null" },
	{ "{\"there\": {}}", "1:11: there.x: is required" },
	{ "{\"map\": {\"a\": 1}}", "1:15: map.a: expected a string, found a number" },
	{ "{\"map\": {\"\": \"x\"}}", "1:14: map[\"\"]: the key must not be empty" },
	{ "{\"map\": [\"a=b\"]}", "1:9: map: expected an object, found an array" },
	{ "{\"named\": {\"\": {\"x\":1}}}", "1:16: named[\"\"]: the key must not be empty" },
	{ "{\"named\": {\"a/b\": {\"x\":\"1\"}}}", "1:24: named[\"a/b\"].x: expected a number, found a string" },
};

static void refused_by_table(void **state)
{
	struct sample s;

	(void)state;
	for (size_t i = 0; i < array_length(refused); i++) {
		assert_int_equal(decode(refused[i].text, &s), -1);
		assert_memory_equal(sentence, "config.json:", strlen("config.json:"));
		assert_string_equal(sentence + strlen("config.json:"), refused[i].sentence);
	}
}

/* C50: each number for each type; the fault, or NULL where it is taken. */
#define DIGITS_30 "999999999999999999999999999999"
#define PLAIN(number) "expected a whole number in plain digits, found '" number "'"
#define ZERO "expected a number, found '-0': write 0"
#define RANGE(range, number) "must be " range ", found '" number "'"
#define U8 "0 to 255"
#define OOM "-1000 to 1000"
#define I64 "-9223372036854775808 to 9223372036854775807"
#define UID "0 to 4294967294"
#define U64 "0 to 18446744073709551615"

static const char *const number_keys[] = { "u8", "oom", "i64", "uid", "u64" };
static const struct {
	const char *number, *faults[5];
} numbers[] = {
	{ "0", { NULL } },
	{ "255", { NULL } },
	{ "256", { RANGE(U8, "256"), NULL } },
	{ "1000", { RANGE(U8, "1000"), NULL } },
	{ "1001", { RANGE(U8, "1001"), RANGE(OOM, "1001"), NULL } },
	{ "-1000", { RANGE(U8, "-1000"), NULL, NULL, RANGE(UID, "-1000"), RANGE(U64, "-1000") } },
	{ "-1001", { RANGE(U8, "-1001"), RANGE(OOM, "-1001"), NULL, RANGE(UID, "-1001"), RANGE(U64, "-1001") } },
	{ "2147483648", { RANGE(U8, "2147483648"), RANGE(OOM, "2147483648"), NULL } },
	{ "4294967294", { RANGE(U8, "4294967294"), RANGE(OOM, "4294967294"), NULL } },
	{ "4294967295", { RANGE(U8, "4294967295"), RANGE(OOM, "4294967295"), NULL, RANGE(UID, "4294967295"), NULL } },
	{ "4294967296", { RANGE(U8, "4294967296"), RANGE(OOM, "4294967296"), NULL, RANGE(UID, "4294967296"), NULL } },
	{ "9223372036854775807", { RANGE(U8, "9223372036854775807"), RANGE(OOM, "9223372036854775807"), NULL,
				   RANGE(UID, "9223372036854775807"), NULL } },
	{ "9223372036854775808", { RANGE(U8, "9223372036854775808"), RANGE(OOM, "9223372036854775808"),
				   RANGE(I64, "9223372036854775808"), RANGE(UID, "9223372036854775808"), NULL } },
	{ "18446744073709551615", { RANGE(U8, "18446744073709551615"), RANGE(OOM, "18446744073709551615"),
				    RANGE(I64, "18446744073709551615"), RANGE(UID, "18446744073709551615"), NULL } },
	{ "18446744073709551616", { RANGE(U8, "18446744073709551616"), RANGE(OOM, "18446744073709551616"),
				    RANGE(I64, "18446744073709551616"), RANGE(UID, "18446744073709551616"),
				    RANGE(U64, "18446744073709551616") } },
	{ "-9223372036854775809", { RANGE(U8, "-9223372036854775809"), RANGE(OOM, "-9223372036854775809"),
				    RANGE(I64, "-9223372036854775809"), RANGE(UID, "-9223372036854775809"),
				    RANGE(U64, "-9223372036854775809") } },
	{ DIGITS_30, { RANGE(U8, DIGITS_30), RANGE(OOM, DIGITS_30), RANGE(I64, DIGITS_30),
		       RANGE(UID, DIGITS_30), RANGE(U64, DIGITS_30) } },
	{ "-0", { ZERO, ZERO, ZERO, ZERO, ZERO } },
	{ "1.0", { PLAIN("1.0"), PLAIN("1.0"), PLAIN("1.0"), PLAIN("1.0"), PLAIN("1.0") } },
	{ "-0.0", { PLAIN("-0.0"), PLAIN("-0.0"), PLAIN("-0.0"), PLAIN("-0.0"), PLAIN("-0.0") } },
	{ "1.5", { PLAIN("1.5"), PLAIN("1.5"), PLAIN("1.5"), PLAIN("1.5"), PLAIN("1.5") } },
	{ "1e3", { PLAIN("1e3"), PLAIN("1e3"), PLAIN("1e3"), PLAIN("1e3"), PLAIN("1e3") } },
	{ "1E3", { PLAIN("1E3"), PLAIN("1E3"), PLAIN("1E3"), PLAIN("1E3"), PLAIN("1E3") } },
	{ "1e400", { PLAIN("1e400"), PLAIN("1e400"), PLAIN("1e400"), PLAIN("1e400"), PLAIN("1e400") } },
};

static void numbers_by_table(void **state)
{
	char text[128], expected[256];
	struct sample s;

	(void)state;
	for (size_t n = 0; n < array_length(numbers); n++)
		for (size_t k = 0; k < array_length(number_keys); k++) {
			const char *fault = numbers[n].faults[k];
			format(text, sizeof(text), "{\"%s\": %s}", number_keys[k], numbers[n].number);
			decode(text, &s);
			format(expected, sizeof(expected), "config.json:1:%zu: %s: %s", strlen(number_keys[k]) + 6,
			       number_keys[k], fault);
			assert_string_equal(sentence, fault ? expected : "");
		}
}

static void a_hundred_thousand_digits_are_refused(void **state)
{
	struct text text = text_in(&arena);
	struct sample s;

	(void)state;
	text_add(&text, "{\"u64\": ");
	for (int i = 0; i < 100000; i++)
		text_add(&text, "1");
	text_add(&text, "}");
	assert_int_equal(decode(text.data, &s), -1);
	assert_non_null(strstr(sentence, "u64: must be 0 to 18446744073709551615, found '1111"));
	assert_non_null(strstr(sentence, "1111...'"));
}

static void long_values_are_quoted_shortly(void **state)
{
	struct text text = text_in(&arena);
	struct sample s;

	(void)state;
	text_add(&text, "{\"color\": \"");
	for (int i = 0; i < 1000; i++)
		text_add(&text, "\xe2\x82\xac");
	text_add(&text, "\"}");
	assert_int_equal(decode(text.data, &s), -1);
	assert_true(utf8_valid(sentence, strlen(sentence)));
	assert_non_null(strstr(sentence, "\xe2\x82\xac...', allowed are 'red'"));
}

static void unknown_properties_are_noted(void **state)
{
	struct sample s;
	const struct json_note *note;

	(void)state;
	assert_int_equal(decode("{\"nothing\": {\"Flag\": 1}, \"FLAG\": true,\n"
				" \"points\": [{\"x\": 1, \"z\": null}], \"\": 1, \"fla\": 1}", &s), 0);
	assert_false(s.flag);
	note = notes;
	check_place(&note->at, "nothing", 1, 13, NULL);
	assert_string_equal(note->text, "unknown property");
	assert_false(note->warning);
	note = note->next;
	check_place(&note->at, "FLAG", 1, 34, NULL);
	assert_string_equal(note->text, "unknown property; did you mean 'flag'?");
	assert_true(note->warning);
	note = note->next;
	check_place(&note->at, "points[0].z", 2, 27, NULL);
	note = note->next;
	check_place(&note->at, "[\"\"]", 2, 39, NULL);
	note = note->next;
	check_place(&note->at, "fla", 2, 49, NULL);
	assert_false(note->warning);
	assert_null(note->next);
}

static void notes_are_not_a_duty(void **state)
{
	struct error error = { 0 };
	struct json_node *root;
	struct sample s;

	(void)state;
	assert_int_equal(json_parse("config.json", "{\"a\":1}", 7, &arena, &root, &error), 0);
	assert_int_equal(json_decode("config.json", root, &sample_table, &s, &arena, NULL, &error), 0);
}

/* ---- two homes ---- */

struct homely {
	struct place at;
	const char *open;
	struct json_strings words;
	struct json_map map;
	struct json_objects points, named;
	const char *host;
	struct place host_at;
	struct json_objects hosts;
	const int64_t *once;
};

JSON_TABLE(homely_table, "sample", struct homely,
	F_PLACE(struct homely, at),
	F_STRING(struct homely, open, "open", 0),
	F_STRINGS(struct homely, words, "words", 0, 0),
	F_MAP(struct homely, map, "map", 0),
	F_OBJECTS(struct homely, points, "points", 0, &point_table, 0),
	F_OBJECT_MAP(struct homely, named, "named", 0, &point_table),
	F_STRING_AT(struct homely, host, host_at, "host", FIELD_HOST),
	F_OBJECT_MAP(struct homely, hosts, "hosts", FIELD_HOST, &point_table),
	{ FIELD_BASE_(struct homely, once, "once", FIELD_INT, FIELD_OPTIONAL | FIELD_MAKING), .size = 8, .max = INT64_MAX });

static const char homely_text[] =
	"{\"open\": \"seen\", \"words\": [\"one\", \"two\"], \"map\": {\"key\": \"value\"}, \"points\": [{\"x\": 1, \"y\": 2}],"
	"\"named\": {\"name\": {\"x\": 3}}, \"host\": \"secret one\", \"hosts\": {\"secret two\": {\"x\": 1, \"y\": 9}},"
	"\"once\": 5, \"secret three\": \"secret four\"}";

static int decode_homely(const struct json_homes *homes, struct homely *to)
{
	struct error error = { 0 };
	struct json_node *root;

	notes = NULL;
	assert_int_equal(json_parse("other.json", homely_text, strlen(homely_text), homes->own, &root, &error), 0);
	int r = json_decode_into("other.json", root, &homely_table, to, homes, &notes, &error);
	error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

static bool is_in(const struct arena *home, const void *at)
{
	return (uintptr_t)at - (uintptr_t)home->base < home->used;
}

/* Who maps the arena of the values finds no word of the rest there, and no pointer that leads out of it. */
static void values_live_apart_from_the_document(void **state)
{
	struct arena shared, own;

	(void)state;
	assert_int_equal(arena_open(&shared), 0);
	assert_int_equal(arena_open(&own), 0);
	struct json_homes homes = { .arena = &shared, .own = &own, .apart = FIELD_HOST };
	struct homely *h = arena_new(&shared, struct homely);
	assert_int_equal(decode_homely(&homes, h), 0);
	assert_string_equal(h->open, "seen");
	assert_string_equal(h->words.items[1], "two");
	assert_string_equal(((struct json_pair *)h->map.items)->value, "value");
	assert_string_equal(((struct point *)h->named.items)->name, "name");
	assert_string_equal(h->host, "secret one");
	check_place(&h->host_at, "host", h->host_at.line, h->host_at.column, "other.json");
	const struct point *hidden = h->hosts.items;
	assert_string_equal(hidden->name, "secret two");
	assert_int_equal(*hidden->y, 9);
	assert_true(is_in(&shared, h->once));
	assert_string_equal(notes->at.path, "[\"secret three\"]");
	assert_null(memmem(shared.base, shared.used, "secret", strlen("secret")));
	h->host = h->host_at.path = NULL;
	h->hosts.items = NULL;
	for (size_t at = 0; at < shared.used; at += sizeof(void *))
		assert_false(is_in(&own, *(const void *const *)(shared.base + at)));

	homes.apart |= FIELD_MAKING;
	assert_int_equal(decode_homely(&homes, h), 0);
	assert_int_equal(*h->once, 5);
	assert_false(is_in(&shared, h->once));
	shared.size = shared.used + shared.used / 8;
	assert_int_equal(decode_homely(&homes, h), -1);
	assert_non_null(strstr(sentence, "too many values"));
	shared.size = ARENA_SIZE;
	arena_close(&shared);
	arena_close(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_filled),
		cmocka_unit_test(places_are_told),
		cmocka_unit_test(absent_and_null_are_the_same),
		cmocka_unit_test(refused_by_table),
		cmocka_unit_test(numbers_by_table),
		cmocka_unit_test(a_hundred_thousand_digits_are_refused),
		cmocka_unit_test(long_values_are_quoted_shortly),
		cmocka_unit_test(unknown_properties_are_noted),
		cmocka_unit_test(notes_are_not_a_duty),
		cmocka_unit_test(values_live_apart_from_the_document),
	};
	return cmocka_run_group_tests_name("json_decode", tests, open_arena, close_arena);
}
