/* json_parse: what is JSON, what is not, and where (rule B.17, cases C47, C48, C51 to C53). */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#undef fail
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/text.h"
#include "json/json.h"

static struct arena arena;
static struct json_node *root;
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

/* From an exact copy on the heap, so that AddressSanitizer sees a read behind the end. */
static int parse(const char *text, size_t length)
{
	struct error error = { 0 };
	char *copy = malloc(length ? length : 1);

	memcpy(copy, text, length);
	root = NULL;
	sentence[0] = '\0';
	int r = json_parse("config.json", copy, length, &arena, &root, &error);
	free(copy);
	assert_int_equal(r == 0, error.text[0] == '\0');
	assert_int_equal(r == 0, root != NULL);
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

#define AT(position) "config.json:" position ": "
#define VALUE "a value is expected here"
#define GARBAGE "only blanks may follow the document"
#define SHORT "the document ends here, but is not complete"
#define NOTHING "this is nothing JSON knows"
#define TWICE "this property is given twice"
#define SURROGATE "half of a surrogate pair in a string"
#define UTF8 "this is not valid UTF-8"

static const struct {
	const char *text, *sentence;
	size_t length; /* if there is a NUL in it */
} refused[] = {
	{ "", AT("1:1") "the document is empty" },
	{ " \n\t\r\n ", AT("1:1") "the document is empty" },
	{ "{", AT("1:2") SHORT },
	{ "{\n  \"a\": [1,\n", AT("3:1") SHORT },
	{ "{\"a\"", AT("1:5") SHORT },
	{ "\"abc", AT("1:5") SHORT },
	{ "[1,,2]", AT("1:4") VALUE },
	{ "[1,2,]", AT("1:6") VALUE },
	{ "{\"a\":}", AT("1:6") VALUE },
	{ "{\"a\":1,}", AT("1:8") "a property name in quotes is expected here" },
	{ "{1:2}", AT("1:2") "a property name in quotes is expected here" },
	{ "{\"a\" 1}", AT("1:6") "a colon is expected here" },
	{ "{\"a\":1 \"b\":2}", AT("1:8") "a comma or '}' is expected here" },
	{ "[1 2]", AT("1:4") "a comma or ']' is expected here" },
	{ "[1}", AT("1:3") "a comma or ']' is expected here" },
	{ "}", AT("1:1") VALUE },
	{ "{a:1}", AT("1:2") NOTHING },
	{ "['a']", AT("1:2") NOTHING },
	{ "[NaN]", AT("1:2") NOTHING },
	{ "[Infinity]", AT("1:2") NOTHING },
	{ "[+1]", AT("1:2") NOTHING },
	{ "[.5]", AT("1:2") NOTHING },
	{ "[tru]", AT("1:2") "this is not a word of JSON: true, false and null are" },
	{ "nul", AT("1:1") "this is not a word of JSON: true, false and null are" },
	{ "[True]", AT("1:2") NOTHING },
	{ "[01]", AT("1:3") "a comma or ']' is expected here" },
	{ "[0x10]", AT("1:3") NOTHING },
	{ "[1.]", AT("1:2") "this is not a number as JSON has them" },
	{ "[-]", AT("1:2") "this is not a number as JSON has them" },
	{ "[1e]", AT("1:2") "this is not a number as JSON has them" },
	/* C53 */
	{ "[1] [2]", AT("1:5") GARBAGE },
	{ "{}\n{}", AT("2:1") GARBAGE },
	{ "[1]x", AT("1:4") GARBAGE },
	{ "{},", AT("1:3") GARBAGE },
	{ "1 2", AT("1:3") GARBAGE },
	{ "{}\0", AT("1:3") "a NUL byte is not allowed", 3 },
	{ "{\n\0}", AT("2:1") "a NUL byte is not allowed", 4 },
	{ "{}                 \0", AT("1:20") "a NUL byte is not allowed", 20 },
	{ "\xef\xbb\xbf{}", AT("1:1") "a byte order mark is not allowed" },
	{ "\xff\xfe{\0}\0", AT("1:1") UTF8, 6 },
	{ "/*c*/{}", AT("1:1") "comments are not allowed" },
	{ "{\"a\": // c\n1}", AT("1:7") "comments are not allowed" },
	{ "{}//c", AT("1:3") GARBAGE },
	/* C51 */
	{ "{\"a\":1,\"a\":1}", AT("1:12") "a: " TWICE },
	{ "{\"a\":1,\"b\":{\"c\":[0,{\"d\":1,\"e\":2,\n\"d\":3}]}}", AT("2:5") "b.c[1].d: " TWICE },
	{ "{\"a\":1,\"\\u0061\":1}", AT("1:17") "a: " TWICE },
	{ "{\"\":1,\"\":1}", AT("1:10") "[\"\"]: " TWICE },
	{ "{\"a.b\":1,\"a.b\":null}", AT("1:16") "[\"a.b\"]: " TWICE },
	/* C52 */
	{ "[\"a\\u0000b\"]", AT("1:2") "[0]: a string must not contain \\u0000" },
	{ "{\"x\": [1, \"a\\u0000b\"]}", AT("1:11") "x[1]: a string must not contain \\u0000" },
	{ "{\"a\\u0000\": 1}", AT("1:2") "a string must not contain \\u0000" },
	{ "[\"\\ud800\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\uD800x\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\udc00\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\ud800\\ud800\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\ud800\\u0041\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\ud83d\\ude00\\udbff\"]", AT("1:2") "[0]: " SURROGATE },
	{ "[\"\\ud800\\n\"]", AT("1:2") "[0]: " SURROGATE },
	{ "\"\\udfff\"", AT("1:1") SURROGATE },
	{ "{\"\\ud800\":1}", AT("1:2") SURROGATE },
	{ "[\"\xff\"]", AT("1:3") UTF8 },
	{ "[\"gr\xc3\xbc\xc3\x9f \xc0\xaf\"]", AT("1:8") UTF8 },
	{ "[\"\xed\xa0\x80\"]", AT("1:3") UTF8 },
	{ "[\"\xf4\x90\x80\x80\"]", AT("1:3") UTF8 },
	{ "[\"\xe2\x82\"]", AT("1:3") UTF8 },
	{ "[\"abc\xc3", AT("1:6") UTF8 },
	{ "[\"a\nb\"]", AT("1:2") "this string has a line break or control character in it, or does not end" },
	{ "[\"a\x01\"]", AT("1:2") "this string has a line break or control character in it, or does not end" },
	{ "[\"a\\x\"]", AT("1:2") "this string has a backslash before a character that needs none" },
	{ "[\"\\u12g4\"]", AT("1:2") "this string has a \\u without four hexadecimal digits" },
	{ "[\"a\\\"]", AT("1:7") SHORT },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(refused); i++) {
		parse(refused[i].text, refused[i].length ? refused[i].length : strlen(refused[i].text));
		assert_string_equal(sentence, refused[i].sentence);
	}
}

