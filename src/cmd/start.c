/* start: a created container executes its program. */
#include "base/cleanup.h"
#include "cmd/container.h"

/* A failing poststart hook stops the container and destroys it (runtime.md#lifecycle, step 9). */
static int poststart(const struct invocation *invocation, struct state_dir *state, const struct record *record, struct error *error)
{
	struct plan_hooks *hooks;

	try(container_hooks(invocation, state, record, &hooks, error));
	const struct hook_run run = {
		.hooks = hooks,
		.kind = HOOK_POSTSTART,
		.bundle = record->bundle,
		.state = hook_state_json(invocation->arena, record, STATUS_RUNNING, record->pid),
	};
	if (hooks_run(&run, error) == 0)
		return 0;
	struct error ignored = { 0 };
	container_destroy(state, record, hooks, invocation->arena, &ignored);
	return -1;
}

static int start(const struct invocation *invocation, struct error *error)
{
	struct state_dir state;
	struct record record;

	int found = container_open(invocation, invocation->args[0], STATE_LOCK, &state, &record, error);
	if (found < 0)
		return -1;
	if (found == 0)
		return fail(error, 0, "cannot start a container that has stopped: its create was abandoned");
	try(container_start(&state, &record, invocation->arena, error));
	if (record.hooks.count)
		try(poststart(invocation, &state, &record, error));
	state_close(&state);
	return 0;
}

const struct command command_start = {
	.name = "start",
	.arguments = "ID",
	.summary = "execute the program of a created container",
	.least = 1,
	.most = 1,
	.run = start,
};
