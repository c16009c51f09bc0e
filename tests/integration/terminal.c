/* A terminal to run a runtime on, and the other end of a console socket.
 *
 * Usage: terminal run [-s ROWSxCOLUMNS] [-0 FILE] [-1 FILE] [-2 FILE] [-b] [-n] -o FILE STEP... -- COMMAND...
 *        terminal receive SOCKET -o FILE STEP...
 *
 * `run` makes a pseudoterminal, and a session with COMMAND in a process group of its own, as a shell does: in the foreground, or with -b
 * in the background; -n: without a controlling terminal. -0, -1 and -2 put a file in the place of its standard input, output, error.
 * `receive` listens at SOCKET, takes one message and says "payload TEXT", "fds N" and, once the sender has closed, "eof 1"; the
 * terminal is the one it was sent.
 *
 * Steps, one after the other, each with its own arguments:
 *   send TEXT           types it (\n \r \t \\ and \ooo are understood)
 *   expect TEXT         waits for it in what was written since the last one
 *   size ROWSxCOLUMNS   the terminal has another size
 *   mode                says "mode raw" or "mode cooked"
 *   raw, cooked         waits for that
 *   kill SIGNAL         to the command
 *   stopped             waits until the command is stopped; then the shell has the terminal, as it was before
 *   fg                  gives the terminal to the command, and SIGCONT
 *   hangup              the terminal is gone
 *   pause MS            waits; what is written is not read meanwhile
 *   close               of the container's terminal: nobody reads or writes it any more
 * In the end it waits for the command, says "exit N" (128+N for signal N) and "mode same" or "mode changed"; what was on the screen is
 * in FILE. A step that does not happen within LIMIT seconds (10) says "timeout STEP TEXT" and is the end: exit code 1. */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "listen.h"

static int master = -1;        /* of the terminal we are behind */
static int slave = -1;         /* to look at its mode */
static int screen;             /* the file its output goes to */
static int shell_says = -1;    /* "e N", "s" */
static pid_t shell, command;
static int exit_code = -1;
static bool stopped;
static struct termios before;
static char *text;             /* since the last `expect` */
static size_t length, room;
static long limit_ms = 10000;

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hear_shell(void)
{
	struct { char what; int number; } said;
	ssize_t n = read(shell_says, &said, sizeof(said));

	if (n != sizeof(said)) {
		close(shell_says);
		shell_says = -1;
	} else if (said.what == 'e') {
		exit_code = said.number;
	} else {
		stopped = said.what == 's';
	}
}

static void read_screen(void)
{
	if (room - length < 65536)
		text = realloc(text, room = length + 262144);
	ssize_t n = read(master, text + length, 65536);

	if (n <= 0) {
		close(master);
		master = -1;
		return;
	}
	if (write(screen, text + length, (size_t)n) != n)
		err(1, "write");
	length += (size_t)n;
}

/* One round; false: the time is up. */
static bool wait_until(long until)
{
	struct pollfd polls[] = { { master, POLLIN, 0 }, { shell_says, POLLIN, 0 } };
	long left = until - now();

	if (left <= 0 || poll(polls, 2, (int)left) < 0)
		return false;
	if (polls[0].revents)
		read_screen();
	if (polls[1].revents)
		hear_shell();
	return true;
}

static void timed_out(const char *step, const char *what)
{
	printf("timeout %s %s\n", step, what);
	if (command > 0)
		kill(command, SIGKILL);
	exit(1);
}

static size_t unescape(const char *from, char *to)
{
	size_t n = 0;
	for (; *from; from++) {
		if (*from != '\\') {
			to[n++] = *from;
		} else if (isdigit((unsigned char)from[1])) {
			char octal[4] = { from[1], from[2], from[3], 0 };
			to[n++] = (char)strtol(octal, NULL, 8);
			from += 3;
		} else {
			from++;
			to[n++] = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from == 't' ? '\t' : *from;
		}
	}
	return n;
}

static void type(const char *what)
{
	char *bytes = malloc(strlen(what) + 1);
	size_t n = unescape(what, bytes);

	for (size_t at = 0; at < n;) {
		struct pollfd polls = { master, POLLIN | POLLOUT, 0 };
		if (poll(&polls, 1, (int)limit_ms) <= 0)
			timed_out("send", what);
		if (polls.revents & POLLIN)
			read_screen();
		ssize_t sent = polls.revents & POLLOUT ? write(master, bytes + at, n - at) : 0;
		if (sent < 0)
			err(1, "send");
		at += (size_t)sent;
	}
	free(bytes);
}

