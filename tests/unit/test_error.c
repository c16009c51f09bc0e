/* base/error.h: filled once, and the sentences people and engines read. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#undef fail /* cmocka has one too */
#include "base/cleanup.h"
#include "base/error.h"

static const struct {
	struct error error;
	const char *sentence;
} sentences[] = {
	{ { .text = "container 'a' does not exist" }, "container 'a' does not exist" },
	{ { .text = "cannot open '/x'", .code = EINVAL }, "cannot open '/x': EINVAL: invalid argument" },
	{ { .text = "cannot mount 'tmpfs' at '/tmp'", .code = EINVAL, .path = "mounts[3]", .line = 40, .column = 5 },
	  "cannot mount 'tmpfs' at '/tmp': EINVAL: invalid argument (mounts[3] at config.json:40:5)" },
	{ { .text = "cannot mount", .code = EINVAL, .path = "mounts[3]" }, "cannot mount: EINVAL: invalid argument (mounts[3])" },
	{ { .text = "cannot mount", .code = EINVAL, .line = 4, .column = 5 },
	  "cannot mount: EINVAL: invalid argument (config.json:4:5)" },
	{ { .text = "expected a number, found a string", .path = "process.user.uid", .line = 6, .column = 14 },
	  "config.json:6:14: process.user.uid: expected a number, found a string" },
	{ { .text = "the document is empty", .line = 1, .column = 1, .file = "process.json" },
	  "process.json:1:1: the document is empty" },
	{ { .text = "is required", .path = "root" }, "root: is required" },
	{ { .text = "cannot mount 'tmpfs' at '/tmp'", .code = EINVAL, .path = "mounts[3]", .line = 40, .column = 5, .step = "mounts" },
	  "cannot mount 'tmpfs' at '/tmp': EINVAL: invalid argument (mounts[3] at config.json:40:5, in step 'mounts')" },
	{ { .text = "cannot set", .code = EINVAL, .step = "limits" }, "cannot set: EINVAL: invalid argument (in step 'limits')" },
	{ { .text = "cannot set", .code = EINVAL, .line = 4, .column = 5, .step = "limits" },
	  "cannot set: EINVAL: invalid argument (config.json:4:5, in step 'limits')" },
	{ { .text = "exec: \"x\": executable file not found in $PATH", .step = "program" },
	  "exec: \"x\": executable file not found in $PATH (in step 'program')" },
	{ { .text = "a masked path is a link", .path = "linux", .line = 2, .column = 3, .step = "masked" },
	  "config.json:2:3: linux: a masked path is a link (in step 'masked')" },
};

static void sentences_by_table(void **state)
{
	char to[1024], small[10];

	(void)state;
	for (size_t i = 0; i < array_length(sentences); i++) {
		assert_int_equal(error_sentence(&sentences[i].error, to, sizeof(to)), strlen(sentences[i].sentence));
		assert_string_equal(to, sentences[i].sentence);
		assert_int_equal(error_sentence(&sentences[i].error, small, sizeof(small)), strlen(sentences[i].sentence));
		assert_memory_equal(small, sentences[i].sentence, sizeof(small) - 1);
		assert_int_equal(small[sizeof(small) - 1], '\0');
		assert_int_equal(error_sentence(&sentences[i].error, NULL, 0), strlen(sentences[i].sentence));
	}
}

/* The phrases of contract section 9. */
static void causes_do_not_mislead_engines(void **state)
{
	static const char *const phrases[] = {
		"no such file", "permission denied", "operation not permitted", "not found", "is a directory", "not a directory",
		"no such process", "does not exist", "container not running", "invalid process",
	};

	(void)state;
	for (int code = 0; code < 256; code++)
		for (size_t i = 0; i < array_length(phrases); i++)
			assert_null(strcasestr(errno_text(code), phrases[i]));
	assert_string_equal(errno_text(ENOSPC), "ENOSPC: no space left on device");
	assert_string_equal(errno_text(ENOENT), "ENOENT: it is missing");
	assert_non_null(errno_text(-1));
}

static void the_first_error_stays(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(fail(&error, ENOENT, "first %d", 1), -1);
	assert_int_equal(fail(&error, EPERM, "second"), -1);
	assert_int_equal(fail_at(&error, &(struct place){ .path = "a", .line = 1, .column = 1 }, 0, "third"), -1);
	assert_int_equal(error.code, ENOENT);
	assert_int_equal(error.line, 0);
	assert_string_equal(error.text, "first 1");
}

static void a_place_is_copied(void **state)
{
	struct error error = { 0 };

	(void)state;
	fail_at(&error, &(struct place){ .path = "args[0]", .line = 3, .column = 4, .file = "process.json" }, 0, "wrong");
	assert_string_equal(error.path, "args[0]");
	assert_string_equal(error.file, "process.json");
	assert_int_equal(error.line, 3);
	assert_int_equal(error.column, 4);
	error = (struct error){ 0 };
	fail_at(&error, NULL, 0, "nowhere");
	assert_string_equal(error.text, "nowhere");
	error = (struct error){ 0 };
	fail_at(&error, &(struct place){ 0 }, 0, "nowhere");
	assert_string_equal(error.path, "");
}

static void long_texts_end_with_a_mark(void **state)
{
	struct error error = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fail_at(&error, &(struct place){ .path = text, .file = text }, 0, "%s", text);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	assert_string_equal(error.text + sizeof(error.text) - 5, "x...");
	assert_string_equal(error.path + sizeof(error.path) - 5, "x...");
	assert_int_equal(strlen(error.file), sizeof(error.file) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences_by_table),
		cmocka_unit_test(causes_do_not_mislead_engines),
		cmocka_unit_test(the_first_error_stays),
		cmocka_unit_test(a_place_is_copied),
		cmocka_unit_test(long_texts_end_with_a_mark),
	};
	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
