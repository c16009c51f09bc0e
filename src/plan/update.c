/* New limits for a container that exists: the same rows as for a new one, for the fields that change. */
#include "plan/update.h"

#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "plan/cgroup.h"
#include "plan/update_unified.h"
#include "plan/update_unit.h"

/* A planning of the chapter with a plan of its own. */
static void begin(struct cgroup_planning *c, struct planning *own, const struct planning *p, const struct spec_resources *resources,
		  const struct update_request *request)
{
	*own = *p;
	own->plan = arena_new(p->arena, struct plan);
	own->plan->cgroup = (struct plan_cgroup){ .path = request->path, .at = resources->at, .owner_uid = (uid_t)-1 };
	*c = (struct cgroup_planning){ .p = own, .host = &p->host->cgroup, .resources = resources };
	cgroup_list_directories(c);
}

/* Contract 6.10: engines still send it, and the kernel has not known it since 5.16. */
static void ignore_kernel_memory(struct planning *p, struct spec_resources *change)
{
	const struct spec_memory *m = change->memory;

	if (!m)
		return;
	if ((m->kernel && *m->kernel > 0) || (m->kernel_tcp && *m->kernel_tcp > 0))
		plan_warn(p, &m->at, "limits of kernel memory are ignored: it is counted as memory");
	struct spec_memory *memory = arena_new(p->arena, struct spec_memory);
	*memory = *m;
	memory->kernel = memory->kernel_tcp = NULL;
	change->memory = memory;
}

/* Only one of the two was given, and the other does not fit it any more. v2 counts swap alone: there as much of it stays as there was. */
static int settle_memory(struct cgroup_planning *c, const struct update_request *request, const struct spec_resources *change,
			 struct spec_resources *merged, struct error *error)
{
	const struct spec_memory *m = change->memory, *old = request->current->memory;
	struct spec_memory *all = merged->memory; /* a copy of our own, where `m` is */
	bool v2;

	if (!m || !m->limit || *m->limit <= 0 || (m->swap && *m->swap) || !all->swap || *all->swap <= 0 || *all->swap >= *m->limit)
		return 0;
	if (cgroup_home(c, CG_MEMORY, &v2) && v2 && old && old->limit && *old->limit > 0 && *old->limit <= *all->swap) {
		int64_t *swap = arena_new(c->p->arena, int64_t);
		if (!__builtin_add_overflow(*m->limit, *all->swap - *old->limit, swap)) {
			all->swap = swap;
			return 0;
		}
	}
	struct place at = cgroup_field(c, &m->at, "limit");
	return fail_at(error, &at, 0, "memory+swap limit should be >= memory limit: that of this container is %" PRId64
		       " and was not changed", *all->swap);
}

static int refuse_half(struct cgroup_planning *c, const struct place *object, const char *field, const char *other, const char *file,
		       struct error *error)
{
	struct place at = cgroup_field(c, object, field);

	return fail_at(error, &at, 0, "the %s of this container was set by unified '%s': give both, or that", other, file);
}

/* A period alone goes with the quota that is stored, and swap with the limit; what was set by its file's name is not taken apart. */
static int check_halves(struct cgroup_planning *c, const struct spec_resources *change, const struct spec_resources *merged,
			struct error *error)
{
	const struct spec_cpu *cpu = change->cpu;
	const struct spec_memory *m = change->memory;
	bool quota = cpu && cpu->quota && *cpu->quota, period = cpu && cpu->period && *cpu->period;
	bool limit = m && m->limit && *m->limit, swap = m && m->swap && *m->swap;

	if (quota != period && unified_find(&merged->unified, "cpu.max") && !unified_find(&change->unified, "cpu.max"))
		return refuse_half(c, &cpu->at, quota ? "quota" : "period", quota ? "period" : "quota", "cpu.max", error);
	if (swap && !limit && unified_find(&merged->unified, "memory.max"))
		return refuse_half(c, &m->at, "swap", "limit", "memory.max", error);
	return 0;
}

/* The whole of what would hold, as if it were asked of a new container; its rows are thrown away. */
static int check_whole(const struct planning *p, const struct update_request *request, const struct spec_resources *change,
		       struct spec_resources *merged, struct error *error)
{
	struct cgroup_planning c;
	struct planning own;

	begin(&c, &own, p, merged, request);
	try(settle_memory(&c, request, change, merged, error));
	try(check_halves(&c, change, merged, error));
	try(cgroup_plan_resources(&c, error));
	return cgroup_plan_unified(&c, error);
}

/* That is how a new cgroup is, so create has no row for it. */
static void let_oom_killer_work(struct cgroup_planning *c)
{
	const struct spec_memory *m = c->resources->memory;
	bool v2;
	struct cgroup_rows *rows = cgroup_home(c, CG_MEMORY, &v2);

	if (!m || !m->disable_oom_killer || *m->disable_oom_killer || !rows || v2)
		return;
	struct place at = cgroup_field(c, &m->at, "disableOOMKiller");
	cgroup_row(rows, &at, ROW_PLAIN, "memory.oom_control", "0");
}

