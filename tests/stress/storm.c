/* Case C70: many workers, each with random commands, on one id and on many. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "stress.h"

#define WORKERS 10
#define MOST_IDS 24
#define ITEMS 2048

/* ---- what the commands print ---- */

static bool complete(const char *state)
{
	static const char *const statuses[] = { "creating", "created", "running", "paused", "stopped" };
	const char *status = json_member(state, "status"), *bundle = json_member(state, "bundle");
	const long pid = json_integer(json_member(state, "pid"));
	bool known = false;

	for (size_t i = 0; i < array_length(statuses); i++)
		known |= json_is(status, statuses[i]);
	if (!known || !json_member(state, "ociVersion") || !json_member(state, "id") || !bundle || pid < 0)
		return false;
	if (json_is(status, "creating"))
		return true;
	if (json_is(status, "stopped"))
		return pid == 0 || pid > 1;
	return pid > 1 && !json_is(bundle, "") && json_member(state, "rootfs") && json_member(state, "created");
}

static bool state_is_whole(void) { return json_whole(outcome.out) && complete(outcome.out); }

static bool list_is_whole(void)
{
	static const char *items[ITEMS];
	int count = json_whole(outcome.out) ? json_items(outcome.out, items, ITEMS) : -1;

	for (int i = 0; i < count; i++)
		if (!complete(items[i]))
			return false;
	return count >= 0 && !*outcome.err;
}

static int words_in(const char *line, size_t length)
{
	int count = 0;

	for (size_t i = 0; i < length; i++)
		count += line[i] != ' ' && (i == 0 || line[i - 1] == ' ');
	return count;
}

/* Six columns; of one that is being created the bundle and the time are not known. */
static bool table_is_whole(void)
{
	if (strncmp(outcome.out, "ID ", 3) != 0 || *outcome.err)
		return false;
	for (const char *line = outcome.out; *line;) {
		size_t length = strcspn(line, "\n");
		int words = words_in(line, length);
		if (line[length] != '\n' || (words != 6 && !(words >= 4 && memmem(line, length, " creating ", 10))))
			return false;
		line += length + 1;
	}
	return true;
}

static bool ids_are_whole(void)
{
	for (const char *line = outcome.out; *line; line = strchr(line, '\n') + 1)
		if (!strchr(line, '\n') || !isalnum((unsigned char)*line))
			return false;
	return !*outcome.err;
}

static bool says_nothing(void) { return outcome.length == 0 && !*outcome.err; }
static bool says_json(void) { return json_whole(outcome.out); }
static bool says_something(void) { return outcome.length > 0; }

/* ---- the commands ---- */

static const struct act {
	const char *template;
	int weight;
	bool (*right)(void);     /* after success */
	bool always;             /* it must succeed */
	bool ended;              /* soon after it somebody deletes by force: whoever waits for a stopped process waits long */
} acts[] = {
	{ "create --bundle %b --pid-file %p %i", 11, says_nothing, false },
	{ "run --detach --bundle %b %i", 4, says_nothing, false },
	{ "start %i", 13, says_nothing, false },
	{ "state %i", 10, state_is_whole, false },
	{ "list --format json", 6, list_is_whole, true },
	{ "list", 3, table_is_whole, true },
	{ "list --quiet", 2, ids_are_whole, true },
	{ "kill %i %s", 7, says_nothing, false },
	{ "kill --all %i %s", 2, says_nothing, false },
	{ "kill %i STOP", 1, says_nothing, false, true },
	{ "kill --all %i STOP", 1, says_nothing, false, true },
	{ "pause %i", 5, says_nothing, false },
	{ "resume %i", 8, says_nothing, false },
	{ "exec --detach %i /bin/payload sleep 1", 5, says_nothing, false },
	{ "exec %i /bin/payload exit 0", 3, says_nothing, false },
	{ "update --pids-limit %n %i", 6, says_nothing, false },
	{ "ps %i", 3, says_something, false },
	{ "ps --format json %i", 2, says_json, false },
	{ "events --stats %i", 2, says_json, false },
	{ "delete %i", 5, says_nothing, false },
	{ "delete --force %i", 4, says_nothing, true },
};

static const char *const kinds[] = { "plain", "many", "shared", "brief", "hooks" };

static const struct act *any_act(void)
{
	int all = 0;

	for (size_t i = 0; i < array_length(acts); i++)
		all += acts[i].weight;
	int at = (int)dice((unsigned)all);
	const struct act *act = acts;
	while (at >= act->weight)
		at -= act++->weight;
	return act;
}

struct storm { const char *prefix; int ids; int64_t until; };

static void id_of(const struct storm *storm, int number, char *id, size_t size)
{
	snprintf(id, size, "%s%d", storm->prefix, number);
}

/* In the crowd: so many others may have the container's lock in turn that it waits in vain. */
static bool was_in_vain(void) { return strstr(outcome.err, " is busy: another command is changing it") != NULL; }

static void delete_beside_others(const char *id)
{
	if (!call("delete --force %i", id, "") && !was_in_vain())
		complain("'delete --force' of %s failed (%x): %s", id, (unsigned)outcome.status, outcome.err);
}

static void act_once(const struct storm *storm)
{
	const struct act *act = any_act();
	char id[32];

	id_of(storm, (int)dice((unsigned)storm->ids), id, sizeof(id));
	bool well = call(act->template, id, kinds[dice(array_length(kinds))]);
	if (well && !act->right())
		complain("'%s' of %s said: '%.600s' '%.300s'", act->template, id, outcome.out, outcome.err);
	if (!well && act->always && !(strstr(act->template, "delete") && was_in_vain()))
		complain("'%s' of %s failed (%x): %s", act->template, id, (unsigned)outcome.status, outcome.err);
	if (act->ended) {
		nap((int)dice(300));
		delete_beside_others(id);
	}
}

static void worker(int number, void *data)
{
	const struct storm *storm = data;

	/* The last of them lets all others come to their end: what waits for one that is paused, or stopped. */
	if (number == WORKERS) {
		while (now_ms() < storm->until)
			nap(50);
		for (int round = 0; round < 10; round++) {
			for (int i = 0; i < storm->ids; i++) {
				char id[32];
				id_of(storm, i, id, sizeof(id));
				delete_beside_others(id);
			}
			nap(100);
		}
		return;
	}
	while (now_ms() < storm->until)
		act_once(storm);
}

static void rage(const char *prefix, int ids, int seconds, int flags)
{
	struct storm storm = { .prefix = prefix, .ids = ids };
	char id[32];

	for (int i = 0; i < ids; i++)
		for (size_t k = 0; k < array_length(kinds); k++) {
			id_of(&storm, i, id, sizeof(id));
			bundle_make(id, kinds[k], 0);
		}
	storm.until = now_ms() + seconds * 1000;
	crowd(WORKERS + 1, worker, &storm);
	for (int i = 0; i < ids; i++) {
		id_of(&storm, i, id, sizeof(id));
		must("delete --force %i", id, "");
	}
	note("%d workers, %d seconds, %d id%s", WORKERS, seconds, ids, ids == 1 ? "" : "s");
	nothing_left("after the storm", flags);
}

void storm_one(void) { rage("one", 1, options.seconds, 0); }
void storm_many(void) { rage("many", MOST_IDS, (options.seconds + 1) / 2, PARENTS_MAY_STAY); }
