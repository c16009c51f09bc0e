/* The configurations that `caisson spec` writes (contract 6.12), made of the same structs and tables that read one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct spec_seccomp;
struct text;

enum template_kind {
	TEMPLATE_PLAIN,    /* a shell for root on a terminal */
	TEMPLATE_ROOTLESS, /* the same for a user without rights on the host: a user namespace of one id, no resources */
	TEMPLATE_EXAMPLE,  /* what people who explain containers show: limits, default capabilities, a seccomp profile */
};

/* The machine decides which architectures a seccomp profile names. */
enum template_machine { TEMPLATE_X86_64, TEMPLATE_AARCH64, TEMPLATE_S390X, TEMPLATE_OTHER };

#if defined(__x86_64__)
#define TEMPLATE_MACHINE TEMPLATE_X86_64
#elif defined(__aarch64__)
#define TEMPLATE_MACHINE TEMPLATE_AARCH64
#elif defined(__s390x__)
#define TEMPLATE_MACHINE TEMPLATE_S390X
#else
#define TEMPLATE_MACHINE TEMPLATE_OTHER
#endif

enum template_flags { TEMPLATE_CGROUP_NAMESPACE = 1 }; /* the host's cgroups are v2 alone; the example has it always */

struct template_options {
	enum template_kind kind;
	enum template_machine machine;
	unsigned flags;        /* enum template_flags */
	uint32_t uid, gid;     /* for TEMPLATE_ROOTLESS: the ids on the host that become 0 */
};

/* Appends the whole config.json, indented with tabs, with a newline at its end. Scratch memory comes from the text's arena. */
void template_config(const struct template_options *options, struct text *to);

/* The example's profile: what ordinary programs call is allowed, all else is EPERM. */
struct spec_seccomp template_seccomp(enum template_machine machine);
