/* plan/filter.c: our program has the verdicts that the rules mean, and that libseccomp's program for the same profile has.
 *
 * Programs are run by an interpreter (bpf.h); what the rules mean is told straight from them (`meaning_of`). A run that has looked at no
 * argument has the same verdict for all of them, so one is enough; else the arguments go over all boundaries of all rules. Where
 * libseccomp's verdict may be another one than ours is said in `newer_is_missing` and `astray`, each by name, and nowhere else.
 *
 * SECCOMP_SECONDS=600 SECCOMP_SEED=7    how long random profiles are made, and which
 * SECCOMP_PROFILES="a.json b.json"      more profiles: files with a seccomp object as config.json has it */
#include <linux/audit.h>
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "kern/seccomp.h"
#include "plan/filter.h"
#include "planned.h"
#include "spec/template.h"

#include "filter_oracle.h"

/* ---- where libseccomp may differ ---- */

/* newer-is-missing: numbers above the newest one that a denying profile names are answered ENOSYS (contract 11.9). libseccomp has no
 * such thing; runc writes it in front of libseccomp's program, too. */
static bool newer_is_missing(const struct comparison *c, const struct data *data)
{
	size_t i;

	return plan_filter_newer_is_missing(c->profile) && of_call(c, data->arch, (uint32_t)data->number, &i) && c->newest[i] >= 0 &&
		(uint32_t)data->number > c->newest[i];
}

/* astray: libseccomp 2.5.4 puts all conditional rules of a call into one tree. What fails below a node does not always go on with the
 * rules beside it, and a node of two rules may get the exits of one: with comparisons other than EQ, a call that fits no rule can have
 * a rule's action, or one that fits the default. (arg2 >= 0x500000005, or arg2 <= 0xfffffffe: so is 0xffffffff.) With one
 * conditional rule for a call, or with EQ alone, it is right, and the two must agree. */
static bool astray(const struct meaning *meaning)
{
	return meaning->conditional > 1 && meaning->ordered;
}

/* refused: of rules with different actions that exclude each other libseccomp takes some for a contradiction, where one has no value
 * to fit, or a condition begins as another one's does. We take them, and there is their meaning alone to compare with.
 *
 * endless: its trees grow beyond all bounds. Again we have the meaning alone. */

static void differs(struct comparison *c, const struct data *data, const char *who, uint32_t has, uint32_t wanted)
{
	if (c->differ++ < 5)
		print_error("%s: arch 0x%x number 0x%x (0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx): 0x%x, not 0x%x\n", who, data->arch,
			    data->number, (unsigned long long)data->args[0], (unsigned long long)data->args[1],
			    (unsigned long long)data->args[2], (unsigned long long)data->args[3], (unsigned long long)data->args[4],
			    (unsigned long long)data->args[5], has, wanted);
}

/* Returns whether a program has looked at arguments. */
static bool compare_case(struct comparison *c, const struct data *data)
{
	uint32_t ours = bpf_run(&c->ours, data);
	bool looked = bpf_arguments;
	const struct meaning meaning = meaning_of(c, data);
	uint32_t wanted = newer_is_missing(c, data) ? SCMP_ACT_ERRNO(ENOSYS) : meaning.verdict;

	c->cases++;
	c->most_steps = bpf_steps > c->most_steps ? bpf_steps : c->most_steps;
	if (ours != wanted)
		differs(c, data, "ours", ours, wanted);
	if (!c->theirs.program)
		return looked;
	uint32_t theirs = bpf_run(&c->theirs, data);
	if (theirs != meaning.verdict && astray(&meaning))
		c->astray++;
	else if (theirs != meaning.verdict)
		differs(c, data, "libseccomp", theirs, meaning.verdict);
	return looked || bpf_arguments;
}

/* ---- the arguments ---- */

static uint64_t seed = 1;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static unsigned below(unsigned n) { return (unsigned)(random64() >> 33) % n; }

static void add_value(struct comparison *c, unsigned index, uint64_t value)
{
	for (size_t i = 0; i < c->value_count[index]; i++)
		if (c->values[index][i] == value)
			return;
	if (c->value_count[index] < array_length(c->values[index]))
		c->values[index][c->value_count[index]++] = value;
}

