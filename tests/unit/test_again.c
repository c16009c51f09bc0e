/* base/again.h: signals that come between, and a filter that answers EINTR, always. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/again.h"

static volatile sig_atomic_t signals;

static void count(int signal)
{
	(void)signal;
	signals++;
}

/* A signal each few milliseconds, whose handler returns and restarts nothing: far fewer than what is asked again. */
static void be_disturbed(bool disturbed)
{
	const struct sigaction action = { .sa_handler = count };
	const struct timeval often = { .tv_usec = disturbed ? 8000 : 0 };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){ often, often }, NULL), 0);
}

/* Of another process, after some milliseconds. */
static pid_t begin(int to)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	usleep(30000);
	_exit(write(to, "x", 1) == 1 ? 7 : 1);
}

static void test_signals(void **state)
{
	(void)state;
	int ends[2], status = 0;
	char byte = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	signals = 0;
	pid_t pid = begin(ends[1]);
	be_disturbed(true);
	assert_int_equal(again_read(ends[0], &byte, 1), 1);
	be_disturbed(false);
	assert_int_equal(byte, 'x');
	assert_true(signals > 0);
	assert_int_equal(again_waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);

	signals = 0;
	pid = begin(ends[1]);
	siginfo_t how = { 0 };
	be_disturbed(true);
	assert_int_equal(again_waitid(P_PID, (id_t)pid, &how, WEXITED), 0);
	be_disturbed(false);
	assert_int_equal(how.si_status, 7);
	assert_true(signals > 0);
	close(ends[0]);
	close(ends[1]);
}

/* From now on in this process. */
static int answer_eintr(uint32_t call)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINTR),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -1 : 0;
}

/* What always answers so is no hang. */
static void test_always(void **state)
{
	(void)state;
	const struct abi_open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	int status = 0;

	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(10);
		if (answer_eintr(SYS_openat) < 0 || answer_eintr(ABI_SYS_openat2) < 0)
			_exit(1);
		if (again_openat(AT_FDCWD, "/", O_RDONLY | O_CLOEXEC) >= 0 || errno != EINTR)
			_exit(2);
		_exit(again_openat2(AT_FDCWD, "/", &how) >= 0 || errno != EINTR ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_signals), cmocka_unit_test(test_always) };

	return cmocka_run_group_tests_name("again", tests, NULL, NULL);
}
