/* pause, resume: a container stopped where it is, and let go again. */
#include "base/cleanup.h"
#include "cmd/container.h"
#include "run/attend.h"

/* A container that was never finished is a stopped one. */
static int open_locked(const struct invocation *invocation, struct state_dir *state, struct record *record, const char *otherwise,
		       struct error *error)
{
	int found = container_open(invocation, invocation->args[0], STATE_LOCK, state, record, error);

	return found == 0 ? fail(error, 0, "%s: its create was abandoned", otherwise) : found;
}

static int pause_container(const struct invocation *invocation, struct error *error)
{
	struct state_dir state;
	struct record record;

	try(open_locked(invocation, &state, &record, "container not running", error));
	/* Whoever ends us while we wait must find it thawed. */
	signals_block();
	_cleanup_fd int signals = signals_ending(error);
	if (signals < 0)
		return -1;
	try(container_pause(&state, &record, signals, error));
	state_close(&state);
	return 0;
}

static int resume_container(const struct invocation *invocation, struct error *error)
{
	struct state_dir state;
	struct record record;

	try(open_locked(invocation, &state, &record, "container not paused", error));
	try(container_resume(&state, &record, error));
	state_close(&state);
	return 0;
}

const struct command command_pause = {
	.name = "pause",
	.arguments = "ID",
	.summary = "stop all processes of a container where they are",
	.least = 1,
	.most = 1,
	.run = pause_container,
};

const struct command command_resume = {
	.name = "resume",
	.arguments = "ID",
	.summary = "let a paused container go on",
	.least = 1,
	.most = 1,
	.run = resume_container,
};
