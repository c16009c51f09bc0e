/* explain: what create would do, row by row, without doing any of it. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/container.h"
#include "cmd/explain.h"
#include "run/score.h"

static const struct option options[] = { CREATE_OPTIONS };

static const char *side_name(enum side side)
{
	switch (side) {
	case HOST:
		return "host";
	case ASIDE:
		return "aside";
	case INIT:
		return "init";
	case START:
		return "start";
	}
	return "";
}

void explain_plan(const struct plan *plan, struct text *out)
{
	for (unsigned i = 0; i < create_score.count; i++) {
		const struct row *row = &create_score.rows[i];
		if (row->wanted && !row->wanted(plan))
			continue;
		text_printf(out, "%-5s  %-16s  %s\n", side_name(row->side), row->name, row->what);
		if (row->show)
			row->show(plan, out);
	}
}

static int explain(const struct invocation *invocation, struct error *error)
{
	struct prepared prepared;
	struct invocation with_bundle = *invocation;
	struct create_options o = *(const struct create_options *)invocation->options;
	struct text out = text_in(invocation->arena);

	if (invocation->count)
		o.bundle = invocation->args[0];
	o.explain = true;
	with_bundle.options = &o;
	try(container_prepare(&with_bundle, "ID", &prepared, error));
	explain_plan(prepared.plan, &out);
	return print(&out, error);
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[BUNDLE]",
	.summary = "print what create would do, without doing it",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct create_options),
	.most = 1,
	.run = explain,
};
