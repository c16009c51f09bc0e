/* kern/path.c and path_walk.c: the walker against openat2(2) on random trees (rule B.2.8), making what is missing, races. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/abi.h"
#include "base/cleanup.h"
#include "kern/path.h"
#include "kern/procfs.h"

#include <cmocka.h> /* last: it has a macro called fail */

static char top[] = "/tmp/caisson-path-XXXXXX";
static int root = -1, outside = -1;

static void shell(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int set_up(void **state)
{
	(void)state;
	char path[64];
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/root", top);
	assert_int_equal(mkdir(path, 0755), 0);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/canary", top);
	assert_int_equal(mkdir(path, 0755), 0);
	outside = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 || outside < 0;
}

static int tear_down(void **state)
{
	(void)state;
	char command[128];
	close(root);
	close(outside);
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static void clear(void)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s/root/'* '%s/canary/'*", top, top);
	shell(command);
}

/* ---- the walker and the kernel agree ---- */

static uint64_t seed;

static unsigned pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

static const char *const parts[] = { "a", "b", "c", "d", "..", ".", "", "a", "b" };

static void random_path(char *to, size_t size)
{
	size_t length = 0;
	unsigned count = 1 + pick(6);

	if (pick(3) == 0)
		to[length++] = '/';
	for (unsigned i = 0; i < count; i++)
		length += (size_t)snprintf(to + length, size - length, "%s%s", i ? "/" : "",
					   parts[pick(sizeof(parts) / sizeof(parts[0]))]);
	if (pick(5) == 0)
		snprintf(to + length, size - length, "/");
}

static void random_tree(void)
{
	char path[128], target[128];

	for (int i = 0; i < 60; i++) {
		random_path(path, sizeof(path));
		_cleanup_fd int parent = -1;
		const char *name;
		char *end = path + strlen(path);
		while (end > path && end[-1] == '/')
			*--end = '\0';
		if (!*path)
			continue;
		parent = path_parent(root, path, 0755, &name);
		if (parent < 0)
			continue;
		switch (pick(4)) {
		case 0:
			(void)!mkdirat(parent, name, 0755);
			break;
		case 1:
			(void)!mknodat(parent, name, S_IFREG | 0644, 0);
			break;
		default:
			random_path(target, sizeof(target));
			if (*target)
				(void)!symlinkat(target, parent, name);
		}
	}
}

static int by_kernel(int dir, const char *path, int flags, int how)
{
	struct abi_open_how open_how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
		.resolve = ABI_RESOLVE_IN_ROOT | ABI_RESOLVE_NO_MAGICLINKS | (how & PATH_NO_SYMLINKS ? ABI_RESOLVE_NO_SYMLINKS :
									      0) |
			   (how & PATH_NO_XDEV ? ABI_RESOLVE_NO_XDEV : 0),
	};
	int fd;
	do
		fd = (int)syscall(ABI_SYS_openat2, dir, path, &open_how, sizeof(open_how));
	while (fd < 0 && errno == EAGAIN);
	return fd < 0 ? -errno : fd;
}

static unsigned found;

static void compare(int dir, const char *path, int flags, int how)
{
	struct stat a = { 0 }, b = { 0 };
	_cleanup_fd int kernel = by_kernel(dir, path, flags, how);
	_cleanup_fd int walker = path_walk(dir, path, flags, how);
	_cleanup_fd int either = path_open(dir, path, flags, how);

	if ((kernel < 0 || walker < 0) && kernel != walker)
		fail_msg("'%s' flags %#x how %d: the kernel says %d, the walker %d", path, flags, how, kernel, walker);
	if (kernel < 0) {
		assert_int_equal(either, kernel);
		return;
	}
	found++;
	assert_int_equal(fstat(kernel, &a), 0);
	assert_int_equal(fstat(walker, &b), 0);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		fail_msg("'%s' flags %#x how %d leads to two places", path, flags, how);
	assert_int_equal(fcntl(walker, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(walker, F_GETFL) & O_PATH, flags & O_PATH);
}

static void the_walker_agrees_with_the_kernel(void **state)
{
	(void)state;
	static const int flags[] = { O_PATH, O_PATH, O_PATH | O_DIRECTORY, O_PATH | O_NOFOLLOW, O_RDONLY, O_RDONLY | O_NOFOLLOW };
	char path[128];

	seed = 88172645463325252ull;
	for (int tree = 0; tree < 40; tree++) {
		clear();
		random_tree();
		for (int i = 0; i < 500; i++) {
			random_path(path, sizeof(path));
			compare(root, path, flags[pick(6)], pick(5) ? 0 : PATH_NO_SYMLINKS);
		}
	}
	assert_true(found > 2000); /* and not only refusals were compared */
	clear();
}

static void edges(void **state)
{
	(void)state;
	char path[6000], name[300];

	shell("true");
	compare(root, "", O_PATH, 0);
	compare(root, "/", O_PATH, 0);
	compare(root, "/..", O_PATH | O_DIRECTORY, 0);
	for (int length = 254; length <= 257; length++) {
		memset(name, 'n', sizeof(name));
		name[length] = '\0';
		compare(root, name, O_PATH, 0);
	}
	for (int length = 4094; length <= 4097; length++) {
		memset(path, '/', sizeof(path));
		path[length] = '\0';
		compare(root, path, O_PATH, 0);
	}
	/* 40 links are followed, not one more. */
	for (int i = 0; i < 42; i++) {
		snprintf(path, sizeof(path), "l%d", i);
		snprintf(name, sizeof(name), "l%d", i + 1);
		assert_int_equal(symlinkat(name, root, path), 0);
	}
	assert_int_equal(mkdirat(root, "l42", 0755), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "l%d", i);
		compare(root, path, O_PATH, 0);
	}
	assert_int_equal(symlinkat("loop", root, "loop"), 0);
	compare(root, "loop", O_PATH, 0);
	compare(root, "loop", O_PATH | O_NOFOLLOW, 0);
	compare(root, "loop/", O_PATH | O_NOFOLLOW, 0);
	clear();
}

