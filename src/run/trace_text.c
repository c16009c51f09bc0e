/* A trace as text: Trace Event JSON for programs, a waterfall for people. */
#include <string.h>
#include "base/text.h"
#include "run/score.h"
#include "run/trace.h"

#define BAR 40
#define NAME 34

struct line {
	const char *side, *name, *what;
	const struct trace_span *span;
	uint64_t begin, end;
	unsigned thread;
	bool within, open;
};

static const struct trace_lane *lane_of(const struct trace *trace, unsigned thread)
{
	return thread == 1 ? &trace->host : &trace->init;
}

/* False: it names what is not there, as a tampered lane may. */
static bool name_line(const struct trace *t, struct line *line)
{
	const struct trace_span *span = line->span;

	line->side = line->thread == 1 ? "host" : "init";
	line->what = "";
	switch (span->what) {
	case TRACE_ROW:
		if (!t->score || span->number >= t->score->count)
			return false;
		line->name = t->score->rows[span->number].name;
		line->what = t->score->rows[span->number].what;
		if (t->score->rows[span->number].side == ASIDE)
			line->side = "aside";
		return true;
	case TRACE_MOUNT:
	case TRACE_SOURCE:
		if (!t->plan || span->number >= t->plan->mounts.count)
			return false;
		line->name = t->plan->mounts.items[span->number].target;
		line->what = span->what == TRACE_SOURCE ? "the source of this mount" : "one of the mounts";
		line->within = true;
		return true;
	case TRACE_STEP:
		line->name = span->name;
		return line->thread == 1 && span->name;
	default:
		return false;
	}
}

/* Nobody comes back from this one to say when it ended. */
static bool becomes_program(const struct trace *t, const struct trace_span *span)
{
	return span->what == TRACE_ROW && t->score && span->number < t->score->count &&
	       strcmp(t->score->rows[span->number].name, "exec") == 0;
}

static bool make_line(const struct trace *t, unsigned thread, uint32_t number, struct line *line)
{
	const struct trace_span *span = &lane_of(t, thread)->spans[number];

	*line = (struct line){ .span = span, .thread = thread, .begin = span->begin, .end = span->end };
	line->open = line->end < line->begin && !becomes_program(t, span);
	if (line->end < line->begin)
		line->end = line->open && t->last > line->begin ? t->last : line->begin;
	return line->begin >= t->first && line->end <= t->last && name_line(t, line);
}

static const char *result_of(const struct line *line)
{
	return line->open ? "did not end" : line->span->result < 0 ? "failed" : "ok";
}

static void add_us(struct text *out, uint64_t ns)
{
	text_printf(out, "%llu.%03u", (unsigned long long)(ns / 1000), (unsigned)(ns % 1000));
}

static void event(const struct trace *t, const struct line *line, struct text *out)
{
	text_add(out, ",\n{\"name\":");
	text_add_json(out, line->name);
	text_printf(out, ",\"cat\":\"%s\",\"ph\":\"X\",\"ts\":", line->side);
	add_us(out, line->begin - t->first);
	text_add(out, ",\"dur\":");
	add_us(out, line->end - line->begin);
	text_printf(out, ",\"pid\":1,\"tid\":%u,\"args\":{\"what\":", line->thread);
	text_add_json(out, line->what);
	text_printf(out, ",\"result\":\"%s\"}}", result_of(line));
}

void trace_json(const struct trace *t, struct text *out)
{
	struct line line;

	text_add(out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
		 "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":\"caisson\"}},\n"
		 "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":1,\"args\":{\"name\":\"runtime\"}},\n"
		 "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":2,\"args\":{\"name\":\"init\"}}");
	for (unsigned thread = 1; thread <= 2; thread++)
		for (uint32_t i = 0; i < lane_of(t, thread)->count; i++)
			if (make_line(t, thread, i, &line))
				event(t, &line, out);
	text_add(out, "\n]}\n");
}

static void bar(const struct trace *t, const struct line *line, struct text *out)
{
	uint64_t whole = t->last > t->first ? t->last - t->first : 1;
	unsigned from = (unsigned)((line->begin - t->first) * BAR / whole);
	unsigned to = (unsigned)((line->end - t->first) * BAR / whole);

	for (unsigned i = 0; i < BAR; i++)
		text_add_char(out, (char)(i < from || i > to ? ' ' : line->within ? '-' : '#'));
}

static void row(const struct trace *t, const struct line *line, struct text *out)
{
	uint64_t at = line->begin - t->first, took = line->end - line->begin;
	size_t length = strlen(line->name);

	text_printf(out, "%6llu.%03u  %6llu.%03u  ", (unsigned long long)(at / 1000000), (unsigned)(at / 1000 % 1000),
		    (unsigned long long)(took / 1000000), (unsigned)(took / 1000 % 1000));
	text_printf(out, "%s%s", line->side, strlen(line->side) < 5 ? "  " : " ");
	text_add(out, line->within ? "  " : "");
	text_add_visible(out, line->name);
	for (size_t i = length + (line->within ? 2 : 0); i < NAME; i++)
		text_add_char(out, ' ');
	text_add(out, " |");
	bar(t, line, out);
	text_printf(out, "|%s%s\n", line->open || line->span->result < 0 ? " " : "",
		    line->open || line->span->result < 0 ? result_of(line) : "");
}

/* Both lanes are in order: merged by when they begin. */
void trace_waterfall(const struct trace *t, struct text *out)
{
	uint32_t at[2] = { 0, 0 };
	struct line line[2];
	bool there[2] = { false, false };

	text_add(out, "  begin ms    took ms  side  step\n");
	for (;;) {
		for (unsigned i = 0; i < 2; i++)
			while (!there[i] && at[i] < lane_of(t, i + 1)->count)
				there[i] = make_line(t, i + 1, at[i]++, &line[i]);
		if (!there[0] && !there[1])
			return;
		unsigned next = !there[0] || (there[1] && line[1].begin < line[0].begin);
		row(t, &line[next], out);
		there[next] = false;
	}
}
