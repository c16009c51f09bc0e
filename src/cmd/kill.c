/* kill: a signal to init, or to all. */
#include <signal.h>
#include "base/cleanup.h"
#include "cmd/container.h"

struct kill_options { bool all; };

static const struct option options[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct kill_options, all), NULL, "to all its processes, also of one that has ended" },
};

static int kill_container(const struct invocation *invocation, struct error *error)
{
	const struct kill_options *o = invocation->options;
	struct state_dir state;
	struct record record;

	int signal = signal_number(invocation->count > 1 ? invocation->args[1] : "TERM", error);
	if (signal < 0)
		return -1;
	if (container_open(invocation, invocation->args[0], 0, &state, &record, error) < 0)
		return -1;
	if (o->all)
		return container_kill_all(&state, &record, signal, invocation->arena, error);
	return container_kill(&state, &record, signal, error);
}

const struct command command_kill = {
	.name = "kill",
	.arguments = "ID [SIGNAL]",
	.summary = "send a signal (default SIGTERM) to a container's init",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct kill_options),
	.least = 1,
	.most = 2,
	.run = kill_container,
};
