/* Options by tables: every form callers use, and the contract's texts for those they get wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "cmd/container.h"
#include <cmocka.h>

struct values { bool flag; const char *text, *word, *other; unsigned number; struct option_list list; };

#define AT(member) offsetof(struct values, member)
static const char *const colours[] = { "red", "green", "blue", NULL };
static const char *const one[] = { "only", NULL };
static const struct option table[] = {
	{ "flag", 'f', OPTION_FLAG, AT(flag), NULL, "" },
	{ "text", 't', OPTION_STRING, AT(text), "TEXT", "" },
	{ "number", 0, OPTION_COUNT, AT(number), "N", "" },
	{ "list", 'l', OPTION_LIST, AT(list), "ITEM", "" },
	{ "old", 0, OPTION_IGNORED, 0, "X", "" },
	{ "word", 'w', OPTION_WORD, AT(word), "WORD", "", colours },
	{ "other", 0, OPTION_WORD, AT(other), "WORD", "", one, "this is no other" },
};

static struct arena arena;
static struct values values;
static struct parsed parsed;
static struct error error;

static int parse(int flags, ...)
{
	const char *argv[16];
	size_t count = 0;
	va_list args;

	va_start(args, flags);
	for (const char *word; (word = va_arg(args, const char *));)
		argv[count++] = word;
	va_end(args);
	memset(&values, 0, sizeof(values));
	memset(&error, 0, sizeof(error));
	return options_parse(table, sizeof(table) / sizeof(table[0]), argv, count, flags, &arena, &values, &parsed, &error);
}

static int open_arena(void **unused)
{
	(void)unused;
	return arena_open(&arena);
}

static int close_arena(void **unused)
{
	(void)unused;
	arena_close(&arena);
	return 0;
}

static void all_forms_of_a_value(void **unused)
{
	(void)unused;
	assert_int_equal(parse(0, "--text", "a", NULL), 0);
	assert_string_equal(values.text, "a");
	assert_int_equal(parse(0, "--text=b=c", NULL), 0);
	assert_string_equal(values.text, "b=c");
	assert_int_equal(parse(0, "-text", "d", NULL), 0); /* go-runc writes long names with one dash */
	assert_string_equal(values.text, "d");
	assert_int_equal(parse(0, "-t", "e", "-t", "f", NULL), 0); /* the last one wins */
	assert_string_equal(values.text, "f");
	assert_int_equal(parse(0, "--text", "--flag", NULL), 0); /* a value may look like an option */
	assert_string_equal(values.text, "--flag");
	assert_false(values.flag);
}

static void flags_take_values_only_with_an_equals_sign(void **unused)
{
	(void)unused;
	assert_int_equal(parse(0, "--flag", "false", NULL), 0);
	assert_true(values.flag);
	assert_int_equal(parsed.count, 1);
	assert_int_equal(parse(0, "--flag=false", NULL), 0);
	assert_false(values.flag);
	assert_int_equal(parse(0, "-f=true", NULL), 0);
	assert_true(values.flag);
	assert_int_equal(parse(0, "--flag=maybe", NULL), -1);
}

static void lists_repeat_and_do_not_split(void **unused)
{
	(void)unused;
	assert_int_equal(parse(0, "--list", "a,b", "-l", "c", NULL), 0);
	assert_int_equal(values.list.count, 2);
	assert_string_equal(values.list.items[0], "a,b");
	assert_string_equal(values.list.items[1], "c");
}

static void options_may_follow_positionals_or_not(void **unused)
{
	(void)unused;
	assert_int_equal(parse(0, "id", "--flag", NULL), 0);
	assert_true(values.flag);
	assert_int_equal(parse(PARSE_STOP_AT_FIRST, "id", "--flag", NULL), 0);
	assert_false(values.flag);
	assert_int_equal(parsed.count, 2);
	assert_int_equal(parse(0, "--", "--flag", NULL), 0);
	assert_string_equal(parsed.args[0], "--flag");
}

