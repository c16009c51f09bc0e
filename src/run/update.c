/* New limits for a container: put in force and written down, or neither. */
#include "base/file.h"
#include "base/log.h"
#include "cgroup/update.h"
#include "run/attend.h"
#include "run/container.h"
#include "state/undo.h"

struct note {
	const struct state_dir *state;
	const struct container_update *update;
	struct arena *arena;
};

/* Killed between two writes, we leave the next update to put the first ones back (rule B.14.4). */
static int begin(void *data, struct undo *undo, struct error *error)
{
	const struct note *note = data;

	return undo_save(note->state, undo, note->arena, error);
}

/* From here on there is nothing to undo: the note goes with the resources that were there. */
static int keep(void *data, struct error *error)
{
	const struct note *note = data;
	int r = file_replace(note->state->dir, STATE_RESOURCES, note->update->resources, note->update->length, 0600);

	return r < 0 ? fail(error, -r, "cannot write down the new limits of container '%s'", note->state->id) : 0;
}

static void settled(void *data)
{
	const struct note *note = data;

	undo_forget(note->state);
}

int container_update(const struct state_dir *state, const struct record *record, const struct container_update *update,
		     struct arena *arena, struct error *error)
{
	struct cgroup_at at = record_cgroup_at(record);
	struct note note = { state, update, arena };
	const struct cgroup_change change = {
		.to = update->to, .back = update->back, .of = &at, .arena = arena,
		.begin = begin, .keep = keep, .settled = settled, .data = &note,
	};

	signals_block(); /* between two writes nobody would put the first one back */
	return cgroup_update(&change, error);
}

int container_update_undo(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error)
{
	struct cgroup_at at = record_cgroup_at(record);
	struct error left = { 0 };
	struct undo undo;

	signals_block();
	int r = undo_load(state, arena, &undo, error);
	if (r <= 0)
		return r;
	fail(&left, 0, "an earlier update of container '%s' was cut short", state->id);
	/* What cannot be put back (memory that is in use by now) does not keep anybody from setting it anew. */
	if (cgroup_undo(&undo, &at, arena, &left) < 0)
		log_warning("%s", left.text);
	else
		undo_forget(state);
	return 0;
}
