/* base/log.h: what arrives at the log file and on stderr, byte by byte. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#undef fail
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "json/json.h"

static char path[] = "/tmp/caisson-test-log-XXXXXX";
static char file[64], errors[20000], logged[20000];

struct call {
	struct log_options options;
	const char *prefix;
	struct error error;
	const char *debug, *warning;
};

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	strcpy(file, path);
	strcat(file, "/log");
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(path);
}

static void log_all(const struct call *call)
{
	if (log_open(&call->options) < 0)
		_exit(1);
	if (call->debug)
		log_debug("%s", call->debug);
	if (call->warning)
		log_warning("%s", call->warning);
	if (call->error.text[0])
		log_error(call->prefix, &call->error);
}

/* In a child, as the log is one per process. Fills `errors` and `logged`; the child's exit code. */
static int run(const struct call *call)
{
	int ends[2], status;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], 2);
		log_all(call);
		_exit(0);
	}
	close(ends[1]);
	assert_true(read_all(ends[0], errors, sizeof(errors)) >= 0);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (file_read(AT_FDCWD, file, logged, sizeof(logged)) < 0)
		logged[0] = '\0';
	unlink(file);
	return WEXITSTATUS(status);
}

/* The same text with every digit made '0', so that times compare. */
static const char *no_digits(char *text)
{
	for (char *at = text; *at; at++)
		if (*at >= '0' && *at <= '9')
			*at = '0';
	return text;
}

#define TEXT_TIME "time=\"0000-00-00T00:00:00Z\" "
#define JSON_TIME "\",\"time\":\"0000-00-00T00:00:00.000000Z\"}\n"
#define ONE_ERROR .prefix = "runc create failed: ", .error = { .text = "it is so" }

static void error_without_log_file(void **state)
{
	(void)state;
	run(&(struct call){ ONE_ERROR });
	assert_string_equal(no_digits(errors), TEXT_TIME "level=error msg=\"runc create failed: it is so\"\n");
	run(&(struct call){ .options.format = LOG_JSON, ONE_ERROR });
	assert_string_equal(no_digits(errors), "{\"level\":\"error\",\"msg\":\"runc create failed: it is so" JSON_TIME);
	assert_string_equal(logged, "");
}

static void error_with_log_file(void **state)
{
	(void)state;
	run(&(struct call){ .options.path = file, ONE_ERROR });
	assert_string_equal(no_digits(logged), TEXT_TIME "level=error msg=\"runc create failed: it is so\"\n");
	assert_string_equal(errors, "runc create failed: it is so\n");
	run(&(struct call){ .options = { .path = file, .format = LOG_JSON }, .error = { .text = "cannot", .code = EINVAL } });
	assert_string_equal(no_digits(logged), "{\"level\":\"error\",\"msg\":\"cannot: EINVAL: invalid argument" JSON_TIME);
	assert_string_equal(errors, "cannot: EINVAL: invalid argument\n");
}

static void path_may_be_a_file_url(void **state)
{
	char url[80] = "file:";

	(void)state;
	strcat(url, file);
	assert_int_equal(run(&(struct call){ .options.path = url, ONE_ERROR }), 0);
	assert_string_not_equal(logged, "");
}

static void debug_only_when_asked(void **state)
{
	(void)state;
	run(&(struct call){ .debug = "hidden" });
	assert_string_equal(errors, "");
	run(&(struct call){ .options.debug = true, .debug = "shown" });
	assert_string_equal(no_digits(errors), TEXT_TIME "level=debug msg=\"shown\"\n");
	run(&(struct call){ .options = { .path = file, .debug = true }, .debug = "shown", ONE_ERROR });
	assert_non_null(strstr(logged, "level=debug msg=\"shown\"\n"));
	assert_non_null(strstr(logged, "level=error"));
}

static void warnings_never_reach_the_file(void **state)
{
	(void)state;
	run(&(struct call){ .options = { .path = file, .format = LOG_JSON, .debug = true }, .warning = "careful" });
	assert_string_equal(errors, "warning: careful\n");
	assert_string_equal(logged, "");
	run(&(struct call){ .warning = "careful" });
	assert_string_equal(no_digits(errors), TEXT_TIME "level=warning msg=\"careful\"\n");
}

