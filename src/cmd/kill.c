/* kill: a signal to init, or to all. */
#include <signal.h>
#include "base/cleanup.h"
#include "cmd/container.h"

struct kill_options { bool all, regex; };

static const struct option options[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct kill_options, all), NULL, "to all its processes, also of one that has ended" },
	{ "regex", 'r', OPTION_FLAG, offsetof(struct kill_options, regex), NULL, "ID is an extended regular expression: all that match" },
};

static int kill_one(const struct invocation *invocation, const char *id, struct error *error)
{
	const struct kill_options *o = invocation->options;
	struct state_dir state = { .root = -1, .dir = -1 };
	struct record record;

	int signal = signal_number(invocation->count > 1 ? invocation->args[1] : "TERM", error);
	if (signal < 0)
		return -1;
	int r = container_open(invocation, id, 0, &state, &record, error) < 0 ? -1 : 0;
	if (r == 0)
		r = o->all ? container_kill_all(&state, &record, signal, invocation->arena, error)
			   : container_kill(&state, &record, signal, error);
	state_close(&state);
	return r;
}

static int kill_containers(const struct invocation *invocation, struct error *error)
{
	const struct kill_options *o = invocation->options;

	if (!o->regex)
		return kill_one(invocation, invocation->args[0], error);
	if (invocation->count > 1 && signal_number(invocation->args[1], error) < 0)
		return -1; /* also if nothing matches */
	return container_each_matching(invocation, invocation->args[0], kill_one, error);
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
	.run = kill_containers,
};
