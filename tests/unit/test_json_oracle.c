/* json_parse beside yajl, on damaged documents: what both take is the same; what yajl refuses is refused; what we refuse besides is what
 * the header says. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#undef fail
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "json/json.h"
#include "json_account.h"

static struct arena arena;

static bool ours_alone(const char *words)
{
	static const char *const known[] = {
		"a string must not contain \\u0000", "half of a surrogate pair in a string", "this property is given twice",
		"this is not valid UTF-8", "a NUL byte is not allowed", "a byte order mark is not allowed",
		"more than 64 objects and arrays in one another", "the document is empty",
		"only blanks may follow the document", /* yajl does not mind a string there that has no end */
	};

	for (size_t i = 0; i < array_length(known); i++)
		if (strcmp(words, known[i]) == 0)
			return true;
	return false;
}

static void compare(const char *document, size_t length)
{
	struct error error = { 0 };
	struct json_node *root;
	struct text theirs = text_in(&arena), ours = text_in(&arena);
	bool taken = yajl_takes(document, length, &theirs);

	if (json_parse("config.json", document, length, &arena, &root, &error) < 0) {
		assert_true(!taken || ours_alone(error.text));
		return;
	}
	assert_true(taken);
	tell(root, &ours);
	assert_int_equal(ours.length, theirs.length);
	assert_memory_equal(ours.data, theirs.data, ours.length);
}

/* ---- documents ---- */

static uint32_t seed = 1;

static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

static const char *const documents[] = {
	"{\"ociVersion\": \"1.3.0\", \"process\": {\"terminal\": false, \"args\": [\"sh\", \"-c\","
	" \"echo \\\"gr\xc3\xbc\xc3\x9f\\\"\"]}, \"a\":null}",
	"[0, -1, 10, 1.5, -0.25e+10, 1E5, 18446744073709551616, -0, 1e-7, 0.0]",
	"[\"\\u20ac \\ud83d\\ude00 \\/\\b\\f\\n\\r\\t\\\\ \\u00e4\\u0041\", \"\xe2\x82\xac\xf0\x9f\x98\x80\", \"\"]",
	" {\"a\": {\"b\": [[], {}, [{}], {\"c\": [true, false, null]}]},\n\t\"d\": [ ] , \"e\" : { } }\r\n ",
	"{\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":[{\"x\":\"y\"},{\"x\":\"z\"}]}",
	"true", "\"x\"", "12", "[[[[[[[[1]]]]]]]]",
};

static size_t damage(char *document, size_t length)
{
	static const char bytes[] = "{}[],:\"\\0123456789.-+eEtrufalsn/ \n\t\x01\x7f\xc3\xbc\xff\0d8";
	size_t at = below((uint32_t)length);

	switch (below(5)) {
	case 0:
		return at; /* cut */
	case 1: /* a byte less */
		memmove(document + at, document + at + 1, length - at - 1);
		return length - 1;
	case 2: /* a byte more */
		memmove(document + at + 1, document + at, length - at);
		document[at] = bytes[below(sizeof(bytes) - 1)];
		return length + 1;
	default:
		document[at] = bytes[below(sizeof(bytes) - 1)];
		return length;
	}
}

static void both_agree(void **state)
{
	(void)state;
	for (int i = 0; i < 60000; i++) {
		const char *whole = documents[below(array_length(documents))];
		size_t length = strlen(whole);
		char buffer[512];
		memcpy(buffer, whole, length);
		for (uint32_t times = below(5); times && length; times--)
			length = damage(buffer, length);
		char *copy = malloc(length ? length : 1); /* so that a sanitizer sees a read behind the end */
		memcpy(copy, buffer, length);
		compare(copy, length);
		free(copy);
		arena_reset(&arena);
	}
}

static void both_agree_on_what_is_whole(void **state)
{
	struct error error = { 0 };
	struct json_node *root;

	(void)state;
	for (size_t i = 0; i < array_length(documents); i++) {
		assert_int_equal(json_parse("config.json", documents[i], strlen(documents[i]), &arena, &root, &error), 0);
		compare(documents[i], strlen(documents[i]));
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_agree_on_what_is_whole, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(both_agree, open_arena, close_arena),
	};
	return cmocka_run_group_tests_name("json_oracle", tests, NULL, NULL);
}
