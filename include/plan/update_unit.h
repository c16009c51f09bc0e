/* Shared by plan's files about updates alone: the properties of the container's systemd unit. */
#pragma once

#include "plan/cgroup.h"
#include "plan/update.h"

/* Once the rows and device rules of `to` are there, and those of `old`, as if the container were made anew with what it has: what to set,
 * and in `back` the same properties as they are now. */
int update_plan_unit(struct cgroup_planning *to, struct cgroup_planning *old, struct cgroup_planning *back,
		     const struct update_request *request, struct error *error);
