/* kern/mount_view.c: what the host has set on a mount cannot be taken back from a clone for a user namespace (rule B.3.9). */
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
#include <sys/stat.h>
#include <unistd.h>

#include "base/abi.h"
#include "base/cleanup.h"
#include "kern/mount.h"
#include "kern/mount_view.h"
#include "kern/path.h"

#include <cmocka.h> /* last: it has a macro called fail */

static char top[] = "/tmp/caisson-view-XXXXXX";
static char below[64];

static int set_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL), 0);
	assert_non_null(mkdtemp(top));
	assert_int_equal(mount(top, top, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount(NULL, top, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID, NULL), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	while (umount2(top, MNT_DETACH) == 0)
		;
	return rmdir(top);
}

static int clone_of(const struct mount_view *view, const char *path, int how)
{
	_cleanup_fd int fd = path_open(view->root, path, O_PATH, 0);
	return fd < 0 ? fd : mount_view_clone(view, fd, how);
}

static void flags_are_locked(void **state)
{
	(void)state;
	struct mount_view view;
	if (geteuid() != 0)
		skip();
	_cleanup_fd int host = open("/", O_PATH | O_CLOEXEC);
	_cleanup_fd int plain = mount_clone(host, top + 1, 0);
	assert_int_equal(mount_attributes(plain, 0, ABI_MOUNT_ATTR_RDONLY, 0), 0);

	assert_int_equal(mount_view_open(&view), 0);
	_cleanup_fd int locked = clone_of(&view, top, 0);
	assert_true(locked >= 0);
	assert_int_equal(fcntl(locked, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(mount_attributes(locked, 0, ABI_MOUNT_ATTR_RDONLY, 0), -EPERM);
	assert_int_equal(mount_attributes(locked, 0, ABI_MOUNT_ATTR_NOSUID, 0), -EPERM);
	assert_int_equal(mount_attributes(locked, ABI_MOUNT_ATTR_NODEV, 0, 0), 0);
	mount_view_close(&view);
}

static void what_a_mount_hides_stays_hidden(void **state)
{
	(void)state;
	struct mount_view view;
	if (geteuid() != 0)
		skip();
	snprintf(below, sizeof(below), "%s/below", top);
	assert_int_equal(mount(NULL, top, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID, NULL), 0);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(mount("tmpfs", below, "tmpfs", 0, NULL), 0);
	assert_int_equal(mount_view_open(&view), 0);
	assert_int_equal(clone_of(&view, top, 0), -EINVAL);
	_cleanup_fd int tree = clone_of(&view, top, MOUNT_RECURSIVE);
	assert_true(tree >= 0);
	mount_view_close(&view);
	assert_int_equal(umount2(below, MNT_DETACH), 0);
	assert_int_equal(rmdir(below), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_are_locked),
		cmocka_unit_test(what_a_mount_hides_stays_hidden),
	};
	return cmocka_run_group_tests_name("mount_view", tests, set_up, tear_down);
}