static const struct json_node *member(const struct json_node *object, const char *key)
{
	for (const struct json_node *node = object->first; node; node = node->next)
		if (strcmp(node->key, key) == 0)
			return node;
	return NULL;
}

static void check_node(const struct json_node *node, enum json_type type, uint32_t line, uint32_t column, const char *text)
{
	assert_non_null(node);
	assert_int_equal(node->type, type);
	assert_int_equal(node->line, line);
	assert_int_equal(node->column, column);
	if (text)
		assert_string_equal(node->text, text);
	else
		assert_null(node->text);
}

static void every_value_knows_its_place(void **state)
{
	static const char text[] = "{\n\t\"s\": \"gr\xc3\xbc\xc3\x9f \\u20ac\\ud83d\\ude00\\\"\\/\",\"n\":-12.50e+3 ,\r\n"
				   "  \"l\" : [ true,false , null, [], {\"deep\":{}}, \"\", 18446744073709551616 ]\n, \"e\":1\n}\n";
	const struct json_node *list, *deep;

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1), 0);
	check_node(root, JSON_OBJECT, 1, 1, NULL);
	assert_int_equal(root->count, 4);
	check_node(member(root, "s"), JSON_STRING, 2, 7, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac\xf0\x9f\x98\x80\"/");
	check_node(member(root, "n"), JSON_NUMBER, 2, 41, "-12.50e+3");
	list = member(root, "l");
	check_node(list, JSON_ARRAY, 3, 9, NULL);
	assert_int_equal(list->count, 7);
	list = list->first;
	check_node(list, JSON_BOOL, 3, 11, NULL);
	assert_true(list->truth);
	check_node(list = list->next, JSON_BOOL, 3, 16, NULL);
	assert_false(list->truth);
	check_node(list = list->next, JSON_NULL, 3, 24, NULL);
	check_node(list = list->next, JSON_ARRAY, 3, 30, NULL);
	assert_null(list->first);
	check_node(list = list->next, JSON_OBJECT, 3, 34, NULL);
	deep = list->first;
	check_node(deep, JSON_OBJECT, 3, 42, NULL);
	assert_string_equal(deep->key, "deep");
	check_node(list = list->next, JSON_STRING, 3, 47, "");
	check_node(list = list->next, JSON_NUMBER, 3, 51, "18446744073709551616");
	assert_null(list->next);
	check_node(member(root, "e"), JSON_NUMBER, 4, 7, "1");
}

