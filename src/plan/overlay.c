/* Overlays: lists of layers read, escapes as in the kernel's overlayfs documentation. */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

#define LAYERS_MOST 500 /* fs/overlayfs: OVL_MAX_STACK */

/* A backslash takes the meaning of the byte after it away: "\:", "\,", "\\". */
static const char *unescaped(struct planning *p, const char *text, size_t length)
{
	char *to = arena_alloc(p->arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 1 < length)
			i++;
		to[used++] = text[i];
	}
	return to;
}

const char *overlay_directory(struct planning *p, const char *text, const struct place *at, struct error *error)
{
	const char *path = unescaped(p, text, strlen(text));
	if (!*path) {
		fail_at(error, at, 0, "a directory of the overlay has an empty name");
		return NULL;
	}
	return plan_host_path(p, path);
}

int overlay_add_layer(struct planning *p, struct plan_overlay *overlay, const char *path, const struct place *at,
		      struct error *error)
{
	if (!*path)
		return fail_at(error, at, 0, "a layer of the overlay has an empty name");
	if (overlay->lower_count == LAYERS_MOST)
		return fail_at(error, at, 0, "an overlay has at most %d layers", LAYERS_MOST);
	const char **lower = (const char **)overlay->lower;
	if (!lower)
		lower = arena_array(p->arena, const char *, LAYERS_MOST);
	lower[overlay->lower_count++] = plan_host_path(p, path);
	overlay->lower = lower;
	return 0;
}

int overlay_add_layers(struct planning *p, struct plan_overlay *overlay, const char *list, const struct place *at,
		       struct error *error)
{
	for (;;) {
		size_t length = 0;
		while (list[length] && list[length] != ':')
			length += list[length] == '\\' && list[length + 1] ? 2 : 1;
		try(overlay_add_layer(p, overlay, unescaped(p, list, length), at, error));
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

/* In a user namespace overlay may not write trusted.* attributes: it keeps its own in user.* if that is said (overlayfs.rst). */
static void keep_attributes(struct planning *p, struct plan_overlay *overlay, const struct place *at)
{
	const char *const option = "userxattr";
	struct mount_param *params = arena_array(p->arena, struct mount_param, overlay->param_count + 1);

	if (!p->host->in_user_namespace && !p->plan->namespaces.ahead)
		return;
	for (size_t i = 0; i < overlay->param_count; i++) {
		if (strcmp(overlay->params[i].key, option) == 0)
			return;
		params[i] = overlay->params[i];
	}
	params[overlay->param_count++] = (struct mount_param){ .key = arena_string(p->arena, option) };
	overlay->params = params;
	if (overlay->ephemeral && p->host->kernel < KERNEL_VERSION_OF(6, 6))
		plan_warn(p, at, "this kernel's tmpfs has no user.* attributes: directories of the layers below cannot be removed in an "
			  "ephemeral root (EIO)");
}

int overlay_check(struct planning *p, struct plan_overlay *overlay, const struct place *at, struct error *error)
{
	if (!overlay->upper != !overlay->work)
		return fail_at(error, at, 0, "an overlay has both an upper and a work directory, or neither: %s is missing",
			       overlay->upper ? "the work directory" : "the upper directory");
	if (overlay->upper && overlay->ephemeral)
		return fail_at(error, at, 0, "an ephemeral overlay has no upper directory of its own");
	if (!overlay->lower_count)
		return fail_at(error, at, 0, "an overlay needs a lower directory");
	if (overlay->lower_count == 1 && !overlay->upper && !overlay->ephemeral)
		return fail_at(error, at, 0, "an overlay of one lower directory and no upper one makes no sense to the kernel");
	/* Layers on mounts that are attached nowhere: the ephemeral upper directory. */
	if (p->plan->namespaces.ahead && p->plan->namespaces.of[PLAN_NS_USER].mode == NS_JOIN)
		return fail_at(error, at, 0, "without CAP_SYS_ADMIN an overlay can be made in a new user namespace, not in one that is "
			       "joined");
	keep_attributes(p, overlay, at);
	overlay->detached = p->host->kernel >= KERNEL_VERSION_OF(6, 15);
	return 0;
}
