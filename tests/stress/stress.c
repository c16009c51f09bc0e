/* Many commands of the runtime at the same time, on one container and on many: security cases C69 to C71, C75, C77, C79 to C82, C96.
 *
 *   stress [-t SECONDS] [-s SEED] [-c CHAPTER] [-f SLOW] [-w] RUNTIME WORK TOKEN
 *
 * -w: the whole form, without it a short one. SLOW multiplies every limit of time, for slow machines. WORK has a rootfs and the templates
 * of bundles, see run; all cgroups are below /TOKEN. It has a pid and a mount namespace of its own: what a container leaves there is seen,
 * and nothing else is. In a container, and as the self-test's runtime, the same program has other tasks. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "stress.h"

struct options options = { .seconds = 4, .slow = 1 };

static const struct chapter { const char *name, *title; void (*play)(void); } chapters[] = {
	{ "one", "C70: random commands on one id: no crash, no hang, no half record, nothing left", storm_one },
	{ "many", "C70: the same on many ids", storm_many },
	{ "creates", "C69: 200 creates of one id at once: exactly one succeeds, the others are told that it exists", race_creates },
	{ "starts", "C71: starts at once: exactly one succeeds, the program runs once", race_starts },
	{ "deletes", "C82: delete --force at once, with foreign things in the state directory: all succeed, none leaves it", race_deletes },
	{ "thousand", "many containers at once: created, listed, killed, deleted, nothing left", mass_thousand },
	{ "bomb", "C79: delete --force of a fork bomb: empty in time", mass_bomb },
	{ "paused", "C80: frozen containers, killed and deleted by many at once", mass_paused },
	{ "cgroups", "C81: cgroups made, filled and left by the container while it is deleted", mass_cgroups },
	{ "pids", "C77: a pid that is given again belongs to nobody's container", pids_again },
	{ "records", "C96: no reader ever sees a part of a record", records_read },
	{ "signals", "C96: commands in a rain of signals come to their end", signals_rain },
	{ "brief", "C75: programs that end at once: code and output are right", brief_programs },
};

static int play(const struct chapter *chapter)
{
	const int before = complaints();
	const int64_t began = now_ms();

	dice_begin(0);
	chapter->play();
	tally_print();
	int found = complaints() - before;
	char line[300];
	int length = snprintf(line, sizeof(line), "%s - stress: %s (%s, %d s)\n", found ? "not ok" : "ok", chapter->title, chapter->name,
			      (int)((now_ms() - began) / 1000));
	if (write(STDOUT_FILENO, line, (size_t)length) < 0)
		return 1;
	if (found) {
		note("%d things were wrong in '%s'; the seed was %llu", found, chapter->name, (unsigned long long)options.seed);
		remains_clear();
	}
	return found > 0;
}

/* ---- where it happens ---- */

static void make_place(void)
{
	static const char *const below[] = { "state", "bundles", "pid" };
	char path[400];

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
		give_up("cannot mount: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/here", options.work);
	mkdir(path, 0755);
	if (mount("none", path, "tmpfs", 0, "mode=755") < 0)
		give_up("cannot mount '%s': %s", path, strerror(errno));
	for (size_t i = 0; i < array_length(below); i++) {
		snprintf(path, sizeof(path), "%s/here/%s", options.work, below[i]);
		if (mkdir(path, i == 0 ? 0700 : 0755) < 0)
			give_up("cannot make '%s': %s", path, strerror(errno));
	}
}

static int play_all(void)
{
	int failed = 0, played = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_place();
	complaints_share();
	tally_open();
	dice_begin(0);
	remains_begin();
	if (!options.only)
		failed += self_test();
	tally_open();
	for (size_t i = 0; i < array_length(chapters); i++)
		if (!options.only || strcmp(options.only, chapters[i].name) == 0) {
			failed += play(&chapters[i]);
			played++;
		}
	if (!played)
		give_up("there is no chapter '%s'", options.only);
	return failed > 0;
}

/* The first process waits for whatever loses its parent, as on a real machine; the second one does the work. */
static int first_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(play_all());
	for (int status;;) {
		pid_t ended = waitpid(-1, &status, 0);
		if (ended == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
		if (ended < 0 && errno != EINTR)
			return 98;
	}
}

static int outside(void)
{
	int status = -1;

	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		give_up("cannot have namespaces: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(first_process());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static void parse(int argc, char **argv)
{
	options.seed = (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
	for (int option; (option = getopt(argc, argv, "t:s:c:f:w")) != -1;) {
		switch (option) {
		case 't':
			options.seconds = atoi(optarg);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			options.only = optarg;
			break;
		case 'f':
			options.slow = atoi(optarg);
			break;
		case 'w':
			options.whole = true;
			break;
		default:
			give_up("usage: stress [-t SECONDS] [-s SEED] [-c CHAPTER] [-f SLOW] [-w] RUNTIME WORK TOKEN");
		}
	}
	options.patience = 5000 * options.slow;
	if (argc - optind != 3 || options.seconds < 1 || options.slow < 1)
		give_up("RUNTIME, WORK and TOKEN are needed");
	options.runtime = argv[optind], options.work = argv[optind + 1], options.token = argv[optind + 2];
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	if (strcmp(name ? name + 1 : argv[0], "payload") == 0)
		return payload(argv + 1);
	if (argc > 3 && strcmp(argv[1], "--root") == 0)
		return fake_runtime(argv + 3);
	parse(argc, argv);
	/* Given again, with all else the same, each worker draws the same numbers; who comes first the machine decides. */
	note("seed %llu", (unsigned long long)options.seed);
	return outside();
}
