/* One command of the runtime: started, waited for, its words kept. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "stress.h"

#define MOST_WORDS 24

struct outcome outcome;
static char said[1024 * 1024], complained[16 * 1024];
static void (*meanwhile)(pid_t);

bool exited_with(int code) { return !outcome.hung && WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == code; }
bool succeeded(void) { return exited_with(0); }
void call_meanwhile(void (*again)(pid_t pid)) { meanwhile = again; }

/* ---- the command line ---- */

static const char *random_signal(void)
{
	static const char *const signals[] = { "KILL", "TERM", "HUP", "USR1", "0", "CONT", "WINCH" };

	return signals[dice(array_length(signals))];
}

static void word_for(char letter, const char *id, const char *kind, char *to, size_t size)
{
	switch (letter) {
	case 'i':
		snprintf(to, size, "%s", id);
		break;
	case 'b':
		snprintf(to, size, "%s/here/bundles/%s/%s", options.work, id, kind);
		break;
	case 'p':
		snprintf(to, size, "%s/here/pid/%s", options.work, id);
		break;
	case 'n':
		snprintf(to, size, "%u", 100 + dice(900));
		break;
	case 's':
		snprintf(to, size, "%s", random_signal());
		break;
	}
}

static void command_line(const char *template, const char *id, const char *kind, char **argv)
{
	static char words[MOST_WORDS][400], root[400];
	char copy[600], *at;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", template);
	snprintf(root, sizeof(root), "%s/here/state", options.work);
	argv[count++] = (char *)options.runtime;
	argv[count++] = "--root";
	argv[count++] = root;
	for (char *word = strtok_r(copy, " ", &at); word; word = strtok_r(NULL, " ", &at)) {
		if (word[0] == '%')
			word_for(word[1], id, kind, words[count], sizeof(words[count]));
		else
			snprintf(words[count], sizeof(words[count]), "%s", word);
		argv[count] = words[count];
		count++;
	}
	argv[count] = NULL;
}

/* ---- its streams ---- */

struct ends { int ours, in, out, err; }; /* `ours`: to read from, -1: files */

static struct ends open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		give_up("no terminal: %s", strerror(errno));
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		give_up("no terminal: %s", strerror(errno));
	return (struct ends){ master, slave, dup(slave), dup(slave) };
}

static struct ends open_streams(enum streams streams)
{
	int ends[2];

	if (streams == TERMINAL)
		return open_terminal();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (streams == PIPE) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			give_up("no pipe");
		return (struct ends){ ends[0], null, ends[1], dup(ends[1]) };
	}
	struct ends files = { -1, null, memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC) };
	if (files.out < 0 || files.err < 0)
		give_up("no memory files: %s", strerror(errno));
	return files;
}

static pid_t start(char **argv, const struct ends *ends, enum streams streams)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("cannot fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	if (streams == TERMINAL)
		setsid();
	else
		setpgid(0, 0);
	if (dup2(ends->in, 0) < 0 || dup2(ends->out, 1) < 0 || dup2(ends->err, 2) < 0)
		_exit(120);
	if (streams == TERMINAL)
		ioctl(0, TIOCSCTTY, 0);
	execv(argv[0], argv);
	_exit(121);
}

/* ---- its end ---- */

/* Of a terminal whose other end is closed it is EIO. */
static void read_some(int *fd)
{
	ssize_t got = read(*fd, said + outcome.length, sizeof(said) - 1 - outcome.length);

	if (got > 0) {
		outcome.length += (size_t)got;
		return;
	}
	close(*fd);
	*fd = -1;
}

