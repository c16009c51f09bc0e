/* What a container is doing now, freezer included; and signals to it. */
#include <errno.h>
#include <signal.h>
#include "base/cleanup.h"
#include "cgroup/processes.h"
#include "kern/process.h"
#include "kern/procfs.h"
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

int container_out_of_reach(const struct record *record, int code, struct error *error)
{
	const int procfs = procfs_kept();

	if (procfs < 0)
		return fail(error, -procfs, "cannot use /proc");
	return fail(error, -code, "cannot reach init of container '%s'", record->id);
}

/* runtime.md#kill: neither created nor running: no effect, and an error. */
static int not_there_yet(const struct state_dir *state, struct error *error)
{
	return fail(error, 0, "cannot signal container '%s': it is still being created", state->id);
}

int container_kill(const struct state_dir *state, const struct record *record, int signal, struct error *error)
{
	enum status status = record_status(state, record);

	if (status == STATUS_CREATING)
		return not_there_yet(state, error);
	_cleanup_fd int pidfd = status == STATUS_STOPPED ? -1 : record_pidfd(record);
	if (pidfd == -ESRCH || status == STATUS_STOPPED)
		return fail(error, 0, "container not running: init has exited (no such process)");
	if (pidfd < 0)
		return container_out_of_reach(record, pidfd, error);
	/* Without a pid namespace of its own the others would outlive init (rule B.15). */
	if (signal == SIGKILL && record_owns_cgroup(record) && !record->private_pid_namespace)
		return container_end(record, error);
	int r = pidfd_signal(pidfd, signal);
	if (r < 0 && r != -ESRCH)
		return fail(error, -r, "cannot send signal %d to container '%s'", signal, record->id);
	if (r == -ESRCH && signal != SIGKILL)
		return fail(error, 0, "container not running: init has exited (no such process)");
	/* What is frozen has to thaw to die. We ask afterwards: somebody may pause it in this moment. */
	return signal == SIGKILL && record_owns_cgroup(record) && status_is_frozen(record) ? container_end(record, error) : 0;
}

int container_kill_all(const struct state_dir *state, const struct record *record, int signal, struct arena *arena, struct error *error)
{
	enum status status = record_status(state, record);

	if (status == STATUS_CREATING)
		return not_there_yet(state, error);
	if (signal == SIGKILL)
		return container_end(record, error);
	/* init by its identity; the others are those that are in the cgroup. */
	_cleanup_fd int pidfd = status == STATUS_STOPPED ? -1 : record_pidfd(record);
	int r = pidfd < 0 ? -ESRCH : pidfd_signal(pidfd, signal);
	if (r < 0 && r != -ESRCH)
		return fail(error, -r, "cannot send signal %d to container '%s'", signal, record->id);
	if (!record_owns_cgroup(record))
		return 0;
	const struct cgroup_at at = record_cgroup_at(record);
	r = cgroup_signal(&at, signal, pidfd < 0 ? 0 : record->pid, arena);
	return r < 0 ? fail(error, -r, "cannot send signal %d to all processes of container '%s'", signal, record->id) : 0;
}
