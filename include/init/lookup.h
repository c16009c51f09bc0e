/* How init looks paths up, and what it makes of refusals, now that it may be under the container's own filter. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include "kern/lookup.h"
#include "plan/plan.h"

/* Without no_new_privs the filter was loaded early, and what init still does it does under it. */
static inline bool filtered(const struct plan *plan)
{
	return plan->seccomp && plan->seccomp->early;
}

static inline enum lookup_flags lookup_flags(const struct plan *plan)
{
	return filtered(plan) ? LOOKUP_FILTERED : 0;
}

/* A call that only verifies: the filter may refuse it with any errno, and then there is nothing to be known. What the kernel did
 * say, and was not what it should be (EUCLEAN, EXDEV), is no refusal. */
static inline int unless_refused(const struct plan *plan, int r)
{
	return filtered(plan) && r != -EUCLEAN && r != -EXDEV ? 0 : r;
}

/* user.c: enters the working directory as long as init is root and unfiltered. Where only the user may, it is left to init_user. Clears the
 * caller's securebits, too: no filter of before has seen that call. */
struct stage;
struct error;
int init_enter_early(struct stage *stage, struct error *error);
