/* plan/root.c and overlay.c: the root, its layers, its propagation. */
#include <setjmp.h>
#include <stdlib.h>
#include "planned_files.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void paths(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT, MOUNT_NS), 0);
	assert_string_equal(plan->root.path, "/bundle/rootfs");
	assert_true(plan->root.bound && plan->root.pivot);
	assert_null(plan->root.overlay);
	assert_int_equal(plan->root.propagation, ABI_MS_PRIVATE);
	assert_int_equal(plan->root.host_propagation, ABI_MS_SLAVE);
	assert_int_equal(plan->root.fd, -1);
	assert_int_equal(make_plan("\"root\":{\"path\":\"/srv//a/../b/\",\"readonly\":true}", MOUNT_NS), 0);
	assert_string_equal(plan->root.path, "/srv/a/../b");
	assert_true(plan->root.readonly);
	request.no_pivot = true;
	assert_int_equal(make_plan(ROOT, MOUNT_NS), 0);
	assert_true(plan->root.bound && !plan->root.pivot);
	usual_host();
	assert_int_equal(make_plan(ROOT, ""), 0);
	assert_false(plan->root.bound || plan->root.pivot);
	assert_int_equal(plan->root.host_propagation, 0);
	assert_int_equal(plan->root.propagation, 0);
}

static const struct { const char *word; uint64_t flag; bool recursive; uint64_t setup; } words[] = {
	{ "private", ABI_MS_PRIVATE, false, ABI_MS_PRIVATE }, { "rprivate", ABI_MS_PRIVATE, true, ABI_MS_PRIVATE },
	{ "slave", ABI_MS_SLAVE, false, ABI_MS_SLAVE },       { "rslave", ABI_MS_SLAVE, true, ABI_MS_SLAVE },
	{ "shared", ABI_MS_SHARED, false, ABI_MS_SHARED },    { "rshared", ABI_MS_SHARED, true, ABI_MS_SHARED },
	{ "unbindable", ABI_MS_UNBINDABLE, false, ABI_MS_PRIVATE }, { "runbindable", ABI_MS_UNBINDABLE, true, ABI_MS_PRIVATE },
};

static void propagation_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(make_plan(ROOT, arena_printf(&arena, MOUNT_NS ",\"rootfsPropagation\":\"%s\"", words[i].word)), 0);
		assert_int_equal(plan->root.propagation, words[i].flag);
		assert_int_equal(plan->root.propagation_recursive, words[i].recursive);
		assert_int_equal(plan->root.host_propagation, words[i].setup);
	}
}

#define ANNOTATIONS ROOT ",\"annotations\":{\"io.caisson.rootfs.lower\":\"top:/middle\\\\:odd:../below\"," \
	"\"io.caisson.rootfs.upper\":\"up\"," \
	"\"io.caisson.rootfs.work\":\"/work\"}"

static void layers_by_annotation(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ANNOTATIONS, MOUNT_NS), 0);
	const struct plan_overlay *overlay = plan->root.overlay;
	assert_int_equal(overlay->lower_count, 4);
	assert_string_equal(overlay->lower[0], "/bundle/top");
	assert_string_equal(overlay->lower[1], "/middle:odd");
	assert_string_equal(overlay->lower[2], "/bundle/../below");
	assert_string_equal(overlay->lower[3], "/bundle/rootfs");
	assert_string_equal(overlay->upper, "/bundle/up");
	assert_string_equal(overlay->work, "/work");
	assert_false(overlay->ephemeral || overlay->detached);
	host.kernel = KERNEL_VERSION_OF(6, 18);
	assert_int_equal(make_plan(ROOT ",\"annotations\":{\"io.caisson.rootfs.ephemeral\":\"true\"}", MOUNT_NS), 0);
	assert_int_equal(plan->root.overlay->lower_count, 1);
	assert_true(plan->root.overlay->ephemeral && plan->root.overlay->detached);
	assert_int_equal(make_plan(ROOT ",\"annotations\":{\"io.caisson.rootfs.ephemeral\":\"false\"}", MOUNT_NS), 0);
	assert_null(plan->root.overlay);
	usual_host();
}

