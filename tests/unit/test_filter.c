/* plan/filter.c: our program has the verdicts that the rules mean, and that libseccomp's program for the same profile has: for every
 * number of every architecture, for engines' profiles and odd ones. Programs are run by an interpreter (bpf.h).
 *
 * SECCOMP_PROFILES="a.json b.json"      the engines' own: files with a seccomp object as config.json has it (tests/seccomp) */
#include "filter_profiles.h"

/* ---- profiles as engines have them ---- */

static long library_time(const struct plan_seccomp *profile)
{
	struct bpf bpf;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	bpf_by_library(profile, &bpf);
	return microseconds(&start);
}

/* The whole of it, and how fast: the least of some. */
static void compare_whole(const char *name, const struct plan_seccomp *profile)
{
	static struct comparison c;
	size_t begun = arena.used;
	long least = 1000000;

	compare_profile(&c, profile, every_number);
	assert_non_null(c.ours.program);
	assert_int_equal(c.differ, 0);
	assert_int_equal(c.astray, 0);
	assert_non_null(c.theirs.program);
	for (int i = 0; i < 20; i++) {
		struct timespec start;
		struct bpf again;
		size_t used = arena.used;
		clock_gettime(CLOCK_MONOTONIC, &start);
		assert_true(ours(profile, &again));
		long took = microseconds(&start);
		least = took < least ? took : least;
		forget(used);
	}
	print_message("# %s: %zu instructions, at most %u on a way, %ld us; libseccomp %zu, %ld us; %lu cases\n", name, c.ours.length,
		      c.most_steps, least, c.theirs.length, library_time(profile), c.cases);
	forget(begun);
}

static void profile_of_the_example(void **state)
{
	(void)state;
	compare_whole("the example's", example());
}

static void profiles_of_engines(void **state)
{
	(void)state;
	profiles_written(compare_whole);
}

/* Each for several architectures and sets of capabilities. */
static void profiles_of_the_engines_own_packages(void **state)
{
	(void)state;
	if (!profiles_own(compare_whole))
		skip();
}

/* ---- odd ones ---- */

/* Every call on every way, with few arguments. */
static void named_briefly(struct comparison *c)
{
	for (size_t r = 0; r < c->profile->rule_count; r++) {
		const struct plan_seccomp_rule *rule = &c->profile->rules[r];
		struct data data = { .arch = seccomp_arch_native(), .number = seccomp_syscall_resolve_name(rule->names[0]) };
		for (unsigned i = 0; i < 40; i++) {
			random_arguments(c, &data);
			for (size_t a = 0; i % 2 && a < rule->arg_count; a++)
				data.args[rule->args[a].index] = fitting(&rule->args[a]);
			compare_case(c, &data);
		}
	}
}

static void no_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(actions); i++) {
		const uint32_t native = seccomp_arch_native();
		const struct plan_seccomp profile = { .default_action = actions[i], .architectures = &native, .architecture_count = 1 };
		static struct comparison c;
		if (actions[i] == SCMP_ACT_NOTIFY) /* plan refuses it */
			continue;
		compare_profile(&c, &profile, named_numbers);
		assert_int_equal(c.differ, 0);
		const struct data data = { .arch = native, .number = 39 };
		assert_int_equal(bpf_run(&c.ours, &data), actions[i]);
	}
}

/* A condition of its own for each call: jumps of a tree are 255 instructions at most, these go further; and just as far, one more. */
static void long_ways(void **state)
{
	static const char *const operators[] = { "LE", "EQ", "GT", "NE", "MASKED_EQ" };
	const struct plan_seccomp_rule *usual = &example()->rules[0];
	static struct comparison c;
	size_t longest = 0;

	(void)state;
	for (size_t count = 20; count < 110; count++) {
		struct text rules = text_in(&arena);
		for (size_t i = 0; i < count; i++)
			text_printf(&rules, "%s{\"action\":\"SCMP_ACT_%s\",\"names\":[\"%s\"],"
				"\"args\":[{\"index\":%zu,\"op\":\"SCMP_CMP_%s\",\"value\":%zu}]}", i ? "," : "",
				i % 9 ? "ALLOW" : "LOG", usual->names[i], i % 6, operators[(i + count / 10) % array_length(operators)],
				4294967296 + i);
		compare_profile(&c, planned(arena_printf(&arena, "\"defaultAction\":\"SCMP_ACT_TRAP\",\"syscalls\":[%s]", rules.data)),
				named_briefly);
		assert_non_null(c.ours.program);
		assert_int_equal(c.differ + c.astray, 0);
		longest = c.ours.length > longest ? c.ours.length : longest;
	}
	assert_in_range(longest, 500, 1000);
}

/* Each of the calls that i386 has by a multiplexer, too. */
static void multiplexed(void **state)
{
	static const char *const names[] = {
		"socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
		"recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg", "semop",
		"semget", "semctl", "semtimedop", "msgsnd", "msgrcv", "msgget", "msgctl", "shmat", "shmdt", "shmget", "shmctl",
	};
	static struct comparison c;

	(void)state;
	for (size_t i = 0; i < array_length(names); i++) {
		compare_profile(&c, planned(arena_printf(&arena, "\"defaultAction\":\"SCMP_ACT_ERRNO\"," THREE "\"syscalls\":["
			RULE("ALLOW", "\"%s\"", ARGS(ARG(2, "LT", 7, 0))) "," RULE("LOG", "\"vm86old\",\"reboot\"", "") "]", names[i])),
				named_numbers);
		assert_non_null(c.ours.program);
		assert_int_equal(c.differ + c.astray, 0);
	}
}

static void what_is_not_ours(void **state)
{
	struct bpf bpf;

	(void)state;
	assert_false(ours(planned("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_PPC64LE\"]"), &bpf));
	/* Which of them wins for (1, 2)? */
	assert_false(ours(planned("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		RULE("TRAP", "\"read\"", ARGS(ARG(0, "EQ", 1, 0))) "," RULE("KILL", "\"read\"", ARGS(ARG(1, "EQ", 2, 0))) "]"), &bpf));
	assert_true(ours(planned("\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		RULE("TRAP", "\"read\"", ARGS(ARG(0, "EQ", 1, 0))) "," RULE("KILL", "\"read\"", ARGS(ARG(0, "GT", 1, 0))) "]"), &bpf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile_of_the_example), cmocka_unit_test(profiles_of_engines),
		cmocka_unit_test(profiles_of_the_engines_own_packages), cmocka_unit_test(no_rules), cmocka_unit_test(long_ways),
		cmocka_unit_test(multiplexed), cmocka_unit_test(what_is_not_ours),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
