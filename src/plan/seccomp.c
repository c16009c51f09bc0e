/* The seccomp profile in libseccomp's numbers: which rules there are, for which architectures, with which flags. init gets the filter made
 * of it; the profile and its listener stay with the host. */
#include <seccomp.h>
#include <string.h>
#include "plan/seccomp.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "plan/build.h"

#define ERRNO_DEFAULT 1 /* EPERM, for both actions that have one (config-linux.md#seccomp) */

/* A token is the kernel's AUDIT_ARCH_* (or close to it), and that has a bit for little endian: libseccomp makes one filter only for
 * architectures of one byte order, and a machine runs no others. */
#define LITTLE_ENDIAN_BIT 0x40000000u

static const struct { const char *word; uint32_t token; } architectures[] = {
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 }, { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 }, { "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM }, { "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 }, { "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 }, { "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL }, { "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC }, { "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE }, { "SCMP_ARCH_S390", SCMP_ARCH_S390 }, { "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC }, { "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64 },
	{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
	/* of libseccomp 2.6 */
#ifdef SCMP_ARCH_LOONGARCH64
	{ "SCMP_ARCH_LOONGARCH64", SCMP_ARCH_LOONGARCH64 },
#endif
#ifdef SCMP_ARCH_M68K
	{ "SCMP_ARCH_M68K", SCMP_ARCH_M68K },
#endif
#ifdef SCMP_ARCH_SH
	{ "SCMP_ARCH_SH", SCMP_ARCH_SH },
#endif
#ifdef SCMP_ARCH_SHEB
	{ "SCMP_ARCH_SHEB", SCMP_ARCH_SHEB },
#endif
};