static void add_around(struct comparison *c, unsigned index, uint64_t value)
{
	for (int d = -1; d <= 1; d++) {
		uint64_t v = value + (uint64_t)(int64_t)d;
		add_value(c, index, v);
		add_value(c, index, v & UINT32_MAX);
		add_value(c, index, v | 1ull << 32);
		add_value(c, index, v ^ 1ull << 63);
		add_value(c, index, v | 0xffffffffull << 32);
	}
}

static void add_boundaries(struct comparison *c)
{
	for (unsigned i = 0; i < 6; i++) {
		add_value(c, i, 0);
		add_value(c, i, 1);
		add_value(c, i, UINT64_MAX);
	}
	for (uint64_t v = 0; v < 26; v++) /* the multiplexers' */
		add_value(c, 0, v);
	for (size_t r = 0; r < c->profile->rule_count; r++)
		for (size_t a = 0; a < c->profile->rules[r].arg_count; a++) {
			const struct plan_seccomp_arg *arg = &c->profile->rules[r].args[a];
			if (arg->op != SCMP_CMP_MASKED_EQ) {
				add_around(c, arg->index, arg->value);
				continue;
			}
			uint64_t fits = arg->value_two & arg->value;
			add_around(c, arg->index, fits);
			add_value(c, arg->index, fits | ~arg->value);
			for (unsigned bit = 0; bit < 64; bit++)
				if (arg->value >> bit & 1)
					add_value(c, arg->index, fits ^ 1ull << bit);
		}
}

static uint64_t fitting(const struct plan_seccomp_arg *arg)
{
	switch (arg->op) {
	case SCMP_CMP_NE: case SCMP_CMP_GT: return arg->value + 1;
	case SCMP_CMP_LT: return arg->value - 1;
	case SCMP_CMP_MASKED_EQ: return arg->value & arg->value_two;
	default: return arg->value;
	}
}

static void random_arguments(struct comparison *c, struct data *data)
{
	for (unsigned i = 0; i < 6; i++)
		data->args[i] = c->values[i][below((unsigned)c->value_count[i])];
}

/* From each rule's conditions fulfilled (of many rules, a few), one argument after the other over its boundaries (sparsely: a fifth
 * of them); some at random. */
static void compare_arguments(struct comparison *c, struct data data, unsigned samples)
{
	for (size_t r = 0; r < c->profile->rule_count; r++) {
		const struct plan_seccomp_rule *rule = &c->profile->rules[r];
		if (!rule->arg_count || (c->profile->rule_count > 60 && below((unsigned)c->profile->rule_count) > 5))
			continue;
		random_arguments(c, &data);
		for (size_t a = 0; a < rule->arg_count; a++)
			data.args[rule->args[a].index] = fitting(&rule->args[a]);
		for (unsigned i = 0; i < 6; i++) {
			uint64_t kept = data.args[i];
			for (size_t v = c->sparse ? below(10) : 0; v < c->value_count[i]; v += c->sparse ? 1 + below(10) : 1) {
				data.args[i] = c->values[i][v];
				compare_case(c, &data);
			}
			data.args[i] = kept;
		}
	}
	for (unsigned i = 0; i < samples; i++) {
		random_arguments(c, &data);
		compare_case(c, &data);
	}
}

static void compare_number(struct comparison *c, uint32_t audit, uint32_t number)
{
	struct data data = { .number = (int32_t)number, .arch = audit };

	if (compare_case(c, &data))
		compare_arguments(c, data, c->sparse ? 20 : 100);
}

/* ---- the numbers ---- */

static const uint32_t audits[] = {
	AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64, AUDIT_ARCH_S390X, 0,
};

static void every_number(struct comparison *c)
{
	for (size_t a = 0; a < array_length(audits); a++) {
		for (uint32_t number = 0; number < NUMBERS; number++) {
			compare_number(c, audits[a], number);
			compare_number(c, audits[a], number | X32_BIT);
			compare_number(c, audits[a], ~number); /* the pseudo calls, too */
			compare_number(c, audits[a], number | 0x80000000u);
		}
		for (uint32_t number = ARM_PRIVATE; number < ARM_PRIVATE + 16; number++)
			compare_number(c, audits[a], number);
		for (int i = 0; i < 200; i++)
			compare_number(c, audits[a], (uint32_t)random64());
		compare_number(c, audits[a], X32_BIT - 1);
	}
}

