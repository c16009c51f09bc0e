/* A container as commands see it: started, signalled, destroyed, looked at. */
#pragma once

#include <stdbool.h>
#include "cgroup/cgroup.h"
#include "run/hooks.h"
#include "state/state.h"

struct arena;

/* Writes down where a planned cgroup is. */
void record_name_cgroup(struct record *record, const struct plan_cgroup *plan, struct arena *arena);

/* The same of a unit of systemd's, whose cgroup it is. */
void record_name_unit(struct record *record, const struct plan_cgroup *plan, struct arena *arena);

/* Where the container's cgroup is; path NULL: it has none. The texts stay the record's. */
struct cgroup_at record_cgroup_at(const struct record *record);

/* Why record_pidfd gave this code, which is not -ESRCH: an error. */
int container_out_of_reach(const struct record *record, int code, struct error *error);

/* record_status and, where there is a freezer, whether it holds. */
enum status container_status(const struct state_dir *state, const struct record *record);

/* Lets a created container go: returns once its program is executed. Needs the lock. -1 with the contract's text if it is not
 * `created`, or with what kept init from executing; then init has ended, if it had taken the start. A signal on the signalfd
 * `signals` (-1: none) is such a failure, too. */
int container_start(const struct state_dir *state, const struct record *record, struct arena *arena, int signals, struct error *error);

/* Whether what kept init from executing was a startContainer hook: then the container is to be destroyed (runtime.md#lifecycle). */
bool container_start_hook_failed(const struct error *error);

/* Kills whatever is left, removes cgroup and state directory, runs poststop hooks (`hooks` may be NULL). Goes by what exists, so it
 * also is the rollback of a failed create, and may be repeated. Needs the lock. `record` may be all zero: nothing was written down. */
int container_destroy(struct state_dir *state, const struct record *record, const struct plan_hooks *hooks, struct arena *arena,
		      struct error *error);

/* Kills init and all that is in the container's cgroup, frozen or not, and waits for init's end. Nothing is removed. */
int container_end(const struct record *record, struct error *error);

/* Sends a signal to init; SIGKILL to all of its cgroup if it has no pid namespace of its own. "container not running" if it has ended. */
int container_kill(const struct state_dir *state, const struct record *record, int signal, struct error *error);

/* Sends it to every process of the container, also to what is left of one that has ended: that is no error. */
int container_kill_all(const struct state_dir *state, const struct record *record, int signal, struct arena *arena, struct error *error);

/* Stops all processes of a created or running container; returns once all have stopped. Needs the lock. On failure, such as a signal
 * on the signalfd `signals` (-1: none), it goes on as before. "container not running" if it has ended or is paused already. */
int container_pause(const struct state_dir *state, const struct record *record, int signals, struct error *error);

/* Lets a paused one go on. Needs the lock. "container not paused" otherwise. */
int container_resume(const struct state_dir *state, const struct record *record, struct error *error);

/* New limits: what to write, the way back, and the text to be kept of what then holds (STATE_RESOURCES). */
struct container_update {
	const struct plan_cgroup *to, *back;
	const char *resources;
	size_t length;
};

/* Puts all of them in force and keeps the text, or leaves all as it was; signals wait, to the end of the command. Needs the lock. */
int container_update(const struct state_dir *state, const struct record *record, const struct container_update *update,
		     struct arena *arena, struct error *error);

/* First of all, if an earlier update was killed: puts back what it had begun to change, as far as that is possible, with a warning for the
 * rest. Needs the lock. -1: its note is damaged. */
int container_update_undo(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error);
