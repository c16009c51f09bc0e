/* Hooks in the container's namespaces: createContainer with the old root still in place, startContainer in the container. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "init/stage.h"
#include "kern/process.h"
#include "run/hook_result.h"

/* The state as text: head, our pid as the container sees it, tail. init has no heap: a mapping as long as it lasts. */
static char *state_text(const char *head, const char *tail, size_t *length)
{
	size_t room = strlen(head) + strlen(tail) + 16;
	char *text = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (text == MAP_FAILED)
		return NULL;
	*length = format(text, room, "%s%d%s", head, (int)getpid(), tail);
	return text;
}

struct hook_set {
	enum hook_kind kind;
	const char *head, *tail;
	char *const *env; /* for hooks that have none */
	int cwd;
};

static int run_all(const struct plan_hooks *hooks, const struct hook_set *set, struct error *error)
{
	struct program_end end;
	size_t length = 0;
	char *state = state_text(set->head, set->tail, &length);

	if (!state)
		return fail(error, 0, "no memory for the state that hooks read");
	for (size_t i = 0; i < hooks->count[set->kind]; i++) {
		const struct plan_hook *hook = &hooks->of[set->kind][i];
		const struct program program = {
			.path = hook->path,
			.argv = hook->args,
			.envp = hook->env ? hook->env : set->env,
			.input = state,
			.input_length = length,
			.cwd = set->cwd,
			.timeout_ms = hook->timeout_ms,
			.interrupt = -1,
			.watched = -1,
		};
		int r = program_run(&program, &end);
		try(hook_result(set->kind, i, hook, r, &end, error));
	}
	munmap(state, length + 1);
	return 0;
}

/* Paths lead through the runtime's file system, which is still this mount namespace's root (config.md#createcontainer-hooks). */
int init_create_container(struct stage *stage, struct error *error)
{
	char *const empty[] = { NULL };
	const struct plan_hooks *hooks = &stage->plan->hooks;
	const struct hook_set set = {
		.kind = HOOK_CREATE_CONTAINER, .head = hooks->state_head, .tail = hooks->state_tail, .env = empty, .cwd = stage->root,
	};
	return run_all(hooks, &set, error);
}

/* After the privileges are dropped, as the container's user, before a late filter (rule B.12). */
int init_start_container(struct stage *stage, struct error *error)
{
	const struct plan_hooks *hooks = &stage->plan->hooks;
	const struct hook_set set = {
		.kind = HOOK_START_CONTAINER,
		.head = hooks->start_head,
		.tail = hooks->start_tail,
		.env = stage->plan->process.env,
		.cwd = -1,
	};
	return run_all(hooks, &set, error);
}