static void around(struct comparison *c, uint32_t audit, uint32_t number)
{
	for (uint32_t n = number - 1; n != number + 2; n++)
		compare_number(c, audit, n);
}

/* What a profile names, with neighbours; the multiplexers; a few others. */
static void named_numbers(struct comparison *c)
{
	static const uint32_t others[] = { 0, 102, 117, 500, NUMBERS, X32_BIT, X32_BIT + 600, 0x80000000u, (uint32_t)-101, UINT32_MAX };

	for (size_t a = 0; a < array_length(architectures_known); a++) {
		uint32_t audit = architectures_known[a].audit;
		for (size_t r = 0; r < c->profile->rule_count; r++)
			for (size_t n = 0; n < c->profile->rules[r].name_count; n++) {
				int number = seccomp_syscall_resolve_name_arch(architectures_known[a].token, c->profile->rules[r].names[n]);
				if (number >= 0)
					around(c, audit, (uint32_t)number);
			}
		if (c->newest[a] >= 0)
			around(c, audit, (uint32_t)c->newest[a]);
		for (size_t i = 0; i < array_length(others); i++)
			around(c, audit, others[i]);
		for (uint32_t direct = 358; audit == AUDIT_ARCH_I386 && direct < 404; direct++)
			compare_number(c, audit, direct);
	}
}

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

static bool ours(const struct plan_seccomp *profile, struct bpf *bpf)
{
	struct error error = { 0 };
	int r = plan_filter(profile, &arena, &bpf->program, &bpf->length, &error);

	assert_true(r >= 0);
	return r == FILTER_MADE;
}

static void compare_profile(struct comparison *c, const struct plan_seccomp *profile, void (*numbers)(struct comparison *))
{
	*c = (struct comparison){ .profile = profile, .sparse = numbers == named_numbers };
	if (!ours(profile, &c->ours))
		return;
	int r = bpf_by_library(profile, &c->theirs);
	if (r < 0) {
		assert_true(r == -EEXIST || r == -ETIME); /* refused, endless */
		c->theirs.program = NULL;
	}
	for (size_t i = 0; i < array_length(architectures_known); i++)
		c->newest[i] = listed(profile, architectures_known[i].token) ? newest_of(profile, &architectures_known[i]) : -2;
	add_boundaries(c);
	numbers(c);
}

/* ---- profiles as engines have them ---- */

static long microseconds(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000;
}

static long library_time(const struct plan_seccomp *profile)
{
	struct bpf bpf;
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	bpf_by_library(profile, &bpf);
	return microseconds(&start);
}

/* The whole of it, and how fast: the median of some. */
static void compare_whole(const char *name, const struct plan_seccomp *profile)
{
	static struct comparison c;
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
		memset(arena.base + used, 0, arena.used - used);
		arena.used = used;
	}
	print_message("# %s: %zu instructions, at most %u on a way, %ld us; libseccomp %zu, %ld us; %lu cases\n", name, c.ours.length,
		      c.most_steps, least, c.theirs.length, library_time(profile), c.cases);
}

static const struct plan_seccomp *planned(const char *members)
{
	usual_host();
	if (make_plan(USUAL, arena_printf(&arena, "\"seccomp\":{%s}", members)) < 0)
		fail_msg("%s", sentence);
	return plan->seccomp;
}

#define THREE "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"
#define RULE(action, names, more) "{\"action\":\"SCMP_ACT_" action "\",\"names\":[" names "]" more "}"
#define ARGS(list) ",\"args\":[" list "]"
#define ARG(index, op, value, two) "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value ",\"valueTwo\":" #two "}"
#define PERSONALITY(value) RULE("ALLOW", "\"personality\"", ARGS(ARG(0, "EQ", value, 0)))
#define PERSONALITIES PERSONALITY(0) "," PERSONALITY(8) "," PERSONALITY(131072) "," PERSONALITY(131080) "," PERSONALITY(4294967295)
#define CLONE_WITHOUT_NAMESPACES RULE("ALLOW", "\"clone\"", ARGS(ARG(0, "MASKED_EQ", 2114060288, 0)))

/* What engines' default profiles are made of, over the usual few hundred names, which are the example's. Written from their
 * documentation; the real ones, where they are at hand, come by SECCOMP_PROFILES. */
