/* --trace: how long each step took, on both sides. Where it is off all of this is a pointer that is NULL.
 *
 * Runtime and init write into one shared mapping, each into a lane of its own. init's is read once its part is over, and is not trusted:
 * user code may have shared its namespaces. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "base/error.h"
#include "plan/plan.h"

struct score;
struct text;

#define TRACE_SPANS 1000 /* of each side; what is beyond is not recorded */

enum trace_what {
	TRACE_ROW,    /* `number` is a row of the score */
	TRACE_MOUNT,  /* a mount of the plan; it lies within a row */
	TRACE_SOURCE, /* the same, where its source is opened */
	TRACE_STEP,   /* `name` says what; the runtime's alone */
};

struct trace_span {
	uint64_t begin, end; /* ns of CLOCK_MONOTONIC; an end of 0: it has not ended */
	const char *name;
	uint32_t what, number;
	int32_t result;      /* 0, or less: it failed */
};
struct trace_lane {
	uint32_t count;
	struct trace_span spans[TRACE_SPANS];
};
struct trace { struct trace_lane host, init; };

static inline uint64_t trace_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline struct trace_span *trace_begin(struct trace_lane *lane, enum trace_what what, unsigned number)
{
	if (!lane || lane->count >= TRACE_SPANS)
		return NULL;
	struct trace_span *span = &lane->spans[lane->count++];
	*span = (struct trace_span){ .begin = trace_now(), .what = what, .number = number };
	return span;
}

/* Gives `result` back. */
static inline int trace_end(struct trace_span *span, int result)
{
	if (!span)
		return result;
	span->end = trace_now();
	span->result = result;
	return result;
}

#ifndef CAISSON_INIT
/* `file` gets Trace Event JSON, which Perfetto and chrome://tracing open; "-": a waterfall for people, on stderr. NULL: nothing. */
int trace_open(const char *file, struct error *error);

/* NULL unless it is on. */
struct trace_lane *trace_lane(void);

/* What is played, for the names of rows and mounts; both live until the end. The descriptor of the mapping for init; -1 if it is off. */
int trace_score(const struct score *score, const struct plan *plan);

/* A step of the runtime's that is no row. */
struct trace_span *trace_step(const char *name);

/* A call, with how long it takes. */
#define traced(name, call)                                                                                                       \
	({                                                                                                                       \
		struct trace_span *span_ = trace_step(name);                                                                     \
		trace_end(span_, call);                                                                                          \
	})

/* At the end of the command, if it is on. Failures are warnings. */
void trace_finish(void);

/* Pure, for tests. */
void trace_json(const struct trace *trace, const struct score *score, const struct plan *plan, struct text *out);
void trace_waterfall(const struct trace *trace, const struct score *score, const struct plan *plan, struct text *out);
#endif
