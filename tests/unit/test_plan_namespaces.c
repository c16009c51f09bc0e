/* Namespaces, maps, offsets and hooks as plan decides them, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "plan/build.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct plan *plan;
static struct error error;

/* Plans the namespace chapter of {"linux": ...} with `top` beside it. */
static int decide(const char *linux_text, const char *top)
{
	static char text[8192];
	static struct spec spec;
	static struct host host = { .euid = 0 };
	static struct request request = { .id = "c", .bundle = "/b" };

	arena_close(&arena);
	assert_int_equal(arena_open(&arena), 0);
	memset(&error, 0, sizeof(error));
	plan = arena_new(&arena, struct plan);
	int length = snprintf(text, sizeof(text), "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},%s\"linux\":%s}", top, linux_text);
	if (spec_read("config.json", text, (size_t)length, &arena, &spec, NULL, &error) < 0)
		return -1;
	struct planning planning = { .spec = &spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };
	int r = plan_namespaces(&planning, &error);
	return r < 0 ? r : plan_hooks(&planning, &error);
}

static void refused(const char *linux_text, const char *top, const char *says)
{
	assert_int_equal(decide(linux_text, top), -1);
	if (!strstr(error.text, says))
		printf("got: %s\n", error.text);
	assert_non_null(strstr(error.text, says));
	assert_true(error.line > 0);
}

#define MAPS "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10},{\"containerID\":10,\"hostID\":5000,\"size\":5}]," \
	     "\"gidMappings\":[{\"containerID\":0,\"hostID\":2000,\"size\":1}]"

static void what_is_not_named_is_inherited(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{}", ""), 0);
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		assert_int_equal(plan->namespaces.of[i].mode, NS_INHERIT);
	assert_true(plan->namespaces.at_birth == 0);
	assert_false(plan->namespaces.loopback);
}

static void new_ones_are_made_at_birth_but_two(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"
				"{\"type\":\"uts\"},{\"type\":\"cgroup\"},{\"type\":\"time\"}]}", ""), 0);
	assert_true(plan->namespaces.at_birth ==
		    (ABI_CLONE_NEWPID | ABI_CLONE_NEWNET | ABI_CLONE_NEWNS | ABI_CLONE_NEWIPC | ABI_CLONE_NEWUTS));
	assert_true(plan->namespaces.unshare_cgroup && plan->namespaces.unshare_time && plan->namespaces.loopback);
}

static void a_joined_user_namespace_owns_what_is_new(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"},{\"type\":\"pid\"},{\"type\":\"mount\"}]}", ""), 0);
	assert_true(plan->namespaces.at_birth == 0);
	assert_true(plan->namespaces.after_user == (ABI_CLONE_NEWPID | ABI_CLONE_NEWNS));
	assert_true(plan->in_user_namespace);
}

static void maps_become_the_kernels_text(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\"}]," MAPS "}", ""), 0);
	assert_string_equal(plan->namespaces.uid_map, "0 1000 10\n10 5000 5\n");
	assert_string_equal(plan->namespaces.gid_map, "0 2000 1\n");
	assert_int_equal(plan->namespaces.root_uid, 1000);
	assert_int_equal(plan->namespaces.root_gid, 2000);
	assert_int_equal(plan->namespaces.setup_uid, 0);
	assert_int_equal(plan->namespaces.setup_gid, 0);
}

static void a_map_without_root_has_somebody_who_stands_in(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":7,\"hostID\":70,\"size\":1},"
				"{\"containerID\":3,\"hostID\":30,\"size\":1}],"
				"\"gidMappings\":[{\"containerID\":8,\"hostID\":80,\"size\":2}]}", ""), 0);
	assert_int_equal(plan->namespaces.setup_uid, 7);
	assert_int_equal(plan->namespaces.setup_gid, 8);
	assert_int_equal(plan->namespaces.root_uid, 70);
	assert_int_equal(plan->namespaces.root_gid, 80);
}

/* Its message queues belong to its root: made once init is that. */
static void a_new_user_namespace_is_made_at_birth_and_ipc_after_it(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"ipc\"},{\"type\":\"network\"}]," MAPS "}", ""), 0);
	assert_true(plan->namespaces.at_birth == (ABI_CLONE_NEWUSER | ABI_CLONE_NEWNET));
	assert_true(plan->namespaces.after_user == ABI_CLONE_NEWIPC);
	assert_false(plan->namespaces.user_late);
}

