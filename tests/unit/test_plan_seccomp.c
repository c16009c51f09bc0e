/* plan/seccomp.c: the profile in libseccomp's numbers, and what is refused. */
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/seccomp.h"
#include "plan/show.h"
#include "planned.h"

#include <cmocka.h> /* last: it has a macro called fail */

static int plan_profile(const char *members)
{
	return make_plan(USUAL, arena_printf(&arena, "\"seccomp\":{%s}", members));
}

#define ALLOW "\"defaultAction\":\"SCMP_ACT_ALLOW\""
#define RULE(action, more) ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"" action "\"" more "}]"

static const struct { const char *profile, *error; } refused[] = {
	{ "\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/l\"", "cannot be used as default action" },
	{ "\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":1", "errno value specified for action" },
	{ ALLOW RULE("SCMP_ACT_ALLOW", ",\"errnoRet\":1"), "errno value specified for action" },
	{ ALLOW RULE("SCMP_ACT_NOTIFY", ""), "listenerPath is not set" },
	{ ALLOW RULE("SCMP_ACT_NOTIFY", "") ",\"listenerPath\":\"\"", "listenerPath is not set" },
	{ ALLOW ",\"listenerPath\":\"/l\",\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"}]",
		"write" },
	{ ALLOW ",\"listenerMetadata\":\"m\"", "listenerPath" },
	{ ALLOW RULE("SCMP_ACT_ERRNO", ",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]"), "index" },
#ifndef SCMP_ARCH_LOONGARCH64
	{ ALLOW ",\"architectures\":[\"SCMP_ARCH_LOONGARCH64\"]", "SCMP_ARCH_LOONGARCH64 is not supported by this libseccomp" },
#endif
#if defined(__x86_64__)
	{ ALLOW ",\"architectures\":[\"SCMP_ARCH_S390X\"]", "byte order" },
#endif
	{ ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]", "Linux 5.19" },
};

static void refused_by_table(void **state)
{
	(void)state;
	usual_host();
	host.kernel = KERNEL_VERSION_OF(5, 14);
	for (size_t i = 0; i < array_length(refused); i++) {
		assert_int_equal(plan_profile(refused[i].profile), -1);
		if (!strstr(sentence, refused[i].error))
			fail_msg("row %zu: '%s' is not in '%s'", i, refused[i].error, sentence);
	}
}

static const struct { const char *action, *more; uint32_t wanted; } actions[] = {
	{ "SCMP_ACT_KILL", "", SCMP_ACT_KILL_THREAD }, { "SCMP_ACT_KILL_THREAD", "", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", "", SCMP_ACT_KILL_PROCESS }, { "SCMP_ACT_TRAP", "", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", "", SCMP_ACT_ERRNO(1) }, { "SCMP_ACT_ERRNO", ",\"errnoRet\":38", SCMP_ACT_ERRNO(38) },
	{ "SCMP_ACT_ERRNO", ",\"errnoRet\":0", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_TRACE", "", SCMP_ACT_TRACE(1) }, { "SCMP_ACT_TRACE", ",\"errnoRet\":65535", SCMP_ACT_TRACE(65535) },
	{ "SCMP_ACT_LOG", "", SCMP_ACT_LOG }, { "SCMP_ACT_ALLOW", "", SCMP_ACT_ALLOW },
};

static void actions_by_table(void **state)
{
	(void)state;
	usual_host();
	for (size_t i = 0; i < array_length(actions); i++) {
		assert_int_equal(plan_profile(arena_printf(&arena, ALLOW ",\"syscalls\":[{\"names\":[\"mkdir\"],"
			"\"action\":\"%s\"%s}]",
							   actions[i].action, actions[i].more)), 0);
		assert_int_equal(plan->seccomp->rule_count, 1);
		assert_int_equal(plan->seccomp->rules[0].action, actions[i].wanted);
	}
}

static const struct { const char *flags; bool notify; uint32_t wanted; } flags[] = {
	{ "", false, 4 }, { ",\"flags\":null", false, 4 }, { ",\"flags\":[]", false, 0 },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\"]", false, 0 },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]", false, 6 },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]", false, 0 },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]", true, 32 | 8 }, { "", true, 4 | 8 },
};

static void flags_by_table(void **state)
{
	(void)state;
	usual_host();
	for (size_t i = 0; i < array_length(flags); i++) {
		const char *rules = flags[i].notify ? RULE("SCMP_ACT_NOTIFY", "") ",\"listenerPath\":\"/l\","
			"\"listenerMetadata\":\"m\"" : "";
		assert_int_equal(plan_profile(arena_printf(&arena, ALLOW "%s%s", flags[i].flags, rules)), 0);
		assert_int_equal(plan->seccomp->flags, flags[i].wanted);
		assert_int_equal(plan->seccomp->notify, flags[i].notify);
	}
}