/* Magic links and other mounts: refused by both, if not always in the same words. */
static void nothing_magic(void **state)
{
	(void)state;
	static const char *const magic[] = { "self/fd/0", "self/cwd", "self/root/etc", "self/exe", "thread-self/ns/mnt" };
	_cleanup_fd int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd int proc = procfs_host();
	if (proc < 0)
		skip();
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
		int opened = path_open(proc, magic[i], O_PATH, 0), walked = path_walk(proc, magic[i], O_PATH, 0);
		assert_true(opened == -ELOOP || opened == -EXDEV);
		assert_int_equal(walked, -ELOOP);
	}
	compare(proc, "self/status", O_PATH, 0);
	compare(proc, "mounts", O_PATH, 0);
	assert_int_equal(path_open(slash, "proc/self", O_PATH, PATH_NO_XDEV), -EXDEV);
	assert_int_equal(path_walk(slash, "proc/self", O_PATH, PATH_NO_XDEV), -EXDEV);
}

/* ---- making what is missing ---- */

static void is_directory(int fd, mode_t mode)
{
	struct stat file;
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &file), 0);
	assert_int_equal(file.st_mode, S_IFDIR | mode);
	close(fd);
}

static void directories_are_made(void **state)
{
	(void)state;
	mode_t before = umask(0);
	is_directory(path_directory(root, "/one/two//./three/", 0755), 0755);
	is_directory(path_directory(root, "../../one/two/../four/../five", 0751), 0751);
	is_directory(path_directory(root, "new/../newer", 0750), 0750);
	compare(root, "one/five", O_PATH | O_DIRECTORY, 0);
	compare(root, "newer", O_PATH | O_DIRECTORY, 0);
	is_directory(path_directory(root, "/", 0700), 0755);
	/* Through an absolute link, as /var/run -> /run. */
	assert_int_equal(symlinkat("/one", root, "link"), 0);
	is_directory(path_directory(root, "link/six", 0755), 0755);
	compare(root, "one/six", O_PATH | O_DIRECTORY, 0);
	umask(before);
	clear();
}

static void nothing_is_made_behind_a_link_to_nowhere(void **state)
{
	(void)state;
	char target[64];
	struct stat file;

	snprintf(target, sizeof(target), "%s/canary/made", top);
	assert_int_equal(symlinkat(target, root, "absolute"), 0);
	assert_int_equal(symlinkat("missing/x", root, "relative"), 0);
	assert_int_equal(path_directory(root, "absolute", 0755), -ELOOP);
	assert_int_equal(path_directory(root, "absolute/below", 0755), -ELOOP);
	assert_int_equal(path_directory(root, "relative/below", 0755), -ELOOP);
	assert_int_equal(path_file(root, "absolute", 0644), -ELOOP);
	assert_int_equal(path_file(root, "relative/file", 0644), -ELOOP);
	assert_int_equal(fstatat(outside, "made", &file, 0), -1);
	assert_int_equal(fstatat(root, "missing", &file, 0), -1);
	/* A FIFO in the way neither blocks nor gives way. */
	assert_int_equal(mkfifoat(root, "fifo", 0644), 0);
	assert_int_equal(path_directory(root, "fifo/x", 0755), -ENOTDIR);
	assert_int_equal(path_file(root, "fifo/x", 0644), -ENOTDIR);
	clear();
}

