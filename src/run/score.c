/* The runner: plays one side's rows of the score, and passes the baton where the side changes. Compiled into both executables. */
#include "run/score.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"
#include "run/baton.h"
#ifdef CAISSON_INIT
#include "init/stage.h"
#else
#include "run/stage.h"
#endif

static void copy_step(struct error *error, const char *name)
{
	size_t length = strlen(name);
	if (error->step[0])
		return;
	if (length >= sizeof(error->step))
		length = sizeof(error->step) - 1;
	memcpy(error->step, name, length);
}

/* Waits until it is this side's turn at row `at`. The other side's error becomes ours. */
static int take_turn(struct stage *stage, unsigned at, struct error *error)
{
	struct baton baton;

	do {
		int fd = -1;
		try(score_wait(stage, error));
		int r = baton_receive(stage->socket, &baton, &fd);
		if (r == 0)
			return score_other_side_gone(stage, error);
		if (r < 0)
			return fail(error, -r, "cannot receive the baton");
		if (baton.kind == BATON_REBORN)
			try(score_reborn(stage, fd, error));
		else if (baton.kind == BATON_TERMINAL)
			try(score_terminal(stage, fd, error));
		else
			close_fd(&fd);
	} while (baton.kind == BATON_REBORN || baton.kind == BATON_TERMINAL);

	if (baton.kind == BATON_FAILED) {
		*error = baton.error;
		return -1;
	}
	/* What comes back from init is not trusted once user code may share its namespaces: it has to be the row we stand at. */
	if (baton.kind != BATON_PASS || baton.row != at)
		return fail(error, EPROTO, "the baton names row %u, expected %u", baton.row, at);
	stage->baton = true;
	return 0;
}

static int give_turn(struct stage *stage, unsigned next, struct error *error)
{
	struct baton baton = { .kind = BATON_PASS, .row = next };
	int r = baton_send(stage->socket, &baton, -1);

	stage->baton = false;
	if (r == -EPIPE || r == -ECONNRESET)
		return score_other_side_gone(stage, error);
	return r < 0 ? fail(error, -r, "cannot pass the baton") : 0;
}

static int play_row(enum side side, struct stage *stage, unsigned at, struct error *error)
{
	const struct row *row = &stage->score->rows[at];
	bool mine = row->side == side || (side == HOST && row->side == ASIDE);

	if (row->side == START)
		return 0;
	if (!mine)
		return row->side != ASIDE && stage->baton ? give_turn(stage, at, error) : 0;
	if (row->side != ASIDE && !stage->baton)
		try(take_turn(stage, at, error));
	struct trace_span *span = trace_begin(stage->trace, TRACE_ROW, at);
	if (trace_end(span, row->play(stage, error)) < 0) {
		copy_step(error, row->name);
		score_prefer_other(stage, error);
		return -1;
	}
	return 0;
}

static bool is_wanted(const struct row *row, const struct plan *plan)
{
	return !row->wanted || row->wanted(plan);
}

unsigned score_first_row(const struct score *score, const struct plan *plan, int (*birth)(struct stage *stage, struct error *error))
{
	unsigned at = 0;

	while (score->rows[at].play != birth)
		at++;
	do
		at++;
	while (score->rows[at].side == ASIDE || !is_wanted(&score->rows[at], plan));
	return score->rows[at].side == INIT ? at : 0;
}

int score_play(enum side side, struct stage *stage, struct error *error)
{
	const struct score *score = stage->score;

	for (unsigned at = side == INIT ? stage->plan->first_row : 0; at < score->count; at++)
		if (is_wanted(&score->rows[at], stage->plan))
			try(play_row(side, stage, at, error));
	return 0;
}
