/* The score: one table of rows, read from top to bottom by the runtime and by init, that is the life of a container from birth to exec.
 *
 * Where the side changes, the baton passes over one socket. A row is skipped by `wanted(plan)`, which both sides evaluate alike.
 * An ASIDE row is the runtime's, done while init is busy; a START row belongs to `caisson start` and is only told here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "plan/plan.h"
#include "run/trace.h"

struct stage; /* run: what the host side carries along (run/stage.h); init: its own few descriptors (init/stage.h) */
struct text;

enum side { HOST, ASIDE, INIT, START };

struct row {
	enum side side;
	const char *name;  /* short, for errors and traces: "mounts" */
	const char *what;  /* one line for people; NULL in init */
	int (*play)(struct stage *stage, struct error *error);        /* NULL in the executable of the other side */
	bool (*wanted)(const struct plan *plan);                       /* NULL: always */
	void (*show)(const struct plan *plan, struct text *out);       /* NULL in init, or nothing to add */
};

/* What travels: whose turn it is, or what went wrong. */
enum baton_kind {
	BATON_PASS,
	BATON_FAILED,
	BATON_REBORN,    /* init goes on in a new process; its pidfd comes along */
	BATON_TERMINAL,  /* init has made the terminal; its master comes along */
	BATON_TAKEN,     /* to `start`: init has taken it */
	BATON_EXECUTING, /* to `start`: the program is the next thing */
};

struct baton {
	uint32_t kind;
	uint32_t row;
	struct error error;
};

struct score {
	const struct row *rows;
	unsigned count;
};
extern const struct score create_score; /* a container (run/create.c) */
extern const struct score exec_score;   /* one more process in it (run/exec.c) */

/* The row that init begins with at once, if the next one after its birth is its own; else 0: it waits for the baton. The runtime's. */
unsigned score_first_row(const struct score *score, const struct plan *plan, int (*birth)(struct stage *stage, struct error *error));

/* Plays this side's rows of stage->score, init those from plan->first_row on. 0, or -1 with the error (ours or the other side's) filled. */
int score_play(enum side side, struct stage *stage, struct error *error);
