/* create: a bundle becomes a container that waits for start. */
#include "base/cleanup.h"
#include "cmd/container.h"
#include "run/attend.h"

static const struct option options[] = { CREATE_OPTIONS, CREATE_OPTIONS_MORE };

static int create(const struct invocation *invocation, struct error *error)
{
	struct create_options o = *(const struct create_options *)invocation->options;
	struct invocation detached = *invocation;
	struct prepared prepared;
	struct stage stage;

	o.detach = true;
	detached.options = &o;
	try(trace_open(o.trace, invocation->command->name, error));
	try(state_check_id(invocation->args[0], error));
	try(container_prepare(&detached, invocation->args[0], &prepared, error));
	signals_block();
	_cleanup_fd int signals = signals_ending(error);
	if (signals < 0)
		return -1;
	try(container_create(&detached, &prepared, signals, &stage, error));
	container_close(&stage);
	return 0;
}

const struct command command_create = {
	.name = "create",
	.arguments = "ID",
	.summary = "make a container from a bundle; its program waits for start",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.run = create,
};
