/* delete: what is left of a container goes; with --force the container goes first. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "cmd/container.h"

struct delete_options { bool force, regex; const char *trace; };

static const struct option options[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct delete_options, force), NULL, "kill it if it runs; no error if it does not exist" },
	{ "trace", 0, OPTION_STRING, offsetof(struct delete_options, trace), "FILE", TRACE_HELP },
	{ "regex", 'r', OPTION_FLAG, offsetof(struct delete_options, regex), NULL, "ID is an extended regular expression: all that match" },
};

/* Force goes by what exists, so a broken or missing record is no obstacle; the directory goes in any case. */
static int open_forced(const struct invocation *invocation, const char *id, struct state_dir *state, struct record *record,
		       struct error *error)
{
	struct error found = { 0 };

	/* Without a record nothing outside of the directory was made: the record comes first (rule B.14.4). */
	if (container_open(invocation, id, STATE_LOCK, state, record, &found) >= 0)
		return 1;
	if (state->dir >= 0) { /* there, but the record is damaged */
		struct error ignored = { 0 };
		if (record_load_backup(state, invocation->arena, record, &ignored) != 1)
			memset(record, 0, sizeof(*record));
		return 1;
	}
	if (strstr(found.text, "does not exist"))
		return 0;
	*error = found;
	return -1;
}

/* A create or start that is still at work holds the lock, and may be in a hook; when init is gone it fails and lets go (case C70). */
static void end_whatever_runs(const struct invocation *invocation, const char *id)
{
	struct state_dir state;
	struct record record;
	struct error ignored = { 0 };

	if (container_open(invocation, id, 0, &state, &record, &ignored) == 1)
		container_end(&record, &ignored);
	state_close(&state);
}

static int check_stopped(const struct state_dir *state, const struct record *record, struct error *error)
{
	enum status status = container_status(state, record);

	/* A created container is killed first: engines depend on it (contract 6.5). */
	if (status == STATUS_STOPPED || status == STATUS_CREATED)
		return 0;
	return fail(error, 0, "cannot delete container %s that is not stopped: %s", state->id, status_text(status));
}

static int remove_container(const struct invocation *invocation, struct state_dir *state, const struct record *record, struct error *error)
{
	struct plan_hooks *hooks = NULL;
	struct error no_hooks = { 0 };

	if (container_hooks(invocation, state, record, &hooks, &no_hooks) < 0)
		hooks = NULL;
	return container_destroy(state, record, hooks, invocation->arena, error);
}

static int delete_one(const struct invocation *invocation, const char *id, struct error *error)
{
	const struct delete_options *o = invocation->options;
	struct state_dir state = { .root = -1, .dir = -1 };
	struct record record;

	try(state_check_id(id, error));
	if (o->force)
		end_whatever_runs(invocation, id);
	int found = o->force ? open_forced(invocation, id, &state, &record, error)
			     : container_open(invocation, id, STATE_LOCK, &state, &record, error);
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

	try(trace_open(o->trace, error));
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
