/* New limits for a cgroup that is in use. */
#pragma once

#include "base/error.h"
#include "cgroup/cgroup.h"
#include "plan/plan.h"

struct arena;
struct undo;

struct cgroup_change {
	const struct plan_cgroup *to;   /* rows; device rules and properties of the unit, if it has any */
	const struct plan_cgroup *back; /* the same for what only a plan knows: how the device rules and properties are now */
	const struct cgroup_at *of;     /* the cgroup, as the container's record has it */
	struct arena *arena;
	/* Called before anything is written, with the way back, to keep that where it outlives us. If it fails nothing is written. */
	int (*begin)(void *data, struct undo *undo, struct error *error);
	/* Called when all is in force, to keep a note of it. If it fails all is put back. */
	int (*keep)(void *data, struct error *error);
	/* Called when all is in force, or all as it was again. Not if some of it could not be put back. */
	void (*settled)(void *data);
	void *data;
};

/* Writes all of it into directories that exist, or nothing: a value that is refused is told with its place, and what was written
 * before it is put back to what it was; the error says so if some of that fails. With to->check_usage a limit of memory that is not
 * above the current usage is refused before anything is written. */
int cgroup_update(const struct cgroup_change *change, struct error *error);

/* Puts back what an update has left that was killed: what is as it was is not touched, so it may be done again and again. What fails is
 * named at the end of the error's words, -1. */
int cgroup_undo(const struct undo *undo, const struct cgroup_at *at, struct arena *arena, struct error *error);
