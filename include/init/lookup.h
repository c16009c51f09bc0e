/* How init looks paths up, now that it may be under the container's own filter. */
#pragma once

#include "kern/lookup.h"
#include "plan/plan.h"

/* Without no_new_privs the filter was loaded early, and may be older than openat2. */
static inline enum lookup_flags lookup_flags(const struct plan *plan)
{
	return plan->seccomp && !plan->process.no_new_privileges ? LOOKUP_FILTERED : 0;
}