static const struct { const char *name, *head, *rules; } engines[] = {
	{ "Docker's", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1," THREE,
		RULE("ALLOW", "\"process_vm_readv\",\"process_vm_writev\",\"ptrace\"", "") ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES ","
		RULE("ALLOW", "\"arch_prctl\",\"modify_ldt\"", "") "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ERRNO", "\"clone3\"", ",\"errnoRet\":38") },
	{ "Docker's with CAP_SYS_ADMIN", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1," THREE,
		RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ALLOW", "\"bpf\",\"clone\",\"clone3\",\"fanotify_init\",\"mount\",\"setns\",\"umount2\",\"unshare\"", "") },
	{ "containerd's", "\"defaultAction\":\"SCMP_ACT_ERRNO\"," THREE,
		RULE("ALLOW", "\"ptrace\"", "") "," RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 40, 0))) "," PERSONALITIES ","
		RULE("ALLOW", "\"arch_prctl\",\"modify_ldt\"", "") "," CLONE_WITHOUT_NAMESPACES ","
		RULE("ERRNO", "\"clone3\"", ",\"errnoRet\":38") },
	{ "Podman's", "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38," THREE,
		RULE("ERRNO", "\"bdflush\",\"io_pgetevents\",\"kexec_load\",\"mount\",\"setns\",\"swapon\"", ",\"errnoRet\":1") ","
		RULE("ALLOW", "\"clone\",\"clone3\",\"socketcall\"", "") "," PERSONALITIES ","
		RULE("ERRNO", "\"socket\"", ",\"errnoRet\":22" ARGS(ARG(0, "EQ", 16, 0) "," ARG(2, "EQ", 9, 0))) ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(2, "NE", 9, 0))) "," RULE("ALLOW", "\"socket\"", ARGS(ARG(0, "NE", 16, 0))) ","
		RULE("ALLOW", "\"socket\"", ARGS(ARG(2, "NE", 9, 0))) },
	{ "a list of what is denied", "\"defaultAction\":\"SCMP_ACT_ALLOW\"," THREE,
		RULE("ERRNO", "\"mount\",\"socket\",\"shmget\"", "") "," RULE("KILL", "\"ptrace\"", "") ","
		RULE("LOG", "\"personality\"", "") },
	{ "one that kills", "\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"," THREE, PERSONALITIES "," CLONE_WITHOUT_NAMESPACES },
};

static const struct plan_seccomp *example(void)
{
	const struct template_options options = { .kind = TEMPLATE_EXAMPLE, .machine = TEMPLATE_MACHINE };
	struct text text = text_in(&arena);
	struct planning p;
	struct error error = { 0 };

	usual_host();
	template_config(&options, &text);
	assert_int_equal(plan_chapters(text.data, &p, &error), 0);
	return plan->seccomp;
}

static void profile_of_the_example(void **state)
{
	(void)state;
	compare_whole("the example's", example());
}

static void profiles_of_engines(void **state)
{
	const struct plan_seccomp_rule *usual = &example()->rules[0];
	struct text names = text_in(&arena);

	(void)state;
	for (size_t i = 0; i < usual->name_count; i++)
		text_printf(&names, "%s\"%s\"", i ? "," : "", usual->names[i]);
	for (size_t i = 0; i < array_length(engines); i++)
		compare_whole(engines[i].name, planned(arena_printf(&arena,
			"%s\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[%s]},%s]",
			engines[i].head, names.data, engines[i].rules)));
}

static void profiles_of_files(void **state)
{
	static char content[1 << 20];
	char *files = getenv("SECCOMP_PROFILES"), *file;

	(void)state;
	files = files ? strdup(files) : NULL;
	for (char *rest = files; rest && (file = strsep(&rest, " "));) {
		FILE *from = fopen(file, "re");
		assert_non_null(from);
		size_t length = fread(content, 1, sizeof(content) - 1, from);
		fclose(from);
		content[length] = '\0';
		usual_host();
		if (make_plan(USUAL, arena_printf(&arena, "\"seccomp\":%s", content)) < 0)
			fail_msg("%s: %s", file, sentence);
		compare_whole(file, plan->seccomp);
	}
	free(files);
}

/* ---- random ones ---- */

