/* plan/process.c, environment.c and scheduling.c: what is decided about the process, and what is refused. */
#include <linux/mempolicy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "plan/show.h"
#include "planned.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define USER_NAMESPACE "\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}]," \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":10}]"

static const struct { const char *process, *linux_, *error; } refused[] = {
	{ ",\"cwd\":\"/\"", "", "args must not be empty" },
	{ ",\"cwd\":\"/\",\"args\":[]", "", "args must not be empty" },
	{ USUAL ",\"env\":[\"A\"]", "", "invalid environment variable: missing '='" },
	{ USUAL ",\"env\":[\"A=1\",\"=x\"]", "", "the name is empty" },
	{ USUAL ",\"rlimits\":[{\"type\":\"RLIMIT_NOSUCH\",\"soft\":1,\"hard\":1}]", "", "wrong rlimit value: RLIMIT_NOSUCH" },
	{ USUAL ",\"rlimits\":[{\"type\":\"rlimit_cpu\",\"soft\":1,\"hard\":1}]", "", "wrong rlimit value" },
	{ USUAL ",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]", "", "RLIMIT_CPU" },
	{ USUAL ",\"apparmorProfile\":\"p\"", "", "AppArmor is disabled or not supported" },
	{ USUAL ",\"selinuxLabel\":\"l\"", "", "selinux label is specified in config, but" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_ISO\"}", "", "SCHED_ISO" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}", "", "nice" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":-21}", "", "nice" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":1}", "", "priority" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"priority\":-1}", "", "priority" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_FIFO\"}", "", "not in 1 to 99" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":100}", "", "not in 1 to 99" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":5,\"runtime\":10}", "", "SCHED_DEADLINE" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"period\":10}", "", "SCHED_DEADLINE" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\"}", "", "runtime <= deadline" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1000,\"deadline\":2000}", "", "1024" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3000,\"deadline\":2000}", "", "runtime <= deadline" },
	{ USUAL ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000,\"period\":2500}", "", "period" },
	{ USUAL ",\"execCPUAffinity\":{\"initial\":\"0-\"}", "", "execCPUAffinity" },
	{ USUAL ",\"execCPUAffinity\":{\"final\":\"65536\"}", "", "execCPUAffinity" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}", "at least one node" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_WEIGHTED_INTERLEAVE\",\"nodes\":\"\"}", "at least one node" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\"}", "no nodes" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}", "no nodes" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"zero\"}", "not a list" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"1024\"}", "not a list" },
	{ USUAL, "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\","
		"\"MPOL_F_RELATIVE_NODES\"]}",
	  "exclude each other" },
	{ USUAL, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}", "personality" },
	{ USUAL ",\"user\":{\"uid\":10,\"gid\":0}", USER_NAMESPACE, "cannot setuid to unmapped uid 10" },
	{ USUAL ",\"user\":{\"uid\":9,\"gid\":11}", USER_NAMESPACE, "cannot setgid to unmapped gid 11" },
	{ USUAL ",\"user\":{\"uid\":9,\"gid\":9,\"additionalGids\":[3,12]}", USER_NAMESPACE, "additional group 12" },
};

static void refused_by_table(void **state)
{
	(void)state;
	usual_host();
	for (size_t i = 0; i < array_length(refused); i++) {
		/* The second user wins nothing: a duplicate key is refused, so the helper's own is left out. */
		const char *process = refused[i].process;
		if (strstr(process, "\"user\"")) {
			struct planning p;
			struct error error = { 0 };
			const char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
				"\"process\":{%s},"
							    "\"linux\":{%s}}", process + 1, refused[i].linux_);
			assert_int_equal(plan_chapters(document, &p, &error), -1);
			error_sentence(&error, sentence, sizeof(sentence));
		} else {
			assert_int_equal(make_plan(process, refused[i].linux_), -1);
		}
		if (!strstr(sentence, refused[i].error))
			fail_msg("row %zu: '%s' is not in '%s'", i, refused[i].error, sentence);
	}
}

