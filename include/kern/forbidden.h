/* System calls that a filter of our caller's forbids. */
#pragma once

#include <stddef.h>

#define FORBIDDEN_WORDS 160

/* The names of those we cannot do without and may not make, as "mount_setattr, open_tree"; empty if there are none. For the words of a
 * refusal: it makes each of them in a way that does nothing. */
const char *forbidden_calls(char to[FORBIDDEN_WORDS]);