static const char *const pool[] = {
	"read", "write", "clone", "clone3", "personality", "socket", "accept", "accept4", "recvmmsg", "send", "connect", "socketcall",
	"ipc", "shmget", "semop", "semtimedop", "msgrcv", "getpriority", "mmap", "mmap2", "futex", "futex_waitv", "execve", "ioctl",
	"prctl", "rt_sigreturn", "set_tls", "breakpoint", "arch_prctl", "no_such_call", "openat2", "uname", "preadv", "getdents64", "exit",
	"open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mprotect", "munmap", "brk", "access", "pipe", "dup",
	"riscv_flush_icache",
};

static const uint32_t actions[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38), SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_LOG,
	SCMP_ACT_TRACE(7), SCMP_ACT_NOTIFY,
};

static uint64_t random_value(void)
{
	static const uint64_t words[] = { 0, 1, 2, 3, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint64_t low = words[below(array_length(words))];

	return below(3) ? low : low | words[below(array_length(words))] << 32;
}

static struct plan_seccomp_rule random_rule(uint32_t usual)
{
	struct plan_seccomp_arg *args = arena_array(&arena, struct plan_seccomp_arg, 6);
	struct plan_seccomp_rule rule = { .action = below(5) ? usual : actions[below(array_length(actions))], .args = args };
	size_t names = 1 + below(below(4) ? 3 : 12);
	const char **list = arena_array(&arena, const char *, names);
	unsigned chance = below(3) ? 3 : 8;

	for (unsigned i = 0; i < 6 && below(4); i++)
		if (!below(chance))
			args[rule.arg_count++] = (struct plan_seccomp_arg){
				.index = i, .op = 1 + (int)below(7), .value = random_value(), .value_two = random_value(),
			};
	if (rule.arg_count == 2 && below(2)) { /* in any order */
		struct plan_seccomp_arg first = args[0];
		args[0] = args[1];
		args[1] = first;
	}
	while (rule.name_count < names)
		list[rule.name_count++] = pool[below(rule.arg_count ? 20 : array_length(pool))];
	rule.names = list;
	return rule;
}

static struct plan_seccomp random_profile(void)
{
	static const uint32_t others[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
		SCMP_ARCH_RISCV64 };
	uint32_t *list = arena_array(&arena, uint32_t, 1 + array_length(others));
	struct plan_seccomp profile = { .architectures = list, .default_action = actions[below(array_length(actions) - 1)] };
	size_t count = below(3) ? below(6) : below(40);
	struct plan_seccomp_rule *rules = arena_array(&arena, struct plan_seccomp_rule, count);
	uint32_t usual = actions[below(array_length(actions))];

	list[profile.architecture_count++] = seccomp_arch_native();
	for (size_t i = 0; i < array_length(others); i++)
		if (others[i] != list[0] && below(2) && (others[i] != SCMP_ARCH_X32 || listed(&profile, SCMP_ARCH_X86_64)))
			list[profile.architecture_count++] = others[i];
	while (profile.rule_count < count)
		rules[profile.rule_count++] = random_rule(usual);
	profile.rules = rules;
	return profile;
}

static void random_profiles(void **state)
{
	static struct comparison c;
	const char *seconds = getenv("SECCOMP_SECONDS"), *wanted = getenv("SECCOMP_SEED");
	long limit = (seconds ? strtol(seconds, NULL, 10) : 6) * 1000000;
	unsigned made = 0, left = 0, refused = 0, tried = 0;
	unsigned long cases = 0, astray_cases = 0;
	struct timespec start;

	(void)state;
	seed = wanted ? strtoul(wanted, NULL, 10) * 2 + 1 : 20260101;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (; microseconds(&start) < limit; tried++) {
		size_t used = arena.used;
		uint64_t begun = seed;
		struct plan_seccomp profile = random_profile();
		compare_profile(&c, &profile, tried % 64 ? named_numbers : every_number);
		if (c.differ)
			fail_msg("profile %u, state of the generator %llu", tried, (unsigned long long)begun);
		c.ours.program ? made++ : left++;
		refused += c.ours.program && !c.theirs.program;
		cases += c.cases;
		astray_cases += c.astray;
		memset(arena.base + used, 0, arena.used - used);
		arena.used = used;
	}
	print_message("# %u random profiles (%u of them refused by libseccomp, or endless) with %lu cases, %lu of them where it goes "
		      "astray; and %u profiles that are its\n", made, refused, cases, astray_cases, left);
	assert_true(made > left);
}

/* ---- odd ones ---- */

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

/* ---- the kernel's opinion ---- */

/* Calls that do no harm, whatever they are asked; and errors that no call has. */
static const char *const harmless[] = { "getpriority", "getpgid", "getsid", "sched_getscheduler", "sched_get_priority_max", "getpid" };
#define ERROR_FIRST 1000u

static struct plan_seccomp harmless_profile(const uint32_t *architectures, size_t count)
{
	struct plan_seccomp_rule *rules = arena_array(&arena, struct plan_seccomp_rule, 12);

	for (size_t i = 0; i < 12; i++) {
		const char **name = arena_array(&arena, const char *, 1);
		rules[i] = random_rule(SCMP_ACT_ALLOW);
		name[0] = harmless[below(array_length(harmless))];
		rules[i].names = name;
		rules[i].name_count = 1;
		rules[i].action = SCMP_ACT_ERRNO(ERROR_FIRST + (size_t)(name[0][3]));
	}
	return (struct plan_seccomp){
		.default_action = SCMP_ACT_ALLOW, .rules = rules, .rule_count = 12,
		.architectures = architectures, .architecture_count = count,
	};
}

/* In a child under our filter: 0 if each call got what the interpreter says. */
static int under_the_filter(struct comparison *c)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_install(c->ours.program, c->ours.length, 0) < 0)
		return 10;
	for (unsigned i = 0; i < 3000; i++) {
		struct data data = { .arch = seccomp_arch_native() };
		data.number = seccomp_syscall_resolve_name(harmless[i % array_length(harmless)]);
		random_arguments(c, &data);
		uint32_t verdict = bpf_run(&c->ours, &data);
		long r = syscall(data.number, data.args[0], data.args[1], data.args[2], data.args[3], data.args[4], data.args[5]);
		bool refused = r < 0 && errno >= (int)ERROR_FIRST;
		if (refused != (verdict != SCMP_ACT_ALLOW) || (refused && SCMP_ACT_ERRNO((unsigned)errno) != verdict))
			return 11;
	}
	return 0;
}