static void a_new_user_namespace_waits_for_what_is_joined(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/n\"}],"
				MAPS "}", ""), 0);
	assert_true(plan->namespaces.at_birth == 0);
	assert_true(plan->namespaces.after_user == ABI_CLONE_NEWPID);
	assert_true(plan->namespaces.user_late);
	refused("{\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\",\"path\":\"/m\"}]," MAPS "}", "", "may not mount");
}

static void mappings_beside_a_path_are_both_or_none(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"}]," MAPS "}", ""), 0);
	refused("{\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]}", "", "both uidMappings and gidMappings");
}

static void bad_maps_are_refused(void **unused)
{
#define USER "{\"namespaces\":[{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"uidMappings\":"
	(void)unused;
	refused("{" MAPS "}", "", "need a user namespace");
	refused("{\"namespaces\":[{\"type\":\"user\"}]}", "", "both uidMappings and gidMappings");
	refused(USER "[{\"containerID\":0,\"hostID\":0,\"size\":0}]}", "", "is 0");
	refused(USER "[{\"containerID\":4294967295,\"hostID\":0,\"size\":1}]}", "", "4294967294");
	refused(USER "[{\"containerID\":0,\"hostID\":4294967290,\"size\":10}]}", "", "beyond");
	refused(USER "[{\"containerID\":0,\"hostID\":0,\"size\":5},{\"containerID\":4,\"hostID\":100,\"size\":5}]}", "", "overlaps");
	refused(USER "[{\"containerID\":0,\"hostID\":0,\"size\":5},{\"containerID\":5,\"hostID\":4,\"size\":5}]}", "", "overlaps");
}

static void clock_offsets_become_lines(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":7},"
				"\"boottime\":{\"secs\":9}}}", ""), 0);
	assert_string_equal(plan->namespaces.time_offsets, "monotonic -5 7\nboottime 9 0\n");
	refused("{\"timeOffsets\":{\"boottime\":{\"secs\":9}}}", "", "new time namespace");
	refused("{\"namespaces\":[{\"type\":\"time\",\"path\":\"/t\"}],\"timeOffsets\":{\"boottime\":{\"secs\":9}}}", "",
		"new time namespace");
	refused("{\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}}", "",
		"must be 0 to 999999999");
}

