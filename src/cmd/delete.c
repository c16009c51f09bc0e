/* delete: what is left of a container goes; with --force the container goes first. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/container.h"
#include "run/trace.h"

struct delete_options { bool force, regex; const char *trace; };

static const struct option options[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct delete_options, force), NULL, "kill it if it runs; no error if it does not exist" },
	{ "trace", 0, OPTION_STRING, offsetof(struct delete_options, trace), "FILE", TRACE_HELP },
	{ "regex", 'r', OPTION_FLAG, offsetof(struct delete_options, regex), NULL, "ID is an extended regular expression: all that match" },
};

/* A create or start that is still at work holds the lock, and may be in a hook; when init is gone it fails and lets go (case C70). */
static void end_whatever_runs(const struct invocation *invocation, const char *id)
{
	struct state_dir state;
	struct record record;
	struct error ignored = { 0 };

	if (container_open(invocation, id, 0, &state, &record, &ignored) == 1)
		traced("kill what runs", container_end(&record, &ignored));
	state_close(&state);
}

/* Again and again while we wait for the lock: who has it next may be a start, and its init be one that somebody has stopped. */
static int open_ended(const struct invocation *invocation, const char *id, struct state_dir *state, struct record *record,
		      struct error *error)
{
	const int64_t deadline = clock_ms() + STATE_LOCK_WAIT_MS;

	for (;;) {
		end_whatever_runs(invocation, id);
		int found = container_open(invocation, id, STATE_LOCK_BRIEFLY, state, record, error);
		if (found != STATE_BUSY || clock_ms() >= deadline)
			return found;
		state_close(state);
		*error = (struct error){ 0 };
	}
}

/* Nothing of it can be known any more. */
static int give_up_record(const char *id, struct record *record)
{
	log_warning("the state of container '%s' is damaged: its processes, cgroup and mounts, if there are any, are left as they are, and "
		    "its poststop hooks are not run", id);
	memset(record, 0, sizeof(*record));
	return 1;
}

/* The copy of it was made before there was an init: it knows the cgroup, and whether that was made for the container. Where it was not, who
 * is in there may be anybody. */
static int go_by_backup(const char *id, const struct record *record)
{
	bool poststop = false;

	for (uint32_t i = 0; i < record->hooks.count; i++)
		poststop = poststop || strcmp(record->hooks.items[i], "poststop") == 0;
	const char *processes = record_owns_cgroup(record) ? "" : ": its processes, if there are any, are left as they are";
	const char *hooks = !poststop ? "" : *processes ? ", and its poststop hooks are not run" : ": its poststop hooks are not run";
	if (*processes || *hooks)
		log_warning("the state of container '%s' is damaged%s%s", id, processes, hooks);
	return 1;
}

/* Force goes by what exists, so a broken or missing record is no obstacle; the directory goes in any case. */
static int open_forced(const struct invocation *invocation, const char *id, struct state_dir *state, struct record *record,
		       struct error *error)
{
	struct error found = { 0 };

	/* Without a record nothing outside of the directory was made: the record comes first (rule B.14.4). */
	int r = open_ended(invocation, id, state, record, &found);
	if (r == STATE_DAMAGED) {
		found = (struct error){ 0 };
		r = record_load_backup(state, invocation->arena, record, &found);
		if (r == 0 || r == STATE_DAMAGED)
			r = give_up_record(id, record);
		else if (r > 0)
			r = go_by_backup(id, record);
	}
	if (r >= 0)
		return 1;
	if (r == STATE_ABSENT)
		return 0;
	*error = found; /* what cannot be read now another delete may read: the directory stays */
	return -1;
}

static int check_stopped(const struct state_dir *state, const struct record *record, struct error *error)
{
	enum status status = container_status(state, record);

	/* A created container is killed first: engines depend on it (contract 6.5). */
	if (status == STATUS_STOPPED || status == STATUS_CREATED)
		return 0;
	return fail(error, 0, "cannot delete container %s that is not stopped: %s", state->id, status_text(status));
}

/* Hooks that are owed run, or it is said that they do not: with force where our copy of config.json never can be read again. */
static int remove_container(const struct invocation *invocation, struct state_dir *state, const struct record *record, struct error *error)
{
	const struct delete_options *o = invocation->options;
	struct plan_hooks *hooks = NULL;
	struct error found = { 0 };
	char sentence[1024];

	int r = container_hooks(invocation, state, record, &hooks, &found);
	if (r < 0 && (!o->force || r != STATE_DAMAGED)) {
		*error = found;
		return -1;
	}
	if (r < 0) {
		hooks = NULL;
		error_sentence(&found, sentence, sizeof(sentence));
		log_warning("poststop hooks of container '%s' are not run: %s", state->id, sentence);
	}
	return container_destroy(state, record, hooks, invocation->arena, error);
}

static int delete_one(const struct invocation *invocation, const char *id, struct error *error)
{
	const struct delete_options *o = invocation->options;
	struct state_dir state = { .root = -1, .dir = -1 };
	struct record record;

	try(state_check_id(id, error));
	int found = traced("find the container", o->force ? open_forced(invocation, id, &state, &record, error)
							  : container_open(invocation, id, STATE_LOCK, &state, &record, error));
	int r = found < 0 ? -1 : 0;
	if (r == 0 && !o->force && found)
		r = check_stopped(&state, &record, error);
	if (r == 0 && (found || !o->force || state.dir >= 0))
		r = remove_container(invocation, &state, &record, error);
	if (r == 0 && o->force && state.root >= 0)
		state_sweep(&state);
	state_close(&state);
	return r;
}

static int delete_containers(const struct invocation *invocation, struct error *error)
{
	const struct delete_options *o = invocation->options;

	try(trace_open(o->trace, invocation->command->name, error));
	if (o->regex)
		return container_each_matching(invocation, invocation->args[0], delete_one, error);
	return delete_one(invocation, invocation->args[0], error);
}

const struct command command_delete = {
	.name = "delete",
	.arguments = "ID",
	.summary = "remove a stopped container",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct delete_options),
	.least = 1,
	.most = 1,
	.run = delete_containers,
};
