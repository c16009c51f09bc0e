/* The seccomp filter as lines for `explain`. */
#include <seccomp.h>
#include "base/cleanup.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/seccomp.h"
#include "plan/show.h"

#define WIDTH 120       /* columns of a line; a word is never cut */
#define INDENT 4        /* of a rule's further lines */
#define INDENT_NAMED 11 /* of a property's */

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

/* A word after a blank, on a line of its own where this one is full: `line` is where it begins, `indent` how far the next one is in. */
static void show_word(struct text *out, size_t *line, int indent, const char *word)
{
	size_t before = out->length;

	text_add_char(out, ' ');
	text_add_visible(out, word);
	if (out->length - *line <= WIDTH)
		return;
	out->length = before;
	text_printf(out, "\n%*s", indent, "");
	*line = before + 1;
	text_add_visible(out, word);
}

static void show_rule(struct text *out, const struct plan_seccomp_rule *rule)
{
	size_t line = out->length;

	text_add(out, "  ");
	show_action(out, rule->action);
	text_add_char(out, ':');
	for (size_t i = 0; i < rule->name_count; i++)
		show_word(out, &line, INDENT, rule->names[i]);
	for (size_t i = 0; i < rule->arg_count; i++) {
		text_add(out, i ? " and" : " if");
		show_condition(out, &rule->args[i]);
	}
	text_add_char(out, '\n');
}

static void show_flags(struct text *out, uint32_t flags)
{
	size_t line = out->length;

	text_add(out, "  flags   ");
	for (const struct json_word *word = seccomp_flag_words; word->word; word++)
		if (flags & plan_seccomp_flag(word->value))
			show_word(out, &line, INDENT_NAMED, word->word);
	if (flags & ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER)
		show_word(out, &line, INDENT_NAMED, "SECCOMP_FILTER_FLAG_NEW_LISTENER");
	text_add(out, flags ? "\n" : " none\n");
}

static void show_architectures(struct text *out, const struct plan_seccomp *seccomp)
{
	size_t line = out->length;

	text_add(out, "  for     ");
	for (size_t i = 0; i < seccomp->architecture_count; i++)
		show_word(out, &line, INDENT_NAMED, plan_seccomp_arch_word(seccomp->architectures[i]));
	text_add_char(out, '\n');
}

void show_seccomp(const struct plan *plan, struct text *out)
{
	const struct plan_seccomp *seccomp = plan->seccomp;

	if (!seccomp)
		return;
	text_add(out, "  default  ");
	show_action(out, seccomp->default_action);
	text_add_char(out, '\n');
	show_flags(out, seccomp->flags);
	show_architectures(out, seccomp);
	for (size_t i = 0; i < seccomp->rule_count; i++)
		show_rule(out, &seccomp->rules[i]);
	if (seccomp->notify) {
		text_add(out, "  agent    ");
		text_add_visible(out, seccomp->listener_path);
		text_add_char(out, '\n');
	}
}
