/* All calls that tell two seccomp programs apart, and the comparison of their verdicts, for the tests of plan/filter.c.
 *
 * A run that has looked at no argument has the same verdict for all of them, so one is enough; else the arguments go over all boundaries
 * of all rules. Where libseccomp's verdict may be another one than ours is said in `newer_is_missing` and `astray`, each by name, and
 * nowhere else. */
#pragma once

#include <linux/audit.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "plan/filter.h"

#include "filter_oracle.h"

static struct arena arena; /* the one of planned.h, where that is included */

static const uint32_t actions[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38), SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_LOG,
	SCMP_ACT_TRACE(7), SCMP_ACT_NOTIFY,
};

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

/* Verdicts for a call, which are to be what the rules mean. */
static void judge(struct comparison *c, const struct data *data, uint32_t ours_has, uint32_t theirs_has)
{
	const struct meaning meaning = meaning_of(c, data);
	uint32_t wanted = newer_is_missing(c, data) ? SCMP_ACT_ERRNO(ENOSYS) : meaning.verdict;

	c->cases++;
	if (ours_has != wanted)
		differs(c, data, "ours", ours_has, wanted);
	if (!c->theirs.program || theirs_has == meaning.verdict)
		return;
	if (astray(&meaning))
		c->astray++;
	else
		differs(c, data, "libseccomp", theirs_has, meaning.verdict);
}

/* By the interpreter. Returns whether a program has looked at arguments. */
static bool compare_case(struct comparison *c, const struct data *data)
{
	uint32_t ours_has = bpf_run(&c->ours, data);
	bool looked = bpf_arguments;

	c->most_steps = bpf_steps > c->most_steps ? bpf_steps : c->most_steps;
	uint32_t theirs_has = c->theirs.program ? bpf_run(&c->theirs, data) : 0;
	judge(c, data, ours_has, theirs_has);
	return looked || (c->theirs.program && bpf_arguments);
}

/* ---- the arguments ---- */

static uint64_t seed = 20260101; /* never 0 */

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
	assert_true(c->value_count[index] < array_length(c->values[index]));
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
				c->each(c, &data);
			}
			data.args[i] = kept;
		}
	}
	for (unsigned i = 0; i < samples; i++) {
		random_arguments(c, &data);
		c->each(c, &data);
	}
}

static void compare_number(struct comparison *c, uint32_t audit, uint32_t number)
{
	struct data data = { .number = (int32_t)number, .arch = audit };

	if (c->each(c, &data))
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

/* ---- a profile ---- */

static bool ours(const struct plan_seccomp *profile, struct bpf *bpf)
{
	struct error error = { 0 };
	int r = plan_filter(profile, &arena, &bpf->program, &bpf->length, &error);

	assert_true(r >= 0);
	return r == FILTER_MADE;
}

/* Both programs, and which arguments there are to try; c->ours has none if the profile is libseccomp's. */
static void compare_begin(struct comparison *c, const struct plan_seccomp *profile)
{
	*c = (struct comparison){ .profile = profile, .each = compare_case };
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
}

static inline void compare_profile(struct comparison *c, const struct plan_seccomp *profile, void (*numbers)(struct comparison *))
{
	compare_begin(c, profile);
	c->sparse = numbers == named_numbers;
	if (c->ours.program)
		numbers(c);
}

/* What the arena got since it had `used`; it gives out zeros. */
static void forget(size_t used)
{
	memset(arena.base + used, 0, arena.used - used);
	arena.used = used;
}

static inline long microseconds(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000000 + (now.tv_nsec - since->tv_nsec) / 1000;
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }
