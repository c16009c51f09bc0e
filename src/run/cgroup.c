/* The container's cgroup, as steps of the score. */
#include "cgroup/cgroup.h"

#include <string.h>
#include "cgroup/unit.h"
#include "run/container.h"
#include "run/oom.h"
#include "run/stage.h"

/* Where it could not be made nothing of it is left, and what stands in its place is somebody else's: the end of this container must
 * not kill in there. */
static int forget(struct record *record)
{
	record->unit = record->cgroup_path = NULL;
	record->cgroups = (struct json_objects){ .items = NULL };
	return -1;
}

/* Nothing of ours is where the record would say. */
static int give_up(const struct plan_unit *unit, struct record *record)
{
	struct error ignored = { 0 };

	unit_stop(unit->name, unit->user, &ignored);
	return forget(record);
}

/* In the end the unit is ours, whatever is in its cgroup, and wherever systemd has put it. */
static int start_unit(struct stage *stage, struct error *error)
{
	struct plan_cgroup *plan = &stage->plan->cgroup;
	struct record *record = &stage->record;
	const char *path;

	/* From outside of what the user's manager owns nobody can be born in there; the deputy can, once it is inside. */
	if (plan->unit->user && !plan->unit->is_slice && stage->plan->namespaces.born_ahead)
		stage->placeholder.companion = stage->deputy.pid;
	if (!plan->unit->user && cgroup_check_unused(plan, error) < 0)
		return forget(record);
	if (unit_start(plan->unit, &stage->placeholder, stage->arena, &path, error) < 0)
		return forget(record);
	bool as_written = record->cgroup_made && record->cgroup_path && strcmp(record->cgroup_path, path) == 0;
	plan->path = path;
	plan->ours = plan->unit->is_slice ? 0 : stage->placeholder.companion ? 2 : 1;
	if (!plan->unit->is_slice && cgroup_check_place(plan, stage->placeholder.pid, error) < 0)
		return give_up(plan->unit, record);
	record->cgroup_path = path;
	record->cgroup_made = true;
	record_name_unit(record, plan, stage->arena);
	return as_written ? 0 : record_save(&stage->state, record, stage->arena, error);
}

/* From here on the record means these directories, and no later ones of their name. */
static void identify(struct record *record, const struct cgroup *cgroup)
{
	struct record_cgroup *list = record->cgroups.items;

	for (size_t i = 0; i < record->cgroups.count; i++) {
		list[i].inode = cgroup->inode[i];
		list[i].mark = cgroup->mark[i];
	}
}

/* The first record names the cgroup before it exists (rule B.14.4). */
int host_cgroup(struct stage *stage, struct error *error)
{
	struct record *record = &stage->record;
	bool unit = stage->plan->cgroup.unit;

	if (unit)
		try(start_unit(stage, error));
	int r = cgroup_make(&stage->plan->cgroup, &stage->cgroup, error);
	identify(record, &stage->cgroup);
	if (r < 0)
		return unit ? -1 : forget(record);
	container_oom_follow(record, &stage->oom);
	bool as_written = record->cgroup_made == stage->cgroup.made;
	record->cgroup_made = stage->cgroup.made;
	if (!as_written) /* somebody has made it, or removed it, since we looked */
		try(record_save(&stage->state, record, stage->arena, error));
	return record_save_backup(&stage->state, record, stage->arena, error);
}

int host_placeholder(struct stage *stage, struct error *error)
{
	placeholder_end(&stage->placeholder);
	return cgroup_born(&stage->plan->cgroup, &stage->cgroup, error);
}

int host_join_cgroups(struct stage *stage, struct error *error)
{
	return cgroup_join_legacy(&stage->plan->cgroup, &stage->cgroup, stage->pid, error);
}
