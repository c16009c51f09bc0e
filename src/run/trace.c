/* --trace: switched on, handed to init, and written at the end. */
#include "run/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/score.h"

static struct {
	struct trace *trace;
	const struct score *score;
	const struct plan *plan;
	const char *file;
	int out, memfd;
} the_trace = { .out = -1, .memfd = -1 };

int trace_open(const char *file, struct error *error)
{
	const bool people = file && file[0] == '-' && !file[1];

	if (!file)
		return 0;
	/* Now, so that a wrong name is told before anything is done. */
	the_trace.out = people ? STDERR_FILENO : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0644);
	if (the_trace.out < 0)
		return fail(error, errno, "cannot write the trace '%s'", file);
	the_trace.memfd = memfd_create("caisson-trace", MFD_CLOEXEC);
	if (the_trace.memfd < 0 || ftruncate(the_trace.memfd, sizeof(struct trace)) < 0)
		return fail(error, errno, "cannot make memory for the trace");
	void *at = mmap(NULL, sizeof(struct trace), PROT_READ | PROT_WRITE, MAP_SHARED, the_trace.memfd, 0);
	if (at == MAP_FAILED)
		return fail(error, errno, "cannot make memory for the trace");
	the_trace.trace = at;
	the_trace.file = file;
	return 0;
}

struct trace_lane *trace_lane(void)
{
	return the_trace.trace ? &the_trace.trace->host : NULL;
}

int trace_score(const struct score *score, const struct plan *plan)
{
	if (!the_trace.trace)
		return -1;
	the_trace.score = score;
	the_trace.plan = plan;
	return fcntl(the_trace.memfd, F_DUPFD_CLOEXEC, 3);
}

struct trace_span *trace_step(const char *name)
{
	struct trace_span *span = trace_begin(trace_lane(), TRACE_STEP, 0);

	if (span)
		span->name = name;
	return span;
}

void trace_finish(void)
{
	struct arena arena;

	if (!the_trace.trace || arena_open(&arena) < 0)
		return;
	struct text out = text_in(&arena);
	if (the_trace.out == STDERR_FILENO)
		trace_waterfall(the_trace.trace, the_trace.score, the_trace.plan, &out);
	else
		trace_json(the_trace.trace, the_trace.score, the_trace.plan, &out);
	int r = write_all(the_trace.out, out.data, out.length);
	if (r < 0)
		log_warning("cannot write the trace '%s'", the_trace.file);
	arena_close(&arena);
}
