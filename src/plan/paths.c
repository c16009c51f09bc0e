/* Masked and read-only paths. */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

static bool is_among(const char *const *list, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i], path))
			return true;
	return false;
}

/* Tidied, each once. */
static int plan_list(struct planning *p, const struct json_strings *strings, const struct place *at, const char *const **to,
		     size_t *count, struct error *error)
{
	const char **list = arena_array(p->arena, const char *, strings->count);

	if (strings->count && !p->plan->root.bound)
		return fail_at(error, at, 0, "unable to restrict sys entries without a private MNT namespace");
	for (uint32_t i = 0; i < strings->count; i++) {
		if (strings->items[i][0] != '/')
			return fail_at(error, at, 0, "the path '%s' is not absolute", strings->items[i]);
		const char *path = plan_inside_path(p, strings->items[i]);
		if (!is_among(list, *count, path))
			list[(*count)++] = path;
	}
	*to = list;
	return 0;
}

int plan_paths(struct planning *p, struct error *error)
{
	const struct spec_linux *linux_ = p->spec->linux_;
	struct plan_mounts *plan = &p->plan->mounts;

	plan->masked_at = linux_->masked_paths_at;
	plan->readonly_at = linux_->readonly_paths_at;
	try(plan_list(p, &linux_->masked_paths, &plan->masked_at, &plan->masked, &plan->masked_count, error));
	for (size_t i = 0; i < plan->masked_count; i++)
		if (!strcmp(plan_lexical_path(p, plan->masked[i]), "/"))
			return fail_at(error, &plan->masked_at, 0, "masking '/' would leave nothing");
	try(plan_list(p, &linux_->readonly_paths, &plan->readonly_at, &plan->readonly, &plan->readonly_count, error));
	for (size_t i = 0; i < plan->readonly_count; i++)
		if (!strcmp(plan_lexical_path(p, plan->readonly[i]), "/"))
			p->plan->root.readonly = true; /* a bind of "/" onto itself would lie where nobody walks */
	return 0;
}
