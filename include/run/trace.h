/* --trace: how long each step took, on both sides. Where it is off all of this is a pointer that is NULL.
 *
 * Each side has a lane of spans. init's lies in memory that both have mapped; it is copied once its part is over, and is not trusted: user
 * code may have shared its namespaces. The runtime's own is nobody else's. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "base/error.h"
#include "plan/plan.h"

struct score;
struct text;

#define TRACE_SPANS 16384 /* of each side: more than a configuration has rows and mounts */

enum trace_what {
	TRACE_ROW,    /* `number` is a row of the score */
	TRACE_MOUNT,  /* a mount of the plan; it lies within a row */
	TRACE_SOURCE, /* the same, where its source is opened */
	TRACE_STEP,   /* `name` says what; the runtime's alone */
};

struct trace_span {
	uint64_t begin, end; /* ns of TRACE_CLOCK; a begin of 0: there is none, an end of 0: it has not ended */
	const char *name;
	uint32_t what, number;
	int32_t result;      /* 0, or less: it failed */
};
struct trace_lane {
	struct trace_span *spans; /* TRACE_SPANS of them, 0 to begin with */
	uint32_t count;
};
#define TRACE_SIZE (TRACE_SPANS * sizeof(struct trace_span)) /* of the memory that init shares; what is not used takes none */

/* In a time namespace the monotonic clock is another (time_namespaces(7)), and init enters one in the midst of its part. */
#ifdef CAISSON_INIT
#define TRACE_CLOCK CLOCK_REALTIME
#else
#define TRACE_CLOCK CLOCK_MONOTONIC
#endif

static inline uint64_t trace_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t trace_now(void) { return trace_clock(TRACE_CLOCK); }

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
int trace_open(const char *file, const char *command, struct error *error);

/* NULL unless it is on. */
struct trace_lane *trace_lane(void);

/* Memory for init's lane: the descriptor, the caller's; -1 if it is off, or init has it already. */
int trace_share(void);

/* What is played, for the names of rows and of mounts; both live until the end. `plan` may be NULL: then no mount has a name. */
void trace_score(const struct score *score, const struct plan *plan);

/* A step of the runtime's that is no row. */
struct trace_span *trace_step(const char *name);

/* A call, with how long it takes. */
#define traced(name, call)                                                                                                       \
	({                                                                                                                       \
		struct trace_span *span_ = trace_step(name);                                                                     \
		trace_end(span_, call);                                                                                          \
	})

/* At the end of the command, if it is on; `result` is the command's, less than 0: what has not ended has failed. Failures are warnings. */
void trace_finish(int result);

/* What is told, with the names. */
struct trace {
	struct trace_lane host, init;
	uint64_t first, last; /* ns: the command's begin and end, between which all of it lies */
	const struct score *score;
	const struct plan *plan;
};

/* Pure, for tests. */
void trace_json(const struct trace *trace, struct text *out);
void trace_waterfall(const struct trace *trace, struct text *out);
#endif
