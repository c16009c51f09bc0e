/* What the end of a hook means, for both executables. */
#pragma once

#include <stddef.h>
#include "base/error.h"
#include "kern/process.h"
#include "plan/plan.h"

const char *hook_kind_name(enum hook_kind kind);

/* 0 if it succeeded; else -1 and a sentence with kind, index, path, and the last line it wrote. `started` is what program_run returned. */
int hook_result(enum hook_kind kind, size_t index, const struct plan_hook *hook, int started, const struct program_end *end,
		struct error *error);
