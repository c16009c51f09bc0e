/* A process born by one that stands still in our place: it is ours, and nothing of either is left where it comes to nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "kern/process.h"
#include <cmocka.h>

static int pidfd;
static int asked; /* how often we were told to wait */

static int until_done(void *data, int done)
{
	struct pollfd poll_for = { .fd = done, .events = POLLIN };

	assert_ptr_equal(data, &asked);
	asked++;
	return poll(&poll_for, 1, 30000) == 1 ? 0 : -ETIMEDOUT;
}

static int not_at_all(void *data, int done)
{
	(void)data;
	(void)done;
	return -EINTR;
}

/* The child is there, and may have come to its exec or not. */
static int until_born(void *data, int done)
{
	(void)data;
	(void)done;
	while (*(volatile int *)&pidfd < 0)
		poll(NULL, 0, 1);
	return -ECHRNG;
}

static int bear(const char *executable, const char *script, int (*wait)(void *data, int done))
{
	_cleanup_fd int image = open(executable, O_RDONLY | O_CLOEXEC);
	char *argv[] = { "sh", "-c", (char *)script, NULL };
	sigset_t all, before;

	assert_true(image >= 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pidfd = 12345;
	const struct birth birth = { .cgroup = -1, .mounts = -1, .network = -1, .executable = image, .argv = argv, .pidfd = &pidfd };
	pid_t pid = process_birth_beside(&birth, wait, &asked);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(pidfd, -1);
}

static void it_is_a_child_of_ours(void **unused)
{
	(void)unused;
	siginfo_t how = { 0 };

	asked = 0;
	pid_t pid = bear("/bin/sh", "exit 3", until_done);
	assert_true(pid > 0);
	assert_int_equal(asked, 1);
	assert_true(pidfd >= 0);
	assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED), 0);
	assert_int_equal(how.si_pid, pid);
	assert_int_equal(how.si_code, CLD_EXITED);
	assert_int_equal(how.si_status, 3);
	close(pidfd);
	pidfd = -1;
	no_child_is_left();
}

static void what_cannot_be_executed_is_told(void **unused)
{
	(void)unused;
	assert_int_equal(bear("/", "", until_done), -EACCES);
	no_child_is_left();
}

static void given_up_it_is_killed(void **unused)
{
	(void)unused;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(bear("/bin/sh", "exec sleep 1000", i % 2 ? until_born : not_at_all), i % 2 ? -ECHRNG : -EINTR);
		no_child_is_left();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_child_of_ours),
		cmocka_unit_test(what_cannot_be_executed_is_told),
		cmocka_unit_test(given_up_it_is_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
