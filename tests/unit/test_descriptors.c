/* Descriptors by the range, where close_range(2) may be called and where a filter forbids it; the words for calls that are forbidden. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "kern/descriptors.h"
#include "kern/forbidden.h"

static void forbid(unsigned number, unsigned code)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { array_length(program), program };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(99);
}

/* What a child says of itself under a filter, which it keeps: its exit code. */
static int in_child(int (*run)(void), unsigned number, unsigned code)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (number)
			forbid(number, code);
		_exit(run());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

/* 300 descriptors take more than one reading of the list. */
static void open_many(void)
{
	for (int fd = 100; fd < 400; fd++)
		dup2(0, fd);
}

static int closes_a_range(void)
{
	open_many();
	if (descriptors_range(150, 350, DESCRIPTORS_CLOSE) != 0)
		return 1;
	for (int fd = 100; fd < 400; fd++)
		if (is_open(fd) != (fd < 150 || fd > 350))
			return 2;
	return descriptors_range(100, ~0u, DESCRIPTORS_CLOSE) != 0 || is_open(100) || is_open(399) || !is_open(0) ? 3 : 0;
}

static int marks_a_range(void)
{
	open_many();
	if (descriptors_range(150, ~0u, DESCRIPTORS_CLOEXEC) != 0)
		return 1;
	for (int fd = 100; fd < 400; fd++)
		if (fcntl(fd, F_GETFD) != (fd < 150 ? 0 : FD_CLOEXEC))
			return 2;
	return 0;
}

static void test_ranges_are_closed_and_marked_with_and_without_close_range(void **state)
{
	static const unsigned codes[] = { ENOSYS, EPERM };

	(void)state;
	assert_int_equal(in_child(closes_a_range, 0, 0), 0);
	assert_int_equal(in_child(marks_a_range, 0, 0), 0);
	for (size_t i = 0; i < array_length(codes); i++) {
		assert_int_equal(in_child(closes_a_range, ABI_SYS_close_range, codes[i]), 0);
		assert_int_equal(in_child(marks_a_range, ABI_SYS_close_range, codes[i]), 0);
	}
}

static int says_what_else_is_wrong(void) { return -descriptors_range(5, 4, DESCRIPTORS_CLOSE); }

static void test_a_range_that_is_none_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(says_what_else_is_wrong, 0, 0), EINVAL);
}

static int names_none(void)
{
	char words[FORBIDDEN_WORDS];

	return *forbidden_calls(words) ? 1 : 0;
}

static int names_open_tree(void)
{
	char words[FORBIDDEN_WORDS];

	return strcmp(forbidden_calls(words), "open_tree") ? 1 : 0;
}

static int names_move_mount(void)
{
	char words[FORBIDDEN_WORDS];

	return strcmp(forbidden_calls(words), "move_mount") ? 1 : 0;
}

static void test_what_a_filter_forbids_is_named_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(in_child(names_none, 0, 0), 0);
	assert_int_equal(in_child(names_open_tree, ABI_SYS_open_tree, ENOSYS), 0);
	assert_int_equal(in_child(names_open_tree, ABI_SYS_open_tree, EPERM), 0);
	assert_int_equal(in_child(names_move_mount, ABI_SYS_move_mount, ENOSYS), 0);
	/* There is another way for these; and who may not mount is told so by the kernel. */
	assert_int_equal(in_child(names_none, ABI_SYS_openat2, EPERM), 0);
	assert_int_equal(in_child(names_none, ABI_SYS_clone3, ENOSYS), 0);
	assert_int_equal(in_child(names_none, ABI_SYS_move_mount, EPERM), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_are_closed_and_marked_with_and_without_close_range),
		cmocka_unit_test(test_a_range_that_is_none_is_refused),
		cmocka_unit_test(test_what_a_filter_forbids_is_named_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