/* What yajl undoes escapes in grows with the string. */
static void a_long_string_with_escapes_is_whole(void **state)
{
	static char text[300000], wanted[100001];
	size_t at = 0, to = 0;

	(void)state;
	text[at++] = '"';
	while (to < sizeof(wanted) - 1) {
		memcpy(text + at, to % 3 ? "x" : "\\n", to % 3 ? 1 : 2);
		at += to % 3 ? 1 : 2;
		wanted[to] = to % 3 ? 'x' : '\n';
		to++;
	}
	text[at++] = '"';
	assert_int_equal(parse(text, at), 0);
	check_node(root, JSON_STRING, 1, 1, wanted);
}

static void a_document_may_be_any_value(void **state)
{
	static const char *const texts[] = { "1", " 12 ", "\"a\"", "null", "true", "[]", "{}", "-0", "1e400" };

	(void)state;
	for (size_t i = 0; i < array_length(texts); i++)
		assert_int_equal(parse(texts[i], strlen(texts[i])), 0);
}

/* ---- C48: depth ---- */

static char *repeat(const char *unit, size_t times, const char *middle, const char *closing)
{
	struct text text = text_in(&arena);

	for (size_t i = 0; i < times; i++)
		text_add(&text, unit);
	text_add(&text, middle);
	for (size_t i = 0; i < times; i++)
		text_add(&text, closing);
	return text.data;
}

