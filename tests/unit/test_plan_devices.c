/* plan/devices.c: which nodes and links are made, where, and what is refused. */
#include <setjmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "planned_files.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define DEV_TMPFS ",\"mounts\":[{\"destination\":\"/dev/\",\"type\":\"tmpfs\"}]"
#define DEV_BIND ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"tmpfs\"},{\"destination\":\"/dev\"," \
	"\"source\":\"/dev\",\"options\":[\"rbind\"]}]"

static const struct plan_device *device_at(const char *path)
{
	for (size_t i = 0; i < plan->mounts.device_count; i++)
		if (!strcmp(plan->mounts.devices[i].path, path))
			return &plan->mounts.devices[i];
	return NULL;
}

static void every_container_has_six(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT, MOUNT_NS), 0);
	assert_int_equal(plan->mounts.device_count, 6);
	assert_false(plan->mounts.dev_is_ours);
	const struct plan_device *null = device_at("/dev/null");
	assert_int_equal(null->mode, S_IFCHR | 0666);
	assert_int_equal(null->major, 1);
	assert_int_equal(null->minor, 3);
	assert_false(null->bind);
	assert_int_equal(device_at("/dev/tty")->major, 5);
	assert_int_equal(plan->mounts.link_count, 6);
	host.kcore = false;
	assert_int_equal(make_plan(ROOT DEV_TMPFS, MOUNT_NS), 0);
	assert_true(plan->mounts.dev_is_ours);
	assert_int_equal(plan->mounts.link_count, 5);
	usual_host();
}

static void a_bound_dev_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT DEV_BIND,
				   MOUNT_NS ",\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3},"
				   "{\"path\":\"/srv/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]"), 0);
	assert_int_equal(plan->mounts.device_count, 1);
	assert_non_null(device_at("/srv/x"));
	assert_int_equal(plan->mounts.link_count, 0);
	assert_int_equal(warning_count, 1);
	assert_false(plan->mounts.dev_is_ours);
	assert_int_equal(make_plan(ROOT ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"devtmpfs\"}]", MOUNT_NS), 0);
	assert_int_equal(plan->mounts.device_count, 0);
}

static void configured_ones(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT DEV_TMPFS, MOUNT_NS ",\"devices\":["
		"{\"path\":\"/dev/fuse\",\"type\":\"u\",\"major\":10,\"minor\":229,\"fileMode\":8624,\"uid\":5,\"gid\":6},"
		"{\"path\":\"/dev//sda/\",\"type\":\"b\",\"major\":4095,\"minor\":1048575},"
		"{\"path\":\"/run/p\",\"type\":\"p\"},"
		"{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":5,\"fileMode\":384},"
		"{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229,\"fileMode\":432,\"uid\":5,\"gid\":6}]"), 0);
	assert_int_equal(plan->mounts.device_count, 9);
	assert_int_equal(device_at("/dev/fuse")->mode, S_IFCHR | 0660);
	assert_int_equal(device_at("/dev/fuse")->uid, 5);
	assert_int_equal(device_at("/dev/sda")->mode, S_IFBLK | 0666);
	assert_int_equal(device_at("/dev/sda")->minor, 1048575);
	assert_int_equal(device_at("/run/p")->mode, S_IFIFO | 0666);
	assert_int_equal(device_at("/dev/null")->minor, 5);
	assert_int_equal(device_at("/dev/null")->mode, S_IFCHR | 0600);
}

static void a_user_namespace_binds_them(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT DEV_TMPFS, USER_NS ",\"devices\":[{\"path\":\"/run/p\",\"type\":\"p\"}]"), 0);
	assert_true(device_at("/dev/null")->bind);
	assert_false(device_at("/run/p")->bind);
	assert_int_equal(plan->mounts.cargo, 6);
	host.in_user_namespace = true;
	assert_int_equal(make_plan(ROOT, ""), -1);
	assert_non_null(strstr(sentence, "need a mount namespace"));
	usual_host();
}

static const struct { const char *device, *error; } refused[] = {
	{ "{\"path\":\"dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}", "absolute" },
	{ "{\"path\":\"/dev/../x\",\"type\":\"c\",\"major\":1,\"minor\":3}", "below the root" },
	{ "{\"path\":\"/..\",\"type\":\"p\"}", "below the root" },
	{ "{\"path\":\"/\",\"type\":\"p\"}", "below the root" },
	{ "{\"path\":\"/dev/\",\"type\":\"p\"}", "below the root" },
	{ "{\"path\":\"/dev/x\",\"type\":\"s\"}", "" },
	{ "{\"path\":\"/dev/x\",\"type\":\"cc\",\"major\":1,\"minor\":3}", "" },
	{ "{\"path\":\"/dev/x\",\"type\":\"c\"}", "major and minor" },
	{ "{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1}", "major and minor" },
	{ "{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":4096,\"minor\":3}", "4095" },
	{ "{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1048576}", "1048575" },
	{ "{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":-1,\"minor\":1}", "" },
	{ "{\"path\":\"/dev/x\",\"type\":\"p\"},{\"path\":\"/dev/./x\",\"type\":\"c\",\"major\":1,\"minor\":3}",
	 "already another one" },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (make_plan(ROOT, arena_printf(&arena, MOUNT_NS ",\"devices\":[%s]", refused[i].device)) != -1 ||
		    !strstr(sentence, refused[i].error))
			fail_msg("%s\n  wanted: %s\n  got: %s", refused[i].device, refused[i].error, sentence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_container_has_six),
		cmocka_unit_test(a_bound_dev_is_left_alone),
		cmocka_unit_test(configured_ones),
		cmocka_unit_test(a_user_namespace_binds_them),
		cmocka_unit_test(refused_by_table),
	};
	return cmocka_run_group_tests_name("plan_devices", tests, open_arena, close_arena);
}
