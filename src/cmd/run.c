/* run: create, start and, unless detached, attend until the program ends; then delete. */
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/container.h"
#include "cmd/process.h"
#include "run/attend.h"
#include "run/oom.h"
#include "run/readiness.h"
#include "run/relay.h"

static const struct option options[] = {
	CREATE_OPTIONS,
	CREATE_OPTIONS_MORE,
	{ "detach", 'd', OPTION_FLAG, CREATE_OPTION(detach), NULL, "return once the program is executed" },
	{ "keep", 0, OPTION_FLAG, CREATE_OPTION(keep), NULL, "do not delete the container when it ends" },
	{ "no-subreaper", 0, OPTION_FLAG, CREATE_OPTION(no_subreaper), NULL, "do not adopt the container's orphans" },
};

static int start_with_hooks(struct prepared *prepared, struct stage *stage, int signals, struct readiness *readiness, struct error *error)
{
	struct hook_run hooks = { .hooks = &prepared->plan->hooks, .kind = HOOK_POSTSTART, .bundle = stage->record.bundle };

	hooks.interrupt = &signals;
	/* In the foreground we are the service's main process: when we end it has ended. */
	if (prepared->plan->readiness)
		readiness_open(&stage->state, process_notify_socket(), prepared->plan->process.detached ? stage->pid : getpid(), readiness);
	try(container_start(&stage->state, &stage->record, prepared->own, signals, error));
	/* A hook may call us for this container: the lock is not ours meanwhile. */
	state_unlock(&stage->state);
	hooks.state = hook_state_json(prepared->own, &stage->record, STATUS_RUNNING, stage->pid);
	return hooks_run(&hooks, error);
}

#define TRIES 3 /* of STATE_LOCK_WAIT_MS each, where another command has the lock */

/* Nobody comes after us who would call delete: what the kernel refused for a passing reason is asked for again, and so is the lock. Where
 * the container is not there any more somebody else has deleted it, and its id may be another's; who has the lock for so long may be about
 * to, in a poststop hook. */
static int finish(struct prepared *prepared, struct stage *stage, struct error *error)
{
	int r = -1;

	for (int tries = 0; tries < TRIES; tries++) {
		*error = (struct error){ 0 };
		r = state_relock(&stage->state, error);
		if (r == STATE_ABSENT) {
			*error = (struct error){ 0 };
			return 0;
		}
		if (r < 0)
			continue;
		if (container_destroy(&stage->state, &stage->record, &prepared->plan->hooks, prepared->own, error) == 0)
			return 0;
	}
	if (r != STATE_BUSY)
		return -1;
	log_warning("%s: it is not deleted by us", error->text);
	*error = (struct error){ 0 };
	return 0;
}

/* After another error, which is the one that is told. */
static void finish_failed(struct prepared *prepared, struct stage *stage)
{
	struct error left;

	if (finish(prepared, stage, &left) < 0)
		container_tell_left(&left);
}

static void tell_oom(const struct record *record, struct oom_tally *tally)
{
	int64_t kills = container_oom_seen(record, tally);

	if (kills > 0)
		log_warning("container '%s': the kernel has killed %jd process%s of it for lack of memory (memory limit too low?)",
			    record->id, (intmax_t)kills, kills > 1 ? "es" : "");
}

/* The lock is not ours while the program runs: kill, delete and others may want the container. */
static int attend_and_finish(const struct invocation *invocation, struct prepared *prepared, struct stage *stage,
			     struct attended *attended, struct error *error)
{
	const struct create_options *o = invocation->options;

	_cleanup_fd int signals = signals_all(error);
	if (signals < 0) {
		finish_failed(prepared, stage);
		return -1;
	}
	attended->signals = signals;
	int code = attend(attended);
	/* Before anything else is said. */
	if (attended->relay)
		relay_close(attended->relay);
	tell_oom(&stage->record, &stage->oom);
	if (!o->keep && finish(prepared, stage, error) < 0)
		code = -1;
	/* Last, as it may take a while: nothing of the container is left meanwhile. */
	readiness_settle(attended->readiness, signals);
	return code;
}

static int run(const struct invocation *invocation, struct error *error)
{
	const struct create_options *o = invocation->options;
	struct prepared prepared;
	struct stage stage;

	try(trace_open(o->trace, invocation->command->name, error));
	try(state_check_id(invocation->args[0], error));
	try(container_prepare(invocation, invocation->args[0], &prepared, error));
	if (!prepared.plan->has_process)
		return fail(error, 0, "process property must not be empty");
	struct relay relay = RELAY_NONE;
	bool relayed = prepared.plan->process.terminal && !o->detach;
	if (relayed)
		try(relay_open(&relay, error));
	signals_block();
	_cleanup_fd int signals = signals_ending(error);
	if (signals < 0)
		return -1;
	if (!o->detach && !o->no_subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return fail(error, errno, "cannot become a subreaper");
	try(container_create(invocation, &prepared, signals, &stage, error));

	struct readiness readiness = READINESS_NONE;
	struct attended attended = {
		.init = stage.pid, .pidfd = stage.pidfd, .oom = &stage.oom, .relay = relayed ? &relay : NULL, .readiness = &readiness,
	};
	int result = relayed ? relay_start(&relay, take_fd(&stage.master), error) : 0;
	if (result == 0)
		result = start_with_hooks(&prepared, &stage, signals, &readiness, error);
	if (result == 0 && o->detach)
		result = readiness_wait(&readiness, stage.pidfd, signals, error);
	if (result < 0) {
		finish_failed(&prepared, &stage);
	} else if (!o->detach) {
		result = attend_and_finish(invocation, &prepared, &stage, &attended, error);
	}
	relay_close(&relay);
	readiness_close(&readiness);
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
