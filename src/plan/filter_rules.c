/* The rules of one call: settled, and written as code. */
#include "plan/filter_rules.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"

#define LOW(value) ((uint32_t)(value))
#define HIGH(value) ((uint32_t)((value) >> 32))

/* ---- reading ---- */

static uint64_t all_bits(bool wide)
{
	return wide ? UINT64_MAX : UINT32_MAX;
}

static struct test test_of(const struct plan_seccomp_arg *arg, bool wide)
{
	static const struct { uint32_t how; bool opposite; } operators[] = {
		[SCMP_CMP_EQ] = { ABI_BPF_EQUAL, false }, [SCMP_CMP_NE] = { ABI_BPF_EQUAL, true },
		[SCMP_CMP_GT] = { ABI_BPF_GREATER, false }, [SCMP_CMP_LE] = { ABI_BPF_GREATER, true },
		[SCMP_CMP_GE] = { ABI_BPF_AT_LEAST, false }, [SCMP_CMP_LT] = { ABI_BPF_AT_LEAST, true },
		[SCMP_CMP_MASKED_EQ] = { ABI_BPF_EQUAL, false },
	};
	bool masked = arg->op == SCMP_CMP_MASKED_EQ;
	uint64_t mask = all_bits(wide) & (masked ? arg->value : UINT64_MAX);

	return (struct test){
		.index = arg->index, .how = operators[arg->op].how, .opposite = operators[arg->op].opposite,
		.mask = mask, .value = mask & (masked ? arg->value_two : arg->value),
	};
}

static void add_test(struct filter_rule *rule, const struct test *test)
{
	size_t at = rule->count++;

	for (; at && rule->tests[at - 1].index > test->index; at--)
		rule->tests[at] = rule->tests[at - 1];
	rule->tests[at] = *test;
}

void filter_rule_read(const struct plan_seccomp_rule *from, bool wide, struct filter_rule *rule)
{
	*rule = (struct filter_rule){ .action = from->action };
	for (size_t i = 0; i < from->arg_count; i++) {
		struct test test = test_of(&from->args[i], wide);
		if (test.mask) /* nothing masked out is always 0, as the value under this mask is */
			add_test(rule, &test);
	}
}

void filter_rule_select(struct filter_rule *rule, uint32_t number)
{
	const struct test test = { .index = 0, .how = ABI_BPF_EQUAL, .mask = UINT32_MAX, .value = number };

	if (rule->count && rule->tests[0].index == 0)
		rule->tests[0] = test;
	else
		add_test(rule, &test);
}

/* ---- settling ---- */

/* Equal tests of high words side by side, then of values, so that they are written as one. */
static int compare_tests(const struct test *a, const struct test *b)
{
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->how != b->how)
		return a->how < b->how ? -1 : 1;
	if (a->opposite != b->opposite)
		return a->opposite ? 1 : -1;
	if (a->mask != b->mask)
		return a->mask < b->mask ? -1 : 1;
	return a->value == b->value ? 0 : a->value < b->value ? -1 : 1;
}

static int compare(const void *left, const void *right)
{
	const struct filter_rule *a = left, *b = right;

	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = compare_tests(&a->tests[i], &b->tests[i]);
		if (order)
			return order;
	}
	return a->count == b->count ? 0 : a->count < b->count ? -1 : 1;
}

/* What an ordering test, or one for a value, lets through; nothing if first is above last. */
struct range { uint64_t first, last; };

static bool range_of(const struct test *test, uint64_t most, struct range *range)
{
	uint64_t v = test->value;

	if (test->how == ABI_BPF_EQUAL) {
		*range = (struct range){ v, v };
		return !test->opposite && test->mask == most;
	}
	bool from_value = test->how == ABI_BPF_AT_LEAST;
	if (test->opposite)
		*range = from_value ? v ? (struct range){ 0, v - 1 } : (struct range){ 1, 0 } : (struct range){ 0, v };
	else
		*range = from_value ? (struct range){ v, most } : v < most ? (struct range){ v + 1, most } : (struct range){ 1, 0 };
	return true;
}

/* No value passes both. False also where we cannot tell. */
static bool exclude(const struct test *a, const struct test *b, uint64_t most)
{
	struct range one, other;

	if (range_of(a, most, &one) && range_of(b, most, &other))
		return one.first > one.last || other.first > other.last || one.first > other.last || other.first > one.last;
	if (a->how != ABI_BPF_EQUAL || b->how != ABI_BPF_EQUAL || (a->opposite && b->opposite))
		return false;
	if (!a->opposite && !b->opposite)
		return a->mask & b->mask & (a->value ^ b->value);
	const struct test *is = a->opposite ? b : a, *is_not = a->opposite ? a : b;
	return !(is_not->mask & ~is->mask) && (is->value & is_not->mask) == is_not->value;
}

static bool apart(const struct filter_rule *a, const struct filter_rule *b, uint64_t most)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (a->tests[i].index == b->tests[k].index && exclude(&a->tests[i], &b->tests[k], most))
				return true;
	return false;
}

static bool contradict(const struct filter_rule *rules, size_t count, bool wide)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (rules[i].action != rules[k].action && !apart(&rules[i], &rules[k], all_bits(wide)))
				return true;
	return false;
}