static void depth_is_limited(void **state)
{
	const char *text;

	(void)state;
	text = repeat("[", JSON_DEPTH, "", "]");
	assert_int_equal(parse(text, strlen(text)), 0);
	text = repeat("{\"a\":", JSON_DEPTH, "1", "}");
	assert_int_equal(parse(text, strlen(text)), 0);
	text = repeat("[", JSON_DEPTH + 1, "", "]");
	parse(text, strlen(text));
	assert_string_equal(sentence, AT("1:65") "more than 64 objects and arrays in one another");
	text = repeat("{\"a\":\n", JSON_DEPTH + 1, "1", "}");
	parse(text, strlen(text));
	assert_string_equal(sentence, AT("65:1") "more than 64 objects and arrays in one another");
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what others do at the time does not count */
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void depth_of_a_million_is_refused_at_once(void **state)
{
	static const char *const shapes[][3] = {
		{ "[", "", "]" }, { "[", "", "" }, { "{\"a\":", "1", "}" }, { "{\"a\":", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < array_length(shapes); i++) {
		const char *text = repeat(shapes[i][0], 1000000, shapes[i][1], shapes[i][2]);
		size_t used = arena.used;
		long start = milliseconds();
		assert_int_equal(parse(text, strlen(text)), -1);
		assert_true(milliseconds() - start < 50);
		assert_true(arena.used - used < 65536);
	}
}

/* ---- many keys ---- */

static const char *many_keys(int count, const char *last)
{
	struct text text = text_in(&arena);

	for (int i = 0; i < count; i++)
		text_printf(&text, "%s\"k%d\":%d", i ? "," : "{", (int)((i * 7919L) % count), i);
	text_add(&text, last);
	return text.data;
}

static void duplicates_are_found_among_many(void **state)
{
	(void)state;
	for (int count = 1; count < 70; count++) {
		const char *text = many_keys(count, "}");
		assert_int_equal(parse(text, strlen(text)), 0);
		for (int again = 0; again < count; again++) {
			char last[32], wanted[64];
			format(last, sizeof(last), ",\n\"k%d\":0}", again);
			text = many_keys(count, last);
			parse(text, strlen(text));
			format(wanted, sizeof(wanted), AT("2:%d") "k%d: " TWICE, again < 10 ? 6 : 7, again);
			assert_string_equal(sentence, wanted);
		}
	}
}

static void many_keys_are_not_quadratic(void **state)
{
	const char *text = many_keys(200000, ",\"k77777\":1}");
	long start = milliseconds();

	(void)state;
	assert_int_equal(parse(text, strlen(text)), -1);
	assert_non_null(strstr(sentence, "k77777: " TWICE));
	assert_true(milliseconds() - start < 3000); /* under the sanitizers too; comparing all with all takes a minute */
}

static void positions_on_one_long_line_are_not_quadratic(void **state)
{
	struct text text = text_in(&arena);
	long start;

	(void)state;
	text_add(&text, "[");
	for (int i = 0; i < 300000; i++)
		text_add(&text, "\"abc\",");
	text_add(&text, "x]");
	start = milliseconds();
	assert_int_equal(parse(text.data, text.length), -1);
	assert_string_equal(sentence, AT("1:1800002") NOTHING);
	assert_true(milliseconds() - start < 3000);
}

static void a_document_that_fills_the_arena_is_refused(void **state)
{
	struct arena small;
	struct error error = { 0 };
	struct json_node *node;
	static char text[16u << 20];

	(void)state;
	memset(text, ',', sizeof(text));
	text[0] = '[';
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '1';
	text[sizeof(text) - 1] = ']';
	text[sizeof(text) - 2] = '1';
	text[sizeof(text) - 3] = ' ';
	assert_int_equal(arena_open(&small), 0);
	assert_int_equal(json_parse("config.json", text, sizeof(text), &small, &node, &error), -1);
	assert_string_equal(error.text, "the document has too many values");
	arena_close(&small);
}

static void a_document_of_more_than_the_most_is_refused(void **state)
{
	struct error error = { 0 };
	struct json_node *node;

	(void)state;
	assert_int_equal(json_parse("config.json", "", (size_t)JSON_SIZE_MOST + 1, &arena, &node, &error), -1);
	assert_string_equal(error.text, "the document is too big");
}

/* ---- C47: what is cut or damaged ---- */

static const char document[] =
	"{\n \"ociVersion\": \"1.3.0\",\n \"process\": {\"terminal\": false, \"user\": {\"uid\": 0, \"gid\": 4294967294},\n"
	"  \"args\": [\"sh\", \"-c\", \"echo \\\"gr\xc3\xbc\xc3\x9f\\\" \\u20ac \\ud83d\\ude00\"], \"env\": [], \"cwd\": \"/\"},\n"
	" \"mounts\": [{\"destination\": \"/proc\", \"options\": null}, {\"x\": -1.5e3}],\n"
	" \"annotations\": {\"a.b\": \"\\t\", \"\": true}\n}";

static void no_prefix_is_a_document(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(document) - 1; length++)
		assert_int_equal(parse(document, length), -1);
	assert_int_equal(parse(document, sizeof(document) - 1), 0);
}

static void no_flipped_bit_makes_a_crash(void **state)
{
	char damaged[sizeof(document)];

	(void)state;
	for (size_t i = 0; i < (sizeof(document) - 1) * 8; i++) {
		memcpy(damaged, document, sizeof(document));
		damaged[i / 8] = (char)(damaged[i / 8] ^ (1 << i % 8));
		parse(damaged, sizeof(document) - 1);
	}
}

static void no_damaged_byte_makes_a_crash(void **state)
{
	static const char bytes[] = "\0\xff\"\\{}[],:0-.eu/\n \xc3";
	char damaged[sizeof(document)];

	(void)state;
	for (size_t i = 0; i < sizeof(document) - 1; i++)
		for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
			memcpy(damaged, document, sizeof(document));
			damaged[i] = bytes[b];
			parse(damaged, sizeof(document) - 1);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refused_by_table, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(every_value_knows_its_place, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(a_long_string_with_escapes_is_whole, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(a_document_may_be_any_value, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(depth_is_limited, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(depth_of_a_million_is_refused_at_once, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(duplicates_are_found_among_many, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(many_keys_are_not_quadratic, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(positions_on_one_long_line_are_not_quadratic, open_arena, close_arena),
		cmocka_unit_test(a_document_that_fills_the_arena_is_refused),
		cmocka_unit_test_setup_teardown(a_document_of_more_than_the_most_is_refused, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(no_prefix_is_a_document, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(no_flipped_bit_makes_a_crash, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(no_damaged_byte_makes_a_crash, open_arena, close_arena),
	};
	return cmocka_run_group_tests_name("json_parse", tests, NULL, NULL);
}
