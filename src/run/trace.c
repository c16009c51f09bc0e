/* --trace: switched on, handed to init, and written at the end. */
#include "run/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "run/score.h"

#define PATIENCE_MS 1000 /* with whoever reads it */

static struct {
	struct trace_lane host;
	const struct trace_span *shared; /* init writes there */
	const struct score *score;
	const struct plan *plan;
	const char *file;
	int out;
} the_trace = { .out = -1 };

int trace_open(const char *file, const char *command, struct error *error)
{
	const bool people = file && file[0] == '-' && !file[1];

	if (!file)
		return 0;
	/* Now, so that a wrong name is told before anything is done; and without waiting for whoever may read a FIFO. */
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	the_trace.out = people ? STDERR_FILENO : again_create_at(AT_FDCWD, file, flags, 0644);
	if (the_trace.out < 0)
		return fail(error, errno, "cannot write the trace '%s'", file);
	void *spans = mmap(NULL, TRACE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (spans == MAP_FAILED)
		return fail(error, errno, "cannot make memory for the trace");
	the_trace.host.spans = spans;
	the_trace.file = file;
	trace_step(command); /* ends with all of it */
	return 0;
}

struct trace_lane *trace_lane(void)
{
	return the_trace.host.spans ? &the_trace.host : NULL;
}

void trace_score(const struct score *score, const struct plan *plan)
{
	the_trace.score = score;
	the_trace.plan = plan;
}

/* Of a size that nobody changes any more: init's lane is read when init, or what it has become, may still live. */
static int make_shared(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < TRACE_SIZE) /* it holds for a memfd, and SIGXFSZ with it */
		return -EFBIG;
	_cleanup_fd int fd = memfd_make("caisson-trace");
	if (fd < 0)
		return fd;
	if (again_ftruncate(fd, TRACE_SIZE) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return take_fd(&fd);
}

int trace_share(void)
{
	if (!the_trace.host.spans || the_trace.shared)
		return -1;
	_cleanup_fd int fd = make_shared();
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, TRACE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		log_warning("the trace will lack init's side: there is no memory for it");
		return -1;
	}
	the_trace.shared = at;
	return take_fd(&fd);
}

struct trace_span *trace_step(const char *name)
{
	struct trace_span *span = trace_begin(trace_lane(), TRACE_STEP, 0);

	if (span)
		span->name = name;
	return span;
}

/* The file may be a FIFO that nobody empties: it does not block, and we do not wait for long. What is stderr is the caller's own. */
static int write_patiently(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = again_write(fd, data, length);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };
			if (poll(&room, 1, PATIENCE_MS) == 0)
				return -ETIMEDOUT;
			continue;
		}
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

/* What is looked at afterwards is ours: init may still be there, and write. By our clock, which says so much less than init's. */
static void copy_shared(struct trace_lane *lane, struct arena *arena)
{
	uint32_t count = 0;

	if (!the_trace.shared)
		return;
	while (count < TRACE_SPANS && the_trace.shared[count].begin)
		count++;
	lane->spans = arena_array(arena, struct trace_span, count);
	memcpy(lane->spans, the_trace.shared, count * sizeof(*lane->spans));
	lane->count = count;
	const uint64_t less = trace_clock(CLOCK_REALTIME) - trace_clock(CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < count; i++) {
		lane->spans[i].begin -= less;
		lane->spans[i].end -= lane->spans[i].end ? less : 0;
	}
}

/* Whoever fails returns at once, through all that it was in. */
static void end_open(struct trace_lane *lane, uint64_t now, int result)
{
	for (uint32_t i = 0; i < lane->count; i++)
		if (!lane->spans[i].end) {
			lane->spans[i].end = now;
			lane->spans[i].result = result;
		}
}

void trace_finish(int result)
{
	struct arena arena;

	if (!the_trace.host.spans || arena_open(&arena) < 0)
		return;
	struct trace trace = { .score = the_trace.score, .plan = the_trace.plan, .first = the_trace.host.spans[0].begin };
	copy_shared(&trace.init, &arena);
	trace.last = trace_now();
	end_open(&the_trace.host, trace.last, result < 0 ? -1 : 0);
	trace.host = the_trace.host;
	struct text out = text_in(&arena);
	if (the_trace.out == STDERR_FILENO)
		trace_waterfall(&trace, &out);
	else
		trace_json(&trace, &out);
	int r = write_patiently(the_trace.out, out.data, out.length);
	if (r < 0)
		log_warning("cannot write the trace '%s'", the_trace.file);
	arena_close(&arena);
}
