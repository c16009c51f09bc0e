/* Compiling a seccomp profile. */
#pragma once

#include "plan/plan.h"

#define SECCOMP_PROGRAM_MOST 4096 /* instructions: BPF_MAXINSNS */

struct arena;

/* The profile as a program for the kernel, in the arena. Names that libseccomp does not know for an architecture are passed over.
 * 0, or -1 with the error filled. */
int seccomp_compile(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
		    struct error *error);