bool filter_rules_settle(struct filter_rule *rules, size_t *count, bool wide)
{
	size_t last = 0, kept = 0;

	while (last < *count && rules[last].count)
		last++;
	if (contradict(rules, last, wide))
		return false;
	if (last < *count) {
		rules[0] = rules[last];
		*count = 1;
		return true;
	}
	qsort(rules, *count, sizeof(*rules), compare);
	for (size_t i = 0; i < *count; i++)
		if (!kept || compare(&rules[kept - 1], &rules[i]))
			rules[kept++] = rules[i];
	*count = kept;
	return true;
}

bool filter_rules_same(const struct filter_rule *a, size_t a_count, const struct filter_rule *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].action != b[i].action || compare(&a[i], &b[i]))
			return false;
	return true;
}

/* ---- writing ---- */

static struct way write_low(const struct filter_writer *w, const struct test *test, struct way yes, struct way no)
{
	uint32_t mask = LOW(test->mask);

	if (!mask)
		return yes;
	code_jump(w->code, test->how, LOW(test->value), yes, no);
	if (mask != UINT32_MAX)
		code_mask(w->code, mask);
	return code_load(w->code, CODE_ARGUMENT_LOW(test->index));
}

/* Equal high words leave the decision to the low ones. A high word that is greater is the answer to both other questions. */
static struct way write_high(const struct filter_writer *w, const struct test *test, struct way low, struct way yes, struct way no)
{
	uint32_t mask = HIGH(test->mask), value = HIGH(test->value);

	if (!w->wide || !mask)
		return low;
	if (test->how == ABI_BPF_EQUAL) {
		code_jump(w->code, ABI_BPF_EQUAL, value, low, no);
		if (mask != UINT32_MAX)
			code_mask(w->code, mask);
	} else {
		struct way unequal = value ? code_jump(w->code, ABI_BPF_GREATER, value, yes, no) : yes;
		code_jump(w->code, ABI_BPF_EQUAL, value, low, unequal);
	}
	return code_load(w->code, CODE_ARGUMENT_HIGH(test->index));
}

static struct way write_test(const struct filter_writer *w, const struct test *test, struct way pass, struct way fail)
{
	struct way yes = test->opposite ? fail : pass, no = test->opposite ? pass : fail;

	return write_high(w, test, write_low(w, test, yes, no), yes, no);
}

static struct way write_rules(const struct filter_writer *w, const struct filter_rule *rules, size_t count, size_t depth, struct way fail);

/* A rule says something else than what happens without it, so the ways of a test never are the same one.
 *
 * "Is exactly this value": many of these of one argument are a tree over the values. */
static bool is_value(const struct filter_writer *w, const struct test *test)
{
	return test->how == ABI_BPF_EQUAL && !test->opposite && test->mask == all_bits(w->wide);
}

static bool same_switch(const struct filter_writer *w, const struct test *a, const struct test *b)
{
	return is_value(w, a) && is_value(w, b) && a->index == b->index && HIGH(a->value) == HIGH(b->value);
}

static struct way write_switch(const struct filter_writer *w, const struct filter_rule *rules, size_t count, size_t depth, struct way fail)
{
	struct segments segments = { .items = arena_array(w->arena, struct segment, 2 * count + 1) };
	size_t to;

	segments_put(&segments, 0, fail);
	for (size_t i = 0; i < count; i = to) {
		uint32_t value = LOW(rules[i].tests[depth].value);
		for (to = i + 1; to < count && LOW(rules[to].tests[depth].value) == value; to++)
			;
		segments_put(&segments, value, write_rules(w, rules + i, to - i, depth + 1, fail));
		if (value != UINT32_MAX)
			segments_put(&segments, value + 1, fail);
	}
	code_tree(w->code, w->arena, &segments);
	struct way tree = code_load(w->code, CODE_ARGUMENT_LOW(rules->tests[depth].index));
	return write_high(w, &rules->tests[depth], tree, tree, fail);
}

/* Rules that agree on all tests before `depth`: any may fit. From the last to the first, each goes on with the next when it fails. */
static struct way write_rules(const struct filter_writer *w, const struct filter_rule *rules, size_t count, size_t depth, struct way fail)
{
	struct way way = fail;

	if (rules->count == depth) /* the others here ask for more, to say the same */
		return (struct way){ .action = rules->action };
	for (size_t to = count, from; to; to = from) {
		const struct test *last = &rules[to - 1].tests[depth];
		for (from = to - 1; from && same_switch(w, &rules[from - 1].tests[depth], last); from--)
			;
		if (is_value(w, last)) {
			way = write_switch(w, rules + from, to - from, depth, way);
			continue;
		}
		for (; from && !compare_tests(&rules[from - 1].tests[depth], last); from--)
			;
		way = write_test(w, last, write_rules(w, rules + from, to - from, depth + 1, way), way);
	}
	return way;
}

struct way filter_rules_write(const struct filter_writer *w, const struct filter_rule *rules, size_t count)
{
	return write_rules(w, rules, count, 0, w->otherwise);
}
