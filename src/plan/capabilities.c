/* Capability names to bits; what is unknown or cannot be granted is dropped with a warning (config.md#linux-process). */
#include <stdbool.h>
#include <string.h>
#include <sys/capability.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"
#include "plan/process.h"

static uint64_t bit(int capability)
{
	return UINT64_C(1) << capability;
}

/* libcap also takes numbers and lower case; the specification knows neither. -1: no such capability. */
static int number_of(const char *name)
{
	cap_value_t value;
	if (strncmp(name, "CAP_", 4) != 0 || name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")])
		return -1;
	return cap_from_name(name, &value) == 0 && value >= 0 && value < 64 ? value : -1;
}

/* Names that were dropped, each once, however many sets had it. */
static void note(struct text *names, const char *name)
{
	if (!*name)
		name = "''";
	size_t length = strlen(name);
	for (const char *at = names->data; at && (at = strstr(at, name)) != NULL; at += length)
		if ((at == names->data || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return;
	if (names->length)
		text_add_char(names, ' ');
	text_add(names, name);
}

/* What the runtime could give: a user namespace of the container's own starts with everything the kernel knows, in all sets
 * (user_namespaces(7)); else no more than what our own bounding set still has. */
static uint64_t grantable(const struct planning *p)
{
	uint64_t known = p->host->last_capability >= 63 ? UINT64_MAX : bit((int)p->host->last_capability + 1) - 1;
	bool own_namespace = p->plan->namespaces.of[PLAN_NS_USER].mode != NS_INHERIT;
	return own_namespace ? known : known & p->host->capabilities;
}

static uint64_t read_set(const struct json_strings *names, uint64_t can, struct text *dropped)
{
	uint64_t set = 0;
	for (uint32_t i = 0; i < names->count; i++) {
		int capability = number_of(names->items[i]);
		if (capability >= 0 && can & bit(capability))
			set |= bit(capability);
		else
			note(dropped, names->items[i]);
	}
	return set;
}

/* The kernel's rules of capset(2) and prctl(2): effective is of permitted, inheritable of bounding, ambient of permitted and
 * inheritable. What breaks them would be an EPERM in init. */
static uint64_t confine(struct planning *p, uint64_t set, uint64_t to, const char *what, const char *why)
{
	struct text names = text_in(p->arena);

	for (int capability = 0; capability < 64; capability++) {
		if (!(set & ~to & bit(capability)))
			continue;
		char *name = cap_to_name(capability);
		for (char *c = name; c && *c; c++)
			*c -= *c >= 'a' && *c <= 'z' ? 'a' - 'A' : 0;
		note(&names, name ? name : "?");
		cap_free(name);
	}
	if (names.length)
		plan_warn(p, &p->spec->process->capabilities->at, "ignoring %s capabilities that are not %s: [%s]",
			  what, why, names.data);
	return set & to;
}

int plan_capabilities(struct planning *p, struct error *error)
{
	const struct spec_capabilities *spec = p->spec->process->capabilities;
	struct plan_capabilities *caps = &p->plan->process.caps;
	struct text dropped = text_in(p->arena);
	uint64_t can = grantable(p);

	(void)error;
	if (!spec) /* not asked for is not given: runc leaves root with all of them here (contract 11.4) */
		return 0;
	caps->bounding = read_set(&spec->bounding, can, &dropped);
	caps->effective = read_set(&spec->effective, can, &dropped);
	caps->permitted = read_set(&spec->permitted, can, &dropped);
	caps->inheritable = read_set(&spec->inheritable, can, &dropped);
	caps->ambient = read_set(&spec->ambient, can, &dropped);
	if (dropped.length)
		plan_warn(p, &spec->at, "ignoring unknown or unavailable capabilities: [%s]", dropped.data);
	caps->effective = confine(p, caps->effective, caps->permitted, "effective", "permitted");
	caps->inheritable = confine(p, caps->inheritable, caps->bounding, "inheritable", "in the bounding set");
	caps->ambient = confine(p, caps->ambient, caps->permitted & caps->inheritable, "ambient", "permitted and inheritable");
	return 0;
}

static void show_set(struct text *out, const char *title, uint64_t set)
{
	text_printf(out, "  %-12s", title);
	for (int capability = 0; capability < 64; capability++) {
		if (!(set & bit(capability)))
			continue;
		char *name = cap_to_name(capability);
		text_printf(out, " %s", name ? name : "?");
		cap_free(name);
	}
	text_add(out, set ? "\n" : " -\n");
}

void show_capabilities(const struct plan *plan, struct text *out)
{
	const struct plan_capabilities *caps = &plan->process.caps;

	show_set(out, "bounding", caps->bounding);
	show_set(out, "effective", caps->effective);
	show_set(out, "permitted", caps->permitted);
	show_set(out, "inheritable", caps->inheritable);
	show_set(out, "ambient", caps->ambient);
}
