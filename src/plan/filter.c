/* A seccomp profile made into one program: for each architecture a tree over the numbers of its calls. */
#include "plan/filter.h"

#include <errno.h>
#include <seccomp.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "plan/filter_rules.h"

#define X32_BIT 0x40000000u    /* x32 calls are x86-64 calls with this in their number */
#define NOT_A_CALL UINT32_MAX  /* what a tracer makes of a number to skip the call (seccomp(2)): x32 only by its bits */
#define SOCKETCALL 102u
#define IPC 117u

/* On i386 a call of these may come by itself or by a multiplexer's number, its first argument (ipc(2), socketcall(2)). libseccomp has
 * -100 - n and -200 - n for it; here is the number of the call itself, 0 where there is none. A gap is no call of the multiplexer. */
static const uint16_t socket_calls[] = {
	[1] = 359 /* socket */, 361, 362, 363, 0 /* accept */, 367, 368, 360, 0 /* send */, 0 /* recv */,
	369 /* sendto */, 371, 373, 366, 365, 370, 372, 364 /* accept4 */, 337, 345,
};
static const uint16_t ipc_calls[] = {
	[1] = 0 /* semop */, 393, 394, 0 /* semtimedop */, [11] = 400 /* msgsnd */, 401, 399, 402,
	[21] = 397 /* shmat */, 398, 395, 396,
};

/* Of one byte order, and of calls we know how to tell apart. Others are libseccomp's. */
static const struct architecture { uint32_t token; bool wide, multiplexed; } architectures[] = {
	{ SCMP_ARCH_X86_64, .wide = true }, { SCMP_ARCH_X32 }, { SCMP_ARCH_X86, .multiplexed = true },
	{ SCMP_ARCH_AARCH64, .wide = true }, { SCMP_ARCH_ARM }, { SCMP_ARCH_RISCV64, .wide = true },
};

/* A rule of the profile for a number, in a form that compares: the number above, the rule's place and the multiplexer's number below. */
#define CALL(number, rule, select) ((uint64_t)(number) << 32 | (uint64_t)(rule) << 8 | (select))
#define CALL_NUMBER(call) ((uint32_t)((call) >> 32))
#define CALL_RULE(call) ((call) >> 8 & 0xffffff)
#define CALL_SELECT(call) ((uint32_t)((call) & 0xff))
#define RULES_MOST 0xffffff

/* What was written for conditions once is the same way for every call with the same ones. */
struct written { const struct written *next; const struct filter_rule *rules; size_t count; bool wide; struct way way; };

struct filter {
	const struct plan_seccomp *plan;
	struct arena *arena;
	struct code code;
	const struct written *written;
	size_t names;                /* of all rules */
};

struct calls {
	uint64_t *items;
	size_t count;
	int64_t newest;              /* the largest number the profile names; -1: none */
};

bool plan_filter_newer_is_missing(const struct plan_seccomp *plan)
{
	return (plan->default_action & 0xffff0000u) == SCMP_ACT_ERRNO(0) && plan->default_action != SCMP_ACT_ERRNO(ENOSYS);
}

static const struct architecture *architecture_of(uint32_t token)
{
	for (size_t i = 0; i < array_length(architectures); i++)
		if (architectures[i].token == token)
			return &architectures[i];
	return NULL;
}

/* ---- which numbers a profile names ---- */

static void add_number(struct filter *filter, struct calls *calls, uint32_t number, size_t rule, uint32_t select)
{
	/* What the default does anyway is no rule; but it was named. */
	if (filter->plan->rules[rule].action != filter->plan->default_action)
		calls->items[calls->count++] = CALL(number, rule, select);
	if (number > calls->newest)
		calls->newest = number;
}

static void add_multiplexed(struct filter *filter, struct calls *calls, int pseudo, size_t rule)
{
	bool ipc = pseudo <= -200;
	uint32_t select = (uint32_t)-pseudo % 100;
	uint32_t direct = 0;

	if (ipc ? select < array_length(ipc_calls) : pseudo > -200 && select < array_length(socket_calls))
		direct = ipc ? ipc_calls[select] : socket_calls[select];
	else
		return;
	add_number(filter, calls, ipc ? IPC : SOCKETCALL, rule, select);
	if (direct)
		add_number(filter, calls, direct, rule, 0);
}

