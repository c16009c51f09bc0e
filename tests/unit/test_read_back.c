/* What a debug build takes for the same in the files of a cgroup, v2 and legacy, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifndef CAISSON_READ_BACK
#define CAISSON_READ_BACK
#endif
#include "../../src/cgroup/read_back.c"
#include "../../src/cgroup/read_back_devices.c"
#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof((list)[0]))

static char base[64];
static int dir;

static void put(const char *file, const char *text)
{
	int fd = openat(dir, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The rows against what is in the directory: empty, or the error's words. */
static const char *compare(const struct plan_write *rows, size_t count)
{
	const struct plan_cgroup_directory directory = { .v2 = true, .writes = rows, .write_count = count };
	static struct error error;

	error = (struct error){ 0 };
	int r = read_back_rows(&directory, dir, &error);
	assert_int_equal(r, error.text[0] ? -1 : 0);
	return error.text;
}

static const struct { const char *file, *asked, *found; bool same; } samples[] = {
	{ "memory.max", "1048576", "1048576\n", true },
	{ "memory.max", "1048577", "1048576\n", true },
	{ "memory.max", "1048576", "1052672\n", false },
	{ "memory.max", "1M", "1048576\n", true },
	{ "memory.max", "max", "max\n", true },
	{ "memory.max", "max", "1048576\n", false },
	{ "memory.max", "1048576", "max\n", false },
	{ "memory.max", "9223372036854775807", "max\n", true },
	{ "memory.swap.max", "0", "0\n", true },
	{ "memory.swap.max", "0", "max\n", false },
	{ "memory.limit_in_bytes", "-1", "9223372036854771712\n", true },
	{ "memory.limit_in_bytes", "67108864", "9223372036854771712\n", false },
	{ "memory.swappiness", "60", "60\n", true },
	{ "memory.swappiness", "60", "61\n", false },
	{ "memory.oom_control", "1", "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n", true },
	{ "memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", false },
	{ "hugetlb.2MB.max", "4194304", "4194304\n", true },
	{ "hugetlb.2MB.max", "4194305", "4194304\n", true },
	{ "hugetlb.2MB.max", "4194304", "2097152\n", false },
	{ "hugetlb.1GB.limit_in_bytes", "0", "0\n", true },
	{ "pids.max", "100", "100\n", true },
	{ "pids.max", "100", "max\n", false },
	{ "pids.max", "max", "max\n", true },
	{ "cpu.max", "50000 100000", "50000 100000\n", true },
	{ "cpu.max", "50000", "50000 100000\n", true },
	{ "cpu.max", "max 50000", "max 50000\n", true },
	{ "cpu.max", "50000 100000", "max 100000\n", false },
	{ "cpu.max", "50000 100000", "50000 50000\n", false },
	{ "cpu.weight", "79", "79\n", true },
	{ "cpu.weight", "79", "100\n", false },
	{ "cpu.shares", "512", "512\n", true },
	{ "cpu.cfs_quota_us", "-1", "-1\n", true },
	{ "cpuset.cpus", "0,1", "0-1\n", true },
	{ "cpuset.cpus", "0-2", "0-1\n", false },
	{ "cpuset.mems", "0", "0\n", true },
	{ "io.weight", "200", "default 200\n8:0 50\n", true },
	{ "io.weight", "200", "default 100\n", false },
	{ "io.weight", "8:0 50", "default 100\n8:0 50\n", true },
	{ "io.weight", "8:0 50", "default 100\n8:16 50\n", false },
	{ "blkio.bfq.weight", "200", "200\n", true },
	{ "io.max", "8:0 rbps=1048576", "8:0 rbps=1048576 wbps=max riops=max wiops=max\n", true },
	{ "io.max", "8:0 rbps=1048576", "8:0 rbps=max wbps=1048576 riops=max wiops=max\n", false },
	{ "io.max", "8:0 rbps=1048576", "8:16 rbps=1048576 wbps=max riops=max wiops=max\n", false },
	{ "io.max", "8:0 rbps=max", "", true },
	{ "io.max", "8:0 rbps=1048576", "", false },
	{ "blkio.throttle.read_bps_device", "8:0 1048576", "8:0 1048576\n", true },
	{ "blkio.throttle.read_bps_device", "8:0 1048576", "8:0 1048577\n", false },
	{ "blkio.throttle.read_bps_device", "8:0 0", "", true },
	{ "rdma.max", "mlx5_0 hca_handle=2 hca_object=20", "mlx5_0 hca_handle=2 hca_object=20\n", true },
	{ "rdma.max", "mlx5_0 hca_handle=2", "mlx5_0 hca_handle=3 hca_object=max\n", false },
	{ "net_prio.ifpriomap", "lo 7", "lo 7\neth0 0\n", true },
	{ "net_prio.ifpriomap", "lo 7", "lo 0\neth0 7\n", false },
	{ "net_cls.classid", "1048577", "1048577\n", true },
	{ "cgroup.subtree_control", "+cpu", "\n", true },
};

