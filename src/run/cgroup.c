/* The container's cgroup, as steps of the score. */
#include "cgroup/cgroup.h"

#include "run/stage.h"

/* The first record names the cgroup before it exists (rule B.14.4). Where making it fails nothing of it is left, and what stands in
 * its place is somebody else's: the end of this container must not kill in there. */
int host_cgroup(struct stage *stage, struct error *error)
{
	if (cgroup_make(&stage->plan->cgroup, &stage->cgroup, error) < 0) {
		stage->record.cgroup_path = NULL;
		stage->record.cgroups = (struct json_objects){ .items = NULL };
		return -1;
	}
	bool as_written = stage->record.cgroup_made == stage->cgroup.made;
	stage->record.cgroup_made = stage->cgroup.made;
	if (!as_written) /* somebody has made it, or removed it, since we looked */
		try(record_save(&stage->state, &stage->record, stage->arena, error));
	return record_save_backup(&stage->state, &stage->record, stage->arena, error);
}

int host_join_cgroups(struct stage *stage, struct error *error)
{
	return cgroup_join_legacy(&stage->plan->cgroup, &stage->cgroup, stage->pid, error);
}