static void expect(const char *what)
{
	char *bytes = malloc(strlen(what) + 1);
	size_t n = unescape(what, bytes);
	long until = now() + limit_ms;
	char *at;

	while (!(at = length >= n ? memmem(text, length, bytes, n) : NULL))
		if (master < 0 || !wait_until(until))
			timed_out("expect", what);
	length -= (size_t)(at - text) + n;
	memmove(text, at + n, length);
	free(bytes);
}

static bool is_raw(void)
{
	struct termios mode;
	if (tcgetattr(slave >= 0 ? slave : master, &mode) < 0)
		err(1, "tcgetattr");
	return !(mode.c_lflag & (ICANON | ECHO | ISIG));
}

static void wait_for_mode(const char *step, bool raw)
{
	for (long until = now() + limit_ms; is_raw() != raw;)
		if (!wait_until(now() + 5) && now() > until)
			timed_out(step, "");
}

static void set_size(int fd, const char *what)
{
	struct winsize size = { 0 };
	if (sscanf(what, "%hux%hu", &size.ws_row, &size.ws_col) != 2 || ioctl(fd, TIOCSWINSZ, &size) < 0)
		err(1, "size %s", what);
}

static int signal_number(const char *name)
{
	static const struct { const char *name; int number; } names[] = {
		{ "TERM", SIGTERM }, { "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "KILL", SIGKILL }, { "STOP", SIGSTOP },
		{ "CONT", SIGCONT }, { "WINCH", SIGWINCH }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV }, { "ABRT", SIGABRT },
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return names[i].number;
	errx(1, "no signal '%s'", name);
}

static void wait_stopped(void)
{
	for (long until = now() + limit_ms; !stopped;)
		if (!wait_until(until))
			timed_out("stopped", "");
	/* As a shell has it for itself. */
	if (slave >= 0)
		tcsetattr(slave, TCSANOW, &before);
}

static void take_pause(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static void hang_up(void)
{
	close(slave);
	close(master);
	slave = master = -1;
}

/* Does one step; how many words it took. */
static int step(char **words)
{
	const char *name = words[0], *what = words[1] ? words[1] : "";

	if (!strcmp(name, "send"))
		return type(what), 2;
	if (!strcmp(name, "expect"))
		return expect(what), 2;
	if (!strcmp(name, "size"))
		return set_size(slave >= 0 ? slave : master, what), 2;
	if (!strcmp(name, "kill"))
		return kill(command, signal_number(what)), 2;
	if (!strcmp(name, "pause"))
		return take_pause(atoi(what)), 2;
	if (!strcmp(name, "mode"))
		return printf("mode %s\n", is_raw() ? "raw" : "cooked"), 1;
	if (!strcmp(name, "raw"))
		return wait_for_mode(name, true), 1;
	if (!strcmp(name, "cooked"))
		return wait_for_mode(name, false), 1;
	if (!strcmp(name, "stopped"))
		return wait_stopped(), 1;
	if (!strcmp(name, "fg"))
		return stopped = false, kill(shell, SIGUSR1), 1;
	if (!strcmp(name, "hangup") || !strcmp(name, "close"))
		return hang_up(), 1;
	errx(1, "no step '%s'", name);
}

static void steps(char **words)
{
	fflush(stdout);
	while (*words && strcmp(*words, "--") != 0) {
		words += step(words);
		fflush(stdout);
	}
}

/* ---- run ---- */

struct options {
	const char *size, *output, *files[3];
	bool background, no_control;
};

static void say(int to, char what, int number)
{
	struct { char what; int number; } said;
	memset(&said, 0, sizeof(said));
	said.what = what;
	said.number = number;
	if (write(to, &said, sizeof(said)) < 0)
		_exit(1);
}

static void become_command(const struct options *o, int tty, char **argv)
{
	for (int fd = 0; fd < 3; fd++) {
		int how = fd ? O_WRONLY | O_CREAT | O_APPEND : O_RDONLY;
		int from = o->files[fd] ? open(o->files[fd], how | O_CLOEXEC, 0644) : tty;
		if (from < 0 || dup2(from, fd) < 0)
			err(127, "%s", o->files[fd]);
	}
	signal(SIGTTOU, SIG_DFL);
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

/* The session's leader: starts the command, tells of it. */
static void be_shell(const struct options *o, int tty, int tell, char **argv)
{
	sigset_t news;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (!o->no_control && ioctl(tty, TIOCSCTTY, 0) < 0)
		err(1, "TIOCSCTTY");
	sigemptyset(&news);
	sigaddset(&news, SIGUSR1);
	sigaddset(&news, SIGCHLD);
	sigprocmask(SIG_BLOCK, &news, NULL);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		if (!o->background && !o->no_control)
			tcsetpgrp(tty, getpid());
		signal(SIGHUP, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &news, NULL);
		become_command(o, tty, argv);
	}
	say(tell, 'p', child);
	for (;;) {
		if (sigwaitinfo(&news, NULL) == SIGUSR1) {
			tcsetpgrp(tty, child);
			kill(-child, SIGCONT);
		}
		if (waitpid(child, &status, WUNTRACED | WNOHANG) <= 0)
			continue;
		if (WIFSTOPPED(status)) {
			tcsetpgrp(tty, getpgrp());
			say(tell, 's', 0);
			continue;
		}
		tcsetpgrp(tty, getpgrp());
		say(tell, 'e', WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		_exit(0);
	}
}

static void start(const struct options *o, char **argv)
{
	int ends[2], locked = 0;
	struct { char what; int number; } said;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &locked) < 0)
		err(1, "/dev/ptmx");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &before) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		err(1, "terminal");
	if (o->size)
		set_size(slave, o->size);
	if (o->background) { /* a shell that edits its command line meanwhile */
		struct termios raw = before;
		cfmakeraw(&raw);
		tcsetattr(slave, TCSANOW, &raw);
	}
	shell = fork();
	if (shell == 0) {
		close(master); /* or a hang-up would be none */
		be_shell(o, slave, ends[1], argv);
	}
	close(ends[1]);
	shell_says = ends[0];
	if (read(shell_says, &said, sizeof(said)) != sizeof(said) || said.what != 'p')
		errx(1, "no shell");
	command = said.number;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	struct termios after;
	int option, words;

	for (words = 0; words < argc && strcmp(argv[words], "--") != 0; words++)
		;
	while ((option = getopt(words, argv, "+s:0:1:2:bno:")) != -1) {
		if (option == 's')
			o.size = optarg;
		else if (option == 'o')
			o.output = optarg;
		else if (option == 'b')
			o.background = true;
		else if (option == 'n')
			o.no_control = true;
		else if (option >= '0' && option <= '2')
			o.files[option - '0'] = optarg;
		else
			return 2;
	}
	if (!o.output || words >= argc - 1)
		errx(2, "no command, or no -o FILE");
	screen = open(o.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	start(&o, argv + words + 1);
	steps(argv + optind);
	for (long until = now() + limit_ms; exit_code < 0;)
		if (!wait_until(until))
			timed_out("end", "");
	/* What the command wrote is there by now: a master that is polled waits for what is on its way. */
	for (struct pollfd more = { master, POLLIN, 0 }; master >= 0 && poll(&more, 1, 0) > 0;)
		read_screen();
	printf("exit %d\n", exit_code);
	if (slave >= 0 && tcgetattr(slave, &after) == 0)
		printf("mode %s\n", memcmp(&before, &after, sizeof(before)) ? "changed" : "same");
	return 0;
}

/* ---- receive ---- */

static void take_master(int from)
{
	union { char bytes[CMSG_SPACE(8 * sizeof(int))]; struct cmsghdr align; } control;
	char data[4096];
	struct iovec part = { data, sizeof(data) - 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int fds = 0;

	ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		err(1, "recvmsg");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		fds += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(&master, CMSG_DATA(c), sizeof(master));
	}
	data[n] = '\0';
	printf("payload %s\nfds %d\n", data, fds);
	struct pollfd wait = { from, POLLIN, 0 };
	if (poll(&wait, 1, (int)limit_ms) == 1 && read(from, data, 1) == 0)
		printf("eof 1\n");
	fflush(stdout);
}

static int receive(int argc, char **argv)
{
	if (argc < 4 || strcmp(argv[2], "-o") != 0)
		errx(2, "receive SOCKET -o FILE STEP...");
	screen = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int listener = listen_at(argv[1]);
	int from = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	take_master(from);
	close(from);
	steps(argv + 4);
	for (long until = now() + limit_ms; master >= 0;)
		if (!wait_until(until))
			timed_out("end", "");
	printf("end\n");
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (getenv("LIMIT"))
		limit_ms = atol(getenv("LIMIT")) * 1000;
	if (argc > 1 && !strcmp(argv[1], "run"))
		return run(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "receive"))
		return receive(argc - 1, argv + 1);
	errx(2, "run or receive");
}
