/* Debug builds (make DEBUG=1): what the files of a cgroup say, compared with what was written. In any other build this does nothing. */
#pragma once

#include "cgroup/cgroup.h"
#include "plan/plan.h"

#ifdef CAISSON_READ_BACK

/* The values of one directory, open at `dir`. */
int read_back_rows(const struct plan_cgroup_directory *directory, int dir, struct error *error);

/* The device rules of a new cgroup, as the directory has them. */
int read_back_device_rules(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error);

#else

static inline int read_back_rows(const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	(void)directory;
	(void)dir;
	(void)error;
	return 0;
}

#endif
