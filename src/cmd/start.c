/* start: a created container executes its program. */
#include "base/cleanup.h"
#include "cmd/container.h"
#include "cmd/process.h"
#include "run/readiness.h"
#include "run/score.h"
#include "run/trace.h"

/* A failing hook stops the container and destroys it, poststop hooks included (runtime.md#lifecycle, steps 7, 9, 12 and 13). */
static int destroy_failed(const struct invocation *invocation, struct state_dir *state, const struct record *record,
			  const struct plan_hooks *hooks)
{
	struct error left = { 0 };

	if (container_destroy(state, record, hooks, invocation->arena, &left) < 0)
		container_tell_left(&left);
	return -1;
}

static int poststart(const struct invocation *invocation, const struct record *record, const struct plan_hooks *hooks, struct error *error)
{
	const struct hook_run run = {
		.hooks = hooks,
		.kind = HOOK_POSTSTART,
		.bundle = record->bundle,
		.state = hook_state_json(invocation->arena, record, STATUS_RUNNING, record->pid),
	};
	return hooks_run(&run, error);
}

struct start_options { const char *trace; };

static const struct option options[] = { { "trace", 0, OPTION_STRING, offsetof(struct start_options, trace), "FILE", TRACE_HELP } };

static int start(const struct invocation *invocation, struct error *error)
{
	const struct start_options *o = invocation->options;
	struct state_dir state;
	struct record record;
	struct plan_hooks *hooks;

	try(trace_open(o->trace, invocation->command->name, error));
	struct trace_span *span = trace_step("find the container");
	int found = container_open(invocation, invocation->args[0], STATE_LOCK, &state, &record, error);
	if (found < 0)
		return -1;
	if (found == 0)
		return fail(error, 0, "cannot start a container that has stopped: its create was abandoned");
	try(container_hooks(invocation, &state, &record, &hooks, error));
	trace_end(span, 0);
	struct readiness readiness = READINESS_NONE;
	const char *manager = process_notify_socket();
	if (manager && container_status(&state, &record) == STATUS_CREATED) /* else another start may be waiting */
		readiness_open(&state, manager, record.pid, &readiness);
	trace_score(&create_score, NULL);
	_cleanup_fd int pidfd = readiness.listener.line >= 0 ? record_pidfd(&record) : -1;
	if (container_start(&state, &record, invocation->arena, -1, error) < 0)
		return container_start_hook_failed(error) ? destroy_failed(invocation, &state, &record, hooks) : -1;
	/* A hook may call us for this container: the lock is not ours meanwhile. */
	state_unlock(&state);
	if (poststart(invocation, &record, hooks, error) < 0) {
		struct error locked = { 0 };
		int r = state_relock(&state, &locked); /* the one that we have started: its id may be another's by now */
		if (r == 0)
			destroy_failed(invocation, &state, &record, hooks);
		else if (r != STATE_ABSENT)
			container_tell_left(&locked);
		return -1;
	}
	state_close(&state);
	int r = pidfd < 0 ? 0 : readiness_wait(&readiness, pidfd, -1, error);
	readiness_close(&readiness);
	return r;
}

const struct command command_start = {
	.name = "start",
	.arguments = "ID",
	.summary = "execute the program of a created container",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct start_options),
	.least = 1,
	.most = 1,
	.run = start,
};
