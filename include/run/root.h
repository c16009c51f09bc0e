/* The container's root, and what is bound into it, seen from the host. */
#pragma once

#include "base/error.h"
#include "plan/plan.h"

/* Looks, before anything is done, whether the root and every source of a mount are there and are what they must be. `state_root` is
 * the directory of all containers' state: a root that holds it is refused (case C29). 0, or -1 with the error filled. */
int root_check(const struct plan *plan, const char *state_root, struct error *error);

/* The overlay as a detached mount; -1 with the error filled. */
struct arena;
int root_open_overlay(const struct plan_overlay *overlay, const struct place *at, struct arena *arena, struct error *error);
