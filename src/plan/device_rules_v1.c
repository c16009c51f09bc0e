/* The list of device rules as a legacy hierarchy keeps it: one default and exceptions from it, without any order.
 *
 * The kernel forgets a denial of a part of what it allows ("allow c 1:*, deny c 1:3": the second write succeeds and does nothing).
 * So the list is played here, and what those files cannot say is refused. */
#include "base/arena.h"
#include "plan/cgroup.h"

enum { READ_WRITE = 2 | 4, EVERYTHING = 1 | 2 | 4 };

struct model {
	bool allow;                          /* the default */
	struct plan_device_rule *exceptions; /* each with .allow != .allow of the model */
	size_t count;
};

static bool meets_number(int64_t a, int64_t b)
{
	return a < 0 || b < 0 || a == b;
}

static bool covers_number(int64_t a, int64_t b)
{
	return a < 0 || a == b;
}

static bool meets(const struct plan_device_rule *a, const struct plan_device_rule *b)
{
	return a->type == b->type && meets_number(a->major, b->major) && meets_number(a->minor, b->minor);
}

static bool covers(const struct plan_device_rule *a, const struct plan_device_rule *b)
{
	return a->type == b->type && covers_number(a->major, b->major) && covers_number(a->minor, b->minor);
}

/* One exception has to grant all that an open(2) asks for: "c 1:* r" and "c 1:3 w" are not enough for O_RDWR on 1:3. */
static unsigned also(const struct plan_device_rule *larger, unsigned access)
{
	return ((larger->access | access) & READ_WRITE) == READ_WRITE && access & READ_WRITE ? larger->access & READ_WRITE : 0;
}

static void except(struct model *model, struct plan_device_rule rule)
{
	for (size_t i = 0; i < model->count; i++) {
		struct plan_device_rule *other = &model->exceptions[i];
		if (covers(other, &rule) && !(rule.access & ~other->access))
			return;
		if (covers(other, &rule) && covers(&rule, other)) {
			other->access |= rule.access;
			return;
		}
	}
	for (size_t i = 0; i < model->count && rule.allow; i++) {
		struct plan_device_rule *other = &model->exceptions[i];
		if (covers(other, &rule))
			rule.access |= also(other, rule.access);
		else if (covers(&rule, other))
			other->access |= also(&rule, other->access);
	}
	model->exceptions[model->count++] = rule;
}

/* Back to the default. -1: only a part of some exception goes, and a part cannot be taken out. */
static int unexcept(struct model *model, const struct plan_device_rule *rule)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->count; i++) {
		struct plan_device_rule other = model->exceptions[i];
		if (meets(rule, &other) && other.access & rule->access) {
			if (!covers(rule, &other))
				return -1;
			other.access &= ~rule->access;
		}
		if (other.access)
			model->exceptions[kept++] = other;
	}
	model->count = kept;
	return 0;
}

static int play(struct model *model, struct plan_device_rule rule)
{
	if (rule.type == 'a' && rule.major < 0 && rule.minor < 0 && rule.access == EVERYTHING) {
		model->allow = rule.allow;
		model->count = 0;
		return 0;
	}
	/* To devices.allow "a" means everything, whatever stands behind it: said with numbers, it is both kinds of devices. */
	for (const char *type = "bc"; *type; type++) {
		struct plan_device_rule one = rule;
		one.type = *type;
		if (rule.type != 'a' && rule.type != *type)
			continue;
		if (rule.allow != model->allow)
			except(model, one);
		else if (unexcept(model, &one) < 0)
			return -1;
	}
	return 0;
}

static int play_all(const struct plan_device_rules *rules, const struct place *at, struct arena *arena, struct model *model,
		    struct error *error)
{
	char text[DEVICE_RULE_TEXT];

	*model = (struct model){ .exceptions = arena_array(arena, struct plan_device_rule, 2 * rules->count) };
	for (size_t i = 0; i < rules->count; i++)
		if (play(model, rules->items[i]) < 0) {
			device_rule_text(&rules->items[i], text);
			return fail_at(error, at, 0,
				       "the device rule '%s %s' takes back a part of an earlier one, which cgroup v1 cannot do",
				       rules->items[i].allow ? "allow" : "deny", text);
		}
	return 0;
}

static void write_exception(const char *file, const struct plan_device_rule *rule, const struct place *at, struct cgroup_rows *rows)
{
	char text[DEVICE_RULE_TEXT];

	device_rule_text(rule, text);
	cgroup_row(rows, at, ROW_PLAIN, file, "%s", text);
}

static void write_all_of(const struct model *model, const struct place *at, struct cgroup_rows *rows)
{
	/* The whole default first: there is no moment in which more is allowed than in the end (rule B.8). */
	cgroup_row(rows, at, ROW_PLAIN, model->allow ? "devices.allow" : "devices.deny", "a");
	for (size_t i = 0; i < model->count; i++)
		write_exception(model->allow ? "devices.deny" : "devices.allow", &model->exceptions[i], at, rows);
}

int device_rules_v1(const struct plan_device_rules *rules, const struct place *at, struct cgroup_rows *rows, struct error *error)
{
	struct model model;

	try(play_all(rules, at, rows->arena, &model, error));
	write_all_of(&model, at, rows);
	return 0;
}

/* Exceptions of `some` that `others` do not have, or not with all kinds of access. */
static void write_beyond(const char *file, const struct model *some, const struct model *others, const struct place *at,
			 struct cgroup_rows *rows)
{
	for (size_t i = 0; i < some->count; i++) {
		struct plan_device_rule rule = some->exceptions[i];
		for (size_t k = 0; k < others->count; k++)
			if (covers(&rule, &others->exceptions[k]) && covers(&others->exceptions[k], &rule))
				rule.access &= ~others->exceptions[k].access;
		if (rule.access)
			write_exception(file, &rule, at, rows);
	}
}

/* The kernel looks exceptions up by type and numbers, and takes bits of access away or adds them. "a" it would refuse once the container
 * has made cgroups of its own in there. */
int device_rules_v1_change(const struct plan_device_rules *from, const struct plan_device_rules *to, const struct place *at,
			   struct cgroup_rows *rows, struct error *error)
{
	struct model old, new;

	try(play_all(from, at, rows->arena, &old, error));
	try(play_all(to, at, rows->arena, &new, error));
	if (old.allow != new.allow) {
		write_all_of(&new, at, rows);
		return 0;
	}
	const char *allow = "devices.allow", *deny = "devices.deny";
	if (new.allow) { /* the exceptions are what is denied: first more of that, too */
		write_beyond(deny, &new, &old, at, rows);
		write_beyond(allow, &old, &new, at, rows);
		return 0;
	}
	write_beyond(deny, &old, &new, at, rows);
	write_beyond(allow, &new, &old, at, rows);
	return 0;
}