/* v2: the CPUs and nodes of a cpuset that had none of its own cannot be taken back (cgroup/saved_rows.c): whatever else may fail goes
 * before them. */
static void put_cpuset_last(struct cgroup_planning *c)
{
	struct cgroup_rows *rows = &c->rows[0];
	struct plan_write *sorted = arena_array(c->p->arena, struct plan_write, rows->count);
	size_t count = 0;

	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < rows->count; i++)
			if ((strncmp(rows->items[i].file, "cpuset.", 7) == 0) == last)
				sorted[count++] = rows->items[i];
	rows->items = sorted;
	rows->room = rows->count;
}

/* ---- device rules ---- */

static struct plan_device_rules rules_with(const struct planning *p, const struct spec_resources *resources)
{
	struct spec spec = *p->spec;
	struct spec_linux linux_ = *p->spec->linux_;
	struct planning own = *p;

	linux_.resources = (struct spec_resources *)resources;
	spec.linux_ = &linux_;
	own.spec = &spec;
	return device_rules_list(&own);
}

static bool same_rules(const struct plan_device_rules *one, const struct plan_device_rules *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct plan_device_rule *a = &one->items[i], *b = &other->items[i];
		if (a->allow != b->allow || a->type != b->type || a->major != b->major || a->minor != b->minor || a->access != b->access)
			return false;
	}
	return true;
}

static void by_program(struct cgroup_planning *c, const struct plan_device_rules *rules)
{
	struct plan_cgroup *plan = &c->p->plan->cgroup;

	plan->device_rules = rules->items;
	plan->device_rule_count = rules->count;
	plan->devices_v2 = true;
	plan->devices_optional = c->p->host->unprivileged || c->p->host->in_user_namespace;
}

/* containerd sends the whole of the configuration's resources with each update: a list that is the same is not written again. */
static int plan_device_change(struct cgroup_planning *to, struct cgroup_planning *back, const struct spec_resources *merged,
			      const struct spec_resources *current, struct error *error)
{
	const struct json_objects *list = &to->resources->devices;
	const struct spec_device_rule *first = list->items;
	struct place at = list->count ? first->at : to->resources->at;
	struct plan_device_rules from = rules_with(to->p, current), rules = rules_with(to->p, merged);
	bool v2;

	if (!list->given || same_rules(&from, &rules))
		return 0;
	struct cgroup_rows *rows = cgroup_home(to, CG_DEVICES, &v2);
	if (rows) {
		try(device_rules_v1_change(&from, &rules, &at, rows, error));
		return device_rules_v1_change(&rules, &from, &at, cgroup_home(back, CG_DEVICES, &v2), error);
	}
	if (!to->host->v2)
		return fail_at(error, &at, 0, "device rules need the cgroup controller 'devices', which this host does not have");
	by_program(to, &rules);
	by_program(back, &from);
	return 0;
}

/* What systemd has been told until now is what it would be told of the same container made anew. */
static int plan_unit_change(struct cgroup_planning *to, struct cgroup_planning *back, const struct planning *p,
			    const struct update_request *request, struct error *error)
{
	struct cgroup_planning old;
	struct planning own;

	if (!request->unit)
		return 0;
	begin(&old, &own, p, request->current, request);
	try(cgroup_plan_resources(&old, error));
	try(cgroup_plan_unified(&old, error));
	if (to->p->plan->cgroup.device_rule_count) {
		struct plan_device_rules rules = rules_with(p, request->current);
		by_program(&old, &rules);
	}
	return update_plan_unit(to, &old, back, request, error);
}

int plan_update(struct planning *p, const struct update_request *request, struct plan_update *update, struct error *error)
{
	struct spec_resources change = *request->change, writes;
	struct cgroup_planning to, back;
	struct planning to_own, back_own;

	ignore_kernel_memory(p, &change);
	spec_resources_merge(request->current, &change, p->arena, &update->resources);
	const struct spec_memory *all = update->resources.memory;
	try(check_whole(p, request, &change, &update->resources, error));
	spec_resources_to_write(request->current, &update->resources, &change, p->arena, &writes);
	begin(&to, &to_own, p, &writes, request);
	begin(&back, &back_own, p, request->current, request);
	try(cgroup_plan_resources(&to, error));
	p->warnings = to_own.warnings;
	let_oom_killer_work(&to);
	if (to.host->v2)
		update_plan_unified(&to.rows[0], &change.unified, &update->resources.unified);
	try(cgroup_plan_unified(&to, error));
	put_cpuset_last(&to);
	try(plan_device_change(&to, &back, &update->resources, request->current, error));
	try(plan_unit_change(&to, &back, p, request, error));
	cgroup_hand_over(&to);
	cgroup_hand_over(&back);
	update->to = to_own.plan->cgroup;
	update->back = back_own.plan->cgroup;
	update->to.check_usage = all && all->check_before_update && *all->check_before_update;
	return 0;
}