static void tell_process(int pid)
{
	char path[64], stat[512], command[200], where[64], state;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	const char *end = slurp(path, stat, sizeof(stat)) > 0 ? strrchr(stat, ')') : NULL;
	if (!end || sscanf(end + 1, " %c %d", &state, &parent) != 2)
		return;
	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	if (slurp(path, where, sizeof(where)) < 0)
		where[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	ssize_t length = slurp(path, command, sizeof(command));
	for (ssize_t i = 0; i < length - 1; i++)
		command[i] = command[i] ? command[i] : ' ';
	note("  %d of %d %c in %s: %s", pid, parent, state, where, length > 0 ? command : "?");
}

/* Of a command that takes too long: where it waits, and what it has made, and all that wait beside it. */
static void tell_where(pid_t pid)
{
	DIR *proc = opendir("/proc");
	int left = 60;

	note("pid %d takes too long:", pid);
	tell_process(pid);
	for (struct dirent *entry; proc && (entry = readdir(proc)) && left > 0;)
		if (atoi(entry->d_name) > 2 && left-- > 0)
			tell_process(atoi(entry->d_name));
	if (proc)
		closedir(proc);
}

static void attend(pid_t pid, int pidfd, struct ends *ends)
{
	const int64_t began = now_ms(), late = began + options.patience, until = began + HANGS * (int64_t)options.patience;
	const struct timespec moment = { .tv_nsec = 100000 };
	bool ended = false, told = false;

	while (!ended || ends->ours >= 0) {
		struct pollfd fds[2] = { { .fd = ended ? -1 : pidfd, .events = POLLIN }, { .fd = ends->ours, .events = POLLIN } };
		int64_t now = now_ms(), left = (told ? until : late) - now;
		if (left <= 0 && !told) {
			told = true;
			left = until - now;
			if (!complaints_are_expected())
				tell_where(pid);
		}
		if (left <= 0) {
			outcome.hung = true;
			kill(pid, SIGKILL);
			break;
		}
		const struct timespec all = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		if (ppoll(fds, 2, meanwhile ? &moment : &all, NULL) < 0 && errno != EINTR)
			give_up("cannot wait: %s", strerror(errno));
		if (fds[0].revents)
			ended = true;
		if (fds[1].revents)
			read_some(&ends->ours);
		if (meanwhile && !ended)
			meanwhile(pid);
	}
	outcome.ms = (int)(now_ms() - began);
	if (ends->ours >= 0)
		close(ends->ours);
	while (waitpid(pid, &outcome.status, 0) < 0 && errno == EINTR)
		;
}

static size_t content(int fd, char *text, size_t size)
{
	ssize_t got = pread(fd, text, size - 1, 0);

	text[got < 0 ? 0 : got] = '\0';
	return got < 0 ? 0 : (size_t)got;
}

void call_on(enum streams streams, const char *template, const char *id, const char *kind)
{
	char *argv[MOST_WORDS + 1];
	struct ends ends = open_streams(streams);
	int files[2] = { -1, -1 };

	command_line(template, id, kind, argv);
	outcome = (struct outcome){ .out = said, .err = complained, .apart = streams == FILES };
	said[0] = complained[0] = '\0';
	pid_t pid = start(argv, &ends, streams);
	int pidfd = (int)syscall(434 /* pidfd_open */, pid, 0);
	if (pidfd < 0)
		give_up("no pidfd: %s", strerror(errno));
	close(ends.in);
	if (streams == FILES)
		files[0] = ends.out, files[1] = ends.err;
	else
		close(ends.out), close(ends.err);
	attend(pid, pidfd, &ends);
	close(pidfd);
	if (streams == FILES) {
		outcome.length = content(files[0], said, sizeof(said));
		content(files[1], complained, sizeof(complained));
		close(files[0]), close(files[1]);
	}
	said[outcome.length] = '\0';
}

bool call(const char *template, const char *id, const char *kind)
{
	call_on(FILES, template, id, kind);
	judge(template, id);
	return succeeded();
}

bool must(const char *template, const char *id, const char *kind)
{
	if (call(template, id, kind))
		return true;
	complain("'%s' of %s (%s): %x, %s", template, id, kind, (unsigned)outcome.status, outcome.err);
	return false;
}

/* ---- bundles, state ---- */

/* The template's @ID@ and @N@ replaced. */
static void fill_in(const char *template, const char *id, int number, FILE *to)
{
	for (const char *at = template; *at;) {
		if (strncmp(at, "@ID@", 4) == 0) {
			fputs(id, to);
			at += 4;
		} else if (strncmp(at, "@N@", 3) == 0) {
			fprintf(to, "%d", number);
			at += 3;
		} else {
			fputc(*at++, to);
		}
	}
}

void bundle_make(const char *id, const char *kind, int number)
{
	static char template[64 * 1024];
	char path[500];

	snprintf(path, sizeof(path), "%s/%s.json", options.work, kind);
	if (slurp(path, template, sizeof(template)) <= 0)
		give_up("cannot read '%s'", path);
	snprintf(path, sizeof(path), "%s/here/bundles/%s", options.work, id);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/here/bundles/%s/%s", options.work, id, kind);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/here/bundles/%s/%s/config.json", options.work, id, kind);
	FILE *to = fopen(path, "we");
	if (!to)
		give_up("cannot write '%s'", path);
	fill_in(template, id, number, to);
	if (fclose(to) != 0)
		give_up("cannot write '%s'", path);
}

const char *state_path(const char *id, const char *name)
{
	static char path[500];

	snprintf(path, sizeof(path), "%s/here/state/%s%s%s", options.work, id, *name ? "/" : "", name);
	return path;
}
