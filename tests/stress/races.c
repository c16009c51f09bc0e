/* The same command, many times, at the same moment: one may win, or all. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stress.h"

#define CREATES 200

static struct shot shots[MOST_SHOTS];

/* Whoever did not win was told why. */
static void losers_know(int count, const char *first, const char *second)
{
	for (int i = 0; i < count; i++)
		if (shots[i].status != 0 && !strstr(shots[i].err, first) && !(second && strstr(shots[i].err, second)))
			complain("a loser was told: %x, %s", (unsigned)shots[i].status, shots[i].err);
}

/* C69 */
void race_creates(void)
{
	static const char *const create[] = { "create --bundle %b %i", NULL };
	const int rounds = times(1, 100);

	bundle_make("c69", "plain", 0);
	for (int round = 0; round < rounds; round++) {
		int won = volley(CREATES, create, "c69", "plain", shots);
		if (won != 1)
			complain("round %d: %d of %d creates succeeded", round, won, CREATES);
		losers_know(CREATES, "exists", NULL);
		if (must("state %i", "c69", "") && !json_is(json_member(outcome.out, "status"), "created"))
			complain("round %d: the winner's is %s", round, outcome.out);
		must("start %i", "c69", "");
		must("delete --force %i", "c69", "");
		nothing_left("after creates", 0);
	}
	note("%d rounds of %d creates at once", rounds, CREATES);
}

/* C71: the program writes a byte when it begins. */
void race_starts(void)
{
	static const char *const start[] = { "start %i", NULL };
	const int rounds = times(12, 1000);
	char ran[400], text[64];

	snprintf(ran, sizeof(ran), "%s/rootfs/tmp/ran", options.work);
	bundle_make("c71", "append", 0);
	for (int round = 0; round < rounds; round++) {
		int starts = round % 4 == 3 ? 8 : 2;
		unlink(ran);
		if (!must("create --bundle %b %i", "c71", "append"))
			break;
		int won = volley(starts, start, "c71", "append", shots);
		if (won != 1)
			complain("round %d: %d of %d starts succeeded", round, won, starts);
		losers_know(starts, "cannot start", NULL);
		for (int i = 0; i < 500 && slurp(ran, text, sizeof(text)) < 1; i++)
			nap(2);
		if (slurp(ran, text, sizeof(text)) != 1)
			complain("round %d: the program ran %d times", round, (int)strlen(text));
		must("delete --force %i", "c71", "");
	}
	note("%d rounds of 2 or 8 starts at once", rounds);
	nothing_left("after starts", 0);
}

/* ---- C82 ---- */

static char canary[400];

static void plant(const char *below, int entries)
{
	char path[900];

	for (int i = 0; i < entries; i++) {
		snprintf(path, sizeof(path), "%s/file-%d", below, i);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		snprintf(path, sizeof(path), "%s/link-%d", below, i);
		if (symlink(canary, path) < 0)
			complain("cannot plant '%s'", path);
	}
}

/* Deep, wide, with links out of it; and in every second round a mount. */
static void plant_all(const char *directory, bool mounted)
{
	char deep[900], path[900];

	plant(directory, 50);
	snprintf(deep, sizeof(deep), "%s", directory);
	for (int i = 0; i < 60; i++) {
		strcat(deep, "/d");
		mkdir(deep, 0700);
	}
	plant(deep, 5);
	snprintf(path, sizeof(path), "%s/mount", directory);
	if (mounted && (mkdir(path, 0700) < 0 || mount(canary, path, NULL, MS_BIND, NULL) < 0))
		complain("cannot mount on '%s'", path);
}

/* Of a mount it was told that it stays, under whatever name: here nobody else has mounts. */
static void unmount_all(void)
{
	static char table[256 * 1024];
	char *at, here[400];

	snprintf(here, sizeof(here), "%s/here/state/", options.work);
	slurp("/proc/self/mountinfo", table, sizeof(table));
	for (char *line = strtok_r(table, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		char *target = strstr(line, here);
		if (target) {
			target[strcspn(target, " ")] = '\0';
			umount2(target, MNT_DETACH);
		}
	}
}

static void canary_lives(const char *when)
{
	char path[500], text[16];

	snprintf(path, sizeof(path), "%s/file", canary);
	if (slurp(path, text, sizeof(text)) != 1)
		complain("the canary is dead %s", when);
}

void race_deletes(void)
{
	static const char *const deletes[] = { "delete --force %i", NULL };
	const int rounds = times(6, 300), at_once = 8;
	char path[500];

	snprintf(canary, sizeof(canary), "%s/here/canary", options.work);
	mkdir(canary, 0755);
	snprintf(path, sizeof(path), "%s/file", canary);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, "x", 1) != 1)
		give_up("no canary");
	close(fd);
	bundle_make("c82", "many", 0);
	for (int round = 0; round < rounds; round++) {
		if (!must("run --detach --bundle %b %i", "c82", "many"))
			break;
		plant_all(state_path("c82", ""), round % 2 == 1);
		int done = volley(at_once, deletes, "c82", "", shots);
		for (int i = 0; i < at_once; i++)
			if (shots[i].status != 0)
				complain("round %d: %d of %d: %s", round, done, at_once, shots[i].err);
		canary_lives("after deletes");
		unmount_all();
		must("delete --force %i", "c82", "");
		canary_lives("after the last delete");
		nothing_left("after deletes", 0);
	}
	note("%d rounds of %d delete --force at once, with foreign files, links and mounts", rounds, at_once);
}
