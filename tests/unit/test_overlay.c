/* kern/overlay*.c: both ways of making an overlay give the same, leave nothing in the mount table, and name what is wrong. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kern/overlay.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define LAYERS 250

static char top[] = "/tmp/caisson-overlay-XXXXXX";
static char layers[LAYERS][64];
static const char *lower[LAYERS];
static int (*way)(const struct overlay *overlay, struct overlay_fault *fault);

static void shell(const char *format, ...)
{
	char command[512];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static bool detached_layers(void)
{
	struct utsname name;
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 15);
}

static int set_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	/* A table of mounts that nobody else changes. */
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL), 0);
	assert_non_null(mkdtemp(top));
	for (int i = 0; i < LAYERS; i++) {
		snprintf(layers[i], sizeof(layers[i]), "%s/l%d", top, i);
		lower[i] = layers[i];
		shell("mkdir '%s' && echo %d >'%s/who' && touch '%s/only%d'", lower[i], i, lower[i], lower[i], i);
	}
	shell("mkdir '%s/up' '%s/work' '%s/odd:,\\name' && echo odd >'%s/odd:,\\name/who'", top, top, top, top);
	shell("cat /proc/self/mountinfo >'%s/before'", top);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (geteuid() == 0)
		shell("rm -rf '%s'", top);
	return 0;
}

static void needs(void)
{
	if (geteuid() != 0 || (way == overlay_open && !detached_layers()))
		skip();
}

static void reads(int tree, const char *name, const char *wanted)
{
	char text[32] = "";
	_cleanup_fd int fd = openat(tree, name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, wanted);
}

static int made(const struct overlay *overlay)
{
	struct overlay_fault fault;
	int tree = way(overlay, &fault);
	if (tree < 0)
		fail_msg("%s: %s%s", strerror(-tree), fault.what ? fault.what : "(the whole)", fault.words);
	assert_int_equal(fcntl(tree, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	shell("cat /proc/self/mountinfo | cmp -s - '%s/before'", top);
	return tree;
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 4096; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void the_topmost_is_seen(void)
{
	needs();
	struct stat file;
	unsigned before = open_descriptors();
	int tree = made(&(struct overlay){ .lower = lower, .lower_count = 3 });
	reads(tree, "who", "0");
	assert_int_equal(fstatat(tree, "only2", &file, 0), 0);
	assert_true(openat(tree, "new", O_WRONLY | O_CREAT, 0600) < 0);
	assert_int_equal(errno, EROFS);
	close(tree);
	assert_int_equal(open_descriptors(), before);
}

static void many_layers(void)
{
	needs();
	struct stat file;
	/* The runtime raises its soft limit; the classic way holds all layers at once. */
	struct rlimit limit = { 1024, 1024 }, was;
	getrlimit(RLIMIT_NOFILE, &was);
	limit.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	_cleanup_fd int tree = made(&(struct overlay){ .lower = lower, .lower_count = LAYERS });
	reads(tree, "who", "0");
	assert_int_equal(fstatat(tree, "only249", &file, 0), 0);
	setrlimit(RLIMIT_NOFILE, &was);
}

static void changes_go_to_the_upper_directory(void)
{
	needs();
	char up[64], work[64];
	snprintf(up, sizeof(up), "%s/up", top);
	snprintf(work, sizeof(work), "%s/work", top);
	shell("cd '%s' && rm -rf up/* work/*", top);
	static const struct overlay_parameter parameters[] = { { "index", "off" } };
	_cleanup_fd int tree = made(&(struct overlay){ .lower = lower, .lower_count = 1, .upper = up, .work = work,
						      .parameters = parameters,
						       .parameter_count = 1 });
	_cleanup_fd int fd = openat(tree, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(unlinkat(tree, "only0", 0), 0);
	shell("test -f '%s/up/new' && test -c '%s/up/only0' && test -f '%s/l0/only0'", top, top, top);
}

static void ephemeral_changes_vanish(void)
{
	needs();
	struct stat root;
	shell("chmod 1751 '%s/l0' && chown 12:34 '%s/l0'", top, top);
	unsigned before = open_descriptors();
	int tree = made(&(struct overlay){ .lower = lower, .lower_count = 1, .ephemeral = true });
	int fd = openat(tree, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fstat(tree, &root), 0);
	assert_int_equal(root.st_mode, S_IFDIR | 01751);
	assert_int_equal(root.st_uid, 12);
	close(fd);
	close(tree);
	assert_int_equal(open_descriptors(), before);
	shell("chmod 0755 '%s/l0' && chown 0:0 '%s/l0' && test ! -e '%s/l0/new'", top, top, top);
}

static void odd_names(void)
{
	needs();
	char odd[96];
	snprintf(odd, sizeof(odd), "%s/odd:,\\name", top);
	const char *both[] = { odd, lower[0] };
	_cleanup_fd int tree = made(&(struct overlay){ .lower = both, .lower_count = 2 });
	reads(tree, "who", "odd");
}

static void what_is_wrong_is_named(void)
{
	needs();
	struct overlay_fault fault;
	char file[96];
	const char *missing[] = { lower[0], "/no/such/layer" }, *magic[] = { lower[0], "/proc/self/root" }, *plain[] = { lower[0],
															file };
	static const struct overlay_parameter parameters[] = { { "no_such_option", "on" } };

	snprintf(file, sizeof(file), "%s/who", lower[0]);
	assert_int_equal(way(&(struct overlay){ .lower = missing, .lower_count = 2 }, &fault), -ENOENT);
	assert_string_equal(fault.what, "/no/such/layer");
	assert_true(way(&(struct overlay){ .lower = magic, .lower_count = 2 }, &fault) < 0);
	assert_string_equal(fault.what, "/proc/self/root");
	assert_int_equal(way(&(struct overlay){ .lower = plain, .lower_count = 2 }, &fault), -ENOTDIR);
	assert_string_equal(fault.what, file);
	assert_int_equal(way(&(struct overlay){ .lower = lower, .lower_count = 2, .parameters = parameters, .parameter_count = 1 },
			     &fault), -EINVAL);
	shell("cat /proc/self/mountinfo | cmp -s - '%s/before'", top);
}

#define BOTH(test)                                                                       \
	static void test##_new(void **state) { (void)state; way = overlay_open; test(); }    \
	static void test##_classic(void **state) { (void)state; way = overlay_open_classic; test(); }
BOTH(the_topmost_is_seen)
BOTH(many_layers)
BOTH(changes_go_to_the_upper_directory)
BOTH(ephemeral_changes_vanish)
BOTH(odd_names)
BOTH(what_is_wrong_is_named)
#define TESTS(test) cmocka_unit_test(test##_new), cmocka_unit_test(test##_classic)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(the_topmost_is_seen), TESTS(many_layers), TESTS(changes_go_to_the_upper_directory),
		TESTS(ephemeral_changes_vanish), TESTS(odd_names), TESTS(what_is_wrong_is_named),
	};
	return cmocka_run_group_tests_name("overlay", tests, set_up, tear_down);
}
