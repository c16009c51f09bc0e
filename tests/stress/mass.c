/* Much at once: containers, processes, cgroups. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include "stress.h"

#define MOST_CONTAINERS 1000
#define MAKERS 4

/* ---- a thousand containers ---- */

struct many { int count; const char *template; int step, first; };

static void many_id(int number, char *id, size_t size) { snprintf(id, size, "k%04d", number); }

static void do_share(int maker, void *data)
{
	const struct many *many = data;
	char id[16];

	for (int i = many->first + maker * many->step; i < many->count; i += MAKERS * many->step) {
		many_id(i, id, sizeof(id));
		must(many->template, id, "plain");
	}
}

/* To every `step`-th; tells the time. */
static void do_many(const char *template, int count, int first, int step)
{
	struct many many = { count, template, step, first };
	int64_t began = now_ms();

	crowd(MAKERS, do_share, &many);
	int number = (count - first + step - 1) / step, ms = (int)(now_ms() - began);
	note("%d x %-30s %6d ms, %.2f ms each", number, template, ms, (double)ms / number);
}

static void list_says(int count, const char *status)
{
	static const char *items[MOST_CONTAINERS + 2];
	int matching = 0;

	if (!must("list --format json", "", ""))
		return;
	int listed = json_whole(outcome.out) ? json_items(outcome.out, items, MOST_CONTAINERS + 1) : -1;
	for (int i = 0; i < listed; i++)
		matching += json_is(json_member(items[i], "status"), status) && json_member(items[i], "pid");
	note("list: %d of %d are %s, in %d ms", matching, listed, status, outcome.ms);
	if (matching != count)
		complain("list says that %d are %s, not %d", matching, status, count);
}

/* The whole form starts and kills all of them, the short one every tenth. */
void mass_thousand(void)
{
	const int count = times(150, MOST_CONTAINERS), step = times(10, 1), started = count / step;
	char id[16];

	for (int i = 0; i < count; i++) {
		many_id(i, id, sizeof(id));
		bundle_make(id, "plain", 0);
	}
	do_many("create --bundle %b %i", count, 0, 1);
	list_says(count, "created");
	do_many("start %i", count, 0, step);
	list_says(started, "running");
	do_many("kill %i KILL", count, 0, step);
	for (int i = 0; i < 200; i++) {
		nap(10);
		if (must("list", "", "") && !strstr(outcome.out, " running "))
			break;
	}
	list_says(started, "stopped");
	do_many("delete %i", count, 0, 2);
	list_says(count / 2, step == 1 ? "stopped" : "created");
	do_many("delete --force %i", count, 1, 2);
	list_says(0, "created");
	nothing_left("after many", PARENTS_MAY_STAY);
}

/* ---- C79: fork bombs ---- */

static long number_in(const char *path)
{
	char text[64];

	return slurp(path, text, sizeof(text)) > 0 ? atol(text) : 0;
}

/* What programs may have without anything being swapped, the caches of files too. */
static long available_kib(void)
{
	char text[512];
	const char *found = slurp("/proc/meminfo", text, sizeof(text)) > 0 ? strstr(text, "MemAvailable:") : NULL;

	return found ? atol(found + strlen("MemAvailable:")) : 0;
}

/* Leaves others a third of all numbers, and half of the memory: a small process takes about 120 KiB. */
static int bomb_size(int wanted)
{
	struct sysinfo info;
	long most = number_in("/proc/sys/kernel/pid_max"), threads = number_in("/proc/sys/kernel/threads-max") / 2;

	if (sysinfo(&info) < 0)
		give_up("no sysinfo");
	most = (most - info.procs) * 2 / 3;
	most = most < threads ? most : threads;
	long memory = available_kib() / 2 / 120;
	most = most < memory ? most : memory;
	return most < wanted ? (int)most : wanted;
}

