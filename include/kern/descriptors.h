/* Descriptors by the range. */
#pragma once

#define DESCRIPTORS_CLOSE 0u
#define DESCRIPTORS_CLOEXEC 4u /* closed by the next exec */

/* close_range(2) of `from` to `to`. A caller's filter may forbid that on any kernel: then each by itself, as /proc/self/fd lists them.
 * -errno; where there is no procfs to list them, that of close_range. */
int descriptors_range(unsigned from, unsigned to, unsigned how);