static void names_need_a_uts_namespace(void **unused)
{
	(void)unused;
	assert_int_equal(decide("{\"namespaces\":[{\"type\":\"uts\"}]}", "\"hostname\":\"h\",\"domainname\":\"d\","), 0);
	assert_string_equal(plan->namespaces.hostname, "h");
	refused("{}", "\"hostname\":\"h\",", "unable to set hostname without a private UTS namespace");
	refused("{}", "\"domainname\":\"d\",", "without a private UTS namespace");
	refused("{\"namespaces\":[{\"type\":\"uts\"}]}",
		"\"hostname\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",", "at most 64");
}

static void hooks_have_arguments_and_a_state(void **unused)
{
	(void)unused;
	assert_int_equal(
		decide("{}",
		       "\"hooks\":{\"prestart\":[{\"path\":\"/p\"},{\"path\":\"/q\",\"args\":[\"a\",\"b\"],\"env\":[],\"timeout\":2}],"
		       "\"createContainer\":[{\"path\":\"/c\"}]},\"annotations\":{\"a/b\":\"c\\\"d\"},"),
		0);
	const struct plan_hook *hooks = plan->hooks.of[HOOK_PRESTART];
	assert_int_equal(plan->hooks.count[HOOK_PRESTART], 2);
	assert_string_equal(hooks[0].args[0], "/p"); /* argv[0] when the configuration has no args */
	assert_null(hooks[0].env);
	assert_string_equal(hooks[1].args[1], "b");
	assert_non_null(hooks[1].env);
	assert_null(hooks[1].env[0]);
	assert_int_equal(hooks[1].timeout_ms, 2000);
	assert_string_equal(plan->hooks.state_head, "{\"ociVersion\":\"1.3.0\",\"id\":\"c\",\"status\":\"creating\",\"pid\":");
	assert_string_equal(plan->hooks.state_tail, ",\"bundle\":\"/b\",\"annotations\":{\"a/b\":\"c\\\"d\"}}");
}

/* ---- the kernel's small mount namespace ---- */

static struct host many = { .mounts = 300 };

static unsigned few_mounts(void (*change)(struct plan *plan, struct plan_mount *mount))
{
	static struct plan made;
	struct plan_mount mount = { .kind = MOUNT_FILESYSTEM, .type = "tmpfs" };

	memset(&made, 0, sizeof(made));
	made.namespaces.at_birth = ABI_CLONE_NEWNS;
	made.namespaces.of[PLAN_NS_USER].mode = NS_INHERIT;
	made.root.bound = made.root.pivot = true;
	made.mounts.items = &mount;
	made.mounts.count = 1;
	if (change)
		change(&made, &mount);
	assert_int_equal(plan_few_mounts(&(struct planning){ .host = &many, .plan = &made }, &error), 0);
	return made.namespaces.few_mounts;
}

static void prestart(struct plan *p, struct plan_mount *m) { (void)m; p->hooks.count[HOOK_PRESTART] = 1; }
static void create_runtime(struct plan *p, struct plan_mount *m) { (void)m; p->hooks.count[HOOK_CREATE_RUNTIME] = 1; }
static void create_container(struct plan *p, struct plan_mount *m) { (void)m; p->hooks.count[HOOK_CREATE_CONTAINER] = 1; }
static void poststop(struct plan *p, struct plan_mount *m) { (void)m; p->hooks.count[HOOK_POSTSTOP] = 1; }
static void user(struct plan *p, struct plan_mount *m) { (void)m; p->namespaces.of[PLAN_NS_USER].mode = NS_NEW; }
static void joined(struct plan *p, struct plan_mount *m) { (void)m; p->namespaces.at_birth = 0; }
static void no_pivot(struct plan *p, struct plan_mount *m) { (void)m; p->root.pivot = false; }
static void on_a_device(struct plan *p, struct plan_mount *m) { (void)p; m->type = "ext4"; }
static void copied_up(struct plan *p, struct plan_mount *m) { (void)p; m->copy_up = true; }
static void tree(struct plan *p, struct plan_mount *m) { (void)p; m->kind = MOUNT_TREE; m->type = NULL; }

static void a_small_mount_namespace_where_init_asks_for_nothing_by_name(void **state)
{
	void (*const needs_the_host[])(struct plan *, struct plan_mount *) = {
		prestart, create_runtime, create_container, user, joined, no_pivot, on_a_device, copied_up,
	};

	(void)state;
	assert_int_equal(few_mounts(NULL), 300);
	assert_int_equal(few_mounts(poststop), 300);
	assert_int_equal(few_mounts(tree), 300);
	for (size_t i = 0; i < sizeof(needs_the_host) / sizeof(needs_the_host[0]); i++)
		assert_int_equal(few_mounts(needs_the_host[i]), 0);
	many = (struct host){ .mounts = 300, .unprivileged = true };
	assert_int_equal(few_mounts(NULL), 0);
	many = (struct host){ .mounts = 300, .in_user_namespace = true };
	assert_int_equal(few_mounts(NULL), 0);
	many = (struct host){ .mounts = 255 };
	assert_int_equal(few_mounts(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_mount_namespace_where_init_asks_for_nothing_by_name),
		cmocka_unit_test(what_is_not_named_is_inherited),
		cmocka_unit_test(new_ones_are_made_at_birth_but_two),
		cmocka_unit_test(a_joined_user_namespace_owns_what_is_new),
		cmocka_unit_test(maps_become_the_kernels_text),
		cmocka_unit_test(a_map_without_root_has_somebody_who_stands_in),
		cmocka_unit_test(a_new_user_namespace_is_made_at_birth_and_ipc_after_it),
		cmocka_unit_test(a_new_user_namespace_waits_for_what_is_joined),
		cmocka_unit_test(mappings_beside_a_path_are_both_or_none),
		cmocka_unit_test(bad_maps_are_refused),
		cmocka_unit_test(clock_offsets_become_lines),
		cmocka_unit_test(names_need_a_uts_namespace),
		cmocka_unit_test(hooks_have_arguments_and_a_state),
	};
	arena.fd = -1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