static void bomb(const char *kind, int number)
{
	bundle_make("c79", kind, number);
	if (!must("run --detach --bundle %b %i", "c79", kind))
		return;
	/* All but what is being born or replaced in this moment. */
	int alive = 0;
	for (int64_t until = now_ms() + 30000 * options.slow; alive < number * 99 / 100 && now_ms() < until; alive = process_count())
		nap(50);
	if (alive < number * 99 / 100)
		complain("the bomb has %d processes, not %d", alive, number);
	int64_t began = now_ms();
	must("delete --force %i", "c79", "");
	int deleted = (int)(now_ms() - began);
	if (cgroup_exists("c79"))
		complain("%s: the cgroup is still there", kind);
	nothing_left("after the bomb", 0);
	note("%d processes (%s): delete --force in %d ms, nothing left after %d ms", alive, kind, deleted, (int)(now_ms() - began));
}

void mass_bomb(void)
{
	const int wanted = times(1500, 20000), number = bomb_size(wanted);

	if (number < wanted)
		note("this machine has room for %d processes, not %d", number, wanted);
	bomb("bomb", number);
	bomb("bomb-shared", number);
}

/* ---- C80: frozen ones ---- */

static void freeze_and(const char *const *templates, int count, const char *kind)
{
	static struct shot shots[MOST_SHOTS];

	if (!must("run --detach --bundle %b %i", "c80", kind) || !must("pause %i", "c80", ""))
		return;
	if (must("state %i", "c80", "") && !json_is(json_member(outcome.out, "status"), "paused"))
		complain("paused, but %s", outcome.out);
	volley(count, templates, "c80", kind, shots);
	must("delete --force %i", "c80", "");
	nothing_left("after a frozen one", 0);
}

void mass_paused(void)
{
	static const char *const mixed[] = { "kill %i KILL", "resume %i", "pause %i", "state %i", "kill --all %i KILL", "delete %i",
					     "exec --detach %i /bin/payload wait", "update --pids-limit %n %i", NULL };
	static const char *const kills[] = { "kill %i KILL", NULL };
	static const char *const all_kills[] = { "kill --all %i KILL", "pause %i", NULL };
	static const char *const deletes[] = { "delete --force %i", "pause %i", "resume %i", NULL };
	static const char *const kinds[] = { "many", "shared", "plain" };
	static const char *const *const volleys[] = { mixed, kills, all_kills, deletes };
	const int rounds = times(2, 60);

	for (size_t k = 0; k < array_length(kinds); k++)
		bundle_make("c80", kinds[k], 0);
	for (int round = 0; round < rounds; round++)
		for (size_t k = 0; k < array_length(kinds); k++)
			for (size_t v = 0; v < array_length(volleys); v++)
				freeze_and(volleys[v], v == 0 ? 16 : 4, kinds[k]);
	note("%d frozen containers, 4 to 16 commands at once on each", (int)(rounds * array_length(kinds) * array_length(volleys)));
}

/* ---- C81: cgroups that are made while they are removed ---- */

void mass_cgroups(void)
{
	const int rounds = times(2, 16);
	int longest = 0, most = 0;

	bundle_make("c81", "churn", times(400, 5000));
	bundle_make("c81", "churn-shared", times(400, 5000));
	for (int round = 0; round < rounds; round++) {
		const char *kind = round % 2 ? "churn-shared" : "churn";
		if (!must("run --detach --bundle %b %i", "c81", kind))
			break;
		nap(times(300, 300 + (int)dice(1000)));
		/* On a busy machine it takes longer; once it has been so many is enough. */
		for (const int64_t until = now_ms() + 10000 * options.slow; most < 100 && cgroups_below("c81") < 100 && now_ms() < until;)
			nap(20);
		if (round % 3 == 2)
			must("pause %i", "c81", "");
		int cgroups = cgroups_below("c81");
		most = most < cgroups ? cgroups : most;
		must("delete --force %i", "c81", "");
		longest = longest < outcome.ms ? outcome.ms : longest;
		if (cgroup_exists("c81"))
			complain("%s: the cgroup is still there", kind);
		nothing_left("after cgroups", 0);
	}
	note("%d rounds, up to %d cgroups, the longest delete --force %d ms", rounds, most, longest);
	if (most < 100)
		complain("there were hardly any cgroups");
}
