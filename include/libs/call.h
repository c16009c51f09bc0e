/* What is asked of caisson-libs: the executable that loads the host's big libraries, so that the runtime itself, a static one, need not.
 *
 * A call lies in shared memory that is mapped at LIBS_ADDRESS on both sides, with all that its pointers point to; it is the first object
 * there. The answer comes back over a pipe. */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/abi.h"
#include "base/error.h"
#include "plan/plan.h"

/* Beside the plan's arena, which may be there, too. */
#define LIBS_ADDRESS (ARENA_ADDRESS + 2 * ARENA_SIZE)

/* So long systemd may take for what is asked of it. */
#define LIBS_PATIENCE_MS 30000

enum libs_what {
	LIBS_UNIT_START,          /* unit, companion; the answer's path is the unit's cgroup */
	LIBS_UNIT_SET,            /* unit: its name and new properties */
	LIBS_UNIT_STOP,           /* name, as in all that follow */
	LIBS_UNIT_ATTACH,         /* pid */
	LIBS_UNIT_FORGET,
	LIBS_FIND_V1,             /* name: a controller; the answer's path is where its hierarchy is mounted, "" if nowhere */
};

struct libs_call {
	enum libs_what what;
	const struct plan_unit *unit;
	const char *name;
	pid_t pid, companion;
	int socket;               /* connected to the manager's bus, inherited; -1: none */
	bool user, direct;        /* whose bus; it is the manager's own socket */
	int64_t deadline;         /* clock_ms() */
};

struct libs_answer {
	int result;               /* 0, or -1 with the error filled */
	struct error error;
	char path[PATH_MAX];
};