static const struct {
	const char *raw, *text, *json, *bare;
} escapes[] = {
	{ "say \"x\"", "say \"\"x\"\"", "say \\\"x\\\"", "say \"x\"" },
	{ "a\nlevel=info", "a\\x0alevel=info", "a\\nlevel=info", "a\\x0alevel=info" },
	{ "\x1b[2J\x7f", "\\x1b[2J\\x7f", "\\u001b[2J\\u007f", "\\x1b[2J\\x7f" },
	{ "\xff", "\\xff", "\xef\xbf\xbd", "\\xff" },
	{ "100% %s %n", "100% %s %n", "100% %s %n", "100% %s %n" },
};

static void data_is_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(escapes); i++) {
		struct call call = { .options.path = file };
		char expected[64];
		strcpy(call.error.text, escapes[i].raw);
		run(&call);
		strcat(strcat(strcpy(expected, " msg=\""), escapes[i].text), "\"\n");
		assert_string_equal(strstr(logged, " msg="), expected);
		strcat(strcpy(expected, escapes[i].bare), "\n");
		assert_string_equal(errors, expected);
		call.options.format = LOG_JSON;
		run(&call);
		strcat(strcat(strcpy(expected, "\"msg\":\""), escapes[i].json), "\",\"time\"");
		assert_non_null(strstr(logged, expected));
	}
}

/* Every length around the limit, with escapes of two and six bytes and a character of three, that none is cut in the middle. */
static void long_records_are_cut_and_stay_valid(void **state)
{
	static const char *const fillers[] = { "x", "\"", "\x01", "\xe2\x82\xac" };
	static char message[PIPE_BUF + 1];
	struct arena arena;

	(void)state;
	assert_int_equal(arena_open(&arena), 0);
	for (size_t f = 0; f < array_length(fillers); f++)
		for (size_t shift = 0; shift < 8; shift++) {
			struct call call = { .options = { .path = file, .format = LOG_JSON, .debug = true }, .debug = message };
			struct json_node *root;
			struct error error = { 0 };
			memset(message, 'a', shift);
			message[shift] = '\0';
			while (strlen(message) + 3 < sizeof(message))
				strcpy(message + strlen(message), fillers[f]);
			run(&call);
			assert_true(strlen(logged) <= PIPE_BUF && strlen(logged) > PIPE_BUF - 20);
			assert_int_equal(logged[strlen(logged) - 1], '\n');
			assert_non_null(strstr(logged, " [...]\",\"time\""));
			assert_int_equal(json_parse("log", logged, strlen(logged), &arena, &root, &error), 0);
			call.options.format = LOG_TEXT;
			run(&call);
			assert_true(strlen(logged) <= PIPE_BUF && strlen(logged) > PIPE_BUF - 20);
			assert_string_equal(logged + strlen(logged) - 8, " [...]\"\n");
		}
	arena_close(&arena);
}

static void the_file_is_opened_with_care(void **state)
{
	char name[80];

	(void)state;
	assert_int_equal(symlink("/dev/null", file), 0);
	assert_int_equal(log_open(&(struct log_options){ .path = file }), -ELOOP);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(log_open(&(struct log_options){ .path = file }), -ENXIO);
	unlink(file);
	strcat(strcpy(name, path), "/none/log");
	assert_int_equal(log_open(&(struct log_options){ .path = name }), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_without_log_file),
		cmocka_unit_test(error_with_log_file),
		cmocka_unit_test(path_may_be_a_file_url),
		cmocka_unit_test(debug_only_when_asked),
		cmocka_unit_test(warnings_never_reach_the_file),
		cmocka_unit_test(data_is_escaped),
		cmocka_unit_test(long_records_are_cut_and_stay_valid),
		cmocka_unit_test(the_file_is_opened_with_care),
	};
	return cmocka_run_group_tests_name("log", tests, make_dir, remove_dir);
}
