/* The plan's rows as text, for `explain` and the golden tests: one function a topic, in src/plan/show_*.c. Each appends lines that begin
 * with two blanks. */
#pragma once

#include "plan/plan.h"

struct text;
void show_namespaces(const struct plan *plan, struct text *out);
void show_id_maps(const struct plan *plan, struct text *out);
void show_net_devices(const struct plan *plan, struct text *out);
void show_root(const struct plan *plan, struct text *out);
void show_cgroup(const struct plan *plan, struct text *out);
void show_mounts(const struct plan *plan, struct text *out);
void show_devices(const struct plan *plan, struct text *out);
void show_console(const struct plan *plan, struct text *out);
void show_masked(const struct plan *plan, struct text *out);
void show_readonly(const struct plan *plan, struct text *out);
void show_sysctl(const struct plan *plan, struct text *out);
void show_limits(const struct plan *plan, struct text *out);     /* rlimits, scheduler, io priority, memory policy, personality, oom */
void show_user(const struct plan *plan, struct text *out);
void show_capabilities(const struct plan *plan, struct text *out);
void show_labels(const struct plan *plan, struct text *out);
void show_seccomp(const struct plan *plan, struct text *out);
void show_program(const struct plan *plan, struct text *out);    /* args, cwd, environment */
void show_hooks(const struct plan *plan, enum hook_kind kind, struct text *out);
