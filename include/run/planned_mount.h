/* What the plan says of a mount, said to the kernel: by init for a container that is made, by the runtime for one that runs. */
#pragma once

#include "base/error.h"
#include "plan/plan.h"

/* The parameters, into a context: 0 or -errno. One that is optional may be unknown to the file system. */
int planned_parameters(int context, const struct plan_mount *mount);

/* Attributes of a mount that is not attached yet. -1 with the error filled. */
int planned_attributes(const struct plan_mount *mount, int tree, struct error *error);
