/* A caller with bad manners: puts itself into the state the options ask for, then executes a command, the runtime.
 *
 * Usage: caller [leak=N] [block] [ignore=SIG]... [umask=OCT] [close=FD]... [nofile=N] [nice=N] [cpu=N] [nnp] [death=SIG]
 *               [pipe=TEXT] [stack=BYTES] [cwd-gone] [listen=N] [securebits=BITS] -- COMMAND ARG... */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors without close-on-exec, one of them the host's root directory. */
static void leak(const char *value)
{
	for (int i = 0; i < atoi(value); i++)
		if (open(i % 4 ? "/etc/passwd" : "/", O_RDONLY) < 0)
			err(1, "leak");
}

static void block(const char *value)
{
	(void)value;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void ignore(const char *value)
{
	signal(atoi(value), SIG_IGN);
}

static void mask(const char *value)
{
	umask(strtol(value, NULL, 8));
}

static void shut(const char *value)
{
	close(atoi(value));
}

static void limit(int which, const char *value)
{
	struct rlimit both = { strtoull(value, NULL, 0), strtoull(value, NULL, 0) };
	if (setrlimit(which, &both))
		err(1, "setrlimit");
}

static void nofile(const char *value)
{
	limit(RLIMIT_NOFILE, value);
}

static void stack(const char *value)
{
	limit(RLIMIT_STACK, value);
}

static void nice_(const char *value)
{
	setpriority(PRIO_PROCESS, 0, atoi(value));
}

static void cpu(const char *value)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(atoi(value), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void nnp(const char *value)
{
	(void)value;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void death(const char *value)
{
	prctl(PR_SET_PDEATHSIG, atoi(value));
}

/* A pipe with a text in it, at the lowest free descriptor: something to preserve. */
static void pipe_(const char *value)
{
	int ends[2];
	if (pipe(ends) || write(ends[1], value, strlen(value)) < 0)
		err(1, "pipe");
	close(ends[1]);
}

static void cwd_gone(const char *value)
{
	(void)value;
	char name[] = "/tmp/caller.XXXXXX";
	if (!mkdtemp(name) || chdir(name) || rmdir(name))
		err(1, "cwd-gone");
}

/* As a service manager passes descriptors on: LISTEN_PID is whoever is executed next. */
static void listen_(const char *value)
{
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_FDS", value, 1);
	setenv("LISTEN_PID", pid, 1);
}

/* With all capabilities ambient: those of root do not come back over exec once noroot is set. */
static void securebits(const char *value)
{
	struct { uint32_t version; int pid; } head = { 0x20080522, 0 };
	struct { uint32_t effective, permitted, inheritable; } data[2] = { 0 };
	if (syscall(SYS_capget, &head, data))
		err(1, "capget");
	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &head, data))
		err(1, "capset");
	for (int c = 0; c < 64; c++)
		if (data[c / 32].permitted >> c % 32 & 1 && prctl(47 /* PR_CAP_AMBIENT */, 2 /* RAISE */, c, 0, 0))
			err(1, "ambient %d", c);
	if (prctl(PR_SET_SECUREBITS, strtoul(value, NULL, 0), 0, 0, 0))
		err(1, "securebits");
}

static const struct { const char *word; void (*play)(const char *);
} words[] = {
	{ "leak", leak },     { "block", block }, { "ignore", ignore },     { "umask", mask }, { "close", shut },
	{ "nofile", nofile }, { "nice", nice_ },  { "cpu", cpu },           { "nnp", nnp },    { "death", death },
	{ "pipe", pipe_ },    { "stack", stack }, { "cwd-gone", cwd_gone }, { "listen", listen_ },
	{ "securebits", securebits },
};

static void play(char *word)
{
	char *value = strchr(word, '=');
	if (value)
		*value++ = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word)) {
			words[i].play(value ? value : "");
			return;
		}
	errx(1, "unknown word '%s'", word);
}

int main(int argc, char **argv)
{
	int i = 1;
	for (; i < argc && strcmp(argv[i], "--"); i++)
		play(argv[i]);
	if (i + 1 >= argc)
		errx(1, "no command");
	execvp(argv[i + 1], argv + i + 1);
	err(127, "%s", argv[i + 1]);
}