static void samples_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(samples); i++) {
		const struct plan_write row = { .file = samples[i].file, .value = samples[i].asked };
		put(samples[i].file, samples[i].found);
		const char *text = compare(&row, 1);
		if ((*text == '\0') != samples[i].same)
			fail_msg("%s: '%s' and '%s': %s", samples[i].file, samples[i].asked, samples[i].found, *text ? text : "the same");
		unlinkat(dir, samples[i].file, 0);
	}
}

static void the_last_row_of_a_file_counts(void **state)
{
	static const struct plan_write rows[] = {
		{ .file = "pids.max", .value = "1" }, { .file = "pids.max", .value = "100" },
		{ .file = "io.max", .value = "8:0 rbps=1" }, { .file = "io.max", .value = "8:0 wbps=2" },
	};

	(void)state;
	put("pids.max", "100\n");
	put("io.max", "8:0 rbps=1 wbps=2 riops=max wiops=max\n");
	assert_string_equal(compare(rows, LENGTH(rows)), "");
	put("pids.max", "1\n");
	assert_string_equal(compare(rows, LENGTH(rows)), "read back: pids.max: asked for '100', found '1'");
	put("pids.max", "100\n");
	put("io.max", "8:0 rbps=max wbps=2 riops=max wiops=max\n");
	assert_non_null(strstr(compare(rows, LENGTH(rows)), "io.max: asked for '8:0 rbps=1'"));
}

static void of_two_files_the_one_that_is_there_counts(void **state)
{
	static const struct plan_write rows[] = {
		{ .file = "io.bfq.weight", .value = "100", .or_next = true }, { .file = "io.weight", .value = "909" },
	};

	(void)state;
	put("io.weight", "default 909\n");
	assert_string_equal(compare(rows, 2), "");
	put("io.bfq.weight", "default 100\n");
	put("io.weight", "default 5\n");
	assert_string_equal(compare(rows, 2), "");
	put("io.bfq.weight", "default 101\n");
	assert_non_null(strstr(compare(rows, 2), "io.bfq.weight"));
}

static const char *devices(const char *list)
{
	static const struct plan_write rows[] = {
		{ .file = "devices.deny", .value = "a *:* rwm" },   { .file = "devices.allow", .value = "c 1:3 rw" },
		{ .file = "devices.allow", .value = "c 1:3 m" },     { .file = "devices.allow", .value = "b *:* m" },
		{ .file = "devices.allow", .value = "c 1:5 rwm" },   { .file = "devices.deny", .value = "c 1:5 w" },
	};
	const struct plan_cgroup_directory directory = { .writes = rows, .write_count = LENGTH(rows) };
	const struct plan_cgroup plan = { .directories = &directory, .directory_count = 1 };
	static struct error error;

	error = (struct error){ 0 };
	put("devices.list", list);
	read_back_device_rules(&plan, &directory, dir, &error);
	return error.text;
}

static void device_lists_are_compared_as_sets(void **state)
{
	(void)state;
	assert_string_equal(devices("b *:* m\nc 1:3 rwm\nc 1:5 rm\n"), "");
	assert_non_null(strstr(devices("b *:* m\nc 1:3 rw\nc 1:5 rm\n"), "devices.list"));
	assert_non_null(strstr(devices("b *:* m\nc 1:3 rwm\n"), "lines of devices.list"));
	assert_non_null(strstr(devices("b *:* m\nc 1:3 rwm\nc 1:5 rm\nc 1:7 r\n"), "c 1:7 r"));
	assert_non_null(strstr(devices("a *:* rwm\n"), "a *:* rwm"));
}

static int begin(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "%s", "/tmp/read-back-XXXXXX");
	dir = mkdtemp(base) ? open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return dir < 0;
}

static int end(void **state)
{
	static const char *const files[] = { "pids.max", "io.max", "io.weight", "io.bfq.weight", "devices.list" };

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++)
		unlinkat(dir, files[i], 0);
	close(dir);
	return rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples_are_told_apart, begin, end),
		cmocka_unit_test_setup_teardown(the_last_row_of_a_file_counts, begin, end),
		cmocka_unit_test_setup_teardown(of_two_files_the_one_that_is_there_counts, begin, end),
		cmocka_unit_test_setup_teardown(device_lists_are_compared_as_sets, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