static void a_word_is_one_of_a_list(void **unused)
{
	static const char *const bad[] = { "", "re", "redd", "RED", "red,green" };
	(void)unused;

	assert_int_equal(parse(0, "--word", "green", "--other=only", NULL), 0);
	assert_string_equal(values.word, "green");
	assert_string_equal(values.other, "only");
	assert_int_equal(parse(0, NULL, NULL), 0);
	assert_null(values.word);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(0, "-w", bad[i], NULL), -1);
	assert_string_equal(error.text, "invalid word: red,green (red, green or blue)");
	assert_int_equal(parse(0, "--other", "x", NULL), -1);
	assert_string_equal(error.text, "this is no other: x (only)");
	assert_int_equal(parse(0, "--word", NULL), -1);
	assert_non_null(strstr(error.text, "flag needs an argument"));
}

/* contract 2: what callers send, and what nobody means. */
static void the_global_words(void **unused)
{
	static const struct { const char *option, *value, *refused; } rows[] = {
		{ "--log-format", "text" }, { "--log-format", "json" }, { "--log-format", "xml", "invalid log-format: xml" },
		{ "--log-level", "error" }, { "--log-level", "warning" }, { "--log-level", "info" }, { "--log-level", "debug" },
		{ "--log-level", "bogus", "invalid log-level: bogus" },
		{ "--rootless", "true" }, { "--rootless", "false" }, { "--rootless", "auto" }, { "--rootless", "1" },
		{ "--rootless", "0" }, { "--rootless", "t" }, { "--rootless", "f" },
		{ "--rootless", "bogus", "invalid rootless: bogus" }, { "--rootless", "", "invalid rootless:" },
		{ "--cgroup-manager", "cgroupfs" }, { "--cgroup-manager", "systemd" }, { "--cgroup-manager", "disabled" },
		{ "--cgroup-manager", "foo", "invalid cgroup-manager: foo" },
	};
	(void)unused;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = { rows[i].option, rows[i].value };
		struct global_options globals = { 0 };
		struct error own = { 0 };
		int r = options_parse(global_option_table, global_option_count, argv, 2, 0, &arena, &globals, &parsed, &own);
		assert_int_equal(r, rows[i].refused ? -1 : 0);
		if (rows[i].refused)
			assert_ptr_equal(strstr(own.text, rows[i].refused), own.text);
	}
}

static void mistakes_are_named(void **unused)
{
	(void)unused;
	assert_int_equal(parse(0, "--unknown", NULL), -1);
	assert_non_null(strstr(error.text, "flag provided but not defined: -unknown"));
	assert_int_equal(parse(0, "--text", NULL), -1);
	assert_non_null(strstr(error.text, "flag needs an argument"));
	assert_int_equal(parse(0, "--number", "-1", NULL), -1);
	assert_int_equal(parse(0, "--number", "1x", NULL), -1);
	assert_int_equal(parse(0, "--number", "7", "--old", "y", NULL), 0);
	assert_int_equal(values.number, 7);
}

static void signals_by_name_and_number(void **unused)
{
	static const struct { const char *word; int number; } good[] = {
		{ "9", 9 }, { "KILL", 9 }, { "SIGKILL", 9 }, { "term", 15 }, { "Sigterm", 15 }, { "0", 0 }, { "64", 64 },
		{ "RTMIN", 34 }, { "SIGRTMIN+3", 37 }, { "RTMAX-1", 63 }, { "RTMAX", 64 },
	};
	static const char *const bad[] = { "", "9x", "65", "-1", "SIG", "NOPE", "RTMIN+", "RTMIN+31", "RTMAX-31", "RTMIN-1", "SIG9" };
	(void)unused;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(signal_number(good[i].word, &error), good[i].number);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error own = { 0 };
		assert_int_equal(signal_number(bad[i], &own), -1);
		assert_non_null(strstr(own.text, "unknown signal"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_of_a_value),
		cmocka_unit_test(flags_take_values_only_with_an_equals_sign),
		cmocka_unit_test(lists_repeat_and_do_not_split),
		cmocka_unit_test(options_may_follow_positionals_or_not),
		cmocka_unit_test(a_word_is_one_of_a_list),
		cmocka_unit_test(the_global_words),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(signals_by_name_and_number),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
