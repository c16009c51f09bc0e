/* plan/sysctl.c and paths.c: which kernel parameters and paths are taken, in which spelling. */
#include <setjmp.h>
#include <stdlib.h>
#include "planned_files.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define SPACES "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"}]"

static const struct { const char *key, *path; } taken[] = {
	{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
	{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
	{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding" },
	{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding" },
	{ "kernel.msgmax", "kernel/msgmax" },
	{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced" },
	{ "kernel.domainname", "kernel/domainname" },
	{ "fs.mqueue.msg_max", "fs/mqueue/msg_max" },
};

static int with(const char *key, const char *linux_)
{
	return make_plan(ROOT, arena_printf(&arena, "%s,\"sysctl\":{\"%s\":\"1\"}", linux_, key));
}

static void keys_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (with(taken[i].key, SPACES) != 0)
			fail_msg("%s: %s", taken[i].key, sentence);
		assert_string_equal(plan->sysctls[0].path, taken[i].path);
		assert_string_equal(plan->sysctls[0].value, "1");
	}
	assert_int_equal(with("user.max_user_namespaces", USER_NS), 0);
}

static const struct { const char *key, *error; } refused[] = {
	{ "kernel.core_pattern", "is not in a separate kernel namespace" },
	{ "vm.overcommit_memory", "is not in a separate kernel namespace" },
	{ "kernel.hostname", "conflicts with the OCI" },
	{ "kernel/hostname", "conflicts with the OCI" },
	{ "kernel.msgmaxx", "is not in a separate kernel namespace" },
	{ "fs.mqueue", "is not in a separate kernel namespace" },
	{ "net", "is not in a separate kernel namespace" },
	{ "net/../kernel/core_pattern", "no name of a sysctl" },
	{ "net.ipv4..x", "no name of a sysctl" },
	{ "net./../kernel", "no name of a sysctl" },
	{ "net/ipv4/./x", "no name of a sysctl" },
	{ "/net/ipv4/x", "no name of a sysctl" },
	{ "net.ipv4.", "no name of a sysctl" },
	{ "net.ipv4.a\\nb", "no name of a sysctl" },
	{ "net.ipv4.a b", "no name of a sysctl" },
	{ "user.max_user_namespaces", "needs a user namespace" },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (with(refused[i].key, SPACES) != -1 || !strstr(sentence, refused[i].error))
			fail_msg("%s\n  wanted: %s\n  got: %s", refused[i].key, refused[i].error, sentence);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		assert_int_equal(with(taken[i].key, MOUNT_NS), -1);
}

static void long_values_are_refused(void **state)
{
	(void)state;
	char *value = arena_alloc(&arena, 1 << 20);
	memset(value, '1', (1 << 20) - 1);
	assert_int_equal(make_plan(ROOT, arena_printf(&arena, SPACES ",\"sysctl\":{\"net.core.x\":\"%s\"}", value)), -1);
	assert_non_null(strstr(sentence, "longer than a page"));
}

static void masked_and_readonly_paths(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"maskedPaths\":[\"/a\",\"/b//c/\",\"/a/.\"],\"readonlyPaths\":[\"/d\",\"/\"]"),
			 0);
	assert_int_equal(plan->mounts.masked_count, 2);
	assert_string_equal(plan->mounts.masked[1], "/b/c");
	assert_true(plan->root.readonly);
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"maskedPaths\":[\"a\"]"), -1);
	assert_non_null(strstr(sentence, "maskedPaths"));
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"readonlyPaths\":[\"a\"]"), -1);
	assert_non_null(strstr(sentence, "readonlyPaths"));
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"maskedPaths\":[\"/x/..\"]"), -1);
	assert_int_equal(make_plan(ROOT, "\"readonlyPaths\":[\"/a\"]"), -1);
	assert_non_null(strstr(sentence, "without a private MNT namespace"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_by_table),
		cmocka_unit_test(refused_by_table),
		cmocka_unit_test(long_values_are_refused),
		cmocka_unit_test(masked_and_readonly_paths),
	};
	return cmocka_run_group_tests_name("plan_sysctl", tests, open_arena, close_arena);
}