static void architectures(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(plan_profile(ALLOW), 0);
	assert_int_equal(plan->seccomp->architecture_count, 1);
	assert_int_equal(plan->seccomp->architectures[0], seccomp_arch_native());
#if defined(__x86_64__)
	assert_int_equal(plan_profile(ALLOW ",\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
		"\"SCMP_ARCH_X32\"]"), 0);
	assert_int_equal(plan->seccomp->architecture_count, 3);
	assert_int_equal(plan->seccomp->architectures[1], SCMP_ARCH_X86);
	assert_int_equal(plan->seccomp->architectures[2], SCMP_ARCH_X32);
#endif
}

static void conditions(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(plan_profile(ALLOW RULE("SCMP_ACT_ERRNO", ",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_NE\"},"
		"{\"index\":5,\"value\":18446744073709551615,\"valueTwo\":3,\"op\":\"SCMP_CMP_MASKED_EQ\"}]")), 0);
	assert_int_equal(plan->seccomp->rule_count, 1);
	assert_int_equal(plan->seccomp->rules[0].arg_count, 2);
	assert_int_equal(plan->seccomp->rules[0].args[0].op, SCMP_CMP_NE);
	assert_int_equal(plan->seccomp->rules[0].args[1].index, 5);
	assert_true(plan->seccomp->rules[0].args[1].value == UINT64_MAX);
	assert_int_equal(plan->seccomp->rules[0].args[1].value_two, 3);

	/* Two on one index: each condition becomes a rule. */
	assert_int_equal(plan_profile(ALLOW RULE("SCMP_ACT_ERRNO", ",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":3,\"op\":\"SCMP_CMP_GT\"}]")), 0);
	assert_int_equal(plan->seccomp->rule_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(plan->seccomp->rules[i].arg_count, 1);
		assert_int_equal(plan->seccomp->rules[i].args[0].value, i + 1);
	}
}

static void none(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(make_plan(USUAL, ""), 0);
	assert_null(plan->seccomp);
}

static void shown(void **state)
{
	struct text out = text_in(&arena);

	(void)state;
	usual_host();
	assert_int_equal(plan_profile("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\",\"write\"],"
		"\"action\":"
		"\"SCMP_ACT_ALLOW\"},{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
			"\"value\":2114060288,"
		"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},{\"names\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"],\"action\":"
		"\"SCMP_ACT_TRACE\",\"errnoRet\":5}]"), 0);
	show_seccomp(plan, &out);
	assert_string_equal(out.data, arena_printf(&arena,
		"  default  errno 1\n  flags    SECCOMP_FILTER_FLAG_SPEC_ALLOW\n  for      %s\n  allow: read write\n"
			"  allow: clone if arg0 & 0x7e020000 == 0x0\n"
		"  trace 5: a b c d e f g h i\n", plan_seccomp_arch_word(seccomp_arch_native())));
	assert_string_equal(plan_seccomp_arch_word(SCMP_ARCH_AARCH64), "SCMP_ARCH_AARCH64");
	assert_string_equal(plan_seccomp_arch_word(1), "?");
}

/* However many there are: all of them, on lines that can be read. */
static void shown_whole(void **state)
{
	struct text names = text_in(&arena), out = text_in(&arena), again = text_in(&arena);
	(void)state;

	usual_host();
	for (int i = 0; i < 400; i++)
		text_printf(&names, "%s\"name_%d\"", i ? "," : "", i);
	assert_int_equal(plan_profile(arena_printf(&arena,
		ALLOW ",\"flags\":[],\"syscalls\":[{\"names\":[%s],\"action\":\"SCMP_ACT_LOG\"}]", names.data)), 0);
	show_seccomp(plan, &out);
	assert_non_null(strstr(out.data, "\n  flags    none\n"));
	char *at = strstr(out.data, "  log:"), *line, *word;
	assert_non_null(at);
	at += strlen("  log:");
	while ((line = strsep(&at, "\n"))) {
		assert_true(strlen(line) <= 120);
		while ((word = strsep(&line, " ")))
			if (*word)
				text_printf(&again, "%s\"%s\"", again.length ? "," : "", word);
	}
	assert_string_equal(again.data, names.data);
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_by_table), cmocka_unit_test(actions_by_table), cmocka_unit_test(flags_by_table),
		cmocka_unit_test(architectures), cmocka_unit_test(conditions), cmocka_unit_test(none), cmocka_unit_test(shown),
		cmocka_unit_test(shown_whole),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
