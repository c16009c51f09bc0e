/* systemd as the owner of the container's cgroup: which unit, in which slice (contract section 14.2). */
#include <string.h>
#include "base/arena.h"
#include "plan/unit.h"

#define SCOPE ".scope"
#define SLICE ".slice"

/* slice:prefix:name, taken apart. */
struct triple {
	const char *slice, *prefix, *name;
	bool given; /* not made of the id, which is no request for a slice: user-1000.slice is that of a user of the host */
};

static int check_host(const struct planning *p, struct error *error)
{
	if (!p->host->systemd)
		return fail(error, 0, "--systemd-cgroup: there is no systemd here, or it is not the init system");
	if (p->host->cgroup.layout != CGROUP_UNIFIED)
		return fail(error, 0, "--systemd-cgroup needs a host with cgroup v2 alone: this one has legacy hierarchies");
	return 0;
}

static int not_a_triple(const char *path, const struct place *at, struct error *error)
{
	return fail_at(error, at, 0,
		       "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"%s\" instead", path);
}

static int take_apart(struct arena *arena, const char *path, const struct place *at, struct triple *to, struct error *error)
{
	const char *first = strchr(path, ':'), *second = first ? strchr(first + 1, ':') : NULL;

	if (!second || strchr(second + 1, ':'))
		return not_a_triple(path, at, error);
	to->slice = arena_copy(arena, path, (size_t)(first - path));
	to->prefix = arena_copy(arena, first + 1, (size_t)(second - first - 1));
	to->name = arena_string(arena, second + 1);
	return 0;
}

static bool is_slice(const char *name)
{
	size_t length = strlen(name), tail = strlen(SLICE);

	return length >= tail && strcmp(name + length - tail, SLICE) == 0;
}

static int check_slice(const char *slice, const struct place *at, struct error *error)
{
	if (unit_slice_valid(slice))
		return 0;
	return fail_at(error, at, 0, "'%s' is not the name of a slice: a-b.slice, without '/', and nothing empty between its dashes",
		       slice);
}

/* A slice is named in full; a scope gets its prefix and suffix. */
static int name_unit(struct arena *arena, const struct triple *triple, const struct place *at, struct plan_unit *unit,
		     struct error *error)
{
	if (triple->name[0] == '\0')
		return fail_at(error, at, 0, "the name in cgroupsPath, slice:prefix:name, is empty");
	if (triple->given && is_slice(triple->name)) {
		unit->is_slice = true;
		unit->name = triple->name;
		if (strcmp(unit->name, "-.slice") == 0)
			return fail_at(error, at, 0, "the root of the cgroup tree cannot be a container's cgroup");
		return check_slice(unit->name, at, error);
	}
	unit->name = arena_printf(arena, "%s%s%s" SCOPE, triple->prefix, triple->prefix[0] ? "-" : "", triple->name);
	if (!unit_name_valid(unit->name, SCOPE))
		return fail_at(error, at, 0, "'%s' is not the name of a unit: letters, digits and any of :-_.\\ up to 255 bytes",
			       unit->name);
	return 0;
}

int cgroup_plan_unit(struct cgroup_planning *c, struct error *error)
{
	static const struct place nowhere;
	struct planning *p = c->p;
	const struct spec_linux *linux_ = p->spec->linux_;
	bool given = linux_ && linux_->cgroups_path && linux_->cgroups_path[0];
	const struct place *at = given ? &linux_->cgroups_path_at : &nowhere;
	struct plan_unit *unit = arena_new(p->arena, struct plan_unit);
	struct plan_cgroup *plan = &p->plan->cgroup;
	struct triple triple = { "", "caisson", unit_escape(p->arena, p->request->id) };

	try(check_host(p, error));
	if (given)
		try(take_apart(p->arena, linux_->cgroups_path, at, &triple, error));
	unit->user = p->host->systemd_user;
	unit->slice = triple.slice[0] ? triple.slice : arena_string(p->arena, unit->user ? "user.slice" : "system.slice");
	unit->description = arena_printf(p->arena, "caisson container %s", p->request->id);
	try(check_slice(unit->slice, at, error));
	triple.given = given;
	try(name_unit(p->arena, &triple, at, unit, error));
	/* A slice has its place in its name. */
	plan->path = unit->is_slice ? unit_slice_path(p->arena, unit->name) : unit_path(p->arena, unit->slice, unit->name);
	plan->at = *at;
	plan->unit = c->unit = unit;
	plan->scope = !unit->is_slice;
	struct unit_properties properties = unit_properties_of(unit, p->arena);
	try(unit_plan_annotations(p, &properties, error));
	unit_properties_give(&properties, unit);
	return 0;
}
