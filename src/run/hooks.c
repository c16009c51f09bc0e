/* Hooks in the runtime's namespaces: the state on stdin, a time limit, one clear sentence when one fails. */
#include "run/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "kern/process.h"
#include "run/trace.h"

/* The bundle; those that clean up have a place to run even where that is gone, and never the caller's. */
static int open_cwd(const struct hook_run *run, struct error *error)
{
	int cwd = again_open(run->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int cause = errno;

	if (cwd < 0 && run->flags & HOOKS_GO_ON) {
		log_warning("cannot enter the bundle '%s': hooks run in '/'", run->bundle);
		cwd = again_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return cwd < 0 ? fail(error, cause, "cannot enter the bundle '%s' for a hook", run->bundle) : cwd;
}

static int run_one(const struct hook_run *run, size_t index, struct error *error)
{
	const struct plan_hook *hook = &run->hooks->of[run->kind][index];
	struct program program = {
		.path = hook->path,
		.argv = hook->args,
		.envp = hook->env ? hook->env : environ, /* unset: the runtime's (contract section 12) */
		.input = run->state,
		.input_length = strlen(run->state),
		.timeout_ms = hook->timeout_ms,
		.interrupt = run->interrupt ? *run->interrupt : -1,
		.watched = run->watched ? *run->watched : -1,
	};
	struct program_end end;

	_cleanup_fd int cwd = open_cwd(run, error);
	if (cwd < 0)
		return -1;
	program.cwd = cwd;
	int r = program_run(&program, &end);
	return hook_result(run->kind, index, hook, r, &end, error);
}

static int run_all(const struct hook_run *run, struct error *error)
{
	for (size_t i = 0; i < run->hooks->count[run->kind]; i++) {
		struct error own = { 0 };
		if (run_one(run, i, &own) == 0)
			continue;
		if (!(run->flags & HOOKS_GO_ON)) {
			*error = own;
			return -1;
		}
		char sentence[1024];
		error_sentence(&own, sentence, sizeof(sentence));
		log_warning("%s", sentence);
	}
	return 0;
}

/* Those that are no row of the score are a step of their own in a trace. */
int hooks_run(const struct hook_run *run, struct error *error)
{
	if (!run->hooks->count[run->kind] || (run->kind != HOOK_POSTSTART && run->kind != HOOK_POSTSTOP))
		return run_all(run, error);
	return traced(hook_kind_name(run->kind), run_all(run, error));
}

const char *hook_state_json(struct arena *arena, const struct record *record, enum status status, int32_t pid)
{
	struct text text = text_in(arena);
	struct oci_state state;

	oci_state_fill(&state, record, status);
	state.pid = pid;
	state.rootfs = state.created = state.owner = NULL;
	json_encode(&oci_state_table, &state, JSON_COMPACT, &text);
	return text.data;
}

static int run_creating(struct stage *stage, enum hook_kind kind, struct error *error)
{
	struct hook_run run = {
		.hooks = &stage->plan->hooks,
		.kind = kind,
		.bundle = stage->plan->bundle,
		.interrupt = &stage->signals,
		.watched = &stage->pidfd,
		.state = hook_state_json(stage->arena, &stage->record, STATUS_CREATING, stage->pid),
	};
	return hooks_run(&run, error);
}

/* From here on poststop is owed, whatever happens (runtime.md#lifecycle, steps 3 to 5 and 13). A hook may ask for our state. */
int host_hooks_begin(struct stage *stage, struct error *error)
{
	stage->record.hooks_begun = true;
	stage->record.pid = stage->pid;
	stage->record.pid_start = stage->pid_start;
	stage->record.pid_inode = pidfd_inode(stage->pidfd);
	return record_save(&stage->state, &stage->record, stage->arena, error);
}

int host_prestart(struct stage *stage, struct error *error)
{
	return run_creating(stage, HOOK_PRESTART, error);
}

int host_create_runtime(struct stage *stage, struct error *error)
{
	return run_creating(stage, HOOK_CREATE_RUNTIME, error);
}
