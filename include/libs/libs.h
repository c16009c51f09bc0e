/* What caisson-libs can do. For the files of src/libs alone. */
#pragma once

#include "libs/call.h"

/* LIBS_UNIT_*: 0, or -1 with the answer's error filled. */
int libs_unit(const struct libs_call *call, struct libs_answer *answer);

/* LIBS_FIND_V1. Without libmount nothing is found. 0, or -1 with the answer's error filled. */
int libs_find_v1(const char *controller, struct libs_answer *answer);