static void the_command_line_takes_the_annotations_place(void **state)
{
	(void)state;
	static const char *const lower[] = { "a:b", "/c\\d" };
	request.lower = lower;
	request.lower_count = 2;
	assert_int_equal(make_plan(ANNOTATIONS, MOUNT_NS), 0);
	assert_int_equal(plan->root.overlay->lower_count, 3);
	assert_string_equal(plan->root.overlay->lower[0], "/bundle/a:b"); /* one option, one directory: nothing is escaped */
	assert_string_equal(plan->root.overlay->lower[1], "/c\\d");
	assert_string_equal(plan->root.overlay->upper, "/bundle/up");
	request.ephemeral = true;
	assert_int_equal(make_plan(ANNOTATIONS, MOUNT_NS), 0);
	assert_null(plan->root.overlay->upper);
	assert_true(plan->root.overlay->ephemeral);
	request.upper = "u";
	assert_int_equal(make_plan(ANNOTATIONS, MOUNT_NS), -1);
	request.work = "w";
	assert_int_equal(make_plan(ANNOTATIONS, MOUNT_NS), -1);
	assert_non_null(strstr(sentence, "ephemeral"));
	usual_host();
}

static void five_hundred_layers(void **state)
{
	(void)state;
	static const char *lower[500];
	for (size_t i = 0; i < 500; i++)
		lower[i] = arena_printf(&arena, "l%zu", i);
	request.lower = lower;
	request.lower_count = 499;
	assert_int_equal(make_plan(ROOT, MOUNT_NS), 0);
	assert_int_equal(plan->root.overlay->lower_count, 500);
	request.lower_count = 500;
	assert_int_equal(make_plan(ROOT, MOUNT_NS), -1);
	assert_non_null(strstr(sentence, "at most 500"));
	usual_host();
}

static const struct { const char *top, *linux_, *error; } refused[] = {
	{ "\"hostname\":\"x\"", MOUNT_NS, "root must be specified" },
	{ "\"root\":{\"path\":\"\"}", MOUNT_NS, "" },
	{ "\"root\":{\"path\":\"/\"}", MOUNT_NS, "invalid rootfs" },
	{ "\"root\":{\"path\":\"/a/..\"}", MOUNT_NS, "invalid rootfs" },
	{ "\"root\":{\"path\":\"r\",\"readonly\":true}", "", "read-only root needs a mount namespace" },
	{ ROOT, MOUNT_NS ",\"rootfsPropagation\":\"sometimes\"", "rootfsPropagation=sometimes is not supported" },
	{ ROOT, "\"rootfsPropagation\":\"slave\"", "needs a mount namespace" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.ephemeral\":\"yes\"}", MOUNT_NS, "true or false" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.lower\":\"\"}", MOUNT_NS, "empty name" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.lower\":\"/a::/b\"}", MOUNT_NS, "empty name" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.upper\":\"/a\"}", MOUNT_NS, "work directory is missing" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.work\":\"/a\"}", MOUNT_NS, "upper directory is missing" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.upper\":\"\",\"io.caisson.rootfs.work\":\"/a\"}", MOUNT_NS, "is empty" },
	{ ROOT ",\"annotations\":{\"io.caisson.rootfs.ephemeral\":\"true\"}", "", "needs a mount namespace" },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (make_plan(refused[i].top, refused[i].linux_) != -1 || !strstr(sentence, refused[i].error))
			fail_msg("%s %s\n  wanted: %s\n  got: %s", refused[i].top, refused[i].linux_, refused[i].error, sentence);
	request.no_pivot = true;
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"rootfsPropagation\":\"rprivate\""), -1);
	assert_non_null(strstr(sentence, "rootfsPropagation of [r]private is not safe without pivot_root"));
	usual_host();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(propagation_by_table),
		cmocka_unit_test(layers_by_annotation),
		cmocka_unit_test(the_command_line_takes_the_annotations_place),
		cmocka_unit_test(five_hundred_layers),
		cmocka_unit_test(refused_by_table),
	};
	return cmocka_run_group_tests_name("plan_root", tests, open_arena, close_arena);
}
