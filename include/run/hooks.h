/* Hooks on the runtime's side: create, start (poststart) and delete (poststop) run them alike. */
#pragma once

#include "plan/plan.h"
#include "run/stage.h"

enum hook_flags {
	HOOKS_GO_ON = 1, /* a failing hook is a warning and the rest still run: poststop (runtime.md#lifecycle, step 13) */
};

struct hook_run {
	const struct plan_hooks *hooks;
	enum hook_kind kind;
	const char *bundle;  /* the hooks' working directory */
	const char *state;   /* JSON for their standard input */
	const int *interrupt; /* a descriptor that ends them once it is readable; NULL: none */
	const int *watched;   /* init's pidfd, for hooks that are pointless without it; NULL: none */
	int flags;
};
int hooks_run(const struct hook_run *run, struct error *error);

/* The state as hooks get it: compact, only what the spec names. */
const char *hook_state_json(struct arena *arena, const struct record *record, enum status status, int32_t pid);

#include "run/hook_result.h"
