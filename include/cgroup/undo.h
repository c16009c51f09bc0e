/* Shared by cgroup's files about updates alone: what a plan would change, as it is, and putting that back. */
#pragma once

#include "cgroup/cgroup.h"
#include "plan/plan.h"
#include "state/undo.h"

struct arena;
struct saved_rows;

/* The container's directory in one hierarchy, and no later one of its name; in a hierarchy that came after it there is none. The caller
 * owns the fd; -errno. */
int undo_open(const struct cgroup_at *at, const char *mount, bool v2);

/* All that `to` changes: files as they were read, and from `back` what the kernel does not tell. `list` is what devices.list says, NULL
 * if there is no legacy hierarchy for devices. Lends its parts from all of them. */
void undo_fill(struct undo *undo, const struct plan_cgroup *to, const struct plan_cgroup *back, const struct saved_rows *saved,
	       const char *list, struct arena *arena);
