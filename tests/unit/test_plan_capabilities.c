/* plan/capabilities.c: names to bits, and what is dropped with a warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/show.h"
#include "planned.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define CHOWN 1ull
#define KILL (1ull << 5)
#define SETPCAP (1ull << 8)
#define RESTORE (1ull << 40)

static const struct {
	const char *bounding, *effective, *permitted, *inheritable, *ambient;
	struct plan_capabilities wanted;
	const char *warning; /* NULL: none at all */
} rows[] = {
	{ "", "", "", "", "", { 0 }, NULL },
	{ "CAP_CHOWN CAP_KILL", "CAP_KILL", "CAP_CHOWN CAP_KILL", "", "", { CHOWN | KILL, KILL, CHOWN | KILL, 0, 0 }, NULL },
	{ "CAP_CHECKPOINT_RESTORE", "", "", "", "", { RESTORE, 0, 0, 0, 0 }, NULL },
	{ "CAP_CHOWN", "CAP_CHOWN", "CAP_CHOWN", "CAP_CHOWN", "CAP_CHOWN", { CHOWN, CHOWN, CHOWN, CHOWN, CHOWN }, NULL },
	{ "CAP_NO_SUCH CAP_KILL", "CAP_NO_SUCH", "", "", "", { KILL, 0, 0, 0, 0 },
	  "ignoring unknown or unavailable capabilities: [CAP_NO_SUCH]" },
	{ "CAP_KILL chown cap_chown 0 CAP_", "", "", "", "", { KILL, 0, 0, 0, 0 }, "[chown cap_chown 0 CAP_]" },
	{ "CAP_NO_SUCH  CAP_KILL", "", "", "", "", { KILL, 0, 0, 0, 0 }, "[CAP_NO_SUCH '']" }, /* one without a name */
	{ "CAP_SETPCAP CAP_KILL", "", "", "", "", { KILL, 0, 0, 0, 0 }, "[CAP_SETPCAP]" }, /* the host has none to give */
	{ "CAP_KILL", "CAP_KILL CAP_CHOWN", "CAP_KILL", "", "", { KILL, KILL, KILL, 0, 0 },
	  "ignoring effective capabilities that are not permitted: [CAP_CHOWN]" },
	{ "CAP_KILL", "", "", "CAP_KILL CAP_CHOWN", "", { KILL, 0, 0, KILL, 0 },
	  "ignoring inheritable capabilities that are not in the bounding set: [CAP_CHOWN]" },
	{ "CAP_KILL CAP_CHOWN", "", "CAP_KILL", "CAP_KILL", "CAP_KILL CAP_CHOWN", { KILL | CHOWN, 0, KILL, KILL, KILL },
	  "ignoring ambient capabilities that are not permitted and inheritable: [CAP_CHOWN]" },
	{ "", "", "CAP_KILL", "", "CAP_KILL", { 0, 0, KILL, 0, 0 }, "ambient capabilities" },
};

static const char *list(const char *names)
{
	struct text text = text_in(&arena);
	text_add(&text, *names ? "\"" : "");
	for (; *names; names++)
		text_add(&text, *names == ' ' ? "\",\"" : (const char[2]){ *names });
	if (text.length)
		text_add(&text, "\"");
	return text.data ? text.data : "";
}

static int plan_row(size_t i, const char *linux_)
{
	return make_plan(arena_printf(&arena, USUAL ",\"capabilities\":{\"bounding\":[%s],\"effective\":[%s],\"permitted\":[%s],"
				      "\"inheritable\":[%s],\"ambient\":[%s]}", list(rows[i].bounding), list(rows[i].effective),
				      list(rows[i].permitted), list(rows[i].inheritable), list(rows[i].ambient)), linux_);
}

static void sets_by_table(void **state)
{
	(void)state;
	usual_host();
	host.capabilities &= ~SETPCAP;
	for (size_t i = 0; i < array_length(rows); i++) {
		assert_int_equal(plan_row(i, ""), 0);
		if (memcmp(&plan->process.caps, &rows[i].wanted, sizeof(rows[i].wanted)))
			fail_msg("row %zu: other sets, warnings: %s", i, warnings);
		if (rows[i].warning ? !strstr(warnings, rows[i].warning) : *warnings)
			fail_msg("row %zu: warnings: '%s'", i, warnings);
	}
}

static void unknown_names_are_told_once(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL ",\"capabilities\":{\"bounding\":[\"CAP_B\",\"CAP_BB\",\"CAP_B\"],"
		"\"permitted\":[\"CAP_BB\",\"CAP_B\"]}",
				   ""), 0);
	assert_string_equal(warnings, "ignoring unknown or unavailable capabilities: [CAP_B CAP_BB]\n");
}

static void absent_is_none(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL, ""), 0);
	assert_int_equal(plan->process.caps.bounding | plan->process.caps.permitted | plan->process.caps.effective, 0);
}

/* What the kernel does not know cannot be had, what the runtime lacks can: a user namespace of its own begins with everything. */
static void a_user_namespace_has_all(void **state)
{
	static const char *const namespaces =
		"\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]";

	(void)state;
	usual_host();
	host.capabilities = 0;
	host.last_capability = 39;
	assert_int_equal(plan_row(1, namespaces), 0);
	assert_int_equal(plan->process.caps.bounding, CHOWN | KILL);
	assert_int_equal(plan_row(2, namespaces), 0);
	assert_int_equal(plan->process.caps.bounding, 0);
	assert_int_equal(plan_row(1, ""), 0);
	assert_int_equal(plan->process.caps.bounding, 0);
}

static void shown(void **state)
{
	struct text out = text_in(&arena);

	(void)state;
	usual_host();
	assert_int_equal(plan_row(1, ""), 0);
	show_user(plan, &out);
	assert_string_equal(out.data,
		"  uid      0\n  gid      0\n  bounding     cap_chown cap_kill\n  effective    cap_kill\n"
			"  permitted    cap_chown cap_kill\n"
		"  inheritable  -\n  ambient      -\n  cwd      /\n");
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_by_table), cmocka_unit_test(unknown_names_are_told_once), cmocka_unit_test(absent_is_none),
		cmocka_unit_test(a_user_namespace_has_all), cmocka_unit_test(shown),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
