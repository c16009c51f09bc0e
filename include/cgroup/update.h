/* New limits for a cgroup that is in use. */
#pragma once

#include "base/error.h"
#include "plan/plan.h"

/* Writes the plan's rows (and its device rules, if it has any) into directories that exist. A value that is refused is told with its
 * place, and what was written before it is put back to what it was; `-1` then means that all is as before, or says what is not.
 * With plan->check_usage a memory limit that is not above the current usage is refused first. */
int cgroup_update(const struct plan_cgroup *plan, struct error *error);