static void plain_process(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL, ""), 0);
	const struct plan_process *process = &plan->process;
	assert_true(plan->has_process);
	assert_string_equal(process->args[0], "sh");
	assert_null(process->args[1]);
	assert_string_equal(process->cwd, "/");
	assert_int_equal(process->umask, 022);
	assert_string_equal(process->keyring, "_ses.box");
	assert_false(process->no_new_privileges);
	assert_null(process->scheduler);
	assert_null(process->oom_score_adj);
	assert_int_equal(process->group_count, 0);
	assert_non_null(strstr(process->path, "/usr/bin"));
	assert_string_equal(warnings, "");
}

static void no_process(void **state)
{
	struct planning p;
	struct error error = { 0 };

	(void)state;
	usual_host();
	request.no_new_keyring = true;
	assert_int_equal(plan_chapters("{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{}}", &p, &error), 0);
	assert_false(plan->has_process);
	assert_null(plan->process.keyring);
	assert_null(plan->process.args);
}

static const struct { const char *env, *wanted; } environments[] = {
	{ "[]", "" },
	{ "[\"A=1\",\"B=2\"]", "A=1 B=2 " },
	{ "[\"A=1\",\"B=2\",\"A=3\"]", "B=2 A=3 " },
	{ "[\"A=1\",\"A=1\",\"A=\"]", "A= " },
	{ "[\"A==\",\"AA=x\",\"A=y=z\"]", "AA=x A=y=z " },
	{ "[\"HOME=/h\"]", "HOME=/h " },
	{ "[\"HOME=/h\",\"X=\",\"HOME=\"]", "X= " },
	{ "[\"HOME=\",\"HOME=/h\"]", "HOME=/h " },
	{ "[\"PATH=/a\",\"PATH=/b:/c\"]", "PATH=/b:/c " },
};

static void environments_by_table(void **state)
{
	(void)state;
	usual_host();
	for (size_t i = 0; i < array_length(environments); i++) {
		assert_int_equal(make_plan(arena_printf(&arena, USUAL ",\"env\":%s", environments[i].env), ""), 0);
		struct text all = text_in(&arena);
		text_add(&all, "");
		for (size_t n = 0; n < plan->process.env_count; n++)
			text_printf(&all, "%s ", plan->process.env[n]);
		assert_string_equal(all.data ? all.data : "", environments[i].wanted);
		bool home = strstr(environments[i].wanted, "HOME=") != NULL;
		assert_int_equal(plan->process.wants_home, !home);
		const char *after = plan->process.env[plan->process.env_count];
		if (home) {
			assert_null(after);
			continue;
		}
		assert_string_equal(after, "HOME=/");
		assert_int_equal((uintptr_t)after % PLAN_HOME_ROOM, 0);
		assert_null(plan->process.env[plan->process.env_count + 1]);
	}
	assert_string_equal(plan->process.path, "/b:/c");
}

static void listen_fds_are_ours(void **state)
{
	(void)state;
	usual_host();
	request.listen_fds = 2;
	assert_int_equal(make_plan(USUAL ",\"env\":[\"LISTEN_FDS=9\",\"HOME=/\",\"LISTEN_PID=77\"]", ""), 0);
	assert_int_equal(plan->process.env_count, 3);
	assert_string_equal(plan->process.env[1], "LISTEN_FDS=2");
	assert_string_equal(plan->process.env[2], "LISTEN_PID=1");
	request.listen_names = "web:api";
	assert_int_equal(make_plan(USUAL ",\"env\":[\"HOME=/\",\"LISTEN_FDNAMES=old\"]", ""), 0);
	assert_int_equal(plan->process.env_count, 4);
	assert_string_equal(plan->process.env[3], "LISTEN_FDNAMES=web:api");
	request.listen_fds = 0;
	assert_int_equal(make_plan(USUAL ",\"env\":[\"HOME=/\",\"LISTEN_FDNAMES=old\"]", ""), 0);
	assert_int_equal(plan->process.env_count, 2);
	assert_string_equal(plan->process.env[1], "LISTEN_FDNAMES=old");
}

