/* Namespaces, id maps and hooks as lines for `explain`. */
#include <string.h>
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

void show_namespaces(const struct plan *plan, struct text *out)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++) {
		const struct plan_namespace *ns = &plan->namespaces.of[i];
		if (ns->mode == NS_NEW && i == PLAN_NS_MOUNT && plan->namespaces.few_mounts)
			text_printf(out, "  %-8s new, copied from that of kdevtmpfs, if one of processes 1 to %u is that\n", ns->name,
				    plan->namespaces.few_mounts);
		else if (ns->mode == NS_NEW)
			text_printf(out, "  %-8s new\n", ns->name);
		if (ns->mode == NS_JOIN) {
			text_printf(out, "  %-8s join ", ns->name);
			text_add_visible(out, ns->path);
			text_add(out, "\n");
		}
	}
}

static void show_map(struct text *out, const char *name, const char *map)
{
	while (map && *map) {
		size_t length = strcspn(map, "\n");
		text_printf(out, "  %s %.*s\n", name, (int)length, map);
		map += length + (map[length] == '\n');
	}
}

void show_id_maps(const struct plan *plan, struct text *out)
{
	show_map(out, "uid_map", plan->namespaces.uid_map);
	show_map(out, "gid_map", plan->namespaces.gid_map);
}

void show_hooks(const struct plan *plan, enum hook_kind kind, struct text *out)
{
	for (size_t i = 0; i < plan->hooks.count[kind]; i++) {
		const struct plan_hook *hook = &plan->hooks.of[kind][i];
		text_add(out, "  ");
		text_add_visible(out, hook->path);
		for (char *const *arg = hook->args + 1; hook->args[0] && *arg; arg++) {
			text_add_char(out, ' ');
			text_add_visible(out, *arg);
		}
		if (hook->timeout_ms)
			text_printf(out, "   (at most %d s)", hook->timeout_ms / 1000);
		text_add_char(out, '\n');
	}
}
