/* A user namespace that is joined by path: what its maps say about the plan. */
#pragma once

#include "base/error.h"

struct stage;

/* Reads the maps of the opened namespace and refuses what does not fit them: other mappings beside the path (rule B.10), a user or group of
 * the process that is not mapped. Puts who init is to be while it sets up, and his host ids, into the plan. */
int joined_user_check(struct stage *stage, struct error *error);
