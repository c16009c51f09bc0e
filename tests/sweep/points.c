/* One sweep: a command again and again, each time with the next of its system calls disturbed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "box.h"

#define SLACK 8       /* a run may make some more calls than the one that was counted */
#define MOST_TOLD 12  /* findings of one sweep and worker */

static struct traced run;
static struct words words;
static int told;
static bool alone; /* one call */
static int turn;   /* which command meets what was left by a kill */

static void tell(const char *config, const struct command *command, const struct shot *shot)
{
	static const char *const sides[] = { "host", "init" };

	if (words.length > 0 && told++ < MOST_TOLD)
		dprintf(STDOUT_FILENO, "# %s %s, %s's call %d (%s%s%s):%.1500s\n", command->name, config, sides[shot->side], shot->at,
			run.hit ? call_name(run.nr) : "not come to", run.error ? " " : "", run.error ? errno_name(run.error) : "",
			words.text);
}

/* False if the call did not come. The next point, which takes the same id, shows that this is possible. */
static bool point(const char *config, const struct command *command, struct shot *shot, struct figures *figures)
{
	words.length = 0;
	words.text[0] = '\0';
	run.hit = false;
	if (prepared(command->before, &words)) {
		shot->waiting = shot->side == INIT ? waiting_init(command) : 0;
		call_disturbed(command->line, shot, &run);
		figures->points += run.hit;
		if (alone)
			dprintf(STDOUT_FILENO, "# %s %s: status %x, %s\n", call_name(run.nr), errno_name(run.error),
				(unsigned)run.status, said_by(2));
		if (shot->act == TERM)
			after_term(command, &run, figures, &words);
		else if (shot->act == FAULT)
			after_fault(command, &run, figures, &words);
		else if (shot->act == SHORT)
			after_short(command, &run, figures, &words);
		else
			after_kill(&run, turn, figures, &words);
	} else {
		figures->errors++;
	}
	if (!nothing_left(&words)) {
		figures->leftovers++;
		remains_clear(box.id);
	}
	tell(config, command, shot);
	return run.hit;
}

static void point_faults(const char *config, const struct command *command, struct shot *shot, long nr, const char *error,
			 struct figures *figures)
{
	bool executed;

	for (shot->which = 0; shot->which < fault_count(nr, NULL); shot->which++)
		if (error && strcmp(errno_name(fault_of(nr, NULL, shot->which, &executed)), error) != 0)
			continue;
		else if (!point(config, command, shot, figures))
			break;
}

/* Of one call alone: what comes before and after it. */
static void tell_context(const short *calls, int count, int at)
{
	for (int i = at - 12 < 0 ? 0 : at - 12; i < count && i < at + 8; i++)
		dprintf(STDOUT_FILENO, "%s%s", i == at - 1 ? " >" : " ", call_name(calls[i]));
	dprintf(STDOUT_FILENO, "\n");
}

/* What is not known to have errors has had none. */
static void look_for_unknown(const struct command *command, const short *calls, struct figures *figures)
{
	for (int i = 0; i < figures->calls; i++)
		if (!is_known(calls[i])) {
			figures->errors++;
			dprintf(STDOUT_FILENO, "# %s: which errors has call %d, %s?\n", command->name, calls[i], call_name(calls[i]));
		}
}

void points_sweep(const char *config, const struct command *command, enum act act, enum side side, const struct selection *select,
		  struct figures *figures)
{
	static short calls[MOST_CALLS];
	struct shot shot = { .act = COUNT, .side = side };
	int counted = 0;

	if ((command->attended && !has_terminal()) || (command->cgroup && !has_cgroup()))
		return;
	told = 0;
	alone = select->call != 0;
	point(config, command, &shot, figures);
	figures->calls = run.count[side];
	if (figures->calls >= MOST_CALLS - SLACK)
		give_up("%s makes more than %d system calls", command->name, MOST_CALLS);
	memcpy(calls, run.calls[side], sizeof(calls));
	if (act == FAULT)
		look_for_unknown(command, calls, figures);
	if (alone)
		tell_context(calls, figures->calls, select->call);
	shot.act = act;
	for (shot.at = 1; shot.at <= figures->calls + (act == KILL ? SLACK : 0); shot.at++) {
		const long nr = shot.at <= figures->calls ? calls[shot.at - 1] : -1;
		if ((alone && shot.at != select->call) || (select->name && strcmp(call_name(nr), select->name) != 0))
			continue;
		if (act == SHORT && !may_be_short(nr))
			continue;
		/* Neighbours are of one worker each, so that both have the same to do. */
		if (!alone && counted++ % (box.workers * select->stride) != box.worker * select->stride)
			continue;
		turn = shot.at + shot.at / 11; /* also where each 11th is selected */
		if (act != FAULT)
			point(config, command, &shot, figures);
		if (act == KILL && debris_is_made_anew(turn++))
			point(config, command, &shot, figures);
		if (act == FAULT)
			point_faults(config, command, &shot, nr, select->error, figures);
	}
	if (told > MOST_TOLD)
		dprintf(STDOUT_FILENO, "# ... and %d more\n", told - MOST_TOLD);
}