static void loaded(void **state)
{
	static const uint32_t three[] = {
#if defined(__x86_64__)
		SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
#else
		0,
#endif
	};
	const uint32_t native = seccomp_arch_native();
	static struct comparison c;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		const bool several = i % 2 && three[0] == native;
		const struct plan_seccomp profile = harmless_profile(several ? three : &native, several ? 3 : 1);
		int status = 0;
		c = (struct comparison){ .profile = &profile };
		assert_true(ours(&profile, &c.ours));
		add_boundaries(&c);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(under_the_filter(&c));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

/* How long the kernel takes for the example's, and for libseccomp's of the same. */
static void loading_time(void **state)
{
	const struct plan_seccomp *profile = example();
	struct bpf bpf[2];

	(void)state;
	assert_true(ours(profile, &bpf[0]));
	assert_int_equal(bpf_by_library(profile, &bpf[1]), 0);
	for (size_t i = 0; i < 2; i++) {
		long least = 1000000;
		for (int n = 0; n < 20; n++) {
			long *took = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
			pid_t child = fork();
			if (child == 0) {
				struct timespec start;
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
				clock_gettime(CLOCK_MONOTONIC, &start);
				int r = seccomp_install(bpf[i].program, bpf[i].length, ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW);
				*took = microseconds(&start);
				syscall(SYS_exit_group, r < 0);
			}
			int status;
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
			least = *took < least ? *took : least;
			munmap(took, 4096);
		}
		print_message("# %s: %zu instructions loaded in %ld us\n", i ? "libseccomp" : "ours", bpf[i].length, least);
	}
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile_of_the_example), cmocka_unit_test(profiles_of_engines), cmocka_unit_test(profiles_of_files),
		cmocka_unit_test(no_rules), cmocka_unit_test(long_ways), cmocka_unit_test(multiplexed), cmocka_unit_test(what_is_not_ours),
		cmocka_unit_test(loaded), cmocka_unit_test(loading_time), cmocka_unit_test(random_profiles),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
