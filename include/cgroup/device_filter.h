/* Device rules of a v2 cgroup: a list of rules becomes an eBPF program, and that is what the kernel asks. */
#pragma once

#include <stddef.h>
#include "base/error.h"
#include "plan/plan.h"

struct bpf_insn;

/* Instructions a list of that many rules can take. */
size_t device_filter_most(size_t count);

/* Pure. `to` has room for device_filter_most(count) instructions. Each kind of access (read, write, mknod) of a request is decided
 * by the last rule that fits it; all must be allowed. What no rule fits is denied. The number of instructions. */
size_t device_filter_compile(const struct plan_device_rule *rules, size_t count, struct bpf_insn *to);

/* Makes the rules the only ones of this very directory (those of the cgroups above hold beside them). A program that was there is
 * replaced, never added to (rule B.8). */
int device_filter_attach(int dir, const struct plan_device_rule *rules, size_t count, struct error *error);

/* Those of a plan, by its own terms: where they are optional it is no error that the kernel does not let us. */
int device_filter_apply(int dir, const struct plan_cgroup *plan, struct error *error);
