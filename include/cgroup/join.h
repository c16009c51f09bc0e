/* The cgroup of a container that runs, for one more process in it. */
#pragma once

#include "cgroup/cgroup.h"

struct arena;

/* --cgroup: "PATH", or "CONTROLLER[,CONTROLLER]:PATH" for legacy hierarchies; a directory below the container's that is there. */
struct cgroup_wishes {
	const char *const *items;
	size_t count;
	bool even_frozen;    /* else a frozen cgroup is refused: who is born there does not come to its first instruction */
};

/* Opens the directories as cgroup_make would, each where the container's is, or a wish says; in the v2 tree, where the container's init
 * has put itself, as long as that is below the container's: with controllers enabled for its children a cgroup takes no processes
 * (rule B.13). `init` has to be alive afterwards, or its number was not its own. Fills path and directories of `plan`, too. -1 with the
 * error filled, and nothing open. */
int cgroup_open(const struct cgroup_at *at, pid_t init, const struct cgroup_wishes *wishes, struct plan_cgroup *plan, struct cgroup *to,
		struct arena *arena, struct error *error);

/* Whether the cgroup below the container's that a process is in right now is frozen, or asked to be. */
bool cgroup_process_frozen(const struct cgroup_at *at, pid_t pid);
