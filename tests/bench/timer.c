/* Times commands, several series in turn: reads a plan, writes one line for each measurement. No shell, no buffering, no allocation
 * while the clock runs.
 *
 *   timer [-n ROUNDS] [-w WARMUP] [-f FIRST] [-g GAP] PLAN
 *
 * The plan is lines of words parted by tabs. In a command %r becomes the number of the round, which begins at FIRST:
 *   series NAME [VARIABLE=VALUE]  one of those that are compared, and what its environment has more; what follows is a round of it
 *   time LABEL COMMAND...      measured
 *   do COMMAND...              not measured
 *   crowd LABEL COUNT COMMAND... [+ COMMAND...]   COUNT at a time, each the commands one after the other; %i becomes its number. The time
 *                              is that of all of them, divided by COUNT
 *   reap                       waits, not measured, until a container's process has ended since the last command began
 *   gap                        a pause of GAP milliseconds, in which the kernel clears away what ended
 * Every round runs every series once; the order goes on by one each round, so that none always comes after the same one.
 *
 * A measurement is: series, label, round, wall clock in nanoseconds, user and system time in microseconds, peak memory in KiB, exit status.
 * The time goes from before vfork to after wait4: the command's execve, its dynamic linker and its teardown are in it.
 * Containers' processes become children of the timer, as they become children of conmon or of containerd's shim. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_SERIES 16
#define MOST_LINES 512
#define MOST_WORDS 64
#define MOST_CROWD 64
#define WORD_SIZE 512
#define PATIENCE_MS 5000

enum kind { TIME, DO, CROWD, REAP, GAP };

struct line {
	enum kind kind;
	int series, count;
	const char *label;
	const char *words[MOST_WORDS];
};

static struct line lines[MOST_LINES];
static int line_count, series_count;
static struct {
	const char *name;
	char **environment;
} series[MOST_SERIES];
static int gap_ms, null_fd;
/* Processes of containers that have ended since the last command began. */
static int orphans;

static void fail(const char *what)
{
	fprintf(stderr, "timer: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void nap(long microseconds)
{
	const struct timespec t = { 0, microseconds * 1000 };

	nanosleep(&t, NULL);
}

/* ---- commands ---- */

/* One command's words with the numbers put in. */
struct command {
	char text[MOST_WORDS][WORD_SIZE];
	char *argv[MOST_WORDS + 1];
};

static void put(char *to, const char *word, int round, int index)
{
	char *const end = to + WORD_SIZE - 16;

	while (*word && to < end) {
		if (word[0] == '%' && (word[1] == 'r' || word[1] == 'i')) {
			to += sprintf(to, "%d", word[1] == 'r' ? round : index);
			word += 2;
		} else {
			*to++ = *word++;
		}
	}
	*to = '\0';
}

/* The words up to "+" or the end. */
static void command_fill(struct command *command, const char *const *words, int round, int index)
{
	int n = 0;

	for (; words[n] && strcmp(words[n], "+") != 0; n++) {
		put(command->text[n], words[n], round, index);
		command->argv[n] = command->text[n];
	}
	command->argv[n] = NULL;
}

static pid_t spawn(char *const *argv, char *const *environment)
{
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(null_fd, 0);
		dup2(null_fd, 1);
		execve(argv[0], argv, environment);
		_exit(127);
	}
	if (pid < 0)
		fail("vfork");
	return pid;
}

struct measurement {
	long long wall;
	struct rusage usage;
	int status;
};

static void report(const struct line *line, int round, const struct measurement *m)
{
	const struct timeval *user = &m->usage.ru_utime, *system = &m->usage.ru_stime;

	printf("%s\t%s\t%d\t%lld\t%lld\t%ld\t%d\n", series[line->series].name, line->label, round, m->wall,
		(long long)(user->tv_sec + system->tv_sec) * 1000000 + user->tv_usec + system->tv_usec, m->usage.ru_maxrss, m->status);
}

static void run_one(const struct line *line, int round, bool counted)
{
	static struct command command;
	struct measurement m;
	pid_t ended;

	command_fill(&command, line->words, round, 0);
	orphans = -1;
	m.wall = now();
	pid_t pid = spawn(command.argv, series[line->series].environment);
	do {
		ended = wait4(-1, &m.status, 0, &m.usage);
		orphans++;
	} while (ended != pid && (ended > 0 || errno == EINTR));
	m.wall = now() - m.wall;
	if (line->kind == TIME && counted)
		report(line, round, &m);
	else if (line->kind == DO && m.status != 0)
		fprintf(stderr, "timer: %s: %s %s: status %#x\n", series[line->series].name, command.argv[0], command.argv[1], m.status);
}

/* ---- many at a time ---- */

struct member {
	struct command command;
	const char *const *next; /* what comes after the command that runs, or NULL */
	pid_t pid;
};

static void member_begin(struct member *member, const struct line *line, const char *const *words, int round, int index)
{
	command_fill(&member->command, words, round, index);
	while (*words && strcmp(*words, "+") != 0)
		words++;
	member->next = *words ? words + 1 : NULL;
	member->pid = spawn(member->command.argv, series[line->series].environment);
}

/* The usage is the sum of all, the status that of any that failed. */
static void run_crowd(const struct line *line, int round, bool counted)
{
	static struct member members[MOST_CROWD];
	struct measurement m = { .wall = now() };
	int left = line->count;

	for (int i = 0; i < line->count; i++)
		member_begin(&members[i], line, line->words, round, i);
	while (left > 0) {
		struct rusage usage;
		int status, i;
		pid_t ended = wait4(-1, &status, 0, &usage);
		for (i = 0; i < line->count && members[i].pid != ended; i++)
			;
		if (i == line->count)
			continue;
		timeradd(&m.usage.ru_utime, &usage.ru_utime, &m.usage.ru_utime);
		timeradd(&m.usage.ru_stime, &usage.ru_stime, &m.usage.ru_stime);
		if (usage.ru_maxrss > m.usage.ru_maxrss)
			m.usage.ru_maxrss = usage.ru_maxrss;
		m.status |= status;
		members[i].pid = 0;
		if (members[i].next && status == 0)
			member_begin(&members[i], line, members[i].next, round, i);
		else
			left--;
	}
	m.wall = (now() - m.wall) / line->count;
	m.usage.ru_utime.tv_usec = (m.usage.ru_utime.tv_sec * 1000000 + m.usage.ru_utime.tv_usec) / line->count;
	m.usage.ru_stime.tv_usec = (m.usage.ru_stime.tv_sec * 1000000 + m.usage.ru_stime.tv_usec) / line->count;
	m.usage.ru_utime.tv_sec = m.usage.ru_stime.tv_sec = 0;
	if (counted)
		report(line, round, &m);
}

/* ---- between commands ---- */

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		orphans++;
}