static void files_are_made_and_kept(void **state)
{
	(void)state;
	struct stat file;
	_cleanup_fd int made = path_file(root, "/etc/deep/hosts", 0644);
	assert_int_equal(fstat(made, &file), 0);
	assert_true(S_ISREG(file.st_mode) && file.st_size == 0);
	_cleanup_fd int written = openat(root, "etc/text", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(written, "abc", 3), 3);
	_cleanup_fd int there = path_file(root, "etc/text", 0644);
	assert_int_equal(fstat(there, &file), 0);
	assert_int_equal(file.st_size, 3);
	assert_int_equal(file.st_mode, S_IFREG | 0600);
	assert_int_equal(path_file(root, "etc/nothing/..", 0644), -EISDIR);
	assert_int_equal(path_file(root, "etc/nothing/", 0644), -EISDIR);

	_cleanup_fd int proc = procfs_host();
	_cleanup_fd int again = path_reopen(proc, there, O_RDONLY);
	char text[4] = "";
	assert_int_equal(read(again, text, 3), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(mkfifoat(root, "fifo", 0644), 0);
	_cleanup_fd int fifo = path_open(root, "fifo", O_PATH, 0);
	assert_int_equal(path_reopen(proc, fifo, O_RDONLY), -EINVAL);
	clear();
}

/* ---- races (cases C30, CVE-2021-30465, CVE-2024-45310) ---- */

static pid_t start_swapping(const char *one, const char *other)
{
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			syscall(SYS_renameat2, root, one, root, other, 2 /* RENAME_EXCHANGE */);
	return pid;
}

static void stop_swapping(pid_t swapper)
{
	kill(swapper, SIGKILL);
	waitpid(swapper, NULL, 0);
}

static void nothing_leaves_the_root_while_it_is_swapped(void **state)
{
	(void)state;
	char target[64], command[256];
	struct stat canary, file;
	int failures = 0;
	static int (*const opens[])(int, const char *, int, int) = { path_open, path_walk };

	snprintf(target, sizeof(target), "%s/canary", top);
	assert_int_equal(mkdirat(root, "etc", 0755), 0);
	assert_int_equal(symlinkat(target, root, "evil"), 0);
	snprintf(command, sizeof(command), "echo secret >'%s/canary/passwd'; echo plain >'%s/root/etc/passwd'", top, top);
	shell(command);
	assert_int_equal(fstatat(outside, "passwd", &canary, 0), 0);
	pid_t swapper = start_swapping("etc", "evil");
	for (int i = 0; i < 20000; i++) {
		_cleanup_fd int fd = opens[i & 1](root, i & 2 ? "etc/passwd" : "etc/../etc/passwd", O_PATH, 0);
		if (fd == -EAGAIN)
			failures++;
		if (fd >= 0 && fstat(fd, &file) == 0)
			assert_false(file.st_ino == canary.st_ino && file.st_dev == canary.st_dev);
		char name[32];
		snprintf(name, sizeof(name), "etc/new%d/x", i % 50);
		if (i % 10 == 0) {
			_cleanup_fd int made = path_directory(root, name, 0755);
			_cleanup_fd int empty = path_file(root, "etc/hosts", 0644);
		}
	}
	stop_swapping(swapper);
	assert_true(failures < 20);
	snprintf(command, sizeof(command), "test \"$(ls '%s/canary')\" = passwd", top);
	shell(command);
	clear();
}

/* 38 of 40 links, the last of which is exchanged with one like it: a second try of the kernel's own makes them 76. */
static void links_are_counted_once_while_one_is_swapped(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(root, "end", 0755), 0);
	assert_int_equal(symlinkat("end", root, "l0"), 0);
	assert_int_equal(symlinkat("end", root, "other"), 0);
	for (int i = 1; i < 38; i++) {
		char name[8], to[8];
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i - 1);
		assert_int_equal(symlinkat(to, root, name), 0);
	}
	pid_t swapper = start_swapping("l0", "other");
	int last = 0;
	for (int i = 0; i < 50000 && last >= 0; i++) {
		_cleanup_fd int fd = path_open(root, "l37", O_PATH, 0);
		last = fd;
	}
	stop_swapping(swapper);
	assert_int_equal(last < 0 ? last : 0, 0);
	assert_int_equal(symlinkat("circle", root, "circle"), 0);
	assert_int_equal(path_open(root, "circle", O_PATH, 0), -ELOOP);
	clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_walker_agrees_with_the_kernel),
		cmocka_unit_test(edges),
		cmocka_unit_test(nothing_magic),
		cmocka_unit_test(directories_are_made),
		cmocka_unit_test(nothing_is_made_behind_a_link_to_nowhere),
		cmocka_unit_test(files_are_made_and_kept),
		cmocka_unit_test(nothing_leaves_the_root_while_it_is_swapped),
		cmocka_unit_test(links_are_counted_once_while_one_is_swapped),
	};
	return cmocka_run_group_tests_name("path", tests, set_up, tear_down);
}
