/* New limits of a container whose cgroup is systemd's: what to tell systemd, and what to tell it should they fail. */
#include <string.h>
#include "base/arena.h"
#include "plan/unit.h"
#include "plan/update_unit.h"

/* What a property says that was never set; numbers not named here are infinite then. */
static const struct {
	const char *name, *text;
} never_set[] = {
	{ "MemoryLow", NULL },
	{ "MemoryMin", NULL },
	{ "DevicePolicy", "auto" },
};

static struct plan_property unset(const struct plan_property *property, struct arena *arena)
{
	struct plan_property old = {
		.name = property->name, .signature = property->signature, .since = property->since, .at = property->at,
	};

	if (strcmp(property->signature, "t") == 0)
		old.number = UINT64_MAX;
	for (size_t i = 0; i < sizeof(never_set) / sizeof(never_set[0]); i++) {
		if (strcmp(never_set[i].name, property->name) != 0)
			continue;
		old.number = 0;
		if (never_set[i].text) {
			const char **strings = arena_array(arena, const char *, 1);
			strings[0] = never_set[i].text;
			old.strings = strings;
			old.count = 1;
		}
	}
	return old;
}

static const struct plan_property *find(const struct plan_unit *unit, const char *name)
{
	for (size_t i = 0; i < unit->property_count; i++)
		if (strcmp(unit->properties[i].name, name) == 0)
			return &unit->properties[i];
	return NULL;
}

static bool lists(const struct plan_property *property, const char *device)
{
	for (size_t i = 0; i < property->count; i++)
		if (strcmp(property->strings[i], device) == 0)
			return true;
	return false;
}

/* systemd adds what it is told to such a list: a device that was not in it gets the value of one that is not. */
static void without_new_devices(struct unit_properties *back, struct plan_property *property, const struct plan_property *newer)
{
	for (size_t i = 0; strcmp(newer->signature, "a(st)") == 0 && i < newer->count; i++)
		if (!lists(property, newer->strings[i]))
			unit_property_pair(back, property, newer->strings[i], NULL, UINT64_MAX);
}

static struct plan_unit *named(const struct update_request *request, struct arena *arena)
{
	struct plan_unit *unit = arena_new(arena, struct plan_unit);

	unit->name = request->unit;
	unit->user = request->user_unit;
	return unit;
}

/* What the container was made with; of what the configuration says twice the limits hold (cgroup_plan_unit_properties). */
static int plan_before(struct cgroup_planning *old, struct plan_unit *before, struct error *error)
{
	struct unit_properties annotations = { .arena = old->p->arena };

	try(unit_plan_annotations(old->p, &annotations, error));
	unit_properties_give(&annotations, before);
	return cgroup_plan_unit_properties(old, before, error);
}

int update_plan_unit(struct cgroup_planning *to, struct cgroup_planning *old, struct cgroup_planning *back,
		     const struct update_request *request, struct error *error)
{
	struct arena *arena = to->p->arena;
	struct plan_unit *unit = named(request, arena), *before = named(request, arena), *way = named(request, arena);
	struct unit_properties properties = { .arena = arena };

	try(cgroup_plan_unit_properties(to, unit, error));
	unit_without(unit, "OOMPolicy"); /* systemd takes it of a new unit alone; the file of the cgroup is written all the same */
	try(plan_before(old, before, error));
	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *newer = &unit->properties[i], *older = find(before, newer->name);
		struct plan_property *property = unit_property(&properties, newer->name, newer->signature, newer->since, &newer->at);
		*property = older ? *older : unset(newer, arena);
		without_new_devices(&properties, property, newer);
	}
	unit_properties_give(&properties, way);
	to->p->plan->cgroup.unit = unit;
	back->p->plan->cgroup.unit = way;
	return 0;
}
