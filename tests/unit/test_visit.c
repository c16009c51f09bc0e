/* Errands of a child that can be given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "run/visit.h"
#include <cmocka.h>

#undef fail /* ours is meant */

struct errand { int kept, other; };

static int open_null(void *data, int *fd, struct error *error)
{
	(void)data;
	*fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? fail(error, errno, "no null") : 0;
}

static int refuse(void *data, int *fd, struct error *error)
{
	(void)data;
	(void)fd;
	return fail(error, ENOSPC, "refused in the child");
}

static int look_around(void *data, int *fd, struct error *error)
{
	const struct errand *errand = data;

	(void)fd;
	if (fcntl(errand->kept, F_GETFD) < 0)
		return fail(error, 0, "what is to be kept is closed");
	for (int i = 0; i < 3; i++)
		if (fcntl(i, F_GETFD) >= 0)
			return fail(error, 0, "a standard stream is open");
	return fcntl(errand->other, F_GETFD) < 0 ? 0 : fail(error, 0, "another descriptor is open");
}

static int hang(void *data, int *fd, struct error *error)
{
	(void)data;
	(void)fd;
	(void)error;
	return pause(); /* no signal has a handler here */
}

static int die(void *data, int *fd, struct error *error)
{
	(void)data;
	(void)fd;
	(void)error;
	return kill(getpid(), SIGKILL);
}

static int pay(int (*run)(void *, int *, struct error *), int patience_ms, int *fd, struct error *error)
{
	const struct visit visit = { .run = run, .deadline = clock_ms() + patience_ms };
	return visit_pay(&visit, fd, error);
}

static void a_descriptor_comes_back(void **unused)
{
	struct error error = { 0 };
	int fd;

	(void)unused;
	assert_int_equal(pay(open_null, 5000, &fd, &error), 0);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void an_error_comes_back(void **unused)
{
	struct error error = { 0 };
	int fd;

	(void)unused;
	assert_int_equal(pay(refuse, 5000, &fd, &error), -1);
	assert_int_equal(fd, -1);
	assert_int_equal(error.code, ENOSPC);
	assert_string_equal(error.text, "refused in the child");
}

static void it_has_what_is_kept_and_nothing_else(void **unused)
{
	struct error error = { 0 };
	struct errand errand = { .kept = open("/dev/null", O_RDONLY), .other = open("/dev/null", O_RDONLY) };
	const int keep[] = { -1, errand.kept };
	const struct visit visit = { look_around, &errand, keep, 2, clock_ms() + 5000 };
	int fd;

	(void)unused;
	int r = visit_pay(&visit, &fd, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	close(errand.kept);
	close(errand.other);
}

static void who_does_not_answer_is_killed(void **unused)
{
	struct error error = { 0 };
	int64_t before = clock_ms();
	int fd;

	(void)unused;
	assert_int_equal(pay(hang, 100, &fd, &error), -1);
	assert_int_equal(error.code, ETIMEDOUT);
	assert_in_range(clock_ms() - before, 100, 2000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
}

static void who_is_killed_is_an_error_at_once(void **unused)
{
	struct error error = { 0 };
	int64_t before = clock_ms();
	int fd;

	(void)unused;
	assert_int_equal(pay(die, 10000, &fd, &error), -1);
	assert_non_null(strstr(error.text, "was killed"));
	assert_in_range(clock_ms() - before, 0, 2000);
}

static void it_works_where_children_are_not_waited_for(void **unused)
{
	struct error error = { 0 };
	int fd;

	(void)unused;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(pay(open_null, 5000, &fd, &error), 0);
	close(fd);
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_comes_back),
		cmocka_unit_test(an_error_comes_back),
		cmocka_unit_test(it_has_what_is_kept_and_nothing_else),
		cmocka_unit_test(who_does_not_answer_is_killed),
		cmocka_unit_test(who_is_killed_is_an_error_at_once),
		cmocka_unit_test(it_works_where_children_are_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
