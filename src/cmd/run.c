/* run: create, start and, unless detached, attend until the program ends; then delete. */
#include <errno.h>
#include <sys/prctl.h>
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/container.h"
#include "run/attend.h"
#include "run/oom.h"

static const struct option options[] = {
	CREATE_OPTIONS,
	CREATE_OPTIONS_MORE,
	{ "detach", 'd', OPTION_FLAG, CREATE_OPTION(detach), NULL, "return once the program is executed" },
	{ "keep", 0, OPTION_FLAG, CREATE_OPTION(keep), NULL, "do not delete the container when it ends" },
	{ "no-subreaper", 0, OPTION_FLAG, CREATE_OPTION(no_subreaper), NULL, "do not adopt the container's orphans" },
};

static int start_with_hooks(struct prepared *prepared, struct stage *stage, int signals, struct error *error)
{
	struct hook_run hooks = { .hooks = &prepared->plan->hooks, .kind = HOOK_POSTSTART, .bundle = stage->record.bundle };

	hooks.interrupt = &signals;
	try(container_start(&stage->state, &stage->record, &prepared->arena, signals, error));
	/* A hook may call us for this container: the lock is not ours meanwhile. */
	state_unlock(&stage->state);
	hooks.state = hook_state_json(&prepared->arena, &stage->record, STATUS_RUNNING, stage->pid);
	return hooks_run(&hooks, error);
}

static int finish(struct prepared *prepared, struct stage *stage, struct error *error)
{
	return container_destroy(&stage->state, &stage->record, &prepared->plan->hooks, &prepared->arena, error);
}

static void tell_oom(const struct record *record, struct oom_tally *tally)
{
	int64_t kills = container_oom_seen(record, tally);

	if (kills > 0)
		log_warning("container '%s': the kernel has killed %jd process%s of it for lack of memory (memory limit too low?)",
			    record->id, (intmax_t)kills, kills > 1 ? "es" : "");
}

/* The lock is not ours while the program runs: kill, delete and others may want the container. */
static int attend_and_finish(const struct invocation *invocation, struct prepared *prepared, struct stage *stage, struct error *error)
{
	const struct create_options *o = invocation->options;

	_cleanup_fd int signals = signals_all(error);
	if (signals < 0)
		return -1;
	close_fd(&stage->state.dir);
	struct attended attended = { stage->pid, stage->pidfd, signals, &stage->oom };
	int code = attend(&attended);
	tell_oom(&stage->record, &stage->oom);
	if (o->keep)
		return code;
	struct error gone = { 0 };
	if (state_open(&stage->state, stage->record.id, STATE_LOCK, &gone) < 0)
		return code; /* somebody else deleted it */
	return finish(prepared, stage, error) < 0 ? -1 : code;
}

static int run(const struct invocation *invocation, struct error *error)
{
	const struct create_options *o = invocation->options;
	struct prepared prepared;
	struct stage stage;

	try(state_check_id(invocation->args[0], error));
	try(container_prepare(invocation, invocation->args[0], &prepared, error));
	if (!prepared.plan->has_process)
		return fail(error, 0, "process property must not be empty");
	prepared.plan->process.detached = o->detach;
	signals_block();
	_cleanup_fd int signals = signals_ending(error);
	if (signals < 0)
		return -1;
	if (!o->detach && !o->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return fail(error, errno, "cannot become a subreaper");
	try(container_create(invocation, &prepared, signals, &stage, error));

	int result = start_with_hooks(&prepared, &stage, signals, error);
	if (result < 0) {
		struct error ignored = { 0 };
		close_fd(&stage.state.dir);
		if (state_open(&stage.state, stage.record.id, STATE_LOCK, &ignored) == 0)
			finish(&prepared, &stage, &ignored);
	} else if (!o->detach) {
		result = attend_and_finish(invocation, &prepared, &stage, error);
	}
	container_close(&stage);
	return result;
}

const struct command command_run = {
	.name = "run",
	.arguments = "ID",
	.summary = "create and start a container, wait for it, delete it",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.run = run,
};
