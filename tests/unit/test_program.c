/* Programs run to their end, as hooks are (case C60). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "kern/process.h"
#include <cmocka.h>

static struct program_end end;

static int shell(const char *script, int timeout_ms)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	const struct program program = {
		.path = "/bin/sh", .argv = argv, .envp = envp, .input = "{\"id\":\"x\"}", .input_length = 10, .cwd = -1,
		.timeout_ms = timeout_ms, .interrupt = -1,
		.watched = -1,
	};
	return program_run(&program, &end);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void exit_code_and_signal_are_told_apart(void **unused)
{
	(void)unused;
	assert_int_equal(shell("exit 3", 0), 0);
	assert_int_equal(end.code, 3);
	assert_int_equal(end.signal, 0);
	assert_int_equal(shell("kill -9 $$", 0), 0);
	assert_int_equal(end.signal, SIGKILL);
}

static void the_input_is_whole_and_ends(void **unused)
{
	(void)unused;
	assert_int_equal(shell("test \"$(cat)\" = '{\"id\":\"x\"}'", 0), 0);
	assert_int_equal(end.code, 0);
}

static void the_last_line_is_kept(void **unused)
{
	(void)unused;
	assert_int_equal(shell("echo one; echo two >&2; echo; exit 1", 0), 0);
	assert_string_equal(end.last_line, "two");
}

static void a_time_limit_ends_the_whole_group(void **unused)
{
	(void)unused;
	double before = seconds();
	assert_int_equal(shell("sleep 100 & sleep 100; exit 0", 200), 0);
	assert_true(end.timed_out);
	assert_true(seconds() - before < 5);
}

static void a_daemon_with_our_output_does_not_hold_us(void **unused)
{
	(void)unused;
	double before = seconds();
	assert_int_equal(shell("sleep 3 & exit 0", 0), 0);
	assert_int_equal(end.code, 0);
	assert_true(seconds() - before < 2);
}

static void much_output_does_not_block(void **unused)
{
	(void)unused;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = fcntl(2, F_DUPFD_CLOEXEC, 10);
	dup2(null, 2);
	assert_int_equal(shell("head -c 5000000 /dev/zero | tr '\\0' 'x'", 20000), 0);
	dup2(kept, 2);
	close(kept);
	close(null);
	assert_int_equal(end.code, 0);
	assert_false(end.timed_out);
}

static void nothing_else_is_open_and_signals_are_usual(void **unused)
{
	(void)unused;
	int leak = open("/", O_RDONLY | O_DIRECTORY); /* on purpose without O_CLOEXEC */
	/* 33 is one of those libc keeps for itself: no call of its can set it, or set it back. */
	const unsigned long ignore[8] = { [0] = (unsigned long)SIG_IGN }, usual[8] = { 0 };
	syscall(SYS_rt_sigaction, 33, ignore, NULL, 8);
	signal(SIGUSR1, SIG_IGN);
	/* ls itself opens the directory as 3. */
	assert_int_equal(shell("echo $(ls /proc/self/fd) $(grep SigIgn /proc/self/status)", 0), 0);
	signal(SIGUSR1, SIG_DFL);
	syscall(SYS_rt_sigaction, 33, usual, NULL, 8);
	close(leak);
	assert_string_equal(end.last_line, "0 1 2 3 SigIgn: 0000000000000000");
}

static void what_cannot_be_executed_is_an_error(void **unused)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };
	struct program program = {
		.path = "/does/not/exist", .argv = argv, .envp = envp, .input = "", .cwd = -1, .interrupt = -1, .watched = -1,
	};
	(void)unused;

	assert_int_equal(program_run(&program, &end), -ENOENT);
	program.path = "/etc/passwd";
	assert_int_equal(program_run(&program, &end), -EACCES);
}

struct taken {
	char text[256];
	size_t length, most, calls;
};

static bool take(void *to, const char *data, size_t length)
{
	struct taken *taken = to;

	taken->calls++;
	if (length > taken->most - taken->length)
		return false;
	if (taken->length + length < sizeof(taken->text))
		memcpy(taken->text + taken->length, data, length);
	taken->length += length;
	return true;
}

static int shell_taken(const char *script, struct taken *taken)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	char *envp[] = { "PATH=/usr/bin:/bin", NULL };
	const struct program program = {
		.path = "/bin/sh", .argv = argv, .envp = envp, .input = "", .cwd = -1, .timeout_ms = 20000, .interrupt = -1,
		.watched = -1, .take = take, .to = taken,
	};
	return program_run(&program, &end);
}

static void output_is_taken_apart_from_errors(void **unused)
{
	struct taken taken = { .most = 200 };

	(void)unused;
	assert_int_equal(shell_taken("echo one; echo two >&2; printf three; exit 4", &taken), 0);
	assert_int_equal(end.code, 4);
	assert_string_equal(taken.text, "one\nthree");
	assert_string_equal(end.last_line, "two");
	assert_false(end.refused);
}

static void all_of_it_is_taken(void **unused)
{
	struct taken taken = { .most = 10000000 };

	(void)unused;
	assert_int_equal(shell_taken("head -c 3000001 /dev/zero", &taken), 0);
	assert_int_equal(end.code, 0);
	assert_int_equal(taken.length, 3000001);
	/* What a daemon that holds the output writes later is not waited for. */
	taken = (struct taken){ .most = 10000000 };
	double begun = seconds();
	assert_int_equal(shell_taken("(sleep 5; echo late) & printf x", &taken), 0);
	assert_int_equal(taken.length, 1);
	assert_true(seconds() - begun < 4);
}

static void output_that_is_refused_ends_it(void **unused)
{
	struct taken taken = { .most = 100000 };

	(void)unused;
	double begun = seconds();
	assert_int_equal(shell_taken("yes & yes", &taken), 0);
	assert_true(end.refused);
	assert_false(end.timed_out);
	assert_int_equal(end.signal, SIGKILL);
	assert_true(seconds() - begun < 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_and_signal_are_told_apart),
		cmocka_unit_test(the_input_is_whole_and_ends),
		cmocka_unit_test(the_last_line_is_kept),
		cmocka_unit_test(a_time_limit_ends_the_whole_group),
		cmocka_unit_test(a_daemon_with_our_output_does_not_hold_us),
		cmocka_unit_test(much_output_does_not_block),
		cmocka_unit_test(nothing_else_is_open_and_signals_are_usual),
		cmocka_unit_test(what_cannot_be_executed_is_an_error),
		cmocka_unit_test(output_is_taken_apart_from_errors),
		cmocka_unit_test(all_of_it_is_taken),
		cmocka_unit_test(output_that_is_refused_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