static void many_variables_are_quick(void **state)
{
	struct text env = text_in(&arena);

	(void)state;
	usual_host();
	text_add(&env, USUAL ",\"env\":[\"HOME=/\"");
	for (int i = 0; i < 65535; i++)
		text_printf(&env, ",\"V%d=%d\"", i % 40000, i);
	text_add(&env, "]");
	assert_int_equal(make_plan(env.data, ""), 0);
	assert_int_equal(plan->process.env_count, 40001);
	assert_string_equal(plan->process.env[40000], "V25534=65534");
}

static void too_much_for_execve(void **state)
{
	(void)state;
	usual_host();
	char *word = arena_alloc(&arena, 3000001);
	memset(word, 'x', 3000000);
	assert_int_equal(make_plan(arena_printf(&arena, ",\"cwd\":\"/\",\"args\":[\"%s\"]", word), ""), -1);
	assert_non_null(strstr(sentence, "longer than execve takes"));
}

static void user_and_limits(void **state)
{
	struct planning p;
	struct error error = { 0 };

	(void)state;
	usual_host();
	const char *document = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{" USER_NAMESPACE "},\"process\":{"
		"\"args\":[\"a\",\"b\"],\"cwd\":\"/x\",\"user\":{\"uid\":9,\"gid\":8,\"umask\":63,\"additionalGids\":[7,0]},"
		"\"noNewPrivileges\":true,\"oomScoreAdj\":-5,\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":5,"
			"\"hard\":18446744073709551615}],"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_RT\",\"priority\":3}}}";
	assert_int_equal(plan_chapters(document, &p, &error), 0);
	const struct plan_process *process = &plan->process;
	assert_int_equal(process->uid, 9);
	assert_int_equal(process->gid, 8);
	assert_int_equal(process->umask, 077);
	assert_int_equal(process->group_count, 2);
	assert_int_equal(process->groups[0], 7);
	assert_true(process->no_new_privileges);
	assert_int_equal(*process->oom_score_adj, -5);
	assert_int_equal(process->rlimit_count, 1);
	assert_int_equal(process->rlimits[0].resource, RLIMIT_NOFILE);
	assert_true(process->rlimits[0].hard == UINT64_MAX);
	assert_int_equal(*process->io_priority, 1 << 13 | 3);
}

static void scheduling(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":99,"
		"\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\","
				   "\"SCHED_FLAG_UTIL_CLAMP_MIN\"]}", "\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\","
					"\"nodes\":\"0-1, 65\","
				   "\"flags\":[\"MPOL_F_STATIC_NODES\"]},\"personality\":{\"domain\":\"LINUX32\"}"), 0);
	const struct plan_scheduler *scheduler = plan->process.scheduler;
	assert_int_equal(scheduler->policy, 2);
	assert_int_equal(scheduler->priority, 99);
	assert_int_equal(scheduler->flags, 0x21);
	const struct plan_memory_policy *memory = plan->process.memory_policy;
	assert_int_equal(memory->mode, MPOL_INTERLEAVE | MPOL_F_STATIC_NODES);
	assert_int_equal(memory->bits, 66);
	assert_int_equal(memory->nodes[0], 3);
	assert_int_equal(memory->nodes[1], 2);
	assert_int_equal(*plan->process.personality, 8);

	assert_int_equal(make_plan(USUAL ",\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":3000}",
				   "\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\"}"), 0);
	assert_int_equal(plan->process.scheduler->deadline, 3000);
	assert_int_equal(plan->process.memory_policy->bits, 0);
}

