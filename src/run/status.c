/* What a container is doing now, freezer included; and signals to it. */
#include <errno.h>
#include <signal.h>
#include "base/cleanup.h"
#include "kern/process.h"
#include "run/container.h"

static bool status_is_frozen(const struct record *record)
{
	struct cgroup_at at = record_cgroup_at(record);

	return at.path && cgroup_frozen(&at) == 1;
}

enum status container_status(const struct state_dir *state, const struct record *record)
{
	enum status status = record_status(state, record);

	if ((status == STATUS_RUNNING || status == STATUS_CREATED) && status_is_frozen(record))
		return STATUS_PAUSED;
	return status;
}

int container_kill(const struct state_dir *state, const struct record *record, int signal, struct error *error)
{
	enum status status = record_status(state, record);

	/* runtime.md#kill: neither created nor running: no effect, and an error. */
	if (status == STATUS_CREATING)
		return fail(error, 0, "cannot signal container '%s': it is still being created", state->id);
	_cleanup_fd int pidfd = status == STATUS_STOPPED ? -1 : record_pidfd(record);

	if (pidfd < 0)
		return fail(error, 0, "container not running: init has exited (no such process)");
	/* Without a pid namespace of its own the others would outlive init (rule B.15); and what is frozen has to thaw to die. */
	if (signal == SIGKILL && record_owns_cgroup(record) && (!record->private_pid_namespace || status_is_frozen(record)))
		return container_end(record, error);
	int r = pidfd_signal(pidfd, signal);
	if (r < 0 && r != -ESRCH)
		return fail(error, -r, "cannot send signal %d to container '%s'", signal, record->id);
	if (r == -ESRCH && signal != SIGKILL)
		return fail(error, 0, "container not running: init has exited (no such process)");
	return 0;
}
