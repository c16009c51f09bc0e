/* The kernel's small mount namespace: whoever merely calls himself so is not taken for its thread. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kern/few_mounts.h"
#include <cmocka.h>

static char place[64];
static int procfs;

/* A directory that looks like /proc, as far as it is looked at. */
static int make_procfs(void **state)
{
	(void)state;
	snprintf(place, sizeof(place), "/tmp/caisson-few-mounts-XXXXXX");
	assert_non_null(mkdtemp(place));
	procfs = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return procfs < 0;
}

static int remove_procfs(void **state)
{
	char command[96];

	(void)state;
	close(procfs);
	snprintf(command, sizeof(command), "rm -rf '%s'", place);
	return system(command);
}

static void put(const char *name, const char *text)
{
	int fd = openat(procfs, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "%s", text) > 0, 1);
	close(fd);
}

static void process(int pid, const char *name, unsigned flags, const char *namespace)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "%d", pid);
	assert_int_equal(mkdirat(procfs, path, 0700), 0);
	snprintf(path, sizeof(path), "%d/ns", pid);
	assert_int_equal(mkdirat(procfs, path, 0700), 0);
	snprintf(path, sizeof(path), "%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", name);
	put(path, text);
	snprintf(path, sizeof(path), "%d/stat", pid);
	snprintf(text, sizeof(text), "%d (%s) S 2 0 0 0 -1 %u 0 0 0 0\n", pid, name, flags);
	put(path, text);
	snprintf(path, sizeof(path), "%d/ns/mnt", pid);
	assert_int_equal(symlinkat(namespace, procfs, path), 0);
}

#define KERNEL 2129984u /* as the kernel tells its flags */
#define USER 4194560u

static void it_is_found(void **state)
{
	struct stat found, ours;

	(void)state;
	process(2, "kthreadd", KERNEL, "/proc/self/ns/mnt");
	process(7, "ksoftirqd/0", KERNEL, "/proc/self/ns/mnt");
	process(9, "kdevtmpfs", KERNEL, "/proc/self/ns/mnt");
	int fd = few_mounts_open(procfs, 100);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &found) + stat("/proc/self/ns/mnt", &ours), 0);
	assert_int_equal(found.st_ino, ours.st_ino);
	close(fd);
	assert_int_equal(few_mounts_open(procfs, 8), -ENOENT);
}

static void a_name_alone_is_not_enough(void **state)
{
	(void)state;
	process(2, "kthreadd", KERNEL, "/proc/self/ns/mnt");
	process(5, "kdevtmpfs", USER, "/proc/self/ns/mnt");
	process(6, "kdevtmpfs) S 2 0 0 0 -1 2129984", USER, "/proc/self/ns/mnt");
	process(7, "kdevtmpfsx", KERNEL, "/proc/self/ns/mnt");
	assert_int_equal(few_mounts_open(procfs, 100), -ENOENT);
}

static void another_pid_namespace_has_none(void **state)
{
	(void)state;
	process(2, "kdevtmpfs", KERNEL, "/proc/self/ns/mnt");
	process(9, "kdevtmpfs", KERNEL, "/proc/self/ns/mnt");
	assert_int_equal(few_mounts_open(procfs, 100), -ENOENT);
}

static void what_is_no_mount_namespace_is_refused(void **state)
{
	(void)state;
	process(2, "kthreadd", KERNEL, "/proc/self/ns/mnt");
	process(9, "kdevtmpfs", KERNEL, "/proc/self/ns/net");
	assert_int_equal(few_mounts_open(procfs, 100), -EINVAL);
}

static void mounts_are_counted(void **state)
{
	(void)state;
	size_t count = mounts_counted(SIZE_MAX);
	if (!count)
		skip(); /* before Linux 6.8 */
	assert_int_equal(mounts_counted(1), 1);
	assert_true(count >= 1 && count <= 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_found, make_procfs, remove_procfs),
		cmocka_unit_test_setup_teardown(a_name_alone_is_not_enough, make_procfs, remove_procfs),
		cmocka_unit_test_setup_teardown(another_pid_namespace_has_none, make_procfs, remove_procfs),
		cmocka_unit_test_setup_teardown(what_is_no_mount_namespace_is_refused, make_procfs, remove_procfs),
		cmocka_unit_test(mounts_are_counted),
	};
	return cmocka_run_group_tests_name("few_mounts", tests, NULL, NULL);
}
