/* base/text.h and the arena below it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"

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

static void text_grows(void **state)
{
	struct text text = text_in(&arena);
	char digits[8];

	(void)state;
	assert_null(text.data);
	for (int i = 0; i < 10000; i++) {
		text_printf(&text, "%04d", i);
		if (i % 100 == 0)
			arena_alloc(&arena, 1); /* the text is no longer the newest block: it has to move */
	}
	assert_int_equal(text.length, 40000);
	for (int i = 0; i < 10000; i++) {
		memcpy(digits, text.data + 4 * i, 4);
		assert_int_equal((digits[0] - '0') * 1000 + (digits[1] - '0') * 100 + (digits[2] - '0') * 10 + digits[3] - '0', i);
	}
	text_add(&text, "a");
	text_add_char(&text, 'b');
	text_add_bytes(&text, "cd", 1);
	assert_string_equal(text.data + 40000, "abc");
}

static void an_empty_addition_makes_an_empty_text(void **state)
{
	struct text text = text_in(&arena);

	(void)state;
	text_add(&text, "");
	assert_string_equal(text.data, "");
	text = text_in(&arena);
	text_add_visible(&text, "");
	assert_string_equal(text.data, "");
}

static const struct {
	const char *raw, *json, *visible;
} escapes[] = {
	{ "", "\"\"", "" },
	{ "a/b <&> 'c'", "\"a/b <&> 'c'\"", "a/b <&> 'c'" },
	{ "\"\\", "\"\\\"\\\\\"", "\"\\" },
	{ "\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"", "\\x0a\\x09\\x0d\\x08\\x0c" },
	{ "\x1b[31m\x7f", "\"\\u001b[31m\\u007f\"", "\\x1b[31m\\x7f" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7", "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7\"",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7" },
	{ "\xc2\x9b" "31m", "\"\\u009b31m\"", "\\xc2\\x9b31m" },
	{ "a\xff" "b", "\"a\xef\xbf\xbd" "b\"", "a\\xffb" },
	{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xc0\\x80" },
	{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xe2\\x82" },
};

static void escapes_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(escapes); i++) {
		struct text json = text_in(&arena), visible = text_in(&arena);
		text_add_json(&json, escapes[i].raw);
		assert_string_equal(json.data, escapes[i].json);
		text_add_visible(&visible, escapes[i].raw);
		assert_string_equal(visible.data, escapes[i].visible);
	}
}

/* What needs no escape is taken in runs: wherever such a run ends, nothing is lost, and nothing is taken twice. */
static void escapes_stand_anywhere_in_a_text(void **state)
{
	static const char *const odd[] = { "\"", "\\", "\n", "\x7f", "\xc3\xbc", "\xff", "\xc2\x9b" };
	char raw[16];

	(void)state;
	for (size_t i = 0; i < array_length(odd); i++)
		for (size_t at = 0; at < 6; at++) {
			struct text json = text_in(&arena), alone = text_in(&arena), wanted = text_in(&arena);
			memset(raw, 0, sizeof(raw));
			memcpy(raw, "abcdef", at);
			memcpy(raw + at, odd[i], strlen(odd[i]));
			memcpy(raw + at + strlen(odd[i]), "xyz", 3);
			text_add_json(&json, raw);
			text_add_json(&alone, odd[i]);
			text_printf(&wanted, "\"%.*s%.*sxyz\"", (int)at, "abcdef", (int)alone.length - 2, alone.data + 1);
			assert_string_equal(json.data, wanted.data);
		}
}

static void blanks_fill_up(void **state)
{
	struct text text = text_in(&arena);

	(void)state;
	text_add_blanks(&text, 0);
	assert_string_equal(text.data, "");
	text_add(&text, "a");
	text_add_blanks(&text, 200);
	text_add(&text, "b");
	assert_int_equal(text.length, 202);
	assert_int_equal(strspn(text.data + 1, " "), 200);
	assert_string_equal(text.data + 201, "b");
}

static const struct {
	const char *bytes;
	size_t length;
} sequences[] = {
	{ "a", 1 }, { "\x7f", 1 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 }, { "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 },
	{ "\xee\x80\x80", 3 }, { "\xef\xbf\xbf", 3 }, { "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
	{ "\x80", 0 }, { "\xbf", 0 }, { "\xc0\xaf", 0 }, { "\xc1\xbf", 0 }, { "\xc2", 0 }, { "\xc2" "a", 0 }, { "\xe0\x9f\xbf", 0 },
	{ "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 }, { "\xe2\x82", 0 }, { "\xe2\x82" "a", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
	{ "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 }, { "\xf0\x9f\x90", 0 }, { "", 0 },
};

static void utf8_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(sequences); i++)
		assert_int_equal(utf8_length(sequences[i].bytes, strlen(sequences[i].bytes)), sequences[i].length);
	assert_true(utf8_valid("gr\xc3\xbc\xc3\x9f", 6));
	assert_false(utf8_valid("gr\xc3\xbc\xc3\x9f", 5));
	assert_true(utf8_valid("", 0));
}

static void arena_blocks_are_aligned_and_zero(void **state)
{
	(void)state;
	for (size_t size = 0; size < 5000; size += 7) {
		const char *block = arena_alloc(&arena, size);
		assert_int_equal((uintptr_t)block % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(block[i], 0);
	}
	assert_string_equal(arena_string(&arena, "abc"), "abc");
	assert_string_equal(arena_copy(&arena, "abc", 2), "ab");
	assert_string_equal(arena_printf(&arena, "%s-%d", "a", 1), "a-1");
}

static void an_arena_hands_out_zeroes_after_a_reset(void **state)
{
	struct arena own;

	(void)state;
	assert_int_equal(arena_open(&own), 0);
	for (int turn = 0; turn < 3; turn++) {
		char *block = arena_alloc(&own, 10000);
		assert_ptr_equal(block, own.base);
		for (size_t i = 0; i < 10000; i++)
			assert_int_equal(block[i], 0);
		memset(block, 'x', 10000);
		arena_reset(&own);
	}
	arena_close(&own);
}

static void arena_grows_in_place_or_by_copy(void **state)
{
	char *block = arena_grow(&arena, NULL, 0, 4);

	(void)state;
	memcpy(block, "abc", 4);
	assert_ptr_equal(arena_grow(&arena, block, 4, 100), block);
	arena_alloc(&arena, 1);
	char *moved = arena_grow(&arena, block, 100, 200);
	assert_ptr_not_equal(moved, block);
	assert_string_equal(moved, "abc");
}

static void shared_arena_crosses_but_stays_ours_to_write(void **state)
{
	struct arena shared;
	void *again;

	(void)state;
	assert_int_equal(arena_open_shared(&shared, ARENA_ADDRESS), 0);
	assert_ptr_equal(shared.base, (void *)ARENA_ADDRESS);
	char *text = arena_string(&shared, "plan");
	assert_true(fcntl(shared.fd, F_GETFD) & FD_CLOEXEC);

	again = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, shared.fd, 0);
	assert_ptr_equal(again, MAP_FAILED);
	assert_int_equal(write(shared.fd, "x", 1), -1);
	assert_int_equal(ftruncate(shared.fd, 4096), -1);
	again = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, shared.fd, 0);
	assert_ptr_not_equal(again, MAP_FAILED);
	assert_string_equal(again, "plan");
	strcpy(text, "made"); /* our own mapping is still writable, and seen by the other */
	assert_string_equal(again, "made");
	munmap(again, 4096);

	struct arena second;
	assert_int_equal(arena_open_shared(&second, ARENA_ADDRESS), -EEXIST);
	arena_close(&shared);
	assert_int_equal(arena_open_shared(&second, ARENA_ADDRESS), 0);
	arena_close(&second);
	arena_close(&second);
}

static void full_arena_ends_the_process_with_one_line(void **state)
{
	char line[256];
	int ends[2], status;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], 2);
		arena_alloc(&arena, (size_t)ARENA_SIZE + 1);
		_exit(0);
	}
	close(ends[1]);
	ssize_t length = read(ends[0], line, sizeof(line));
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_true(length > 0 && line[length - 1] == '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows),
		cmocka_unit_test(an_empty_addition_makes_an_empty_text),
		cmocka_unit_test(escapes_by_table),
		cmocka_unit_test(escapes_stand_anywhere_in_a_text),
		cmocka_unit_test(blanks_fill_up),
		cmocka_unit_test(utf8_by_table),
		cmocka_unit_test(arena_blocks_are_aligned_and_zero),
		cmocka_unit_test(an_arena_hands_out_zeroes_after_a_reset),
		cmocka_unit_test(arena_grows_in_place_or_by_copy),
		cmocka_unit_test(shared_arena_crosses_but_stays_ours_to_write),
		cmocka_unit_test(full_arena_ends_the_process_with_one_line),
	};
	return cmocka_run_group_tests_name("text", tests, open_arena, close_arena);
}