static const int operators[] = {
	[SECCOMP_NE] = SCMP_CMP_NE, [SECCOMP_LT] = SCMP_CMP_LT, [SECCOMP_LE] = SCMP_CMP_LE, [SECCOMP_EQ] = SCMP_CMP_EQ,
	[SECCOMP_GE] = SCMP_CMP_GE, [SECCOMP_GT] = SCMP_CMP_GT, [SECCOMP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
};

static const char *word_of(const struct json_word *words, int value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return "?";
}

/* That only ERRNO and TRACE come with a number was checked with the document. */
static uint32_t action_of(int action, const uint32_t *errno_ret)
{
	uint32_t value = errno_ret ? *errno_ret : ERRNO_DEFAULT;

	switch ((enum seccomp_action)action) {
	case SECCOMP_KILL:
	case SECCOMP_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case SECCOMP_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_TRAP:
		return SCMP_ACT_TRAP;
	case SECCOMP_ERRNO:
		return SCMP_ACT_ERRNO(value);
	case SECCOMP_TRACE:
		return SCMP_ACT_TRACE(value);
	case SECCOMP_ALLOW:
		return SCMP_ACT_ALLOW;
	case SECCOMP_LOG:
		return SCMP_ACT_LOG;
	case SECCOMP_NOTIFY:
		return SCMP_ACT_NOTIFY;
	}
	return SCMP_ACT_KILL_PROCESS;
}

/* ---- architectures ---- */

static int add_architecture(const struct spec_seccomp *spec, struct plan_seccomp *plan, uint32_t *list, const char *word,
			    struct error *error)
{
	for (size_t i = 0; i < array_length(architectures); i++) {
		if (strcmp(architectures[i].word, word) != 0)
			continue;
		uint32_t token = architectures[i].token;
		if ((token ^ list[0]) & LITTLE_ENDIAN_BIT)
			return fail_at(error, &spec->at, 0, "seccomp architecture %s has not this machine's byte order", word);
		for (size_t known = 0; known < plan->architecture_count; known++)
			if (list[known] == token)
				return 0;
		list[plan->architecture_count++] = token;
		return 0;
	}
	return fail_at(error, &spec->at, 0, "seccomp architecture %s is not supported by this libseccomp", word);
}

static int plan_architectures(struct planning *p, const struct spec_seccomp *spec, struct plan_seccomp *plan, struct error *error)
{
	uint32_t *list = arena_array(plan_own(p), uint32_t, spec->architectures.count + 1);

	/* The native one is always there: without it every system call would be one of a foreign architecture, and deadly. */
	list[0] = seccomp_arch_native();
	plan->architectures = list;
	plan->architecture_count = 1;
	for (uint32_t i = 0; i < spec->architectures.count; i++)
		try(add_architecture(spec, plan, list, word_of(seccomp_arch_words, spec->architectures.items[i]), error));
	return 0;
}

/* ---- rules ---- */

static int check_notify(const struct spec_seccomp *spec, const struct spec_syscall *rule, struct error *error)
{
	/* With write notified, the agent's own answer could wait for the agent; and init could no more say what went wrong. */
	for (uint32_t i = 0; i < rule->names.count; i++)
		if (!strcmp(rule->names.items[i], "write"))
			return fail_at(error, &rule->at, 0, "SCMP_ACT_NOTIFY cannot be used for the write syscall");
	if (!spec->listener_path || !*spec->listener_path)
		return fail_at(error, &rule->at, 0, "SCMP_ACT_NOTIFY is used, but seccomp.listenerPath is not set");
	return 0;
}

/* libseccomp takes one condition for an argument. Two on one index mean either of them, and then each of the rule's conditions
 * stands for itself, as callers know it from runc (contract 11.9). */
static bool index_twice(const struct json_objects *args)
{
	unsigned seen = 0;
	JSON_EACH(struct spec_seccomp_arg, arg, args) {
		if (seen & 1u << arg->index)
			return true;
		seen |= 1u << arg->index;
	}
	return false;
}

static const struct plan_seccomp_arg *plan_args(struct planning *p, const struct json_objects *list)
{
	struct plan_seccomp_arg *args = arena_array(plan_own(p), struct plan_seccomp_arg, list->count);
	size_t count = 0;

	JSON_EACH(struct spec_seccomp_arg, arg, list)
		args[count++] = (struct plan_seccomp_arg){
			.index = arg->index, .value = arg->value, .value_two = arg->value_two, .op = operators[arg->op],
		};
	return args;
}

static size_t rules_of(const struct spec_syscall *spec)
{
	return index_twice(&spec->args) ? spec->args.count : 1;
}

/* One rule, or one for each condition. */
static void add_rules(struct planning *p, const struct spec_syscall *spec, struct plan_seccomp *plan,
		      struct plan_seccomp_rule *rules)
{
	size_t several = rules_of(spec);
	const struct plan_seccomp_rule rule = {
		.at = spec->at,
		.action = action_of(spec->action, spec->errno_ret),
		.names = spec->names.items,
		.name_count = spec->names.count,
		.args = plan_args(p, &spec->args),
		.arg_count = several > 1 ? 1 : spec->args.count,
	};

	for (size_t i = 0; i < several; i++) {
		rules[plan->rule_count] = rule;
		rules[plan->rule_count++].args += i;
	}
}

static int plan_rules(struct planning *p, const struct spec_seccomp *spec, struct plan_seccomp *plan, struct error *error)
{
	size_t count = 0;

	JSON_EACH(struct spec_syscall, rule, &spec->syscalls) {
		if (rule->action == SECCOMP_NOTIFY) {
			try(check_notify(spec, rule, error));
			plan->notify = true;
		}
		JSON_EACH(struct spec_seccomp_arg, arg, &rule->args)
			if (arg->index > 5)
				return fail_at(error, &arg->at, 0, "a system call has arguments 0 to 5, not %u", arg->index);
		count += rules_of(rule);
	}
	struct plan_seccomp_rule *rules = arena_array(plan_own(p), struct plan_seccomp_rule, count);
	JSON_EACH(struct spec_syscall, rule, &spec->syscalls)
		add_rules(p, rule, plan, rules);
	plan->rules = rules;
	return 0;
}

bool plan_seccomp_arch_known(const char *word)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
		if (strcmp(architectures[i].word, word) == 0)
			return true;
	return false;
}