/* A name that libseccomp does not know is passed over: the profile may be the newer one. So is one that this architecture lacks. */
static void add_name(struct filter *filter, struct calls *calls, const struct architecture *architecture, const char *name, size_t rule)
{
	int number = seccomp_syscall_resolve_name_arch(architecture->token, name);

	if (number >= 0)
		add_number(filter, calls, (uint32_t)number, rule, 0);
	else if (architecture->multiplexed && number < -100 && number > -300)
		add_multiplexed(filter, calls, number, rule);
}

/* By number, and in the profile's order where that is equal. Nearly all numbers are small and each has its own place; the few others
 * share the last one. */
#define PLACES 1024

static void sort_calls(struct filter *filter, struct calls *calls, uint32_t base)
{
	uint64_t *sorted = arena_array(filter->arena, uint64_t, calls->count);
	uint32_t ends[PLACES + 1] = { 0 };

	for (size_t i = 0; i < calls->count; i++) {
		uint32_t number = CALL_NUMBER(calls->items[i]) - base;
		ends[(number < PLACES ? number : PLACES - 1) + 1]++;
	}
	for (size_t i = 1; i <= PLACES; i++)
		ends[i] += ends[i - 1];
	for (size_t i = 0; i < calls->count; i++) {
		uint32_t number = CALL_NUMBER(calls->items[i]) - base;
		size_t at = ends[number < PLACES ? number : PLACES - 1]++;
		for (; number >= PLACES - 1 && at && sorted[at - 1] > calls->items[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = calls->items[i];
	}
	calls->items = sorted;
}

static struct calls calls_of(struct filter *filter, const struct architecture *architecture, uint32_t base)
{
	struct calls calls = { .items = arena_array(filter->arena, uint64_t, 2 * filter->names), .newest = -1 };

	for (size_t i = 0; i < filter->plan->rule_count; i++)
		for (size_t n = 0; n < filter->plan->rules[i].name_count; n++)
			add_name(filter, &calls, architecture, filter->plan->rules[i].names[n], i);
	sort_calls(filter, &calls, base);
	return calls;
}

/* ---- one call ---- */

static struct way write_once(struct filter *filter, const struct filter_rule *rules, size_t count, bool wide)
{
	const struct filter_writer writer = {
		.code = &filter->code, .arena = filter->arena, .wide = wide, .otherwise = { .action = filter->plan->default_action },
	};

	for (const struct written *w = filter->written; w; w = w->next)
		if (w->wide == wide && filter_rules_same(w->rules, w->count, rules, count))
			return w->way;
	struct written *written = arena_new(filter->arena, struct written);
	*written = (struct written){ filter->written, rules, count, wide, filter_rules_write(&writer, rules, count) };
	filter->written = written;
	return written->way;
}

/* All rules there are for one number. False if libseccomp must say what they mean. */
static bool write_call(struct filter *filter, const uint64_t *calls, size_t count, bool wide, struct way *way)
{
	const struct plan_seccomp_rule *first = &filter->plan->rules[CALL_RULE(calls[0])];

	if (!first->arg_count && !CALL_SELECT(calls[0])) {
		*way = (struct way){ .action = first->action };
		return true;
	}
	struct filter_rule *rules = arena_array(filter->arena, struct filter_rule, count);
	for (size_t i = 0; i < count; i++) {
		filter_rule_read(&filter->plan->rules[CALL_RULE(calls[i])], wide, &rules[i]);
		if (CALL_SELECT(calls[i]))
			filter_rule_select(&rules[i], CALL_SELECT(calls[i]));
	}
	if (!filter_rules_settle(rules, &count, wide))
		return false;
	*way = rules->count ? write_once(filter, rules, count, wide) : (struct way){ .action = rules->action };
	return true;
}

/* ---- one architecture ---- */

/* Its calls, from `base` on. */
static bool add_calls(struct filter *filter, const struct architecture *architecture, uint32_t base, struct segments *segments)
{
	const struct way otherwise = { .action = filter->plan->default_action }, missing = { .action = SCMP_ACT_ERRNO(ENOSYS) };
	struct calls calls = calls_of(filter, architecture, base);
	size_t to;

	segments->items = arena_grow(filter->arena, segments->items, segments->count * sizeof(*segments->items),
				     (segments->count + 2 * calls.count + 4) * sizeof(*segments->items));
	segments_put(segments, base, otherwise);
	for (size_t i = 0; i < calls.count; i = to) {
		uint32_t number = CALL_NUMBER(calls.items[i]);
		struct way way;
		for (to = i + 1; to < calls.count && CALL_NUMBER(calls.items[to]) == number; to++)
			;
		if (!write_call(filter, calls.items + i, to - i, architecture->wide, &way))
			return false;
		segments_put(segments, number, way);
		segments_put(segments, number + 1, otherwise);
	}
	if (calls.newest >= 0 && plan_filter_newer_is_missing(filter->plan))
		segments_put(segments, (uint32_t)calls.newest + 1, missing);
	return true;
}

static bool lists(const struct plan_seccomp *plan, uint32_t token)
{
	for (size_t i = 0; i < plan->architecture_count; i++)
		if (plan->architectures[i] == token)
			return true;
	return false;
}

/* x32 has no architecture of its own in seccomp_data: its calls are among x86-64's, and deadly if it is not listed. */
static bool add_x32(struct filter *filter, struct segments *segments)
{
	if (lists(filter->plan, SCMP_ARCH_X32))
		return add_calls(filter, architecture_of(SCMP_ARCH_X32), X32_BIT, segments);
	const struct way newer = segments->items[segments->count - 1].way;
	segments_put(segments, X32_BIT, (struct way){ .action = SCMP_ACT_KILL_THREAD });
	segments_put(segments, NOT_A_CALL, newer);
	return true;
}

/* "If it is this architecture ..., else": `way` is what else there is, and becomes the way to the question. */
static bool write_architecture(struct filter *filter, uint32_t token, struct way *way)
{
	struct segments segments = { 0 };

	if (!add_calls(filter, architecture_of(token), 0, &segments))
		return false;
	if (token == SCMP_ARCH_X86_64 && !add_x32(filter, &segments))
		return false;
	struct way tree = code_tree(&filter->code, filter->arena, &segments);
	if (segments.count > 1)
		tree = code_load(&filter->code, ABI_SECCOMP_DATA_NUMBER);
	*way = code_jump(&filter->code, ABI_BPF_EQUAL, token, tree, *way);
	return true;
}

static bool compiled_here(const struct plan_seccomp *plan)
{
	for (size_t i = 0; i < plan->architecture_count; i++)
		if (!architecture_of(plan->architectures[i]))
			return false;
	/* It is a part of x86-64's. */
	return plan->rule_count <= RULES_MOST && (!lists(plan, SCMP_ARCH_X32) || lists(plan, SCMP_ARCH_X86_64));
}

int plan_filter(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
		struct error *error)
{
	struct filter filter = { .plan = plan, .arena = arena };
	/* What is no call of any of the architectures: the thread is killed, as by libseccomp. */
	struct way way = { .action = SCMP_ACT_KILL_THREAD };

	if (!compiled_here(plan))
		return FILTER_IS_NOT_OURS;
	for (size_t i = 0; i < plan->rule_count; i++)
		filter.names += plan->rules[i].name_count;
	code_begin(&filter.code, arena); /* first: what init reads must be in the part of the arena that it sees */
	for (size_t i = plan->architecture_count; i-- > 0;) /* from the last one: the native one is asked for first */
		if (plan->architectures[i] != SCMP_ARCH_X32 && !write_architecture(&filter, plan->architectures[i], &way))
			return FILTER_IS_NOT_OURS;
	code_enter(&filter.code, way, ABI_SECCOMP_DATA_ARCH);
	if (filter.code.length > CODE_MOST)
		return fail_at(error, &plan->at, 0, "the seccomp filter has %zu instructions, the kernel takes at most %d",
			       filter.code.length, CODE_MOST);
	*program = filter.code.room + CODE_MOST - filter.code.length;
	*length = filter.code.length;
	return FILTER_MADE;
}