static void labels(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL ",\"apparmorProfile\":\"\",\"selinuxLabel\":\"\"", ""), 0);
	host.apparmor = host.selinux = true;
	assert_int_equal(make_plan(USUAL ",\"apparmorProfile\":\"p q\",\"selinuxLabel\":\"a:b:c\"", ""), 0);
	assert_string_equal(plan->process.apparmor, "exec p q");
	assert_string_equal(plan->process.selinux, "a:b:c");
}

/* Who takes the terminal has to be known before anything is made (contract 6.1). */
static void terminals_by_table(void **state)
{
	static const struct { const char *process, *socket; bool detached; const char *error; } table[] = {
		{ ",\"terminal\":true", NULL, false, "" },
		{ ",\"terminal\":true", "/s", true, "" },
		{ "", NULL, true, "" },
		{ ",\"terminal\":true", NULL, true, "cannot allocate tty if runc will detach without setting console socket" },
		{ ",\"terminal\":true", "/s", false, "cannot use console socket if runc will not detach or allocate tty" },
		{ "", "/s", true, "cannot use console socket if runc will not detach or allocate tty" },
		{ "", "/s", false, "cannot use console socket if runc will not detach or allocate tty" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		request.detached = table[i].detached;
		request.console_socket = table[i].socket;
		int r = make_plan(arena_printf(&arena, USUAL "%s", table[i].process), "");
		assert_int_equal(r < 0, *table[i].error != '\0');
		assert_non_null(strstr(sentence, table[i].error));
		if (r == 0)
			assert_int_equal(plan->process.terminal, *table[i].process != '\0');
	}
}

static void terminal_sizes(void **state)
{
	static const struct { const char *size; unsigned rows, columns; } table[] = {
		{ "", 0, 0 },
		{ ",\"consoleSize\":{\"height\":1,\"width\":65535}", 1, 65535 },
		{ ",\"consoleSize\":{\"height\":0,\"width\":80}", 0, 0 },
		{ ",\"consoleSize\":{\"height\":24,\"width\":0}", 0, 0 },
	};
	(void)state;
	request.detached = false;
	request.console_socket = NULL;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(make_plan(arena_printf(&arena, USUAL ",\"terminal\":true%s", table[i].size), ""), 0);
		assert_int_equal(plan->process.rows, table[i].rows);
		assert_int_equal(plan->process.columns, table[i].columns);
	}
}

static void shown(void **state)
{
	struct text out = text_in(&arena);

	(void)state;
	usual_host();
	host.apparmor = true;
	assert_int_equal(make_plan(",\"args\":[\"a b\",\"\\u001b\"],\"cwd\":\"/w\",\"env\":[\"A=\\u0007\"],"
		"\"apparmorProfile\":\"p\","
				   "\"oomScoreAdj\":3,\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,"
					"\"hard\":18446744073709551615}],"
				   "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":7}",
					"\"memoryPolicy\":{\"mode\":\"MPOL_BIND\","
				   "\"nodes\":\"0,2\"}"), 0);
	show_limits(plan, &out);
	show_labels(plan, &out);
	show_program(plan, &out);
	assert_string_equal(out.data,
		"  RLIMIT_CPU 1 unlimited\n  scheduler SCHED_FIFO priority 7\n  memory policy MPOL_BIND 0 2\n  oom_score_adj 3\n"
		"  apparmor exec p\n  args     \"a b\" \"\\u001b\"\n  env      A=\\x07\n"
			"  env      HOME= from the container's passwd file\n"
		"  umask    0022\n");
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_by_table), cmocka_unit_test(plain_process), cmocka_unit_test(no_process),
		cmocka_unit_test(environments_by_table), cmocka_unit_test(listen_fds_are_ours),
		cmocka_unit_test(many_variables_are_quick), cmocka_unit_test(too_much_for_execve),
			cmocka_unit_test(user_and_limits),
		cmocka_unit_test(scheduling), cmocka_unit_test(labels), cmocka_unit_test(shown),
		cmocka_unit_test(terminals_by_table), cmocka_unit_test(terminal_sizes),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
