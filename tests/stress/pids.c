/* Case C77: the number of a dead container's init, given to another process. That one is nobody's container. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stress.h"

static const char *const commands[] = {
	"kill %i KILL", "kill %i TERM", "kill --all %i KILL", "start %i", "pause %i", "resume %i", "exec %i /bin/payload exit 0",
	"ps %i", "update --pids-limit %n %i", "events --stats %i",
};

/* Forks until the child has that number: it blocks all signals, so that any that reached it is still to be seen. */
static pid_t fork_as(pid_t wanted)
{
	char number[16];

	for (int tries = 0; tries < 200; tries++) {
		int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
		int length = snprintf(number, sizeof(number), "%d", wanted - 1);
		if (fd < 0 || write(fd, number, (size_t)length) != length)
			give_up("cannot choose the next pid");
		close(fd);
		pid_t child = fork();
		if (child == 0) {
			sigset_t all;
			sigfillset(&all);
			sigprocmask(SIG_BLOCK, &all, NULL);
			for (;;)
				pause();
		}
		if (child == wanted)
			return child;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return 0;
}

static void untouched(pid_t pid, const char *by)
{
	static char text[16 * 1024];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (slurp(path, text, sizeof(text)) < 1 || strstr(text, "State:\tZ"))
		complain("the stranger was killed by '%s'", by);
	else if (strstr(text, "State:\tT") || !strstr(text, "SigPnd:\t0000000000000000") || !strstr(text, "ShdPnd:\t0000000000000000"))
		complain("the stranger had a signal by '%s'", by);
}

static void is_stopped(const char *when)
{
	if (must("state %i", "c77", "") && !json_is(json_member(outcome.out, "status"), "stopped"))
		complain("%s the container is said to be %s", when, outcome.out);
}

/* A container whose init is dead and gone: the number it had. */
static pid_t dead_one(const char *kind, bool started)
{
	char path[64];

	if (!must("create --bundle %b %i", "c77", kind) || (started && !must("start %i", "c77", "")) || !must("state %i", "c77", ""))
		return 0;
	pid_t pid = (pid_t)json_integer(json_member(outcome.out, "pid"));
	if (pid < 2) {
		complain("no pid in %s", outcome.out);
		return 0;
	}
	kill(pid, SIGKILL);
	snprintf(path, sizeof(path), "/proc/%d", pid);
	for (int i = 0; i < 500 && access(path, F_OK) == 0; i++)
		nap(5);
	return pid;
}

void pids_again(void)
{
	/* None whose children live on: its number would still be that of their session. */
	static const char *const kinds[] = { "plain", "many", "lone" };
	const int rounds = times(6, 600);
	int met = 0;

	for (size_t i = 0; i < array_length(kinds); i++)
		bundle_make("c77", kinds[i], 0);
	for (int round = 0; round < rounds; round++) {
		pid_t pid = dead_one(kinds[round % 3], round / 3 % 2), stranger = pid ? fork_as(pid) : 0;
		if (stranger) {
			met++;
			is_stopped("before");
			for (size_t i = 0; i < array_length(commands); i++) {
				call(commands[i], "c77", "");
				untouched(stranger, commands[i]);
			}
			is_stopped("after");
		}
		must(round % 2 ? "delete %i" : "delete --force %i", "c77", "");
		if (stranger) {
			untouched(stranger, "delete");
			kill(stranger, SIGKILL);
			waitpid(stranger, NULL, 0);
		}
		nothing_left("after a stranger", 0);
	}
	note("%d rounds, in %d of them the number was given again", rounds, met);
	if (met < rounds / 2)
		complain("the number was hardly ever given again");
}
