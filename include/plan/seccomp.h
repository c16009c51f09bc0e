/* What plan knows of seccomp beyond a plan: for `features`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether the libseccomp we are built with has this architecture of the spec's list. */
bool plan_seccomp_arch_known(const char *word);

/* The spec's word for an architecture of a plan; "?" for another. */
const char *plan_seccomp_arch_word(uint32_t token);

/* The kernel's flag for an enum seccomp_flag. */
uint32_t plan_seccomp_flag(int flag);
