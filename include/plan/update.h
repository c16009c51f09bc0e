/* New limits for a container that exists (contract 6.10): what to write into its cgroup for them. */
#pragma once

#include "plan/build.h"
#include "spec/resources.h"

struct update_request {
	const struct spec_resources *current; /* what has been asked of the cgroup so far */
	const struct spec_resources *change;
	const char *path;                     /* the cgroup, and systemd's unit, as the record has them */
	const char *unit;
	bool user_unit;
};

struct plan_update {
	struct spec_resources resources;      /* the two together, to be kept for the next update */
	struct plan_cgroup to;                /* what to write; no device rules: they stay as they are */
	/* The way back, for what the kernel does not tell: the device rules in force (rows for devices.* or the list) and the properties
	 * of the unit. Its directories are those of `to`. */
	struct plan_cgroup back;
};

/* Pure. p->spec is the container's configuration: its linux.devices stay allowed. Refused is what `create` would refuse, and what would
 * contradict an older value that stays. */
int plan_update(struct planning *p, const struct update_request *request, struct plan_update *update, struct error *error);
