/* What the end of a hook means. Compiled into both executables. */
#include "run/hook_result.h"

static const char *const kind_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart", [HOOK_CREATE_RUNTIME] = "createRuntime", [HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer", [HOOK_POSTSTART] = "poststart", [HOOK_POSTSTOP] = "poststop",
};

const char *hook_kind_name(enum hook_kind kind)
{
	return kind_names[kind];
}

int hook_result(enum hook_kind kind, size_t index, const struct plan_hook *hook, int started, const struct program_end *end,
		struct error *error)
{
	const char *name = kind_names[kind];
	const char *said = end->last_line[0] ? ": " : "";

	if (started < 0)
		return fail_at(error, &hook->at, -started, "error running %s hook #%zu ('%s'): cannot execute it", name, index, hook->path);
	if (end->interrupted)
		return fail_at(error, &hook->at, 0, "error running %s hook #%zu ('%s'): interrupted", name, index, hook->path);
	if (end->timed_out)
		return fail_at(error, &hook->at, 0, "error running %s hook #%zu ('%s'): hook ran past specified timeout of %d.%ds%s%s",
			       name, index, hook->path, hook->timeout_ms / 1000, hook->timeout_ms % 1000 / 100, said, end->last_line);
	if (end->signal)
		return fail_at(error, &hook->at, 0, "error running %s hook #%zu ('%s'): killed by signal %d%s%s", name, index, hook->path,
			       end->signal, said, end->last_line);
	if (end->code)
		return fail_at(error, &hook->at, 0, "error running %s hook #%zu ('%s'): exit status %d%s%s", name, index, hook->path,
			       end->code, said, end->last_line);
	return 0;
}
