/* The systemd owner: the container's cgroup is that of a transient unit, made and removed over D-Bus (contract 14.5).
 *
 * libsystemd is loaded for these functions alone, by caisson-libs (libs/call.h); where it, the bus, or systemd is missing they fail with
 * a sentence that says so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/error.h"
#include "plan/plan.h"

struct arena;

/* A scope lives as long as there is a process in it, and init is to be born in it. Until then a process of ours holds the place, which
 * does nothing and dies with us. */
struct placeholder {
	pid_t pid;
	int pidfd; /* -1: none */
	pid_t companion; /* another process of ours that is to be there, too; 0: none */
};

/* It is killed and reaped; once more does no harm. */
void placeholder_end(struct placeholder *placeholder);

/* Starts the unit and waits for its job (30 s at most). A scope has a placeholder in it then, a slice has nobody. On success `*path` (in
 * the arena) is the unit's cgroup below the mount of the v2 tree. A unit of that name left over in state `failed` is reset first; one
 * that is active is an error, and somebody else's. On failure nothing of ours is left. */
int unit_start(const struct plan_unit *unit, struct placeholder *placeholder, struct arena *arena, const char **path,
	       struct error *error);

/* Puts a process of ours into a unit that runs. */
int unit_attach(const char *name, bool user, pid_t pid, struct error *error);

/* Changes properties of a running unit, for as long as it exists. All or nothing. */
int unit_set(const char *name, bool user, const struct plan_property *properties, size_t count, struct error *error);

/* Takes a unit that is no more out of systemd's list of failed ones. It stops nothing: the name may be somebody else's by now. */
int unit_forget(const char *name, bool user, struct error *error);

/* Kills what is in the unit, stops it, waits for the job, and takes it out of systemd's list of failed ones. 0 also if there is no such
 * unit. */
int unit_stop(const char *name, bool user, struct error *error);
