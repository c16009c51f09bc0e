/* The seccomp filter as lines for `explain`. */
#include <seccomp.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

#define NAMES_SHOWN 8

static const struct { uint32_t action; const char *word; } actions[] = {
	{ SCMP_ACT_KILL_PROCESS, "kill process" }, { SCMP_ACT_KILL_THREAD, "kill thread" }, { SCMP_ACT_TRAP, "trap" },
	{ SCMP_ACT_ALLOW, "allow" }, { SCMP_ACT_LOG, "log" }, { SCMP_ACT_NOTIFY, "notify" },
};

static void show_action(struct text *out, uint32_t action)
{
	for (size_t i = 0; i < array_length(actions); i++)
		if (actions[i].action == action) {
			text_add(out, actions[i].word);
			return;
		}
	text_printf(out, "%s %u", (action & 0xffff0000u) == SCMP_ACT_TRACE(0) ? "trace" : "errno", action & 0xffff);
}

static void show_condition(struct text *out, const struct plan_seccomp_arg *arg)
{
	static const char *const signs[] = {
		[SCMP_CMP_NE] = "!=", [SCMP_CMP_LT] = "<", [SCMP_CMP_LE] = "<=",
		[SCMP_CMP_EQ] = "==", [SCMP_CMP_GE] = ">=", [SCMP_CMP_GT] = ">",
	};
	if (arg->op == SCMP_CMP_MASKED_EQ)
		text_printf(out, " arg%u & 0x%llx == 0x%llx", arg->index, (unsigned long long)arg->value,
			    (unsigned long long)arg->value_two);
	else
		text_printf(out, " arg%u %s %llu", arg->index, signs[arg->op], (unsigned long long)arg->value);
}

static void show_rule(struct text *out, const struct plan_seccomp_rule *rule)
{
	text_add(out, "  ");
	show_action(out, rule->action);
	text_add_char(out, ':');
	for (size_t i = 0; i < rule->name_count && i < NAMES_SHOWN; i++) {
		text_add_char(out, ' ');
		text_add_visible(out, rule->names[i]);
	}
	if (rule->name_count > NAMES_SHOWN)
		text_printf(out, " and %zu more", rule->name_count - NAMES_SHOWN);
	for (size_t i = 0; i < rule->arg_count; i++) {
		text_add(out, i ? " and" : " if");
		show_condition(out, &rule->args[i]);
	}
	text_add_char(out, '\n');
}

void show_seccomp(const struct plan *plan, struct text *out)
{
	const struct plan_seccomp *seccomp = plan->seccomp;

	if (!seccomp)
		return;
	text_add(out, "  default  ");
	show_action(out, seccomp->default_action);
	text_printf(out, "\n  flags    0x%x, %zu architecture%s\n", seccomp->flags, seccomp->architecture_count,
		    seccomp->architecture_count == 1 ? "" : "s");
	for (size_t i = 0; i < seccomp->rule_count; i++)
		show_rule(out, &seccomp->rules[i]);
	if (seccomp->notify) {
		text_add(out, "  agent    ");
		text_add_visible(out, seccomp->listener_path);
		text_add_char(out, '\n');
	}
}
