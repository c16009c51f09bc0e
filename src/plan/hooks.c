/* Hooks: what runs, with which arguments, and the state that those run by init read. Only these are init's to see: the environment of a
 * host's hook may have secrets in it, and annotations, too. */
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"

static bool is_inits(enum hook_kind kind)
{
	return kind == HOOK_CREATE_CONTAINER || kind == HOOK_START_CONTAINER;
}

static char *const *string_list(struct arena *arena, const struct json_strings *strings)
{
	char **list = arena_array(arena, char *, strings->count + 1);
	for (uint32_t i = 0; i < strings->count; i++)
		list[i] = arena_string(arena, strings->items[i]);
	return list;
}

static int plan_kind(struct planning *p, enum hook_kind kind, const struct json_objects *hooks, struct error *error)
{
	struct arena *arena = is_inits(kind) ? p->arena : plan_own(p);
	struct plan_hook *list = arena_array(arena, struct plan_hook, hooks->count);
	size_t count = 0;

	JSON_EACH(struct spec_hook, s, hooks) {
		struct plan_hook *hook = &list[count++];
		hook->at = is_inits(kind) ? plan_place(p, &s->at) : s->at;
		hook->path = arena_string(arena, s->path);
		hook->args = string_list(arena, &s->args);
		if (!s->args.count) {
			char **only = arena_array(arena, char *, 2);
			only[0] = (char *)hook->path;
			hook->args = only;
		}
		hook->env = s->env.given ? string_list(arena, &s->env) : NULL;
		if (s->timeout && *s->timeout > INT32_MAX / 1000)
			return fail_at(error, &s->at, 0, "a hook's timeout has at most %d seconds", INT32_MAX / 1000);
		hook->timeout_ms = s->timeout ? (int)*s->timeout * 1000 : 0;
	}
	p->plan->hooks.of[kind] = list;
	p->plan->hooks.count[kind] = count;
	return 0;
}

/* The state up to the pid and after it: plain text, '/' not escaped, nothing pretty (rule B.12). */
static void state_parts(struct planning *p, const char *status, const char **head, const char **tail)
{
	struct text before = text_in(p->arena), after = text_in(p->arena);

	text_printf(&before, "{\"ociVersion\":\"%s\",\"id\":", OCI_VERSION);
	text_add_json(&before, p->request->id);
	text_printf(&before, ",\"status\":\"%s\",\"pid\":", status);
	text_add(&after, ",\"bundle\":");
	text_add_json(&after, p->request->bundle);
	if (p->spec->annotations.count) {
		text_add(&after, ",\"annotations\":{");
		for (uint32_t i = 0; i < p->spec->annotations.count; i++) {
			const struct json_pair *pair = &p->spec->annotations.items[i];
			text_add(&after, i ? "," : "");
			text_add_json(&after, pair->key);
			text_add_char(&after, ':');
			text_add_json(&after, pair->value);
		}
		text_add_char(&after, '}');
	}
	text_add_char(&after, '}');
	*head = before.data;
	*tail = after.data;
}

int plan_hooks(struct planning *p, struct error *error)
{
	const struct spec_hooks *hooks = p->spec->hooks;
	struct plan_hooks *plan = &p->plan->hooks;

	if (!hooks)
		return 0;
	const struct json_objects *const lists[HOOK_KINDS] = {
		[HOOK_PRESTART] = &hooks->prestart,                [HOOK_CREATE_RUNTIME] = &hooks->create_runtime,
		[HOOK_CREATE_CONTAINER] = &hooks->create_container, [HOOK_START_CONTAINER] = &hooks->start_container,
		[HOOK_POSTSTART] = &hooks->poststart,              [HOOK_POSTSTOP] = &hooks->poststop,
	};
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		try(plan_kind(p, kind, lists[kind], error));
	if (plan->count[HOOK_CREATE_CONTAINER])
		state_parts(p, "creating", &plan->state_head, &plan->state_tail);
	if (plan->count[HOOK_START_CONTAINER])
		state_parts(p, "created", &plan->start_head, &plan->start_tail);
	return 0;
}
