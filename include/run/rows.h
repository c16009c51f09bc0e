/* What the scores are written with: their rows, and the questions both of them ask of a plan. For run/create.c and run/exec.c alone.
 *
 * The tables are compiled into both executables, each with the steps of its own side. */
#pragma once

#include "run/scheduler.h"
#include "run/score.h"

#ifdef CAISSON_INIT
#include "init/stage.h"
#define ROW_HOST(step) NULL
#define ROW_INIT(step) step
#define ROW_SHOW(function) NULL
#define ROW_WHAT(text) NULL /* for people: init has no use for it */
#else
#include "plan/show.h"
#include "run/stage.h"
#define ROW_HOST(step) step
#define ROW_INIT(step) NULL
#define ROW_SHOW(function) function
#define ROW_WHAT(text) text
#endif

#define H(name, what, step, wanted, show) { HOST, name, ROW_WHAT(what), ROW_HOST(step), wanted, ROW_SHOW(show) }
#define A(name, what, step, wanted, show) { ASIDE, name, ROW_WHAT(what), ROW_HOST(step), wanted, ROW_SHOW(show) }
#define I(name, what, step, wanted, show) { INIT, name, ROW_WHAT(what), ROW_INIT(step), wanted, ROW_SHOW(show) }
#define S(name, what, wanted, show)       { START, name, ROW_WHAT(what), NULL, wanted, ROW_SHOW(show) }

/* ---- which rows a plan wants: pure, so that both sides skip alike ---- */

static inline bool joins_pid(const struct plan *plan) { return plan->namespaces.of[PLAN_NS_PID].mode == NS_JOIN; }
static inline bool cgroup(const struct plan *plan) { return plan->cgroup.path != NULL; }
static inline bool legacy_cgroups(const struct plan *plan) { return plan->cgroup.path && plan->cgroup.legacy; }

static inline bool process(const struct plan *plan) { return plan->has_process; }
/* Made before the mounts are read-only. Where nobody attends the program, its master is handed over. */
static inline bool terminal(const struct plan *plan) { return plan->has_process && plan->process.terminal; }
static inline bool handed_over(const struct plan *plan) { return terminal(plan) && plan->process.detached; }
static inline bool attended(const struct plan *plan) { return terminal(plan) && !plan->process.detached; }
static inline bool rlimits(const struct plan *plan) { return plan->process.rlimit_count > 0; }
static inline bool oom_score_after(const struct plan *plan)
{
	return plan->process.oom_score_adj && !plan->process.oom_score_at_birth;
}
static inline bool labels(const struct plan *plan) { return plan->process.apparmor || plan->process.selinux; }
static inline bool filter(const struct plan *plan) { return plan->seccomp && plan->has_process; }
static inline bool early_filter(const struct plan *plan) { return filter(plan) && plan->seccomp->early; }
static inline bool late_filter(const struct plan *plan) { return filter(plan) && !plan->seccomp->early; }
static inline bool early_notify(const struct plan *plan) { return early_filter(plan) && plan->seccomp->notify; }
