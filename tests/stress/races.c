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

/* The canary's directory, and the file in it. */
struct sight { struct stat directory, file; };

static struct sight look(void)
{
	struct sight sight = { 0 };
	char path[500];

	snprintf(path, sizeof(path), "%s/file", canary);
	if (lstat(canary, &sight.directory) < 0 || lstat(path, &sight.file) < 0)
		complain("the canary is gone");
	return sight;
}

static void same(const char *what, const struct stat *now, const struct stat *before, const char *when)
{
	const struct { const char *name; long long now, before; } numbers[] = {
		{ "inode", (long long)now->st_ino, (long long)before->st_ino },
		{ "mode", now->st_mode, before->st_mode },
		{ "owner", now->st_uid, before->st_uid },
		{ "links", (long long)now->st_nlink, (long long)before->st_nlink },
		{ "mtime", now->st_mtim.tv_sec, before->st_mtim.tv_sec },
		{ "mtime's ns", now->st_mtim.tv_nsec, before->st_mtim.tv_nsec },
		{ "ctime", now->st_ctim.tv_sec, before->st_ctim.tv_sec },
		{ "ctime's ns", now->st_ctim.tv_nsec, before->st_ctim.tv_nsec },
	};

	for (size_t i = 0; i < array_length(numbers); i++)
		if (numbers[i].now != numbers[i].before)
			complain("the canary's %s %s: its %s was %lld, is %lld", what, when, numbers[i].name, numbers[i].before,
				 numbers[i].now);
}

static void canary_lives(const struct sight *before, const char *when)
{
	struct sight now = look();
	char path[500], text[16];

	same("directory", &now.directory, &before->directory, when);
	same("file", &now.file, &before->file, when);
	snprintf(path, sizeof(path), "%s/file", canary);
	if (slurp(path, text, sizeof(text)) != 1 || text[0] != 'x')
		complain("the canary's file %s has other contents", when);
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
	const struct sight before = look();
	bundle_make("c82", "many", 0);
	for (int round = 0; round < rounds; round++) {
		if (!must("run --detach --bundle %b %i", "c82", "many"))
			break;
		plant_all(state_path("c82", ""), round % 2 == 1);
		int done = volley(at_once, deletes, "c82", "", shots);
		for (int i = 0; i < at_once; i++)
			if (shots[i].status != 0)
				complain("round %d: %d of %d: %s", round, done, at_once, shots[i].err);
		canary_lives(&before, "after deletes");
		unmount_all();
		must("delete --force %i", "c82", "");
		canary_lives(&before, "after the last delete");
		nothing_left("after deletes", 0);
	}
	note("%d rounds of %d delete --force at once, with foreign files, links and mounts", rounds, at_once);
}
