/* The program inside the containers: it waits, ends at once, multiplies, or builds cgroups. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "stress.h"

_Noreturn static void stay(void)
{
	for (;;)
		pause();
}

static int wait_(char **words)
{
	(void)words;
	stay();
}

static int sleep_(char **words)
{
	sleep((unsigned)atoi(words[1]));
	return 0;
}

static int exit_(char **words) { return atoi(words[1]); }

/* forks N */
static int forks(char **words)
{
	for (int i = atoi(words[1]); i > 0; i--)
		if (fork() == 0)
			break;
	stay();
}

/* say N CODE: N bytes, all that is said, and the end at once. */
static int say(char **words)
{
	static char text[256 * 1024];
	size_t length = (size_t)atoi(words[1]);

	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + i % 23);
	for (size_t at = 0; at < length;) {
		ssize_t put = write(STDOUT_FILENO, text + at, length - at);
		if (put < 0)
			return 99;
		at += (size_t)put;
	}
	return atoi(words[2]);
}

/* append FILE: a byte, and waits. */
static int append(char **words)
{
	int fd = open(words[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 99;
	stay();
}

/* bomb N: every process makes as many as it can until there are N. Some of them go on, each a new one in the place of its parent,
 * so that no list of them is ever right. */
static int bomb(char **words)
{
	int *count = shared(sizeof(*count)), most = atoi(words[1]);
	bool first = true;

	signal(SIGCHLD, SIG_IGN);
	while (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) < most) {
		pid_t child = fork();
		first = first && child != 0;
		if (child < 0) {
			__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST);
			usleep(1000);
		}
	}
	while (!first && getpid() % 256 == 0)
		if (fork() > 0)
			_exit(0);
	stay();
}

/* How many cgroups may still be made, by all together. */
static int *room;

/* A directory of an odd name below `path`, which becomes its path; its process lives there from now on. */
static bool deeper(char *path, size_t size)
{
	static const char *const names[] = { "..x", "...", "*", " ", "-rf", "new\nline", "\xff", "d" };
	size_t length = strlen(path);
	char procs[4200];

	if (dice(8))
		snprintf(path + length, size - length, "/%s", names[dice(array_length(names))]);
	else
		snprintf(path + length, size - length, "/w%u", dice(1u << 20));
	if (__atomic_load_n(room, __ATOMIC_RELAXED) > 0 && mkdir(path, 0755) == 0)
		__atomic_sub_fetch(room, 1, __ATOMIC_RELAXED);
	else if (dice(4) == 0 && rmdir(path) == 0)
		__atomic_add_fetch(room, 1, __ATOMIC_RELAXED);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		path[length] = '\0';
		return false;
	}
	bool moved = write(fd, "0", 1) == 1;
	close(fd);
	return moved;
}

/* Half of them beside each other. */
static void widen(const char *top)
{
	char path[100];

	for (int half = *room / 2; *room > half; --*room) {
		snprintf(path, sizeof(path), "%s/wide%d", top, *room);
		mkdir(path, 0755);
	}
}

/* churn N MOST DEEP: N processes that make cgroups, remove them, move into them, and hand on to a child, without end. */
static int churn(char **words)
{
	static const char *const tops[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup/freezer", "/sys/fs/cgroup" };
	/* Without hierarchies of their own the last is the right one. */
	const bool apart = access(tops[0], F_OK) == 0;
	const int deep = atoi(words[3]);
	char path[4096];

	room = shared(sizeof(*room));
	*room = atoi(words[2]);
	widen(tops[apart ? 0 : 2]);
	signal(SIGCHLD, SIG_IGN);
	for (int i = atoi(words[1]); i > 0; i--) {
		if (fork() != 0)
			continue;
		dice_begin((unsigned)i);
		for (unsigned turn = 1; true; turn++) {
			snprintf(path, sizeof(path), "%s", tops[apart ? dice(2) : 2]);
			for (int depth = 0; depth < deep && deeper(path, sizeof(path)); depth++)
				continue;
			if (turn % 8 == 0 && fork() > 0)
				_exit(0);
		}
	}
	stay();
}

static const struct { const char *name; int (*play)(char **words); } plays[] = {
	{ "wait", wait_ }, { "sleep", sleep_ }, { "exit", exit_ }, { "forks", forks }, { "say", say },
	{ "append", append }, { "bomb", bomb }, { "churn", churn },
};

int payload(char **words)
{
	for (size_t i = 0; words[0] && i < array_length(plays); i++)
		if (strcmp(words[0], plays[i].name) == 0)
			return plays[i].play(words);
	return 98;
}
