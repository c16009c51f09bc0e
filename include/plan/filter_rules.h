/* The rules that one call has in a seccomp profile: what they ask of its arguments, and which of them decides. */
#pragma once

#include "plan/filter_code.h"
#include "plan/plan.h"

/* One question about one argument. All seven operators are these three and their opposites. */
struct test {
	uint32_t index;
	uint32_t how;                /* ABI_BPF_EQUAL (of what the mask leaves), ABI_BPF_GREATER, ABI_BPF_AT_LEAST */
	bool opposite;
	uint64_t mask, value;
};

#define TESTS_MOST 6

/* All tests must hold; with none the action is unconditional. At most one for each argument, in the order of the arguments. */
struct filter_rule {
	uint32_t action;
	size_t count;
	struct test tests[TESTS_MOST];
};

/* What an architecture's calls are written with. */
struct filter_writer {
	struct code *code;
	struct arena *arena;
	bool wide;                   /* arguments have 64 bits; else the low 32 of them count, in values and masks too (libseccomp) */
	struct way otherwise;        /* the profile's default */
};

/* Of a rule of the plan. */
void filter_rule_read(const struct plan_seccomp_rule *from, bool wide, struct filter_rule *rule);

/* The multiplexer's number in place of whatever the rule asks of the first argument, as libseccomp has it: the call's own arguments
 * are in memory, where a filter cannot look. */
void filter_rule_select(struct filter_rule *rule, uint32_t number);

/* The rules of one call, in the order of the profile, become those that decide: an unconditional one ends the list, and makes all
 * the others void. Sorted, and none twice. False if two that may fit the same arguments have different actions. */
bool filter_rules_settle(struct filter_rule *rules, size_t *count, bool wide);

bool filter_rules_same(const struct filter_rule *a, size_t a_count, const struct filter_rule *b, size_t b_count);

/* The way to code that decides by settled rules. */
struct way filter_rules_write(const struct filter_writer *writer, const struct filter_rule *rules, size_t count);
