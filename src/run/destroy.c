/* One idempotent end of a container, going by what exists: what `delete --force` does, and what a failed create does. */
#include <errno.h>
#include <signal.h>
#include "base/cleanup.h"
#include "base/log.h"
#include "cgroup/unit.h"
#include "kern/process.h"
#include "run/container.h"
#include "run/network.h"
#include "run/trace.h"

#define SOON_MS 100
#define END_WAIT_MS 4000
#define UNIT_END_MS 1000

/* Also one that only waits for zombies, which somebody else has to reap. */
static bool ends_within(const struct record *record, int pidfd, int timeout_ms)
{
	if (pidfd_wait(pidfd, timeout_ms) == 1)
		return true;
	_cleanup_fd int again = record_pidfd(record);
	return again == -ESRCH;
}

/* The cgroup before the wait: one that is frozen has to thaw for its processes to die. */
int container_end(const struct record *record, struct error *error)
{
	_cleanup_fd int pidfd = record_pidfd(record);

	if (pidfd < 0 && pidfd != -ESRCH)
		return container_out_of_reach(record, pidfd, error);
	int sent = pidfd < 0 ? -ESRCH : pidfd_signal(pidfd, SIGKILL);
	if (record_owns_cgroup(record)) {
		struct cgroup_at at = record_cgroup_at(record);
		int r = cgroup_kill(&at, END_WAIT_MS);
		if (r < 0)
			return fail(error, -r, "cannot kill the processes in cgroup '%s'", record->cgroup_path);
	}
	if (pidfd < 0 || ends_within(record, pidfd, SOON_MS) || ends_within(record, pidfd, END_WAIT_MS))
		return 0;
	if (sent < 0 && sent != -ESRCH)
		return fail(error, -sent, "container init still running: cannot kill pid %d", record->pid);
	return fail(error, 0, "container init still running: pid %d did not die", record->pid);
}

/* A scope is gone with its last process, and its name is free again: a unit is stopped only as long as its cgroup is the container's. */
static int end_unit(const struct record *record, const struct cgroup_at *at, struct error *error)
{
	switch (cgroup_whose(at)) {
	case CGROUP_OURS:
		return unit_stop(record->unit, record->user_unit, error);
	case CGROUP_GONE:
		return unit_forget(record->unit, record->user_unit, error);
	case CGROUP_OTHERS:
		return 0;
	}
	return 0;
}

/* Where systemd cannot be reached the container goes all the same: an empty scope ends by itself, if it is left to. */
static void stop_unit(const struct record *record, const struct cgroup_at *at)
{
	struct error error = { 0 };
	char sentence[1024];

	if (end_unit(record, at, &error) == 0)
		return;
	error_sentence(&error, sentence, sizeof(sentence));
	log_warning("%s", sentence);
	if (at->path)
		cgroup_wait_removed(at, UNIT_END_MS);
}

static int remove_cgroup(const struct record *record, struct error *error)
{
	if (!record->cgroup_made || !record_of_this_boot(record)) /* not ours to remove */
		return 0;
	struct cgroup_at at = record_cgroup_at(record);
	if (record->unit)
		stop_unit(record, &at);
	if (!record->cgroup_path)
		return 0;
	int r = cgroup_remove(&at, record->cgroup_above);
	return r < 0 ? fail(error, -r, "cannot remove cgroup '%s'", record->cgroup_path) : 0;
}

int container_destroy(struct state_dir *state, const struct record *record, const struct plan_hooks *hooks, struct arena *arena,
		      struct error *error)
{
	try(traced("end all processes", container_end(record, error)));
	if (record->net_devices || !record->id) /* of one that cannot be read nothing is known */
		try(network_return(state, arena, error));
	try(traced("remove the cgroup", remove_cgroup(record, error)));
	/* Before the directory goes, so that a delete that is cut short still owes them; they never make it fail. */
	if (hooks && (record->committed || record->hooks_begun)) {
		struct hook_run run = {
			.hooks = hooks,
			.kind = HOOK_POSTSTOP,
			.bundle = record->bundle,
			.state = hook_state_json(arena, record, STATUS_STOPPED, 0),
			.flags = HOOKS_GO_ON,
		};
		hooks_run(&run, error);
	}
	return traced("remove the state directory", state_remove(state, error));
}
