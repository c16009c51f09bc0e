/* plan/mount_rights.c: in which user namespaces a sysfs may be the container's own, and what a refusal of the kernel means. */
#include <setjmp.h>
#include "planned_files.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define MAP "[{\"containerID\":0,\"hostID\":1000,\"size\":9}]"
#define MAPS "\"uidMappings\":" MAP ",\"gidMappings\":" MAP
#define NEW(type) "{\"type\":\"" type "\"}"
#define JOIN(type) "{\"type\":\"" type "\",\"path\":\"/ns\"}"
#define NAMESPACES(list) "\"namespaces\":[{\"type\":\"mount\"}," list "]"

static const struct plan_mount *mount_in(const char *members, const char *linux_)
{
	make_plan(arena_printf(&arena, "\"root\":{\"path\":\"r\"},\"mounts\":[{\"destination\":\"/sys\",%s}]", members), linux_);
	if (*sentence)
		print_error("%s\n  %s\n", linux_, sentence);
	assert_string_equal(sentence, "");
	return &plan->mounts.items[0];
}

static const struct { const char *linux_; bool inside, owns, own_sysfs; } networks[] = {
	{ NAMESPACES(NEW("network")), false, false, true },
	{ NAMESPACES(NEW("pid")), false, false, true },
	{ NAMESPACES(NEW("user") "," NEW("network")) "," MAPS, false, false, true },
	{ NAMESPACES(NEW("user") "," NEW("pid")) "," MAPS, false, false, false },
	{ NAMESPACES(NEW("user") "," JOIN("network")) "," MAPS, false, false, false },
	{ NAMESPACES(JOIN("user") "," NEW("network")), false, false, true },
	{ NAMESPACES(JOIN("user") "," JOIN("network")), false, false, true },
	{ NAMESPACES(JOIN("user") "," NEW("pid")), false, false, false },
	{ NAMESPACES(NEW("network")), true, false, true },
	{ NAMESPACES(NEW("pid")), true, true, true },
	{ NAMESPACES(NEW("pid")), true, false, false },
	{ NAMESPACES(JOIN("network")), true, false, true },
};

static void sysfs_is_the_containers_own_or_the_hosts_read_only(void **unused)
{
	const uint64_t all = ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC;

	(void)unused;
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		host.in_user_namespace = networks[i].inside;
		host.owns_network = networks[i].owns;
		const struct plan_mount *m = mount_in("\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"rw\"]", networks[i].linux_);
		if ((m->kind == MOUNT_FILESYSTEM) != networks[i].own_sysfs)
			print_error("row %zu\n", i);
		assert_int_equal(m->kind, networks[i].own_sysfs ? MOUNT_FILESYSTEM : MOUNT_TREE);
		if (networks[i].own_sysfs)
			continue;
		assert_string_equal(m->source, "/sys");
		assert_true(m->recursive && m->real_directory);
		assert_true(m->recursive_set == all && !m->recursive_clear && !m->attr_clear);
		assert_true(warning_count > 0);
	}
	usual_host();
}

static void a_read_only_bind_of_sys_covers_its_submounts_in_a_user_namespace(void **unused)
{
	const char *bind = "\"source\":\"/sys/\",\"options\":[\"rbind\",\"ro\"]", *writable = "\"source\":\"/sys\",\"options\":[\"rbind\"]";

	(void)unused;
	assert_true(mount_in(bind, NAMESPACES(NEW("user")) "," MAPS)->recursive_set == ABI_MOUNT_ATTR_RDONLY);
	assert_true(mount_in(writable, NAMESPACES(NEW("user")) "," MAPS)->recursive_set == 0);
	assert_true(mount_in(bind, NAMESPACES(NEW("pid")))->recursive_set == 0);
	assert_true(mount_in("\"source\":\"/sys2\",\"options\":[\"rbind\",\"ro\"]", NAMESPACES(NEW("user")) "," MAPS)->recursive_set == 0);
}

static const struct { const char *type, *linux_, *says; } refusals[] = {
	{ "mqueue", NAMESPACES(NEW("ipc")), NULL },
	{ "debugfs", NAMESPACES(NEW("user")) "," MAPS, "only root of the host" },
	{ "tmpfs", NAMESPACES(NEW("user")) "," MAPS, NULL },
	{ "mqueue", NAMESPACES(NEW("user")) "," MAPS, "the ipc namespace belongs to another" },
	{ "sysfs", NAMESPACES(NEW("user") "," NEW("network")) "," MAPS, "covers a part" },
	{ "sysfs", NAMESPACES(JOIN("user") "," JOIN("network")), "the network namespace belongs to another" },
};

static void a_refusal_is_explained(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct plan_mount *m = mount_in(arena_printf(&arena, "\"type\":\"%s\"", refusals[i].type), refusals[i].linux_);
		if (!refusals[i].says)
			assert_null(m->why_refused);
		else
			assert_non_null(strstr(m->why_refused, refusals[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sysfs_is_the_containers_own_or_the_hosts_read_only),
		cmocka_unit_test(a_read_only_bind_of_sys_covers_its_submounts_in_a_user_namespace),
		cmocka_unit_test(a_refusal_is_explained),
	};
	return cmocka_run_group_tests_name("mount rights", tests, open_arena, close_arena);
}