const char *plan_seccomp_arch_word(uint32_t token)
{
	for (size_t i = 0; i < array_length(architectures); i++)
		if (architectures[i].token == token)
			return architectures[i].word;
	return "?";
}

/* ---- flags ---- */

uint32_t plan_seccomp_flag(int flag)
{
	static const uint32_t flags[] = {
		[SECCOMP_TSYNC] = ABI_SECCOMP_FILTER_FLAG_TSYNC,
		[SECCOMP_LOGGED] = ABI_SECCOMP_FILTER_FLAG_LOG,
		[SECCOMP_SPEC_ALLOW] = ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		[SECCOMP_WAIT_KILLABLE_RECV] = ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	};
	return flags[flag];
}

static int plan_flags(struct planning *p, const struct spec_seccomp *spec, struct plan_seccomp *plan, struct error *error)
{
	/* Absent: no speculation barriers, as engines have it since runc 1.0 (contract 11.9). An empty list is none. */
	if (!spec->flags.given)
		plan->flags = ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (uint32_t i = 0; i < spec->flags.count; i++) {
		switch ((enum seccomp_flag)spec->flags.items[i]) {
		case SECCOMP_TSYNC: /* init has one thread; and the helper that hands a listener over must stay outside */
			break;
		case SECCOMP_LOGGED:
		case SECCOMP_SPEC_ALLOW:
			plan->flags |= plan_seccomp_flag(spec->flags.items[i]);
			break;
		case SECCOMP_WAIT_KILLABLE_RECV:
			if (p->host->kernel < KERNEL_VERSION_OF(5, 19))
				return fail_at(error, &spec->at, 0, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs Linux 5.19");
			if (plan->notify) /* the kernel refuses it without a listener, and nothing would be received */
				plan->flags |= ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
			break;
		}
	}
	if (plan->notify)
		plan->flags |= ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return 0;
}

static bool may_trace(const struct spec_process *process)
{
	const struct json_strings *bounding = process->capabilities ? &process->capabilities->bounding : NULL;

	for (uint32_t i = 0; bounding && i < bounding->count; i++)
		if (strcmp(bounding->items[i], "CAP_SYS_PTRACE") == 0)
			return true;
	return false;
}

/* Without no_new_privs a filter needs CAP_SYS_ADMIN, so it is loaded before capabilities are dropped (seccomp(2), rule B.6.11). And a
 * process that shows itself in a pid namespace where somebody may trace it could be made to act in its filter's absence: there it has it
 * before. Who is in a pid namespace that is joined by path we do not know. */
static bool loads_early(const struct planning *p)
{
	const struct plan *plan = p->plan;

	if (!plan->process.no_new_privileges)
		return true;
	if (plan->namespaces.of[PLAN_NS_PID].mode != NS_JOIN)
		return false;
	return plan->kind == PLAN_CREATE || may_trace(p->spec->process) || (p->container && may_trace(p->container));
}

int plan_seccomp(struct planning *p, struct error *error)
{
	const struct spec_seccomp *spec = p->spec->linux_ ? p->spec->linux_->seccomp : NULL;
	if (!spec)
		return 0;
	if (spec->default_action == SECCOMP_NOTIFY)
		return fail_at(error, &spec->at, 0, "SCMP_ACT_NOTIFY cannot be used as default action");
	struct plan_seccomp *plan = arena_new(p->arena, struct plan_seccomp);
	plan->at = plan_place(p, &spec->at);
	plan->default_action = action_of(spec->default_action, spec->default_errno_ret);
	plan->listener_path = spec->listener_path;
	plan->listener_metadata = spec->listener_metadata;
	plan->early = loads_early(p);
	try(plan_architectures(p, spec, plan, error));
	try(plan_rules(p, spec, plan, error));
	try(plan_flags(p, spec, plan, error));
	p->plan->seccomp = plan;
	return 0;
}
