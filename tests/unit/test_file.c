/* base/file.h in a temporary directory. */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/file.h"

static char path[] = "/tmp/caisson-test-file-XXXXXX";
static int dir;

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(path))
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int count_files(void)
{
	DIR *stream = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(stream)))
		count += entry->d_type == DT_REG || entry->d_type == DT_LNK;
	closedir(stream);
	return count;
}

static int remove_dir(void **state)
{
	(void)state;
	unlinkat(dir, "file", 0);
	unlinkat(dir, "link", 0);
	unlinkat(dir, "sub/file", 0);
	unlinkat(dir, "sub", AT_REMOVEDIR);
	close(dir);
	return rmdir(path);
}

static void replace_makes_and_replaces(void **state)
{
	char text[16];
	struct stat info;
	mode_t mask = umask(077);

	(void)state;
	assert_int_equal(file_replace(dir, "file", "one", 3, 0640), 0);
	assert_int_equal(file_read(dir, "file", text, sizeof(text)), 3);
	assert_string_equal(text, "one");
	assert_int_equal(file_replace(dir, "file", "other", 5, 0644), 0);
	umask(mask);
	assert_int_equal(file_read(dir, "file", text, sizeof(text)), 5);
	assert_string_equal(text, "other");
	assert_int_equal(fstatat(dir, "file", &info, 0), 0);
	assert_int_equal(info.st_mode & 07777, 0644); /* whatever the umask */
	assert_int_equal(count_files(), 1);
}

static void replace_works_in_a_subdirectory(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_int_equal(file_replace(dir, "sub/file", "", 0, 0600), 0);
	assert_int_equal(file_read(dir, "sub/file", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(count_files(), 1);
}

static void replace_leaves_nothing_when_it_fails(void **state)
{
	char name[300];

	(void)state;
	assert_int_equal(file_replace(dir, "none/file", "x", 1, 0600), -ENOENT);
	assert_int_equal(file_replace(dir, "sub", "x", 1, 0600), -EISDIR);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(file_replace(dir, name, "x", 1, 0600), -ENAMETOOLONG);
	assert_int_equal(count_files(), 1);
}

static void replace_puts_itself_in_place_of_a_link(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(file_replace(dir, "link", "new", 3, 0600), 0);
	assert_int_equal(file_read(dir, "file", text, sizeof(text)), 5);
	assert_string_equal(text, "other");
	unlinkat(dir, "link", 0);
}

static void place_makes_and_replaces_and_follows_no_link(void **state)
{
	char text[16];
	struct stat info;
	mode_t mask = umask(077);
	int before = count_files();

	(void)state;
	assert_int_equal(file_place(dir, "sub/placed", "one", 3, 0644), 0);
	umask(mask);
	assert_int_equal(fstatat(dir, "sub/placed", &info, 0), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	assert_int_equal(file_place(dir, "sub/placed", "other", 5, 0644), 0);
	assert_int_equal(file_read(dir, "sub/placed", text, sizeof(text)), 5);
	assert_string_equal(text, "other");
	assert_int_equal(unlinkat(dir, "sub/placed", 0), 0);
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(file_place(dir, "link", "new", 3, 0600), 0);
	assert_int_equal(file_read(dir, "file", text, sizeof(text)), 5);
	assert_int_equal(unlinkat(dir, "link", 0), 0);
	assert_int_equal(file_place(dir, "none/file", "x", 1, 0600), -ENOENT);
	assert_int_equal(count_files(), before);
}

static void read_tells_what_is_too_big(void **state)
{
	char text[6];

	(void)state;
	assert_int_equal(file_read(dir, "file", text, 6), 5);
	assert_int_equal(file_read(dir, "file", text, 5), -EFBIG);
	assert_int_equal(file_read(dir, "file", text, 0), -EINVAL);
	assert_int_equal(file_read(dir, "none", text, 6), -ENOENT);
}

static void a_look_takes_what_fits(void **state)
{
	char text[6];

	(void)state;
	assert_int_equal(file_replace(dir, "looked-at", "0123456789", 10, 0600), 0);
	assert_int_equal(file_look(dir, "looked-at", text, sizeof(text)), 5);
	assert_string_equal(text, "01234");
	assert_int_equal(file_look(dir, "missing", text, sizeof(text)), -ENOENT);
	unlinkat(dir, "looked-at", 0);
}

static void read_and_write_go_on_after_short_transfers(void **state)
{
	static char data[300000], back[300001];
	int ends[2];

	(void)state;
	memset(data, 'd', sizeof(data));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(write_all(ends[1], data, sizeof(data)) == 0 ? 0 : 1);
	close(ends[1]);
	assert_int_equal(read_all(ends[0], back, sizeof(back)), sizeof(data));
	assert_memory_equal(data, back, sizeof(data));
	close(ends[0]);
}

static void write_changes_an_existing_file_only(void **state)
{
	char text[16];

	(void)state;
	assert_int_equal(file_write(dir, "none", "x"), -ENOENT);
	assert_int_equal(file_write(dir, "file", "OTH"), 0);
	assert_int_equal(file_read(dir, "file", text, sizeof(text)), 5);
	assert_string_equal(text, "OTHer");
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(file_write(dir, "link", "x"), -ELOOP);
	assert_int_equal(file_write(AT_FDCWD, "/dev/full", "x"), -ENOSPC);
	assert_int_equal(file_write(AT_FDCWD, "/dev/null", ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_makes_and_replaces),
		cmocka_unit_test(replace_works_in_a_subdirectory),
		cmocka_unit_test(replace_leaves_nothing_when_it_fails),
		cmocka_unit_test(replace_puts_itself_in_place_of_a_link),
		cmocka_unit_test(place_makes_and_replaces_and_follows_no_link),
		cmocka_unit_test(read_tells_what_is_too_big),
		cmocka_unit_test(a_look_takes_what_fits),
		cmocka_unit_test(read_and_write_go_on_after_short_transfers),
		cmocka_unit_test(write_changes_an_existing_file_only),
	};
	return cmocka_run_group_tests_name("file", tests, make_dir, remove_dir);
}