static void reap(void)
{
	for (int waited = 0; waited < PATIENCE_MS * 10 && orphans == 0; waited++) {
		nap(100);
		reap_all();
	}
}

static void gap(void)
{
	for (int ms = 0; ms < gap_ms; ms++) {
		nap(1000);
		reap_all();
	}
}

static void round_of(int of, int round, bool counted)
{
	for (int i = 0; i < line_count; i++) {
		const struct line *line = &lines[i];
		if (line->series != of)
			continue;
		switch (line->kind) {
		case TIME:
		case DO: run_one(line, round, counted); break;
		case CROWD: run_crowd(line, round, counted); break;
		case REAP: reap(); break;
		case GAP: gap(); break;
		}
	}
}

/* ---- the plan ---- */

static const char *word(char **rest)
{
	const char *found = strsep(rest, "\t\n");

	return found && *found ? strdup(found) : NULL;
}

static void plan_series(char *text)
{
	const char *name = word(&text), *variable = word(&text);
	char **environment;
	size_t count = 0;

	while (environ[count])
		count++;
	environment = calloc(count + 2, sizeof(*environment));
	if (series_count == MOST_SERIES || !environment)
		fail("series");
	memcpy(environment, environ, count * sizeof(*environment));
	environment[count] = (char *)variable;
	series[series_count].name = name;
	series[series_count++].environment = environment;
}

static void plan_line(char *text)
{
	static const struct {
		const char *name;
		enum kind kind;
		bool labelled, counted;
	} kinds[] = {
		{ "time", TIME, true, false }, { "do", DO, false, false }, { "crowd", CROWD, true, true },
		{ "reap", REAP, false, false }, { "gap", GAP, false, false },
	};
	const char *kind = word(&text);

	if (!kind)
		return;
	if (strcmp(kind, "series") == 0) {
		plan_series(text);
		return;
	}
	errno = EINVAL;
	if (line_count == MOST_LINES || series_count == 0)
		fail(kind);
	struct line *line = &lines[line_count++];
	size_t k = 0;
	while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[k].name, kind) != 0)
		k++;
	if (k == sizeof(kinds) / sizeof(kinds[0]))
		fail(kind);
	line->kind = kinds[k].kind;
	line->series = series_count - 1;
	if (kinds[k].labelled)
		line->label = word(&text);
	if (kinds[k].counted && ((line->count = atoi(word(&text))) < 1 || line->count > MOST_CROWD))
		fail("crowd");
	for (int n = 0; n < MOST_WORDS - 1 && (line->words[n] = word(&text)); n++)
		;
}

static void plan_read(const char *path)
{
	static char text[MOST_WORDS * WORD_SIZE];
	FILE *plan = fopen(path, "re");

	if (!plan)
		fail(path);
	while (fgets(text, sizeof(text), plan))
		plan_line(text);
	fclose(plan);
}

int main(int argc, char **argv)
{
	int rounds = 10, warmup = 2, first = 0, option;

	while ((option = getopt(argc, argv, "n:w:f:g:")) != -1)
		switch (option) {
		case 'n': rounds = atoi(optarg); break;
		case 'w': warmup = atoi(optarg); break;
		case 'f': first = atoi(optarg); break;
		case 'g': gap_ms = atoi(optarg); break;
		default: return 2;
		}
	if (optind != argc - 1)
		return 2;
	plan_read(argv[optind]);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		fail("set-up");
	for (int round = 0; round < warmup + rounds; round++)
		for (int i = 0; i < series_count; i++)
			round_of((round + i) % series_count, first + round, round >= warmup);
	return fflush(stdout) == 0 ? 0 : 2;
}
