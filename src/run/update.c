/* New limits for a container: put in force and written down, or neither. */
#include <unistd.h>
#include "base/file.h"
#include "cgroup/update.h"
#include "run/attend.h"
#include "run/container.h"

struct note {
	const struct state_dir *state;
	const struct container_update *update;
};

static int keep(void *data, struct error *error)
{
	const struct note *note = data;
	int r = file_replace(note->state->dir, STATE_RESOURCES, note->update->resources, note->update->length, 0600);

	return r < 0 ? fail(error, -r, "cannot write down the new limits of container '%s'", note->state->id) : 0;
}

int container_update(const struct state_dir *state, const struct record *record, const struct container_update *update,
		     struct arena *arena, struct error *error)
{
	struct cgroup_at at = record_cgroup_at(record);
	struct note note = { state, update };
	const struct cgroup_change change = { .to = update->to, .back = update->back, .of = &at, .arena = arena, .keep = keep, .data = &note };

	signals_block(); /* between two writes nobody would put the first one back */
	/* Killed there, we leave the next update to write everything anew (rule B.14.4). */
	int r = file_replace(state->dir, STATE_UPDATING, "", 0, 0600);
	if (r < 0)
		return fail(error, -r, "cannot note in the state of container '%s' that it is being updated", state->id);
	try(cgroup_update(&change, error));
	unlinkat(state->dir, STATE_UPDATING, 0);
	return 0;
}
