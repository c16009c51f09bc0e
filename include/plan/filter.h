/* A seccomp profile made into the program that the kernel takes. */
#pragma once

#include "plan/plan.h"

struct arena;

enum filter_made { FILTER_MADE = 1, FILTER_IS_NOT_OURS = 0 };

/* The profile as a program, in the arena: a balanced tree over the numbers of each architecture, O(log n) instructions on the way of
 * any call. The verdicts are those of libseccomp's program for the same rules, and numbers above the newest one that a denying
 * profile names for an architecture are answered ENOSYS (contract 11.9).
 *
 * FILTER_IS_NOT_OURS where libseccomp is to decide: an architecture we do not compile for, or rules of one call that may fit the same
 * arguments with different actions (which wins is its tree's business, or it refuses them). -1 with the error filled for more
 * instructions than the kernel takes. */
int plan_filter(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
		struct error *error);

/* A profile that denies by an errno, EPERM as a rule, denies what did not exist when it was written as well. C libraries probe new
 * calls and fall back on ENOSYS alone (clone3, faccessat2, fchmodat2): so numbers above the newest one that the profile names for
 * an architecture are answered that (contract 11.9). Other defaults stay what they are: what is to be killed is killed. */
bool plan_filter_newer_is_missing(const struct plan_seccomp *plan);
