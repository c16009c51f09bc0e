/* Calls of caisson-libs. For the files of src/cgroup alone. */
#pragma once

#include "libs/call.h"

struct arena;

/* Has it done, and waits until it is. The answer's path, if there is one, goes into the arena (both may be NULL). 0; -ENOENT: the host has
 * no dynamic linker; -1. The error is filled. */
int libs_do(const struct libs_call *call, struct arena *arena, const char **path, struct error *error);
