/* events: what a container's cgroup has counted, once or again and again; and each time memory runs out. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/stats.h"
#include "cgroup/watch.h"
#include "cmd/container.h"
#include "cmd/events.h"

struct events_options { const char *interval; bool stats; };

static const struct option options[] = {
	{ "interval", 0, OPTION_STRING, offsetof(struct events_options, interval), "DURATION",
	  "time between two lines of statistics: 500ms, 1m30s (default 5s)" },
	{ "stats", 0, OPTION_FLAG, offsetof(struct events_options, stats), NULL, "print the statistics once" },
};

#define INTERVAL "5s"
#define NS_PER_MS 1000000

static int interval_ms(const char *text, int64_t *ms, struct error *error)
{
	int64_t ns;

	if (duration_parse(text, &ns) < 0)
		return fail(error, 0, "invalid value \"%s\" for flag -interval: expected a duration such as 500ms, 5s or 1m30s", text);
	if (ns <= 0)
		return fail(error, 0, "duration interval must be greater than 0");
	*ms = ns < NS_PER_MS ? 1 : ns / NS_PER_MS;
	return 0;
}

struct following {
	const char *id;
	struct stats_reader reader;
	struct cgroup_watch watch;
};

enum reader { READER_GONE, READER_THERE };
enum line { LINE_STATS, LINE_OOM };

/* One write(2) a line. A reader that has heard enough is no error. */
static int write_line(const struct text *line, struct error *error)
{
	int r = write_all(1, line->data, line->length);

	if (r == -EPIPE)
		return READER_GONE;
	return r < 0 ? fail(error, -r, "cannot write to standard output") : READER_THERE;
}

/* Each line has memory of its own: a stream may go on for months. */
static int tell(const struct following *f, enum line kind, struct error *error)
{
	struct arena arena;
	struct stats stats;
	int r = arena_open(&arena);

	if (r < 0)
		return fail(error, -r, "cannot get memory");
	struct text line = text_in(&arena);
	if (kind == LINE_OOM) {
		events_oom_line(f->id, &line);
	} else {
		stats_read(&f->reader, &arena, &stats);
		events_stats_line(f->id, &stats, &line);
	}
	r = write_line(&line, error);
	arena_close(&arena);
	return r;
}

/* Until there is news, or `until`. A reader that goes away is seen at once, not at the next line. */
static int wait_for_news(const struct following *f, int64_t until, struct error *error)
{
	struct pollfd wait_for[1 + CGROUP_WATCH_POLLS] = { { .fd = 1 } };
	size_t count = 1 + cgroup_watch_polls(&f->watch, wait_for + 1);
	int64_t ms = until - clock_ms();

	if (ms < 0)
		ms = 0;
	if (f->watch.every_ms >= 0 && ms > f->watch.every_ms)
		ms = f->watch.every_ms;
	if (poll(wait_for, count, ms > INT_MAX ? INT_MAX : (int)ms) < 0 && errno != EINTR)
		return fail(error, errno, "cannot wait for events of container '%s'", f->id);
	return wait_for[0].revents ? READER_GONE : READER_THERE;
}

static int follow(struct following *f, int64_t interval, struct error *error)
{
	int r = READER_THERE;

	for (int64_t next = clock_ms() + interval; r == READER_THERE;) {
		r = wait_for_news(f, next, error);
		if (r == READER_THERE && cgroup_watch_oom(&f->watch))
			r = tell(f, LINE_OOM, error);
		if (r == READER_THERE && cgroup_watch_empty(&f->watch))
			break;
		if (r != READER_THERE || clock_ms() < next)
			continue;
		r = tell(f, LINE_STATS, error);
		/* Lines that there was no time for are not made up for. */
		next = next + interval > clock_ms() ? next + interval : clock_ms() + interval;
	}
	return r;
}

/* Created, running and paused ones have a cgroup with somebody in it. */
static int open_running(const struct invocation *invocation, const char *id, struct record *record, struct error *error)
{
	struct state_dir state;
	int found = container_open(invocation, id, 0, &state, record, error);
	enum status status = found == 1 ? record_status(&state, record) : STATUS_STOPPED;

	state_close(&state);
	if (found < 0)
		return -1;
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return fail(error, 0, "container with id %s is not running", id);
	return 0;
}

static int events(const struct invocation *invocation, struct error *error)
{
	const struct events_options *o = invocation->options;
	struct following f = { .id = invocation->args[0] };
	struct record record;
	int64_t interval = 0;

	try(interval_ms(o->interval ? o->interval : INTERVAL, &interval, error));
	try(open_running(invocation, f.id, &record, error));
	struct cgroup_at at = record_cgroup_at(&record);
	if (stats_open(&at, &f.reader) == 0)
		return fail(error, 0, "container '%s' has no cgroup: nothing is counted", f.id);
	if (!o->stats)
		cgroup_watch_open(&at, &f.watch);
	int r = o->stats ? tell(&f, LINE_STATS, error) : follow(&f, interval, error);
	if (!o->stats)
		cgroup_watch_close(&f.watch);
	stats_close(&f.reader);
	return r < 0 ? -1 : 0;
}

const struct command command_events = {
	.name = "events",
	.arguments = "ID",
	.summary = "print statistics of a container, and when it runs out of memory",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct events_options),
	.least = 1,
	.most = 1,
	.run = events,
};
