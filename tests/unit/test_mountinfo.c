/* kern/mount_root.c: lines of mountinfo (proc_pid_mountinfo(5)), the kernel's and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "../../src/kern/mount_root.c"

#include <cmocka.h> /* last: it has a macro called fail */

static const struct {
	const char *line, *path; /* NULL: no view of the kernel */
	uint64_t id;
} rows[] = {
	{ "22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw", "/proc", 22 },
	{ "23 28 0:21 / /sys rw - sysfs sysfs rw", "/sys", 23 },
	{ "24 28 0:20 / /a\\040b\\011\\134c rw shared:1 master:2 - proc proc rw", "/a b\t\\c", 24 },
	{ "25 28 0:20 /sys /proc/sys ro - proc proc rw", NULL, 0 },          /* a part of one */
	{ "26 28 254:0 / / rw - ext4 /dev/vda rw", NULL, 0 },
	{ "27 28 0:22 / /x rw - procfs proc rw", NULL, 0 },
	{ "28 28 0:22 / /x rw shared:1", NULL, 0 },
	{ "x 28 0:22 / /x rw - proc proc rw", NULL, 0 },
	{ "30 28 0:20 / /a\\/b\\08\\ rw - proc proc rw", "/a\\/b\\08\\", 30 }, /* no numbers */
	{ "29 28 0:22 / ", NULL, 0 },
	{ "", NULL, 0 },
};

static void lines_by_table(void **state)
{
	char line[256];
	uint64_t id;

	(void)state;
	for (size_t i = 0; i < array_length(rows); i++) {
		strcpy(line, rows[i].line);
		const char *path = kernel_view(line, &id);
		if (!rows[i].path) {
			assert_null(path);
			continue;
		}
		assert_non_null(path);
		assert_string_equal(path, rows[i].path);
		assert_int_equal(id, rows[i].id);
	}
}

/* Found by fuzzing: after a fifth field that ends the line, what stood behind it in memory was read. */
static void a_line_ends_where_it_ends(void **state)
{
	char two[] = "1 2 0:3 / /m \0 x - proc proc rw";
	uint64_t id;

	(void)state;
	assert_null(kernel_view(two, &id));
}

static void long_lines_are_passed_over(void **state)
{
	struct lines lines = { .fd = memfd_create("mountinfo", MFD_CLOEXEC) };
	char text[3 * LINE_MOST];

	(void)state;
	assert_true(lines.fd >= 0);
	for (size_t length = LINE_MOST - 2; length <= LINE_MOST + 1; length++) {
		memset(text, 'x', length);
		memcpy(text + length, "\nafter\nunended", 14);
		assert_int_equal(ftruncate(lines.fd, 0), 0);
		assert_int_equal(pwrite(lines.fd, text, length + 14, 0), (ssize_t)length + 14);
		assert_int_equal(lseek(lines.fd, 0, SEEK_SET), 0);
		lines.start = lines.end = 0;
		lines.over = false;
		if (length < LINE_MOST) {
			const char *first = next_line(&lines);
			assert_non_null(first);
			assert_int_equal(strlen(first), length);
		}
		assert_string_equal(next_line(&lines), "after");
		assert_null(next_line(&lines));
	}
	close(lines.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_by_table), cmocka_unit_test(a_line_ends_where_it_ends), cmocka_unit_test(long_lines_are_passed_over),
	};
	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
