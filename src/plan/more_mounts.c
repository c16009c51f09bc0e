/* Mounts of a container that is there already: what may be added, and what may be taken away (contract 6.15). */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

/* File systems that come from nowhere. The source of any other would be looked up in the container's files, by us with the host's rights:
 * a device node of its making. */
static bool is_of_memory(const char *type)
{
	static const char *const types[] = { "tmpfs", "ramfs", "mqueue", "devpts", "hugetlbfs" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* What `create` alone can do: before the program runs nobody looks, and init is in all of the container's namespaces. */
static int check_kind(const struct plan_mount *m, struct error *error)
{
	if (m->kind == MOUNT_REMOUNT)
		return fail_at(error, &m->at, 0, "'%s': what is mounted is not changed while the container runs: remove and add it",
			       m->target);
	if (m->kind == MOUNT_CGROUP_V1 || m->tree == TREE_CGROUP || m->real_directory)
		return fail_at(error, &m->at, 0, "'%s': proc, sysfs and cgroup are mounted by create alone", m->target);
	if (m->kind == MOUNT_FILESYSTEM && !is_of_memory(m->type))
		return fail_at(error, &m->at, 0, "'%s': a file system of type %s is mounted on the host first, and bound here", m->target,
			       m->type);
	if (m->copy_up)
		return fail_at(error, &m->at, 0, "'%s': tmpcopyup is for create alone", m->target);
	return 0;
}

static int check_namespace(const struct planning *p, struct error *error)
{
	if (p->plan->root.bound)
		return 0;
	return fail(error, 0, "the container '%s' has no mount namespace: its mounts are the host's", p->request->id);
}

/* Without these the container would not be one; what else must stay is known by what is mounted there. What could not be removed is not
 * added either, but for a device's node: it may be needed later than create, and lasts. */
static int check_target(struct planning *p, const struct spec_mount *mount, const char *done, struct error *error)
{
	static const char *const kept[] = { "/proc", "/sys", "/dev" };
	const char *path = plan_lexical_path(p, mount->destination);

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (plan_path_below(path, kept[i]))
			return fail_at(error, &mount->at, 0, "'%s': mounts on and below %s are not %s", mount->destination, kept[i], done);
	return 0;
}

static int check_addition(struct planning *p, const struct spec_mount *mount, struct error *error)
{
	const char *path = plan_lexical_path(p, mount->destination);
	bool node = plan_path_below(path, "/dev") && strcmp(path, "/dev") != 0;

	return node ? 0 : check_target(p, mount, "added", error);
}

/* Where links lead is looked at by whom they lead. This is for paths that are not there: no mount point is made at such a one. */
static int check_restricted(struct planning *p, const struct spec_mount *mount, struct error *error)
{
	const struct plan_mounts *plan = &p->plan->mounts;
	const char *path = plan_lexical_path(p, mount->destination);

	for (size_t i = 0; i < plan->masked_count + plan->readonly_count; i++) {
		const char *one = i < plan->masked_count ? plan->masked[i] : plan->readonly[i - plan->masked_count];
		if (!strcmp(path, plan_lexical_path(p, one)))
			return fail_at(error, &mount->at, 0, "'%s' confines the container and is not mounted on", mount->destination);
	}
	return 0;
}

int plan_more_mounts(struct planning *p, const struct json_objects *mounts, struct error *error)
{
	struct spec spec = *p->spec;
	struct planning more = { .spec = &spec, .host = p->host, .request = p->request, .arena = p->arena, .own = p->own,
				 .plan = p->plan };

	spec.mounts = *mounts;
	p->plan->mount_label = spec.linux_->mount_label;
	int r = plan_namespaces(&more, error);
	if (r == 0)
		r = plan_root(&more, error);
	if (r == 0)
		r = check_namespace(p, error);
	if (r == 0)
		r = plan_mounts(&more, error);
	p->warnings = more.warnings;
	const struct spec_mount *items = mounts->items;
	for (size_t i = 0; r == 0 && i < p->plan->mounts.count; i++) {
		r = check_kind(&p->plan->mounts.items[i], error);
		if (r == 0)
			r = check_addition(p, &items[i], error);
	}
	if (r == 0)
		r = plan_paths(&more, error);
	for (size_t i = 0; r == 0 && i < p->plan->mounts.count; i++)
		r = check_restricted(p, &items[i], error);
	return r;
}

int plan_fewer_mounts(struct planning *p, const struct json_objects *mounts, struct error *error)
{
	struct plan_mount *items = arena_array(p->arena, struct plan_mount, mounts->count);
	const struct spec_mount *spec = mounts->items;

	try(plan_namespaces(p, error));
	p->plan->root.bound = p->plan->namespaces.of[PLAN_NS_MOUNT].mode != NS_INHERIT;
	try(check_namespace(p, error));
	try(plan_paths(p, error)); /* masked and read-only ones are mounts too, and stay */
	for (uint32_t i = 0; i < mounts->count; i++) {
		if (!strcmp(plan_lexical_path(p, spec[i].destination), "/"))
			return fail_at(error, &spec[i].at, 0, "the container's root is not removed");
		try(check_target(p, &spec[i], "removed", error));
		items[i] = (struct plan_mount){ .at = spec[i].at, .target = plan_inside_path(p, spec[i].destination) };
	}
	p->plan->mounts.items = items;
	p->plan->mounts.count = mounts->count;
	return 0;
}
