/* The end of an init that cannot come to its end. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Whether all that is left of a process is the wait for zombies: the first one of a pid namespace does not end before all others are
 * reaped, and their parents may be outside and take their time (pid_namespaces(7)). It executes, owns and holds nothing any more, and
 * nobody who is alive is in the namespace, or in one below. As far as we may look. */
bool process_is_over(int procfs, pid_t pid);
