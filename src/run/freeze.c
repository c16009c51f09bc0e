/* A container paused and resumed. */
#include <errno.h>
#include "cgroup/freeze.h"
#include "cgroup/processes.h"
#include "run/attend.h"
#include "run/container.h"

#define FREEZE_S 10

/* Thawed again in each of these cases. */
static int not_frozen(const struct record *record, int cause, int signals, struct error *error)
{
	if (cause == EINTR)
		return fail(error, 0, "interrupted by signal %d: container '%s' goes on", signals_pending(signals), record->id);
	if (cause == ETIMEDOUT)
		return fail(error, 0, "timeout of %ds reached waiting for the cgroup to freeze: container '%s' goes on", FREEZE_S,
			    record->id);
	if (cause == ENOENT)
		return fail(error, 0, "cannot pause container '%s': its cgroup has no freezer", record->id);
	return fail(error, cause, "cannot pause container '%s'", record->id);
}

int container_pause(const struct state_dir *state, const struct record *record, int signals, struct error *error)
{
	const struct cgroup_at at = record_cgroup_at(record);
	enum status status = container_status(state, record);

	if (status != STATUS_RUNNING && status != STATUS_CREATED)
		return fail(error, 0, "container not running: it is %s", status_text(status));
	if (!at.path)
		return fail(error, 0, "cannot pause container '%s': it has no cgroup", record->id);
	int r = cgroup_freeze(&at, FREEZE_S * 1000, signals);
	/* An init that is ending has left its cgroup before it counts as ended; one that somebody has moved away has not been stopped. */
	int inside = cgroup_has_process(&at, record->pid);
	bool ended = record_status(state, record) == STATUS_STOPPED;
	if (r == 0 && inside > 0 && !ended)
		return 0;
	if (r < 0 && inside && !ended)
		return not_frozen(record, -r, signals, error);
	/* A cgroup that is not removed with the container must not stay so. */
	cgroup_thaw(&at);
	if (inside < 0 && !ended)
		return fail(error, -inside, "cannot pause container '%s': cannot look whether its init is in its cgroup", record->id);
	return fail(error, 0, "container not running: init has %s",
		    ended ? "exited (no such process)" : "left its cgroup: it is ending, or was moved");
}

int container_resume(const struct state_dir *state, const struct record *record, struct error *error)
{
	const struct cgroup_at at = record_cgroup_at(record);
	enum status status = container_status(state, record);

	if (status != STATUS_PAUSED)
		return fail(error, 0, "container not paused: it is %s", status_text(status));
	int r = cgroup_thaw(&at);
	if (r == -EBUSY)
		return fail(error, 0, "cannot resume container '%s': a cgroup above its own is frozen", record->id);
	return r < 0 ? fail(error, -r, "cannot resume container '%s'", record->id) : 0;
}
