/* A foreground terminal: the caller's own one stands for the container's (contract 7.1). */
#include "run/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "kern/terminal.h"
#include "run/attend.h"

/* A pipe that says it can be written to takes this many bytes at once (pipe(7)). */
#define AT_ONCE 4096
/* More than a terminal holds: what others go on writing after the program's end is not waited for. */
#define DRAIN_MOST 65536
#define BACKGROUND_MS 500

/* ---- the caller's terminal: found, changed, restored ---- */

int relay_open(struct relay *relay, struct error *error)
{
	static const int where[] = { STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO };

	*relay = (struct relay)RELAY_NONE;
	for (size_t i = 0; i < array_length(where) && relay->terminal < 0; i++)
		relay->terminal = again_isatty(where[i]) ? where[i] : -1;
	if (relay->terminal < 0) {
		relay->terminal = relay->own = again_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (relay->own < 0 && errno == ENXIO)
			return fail(error, 0, "there is no terminal to run it on: open /dev/tty: no such device or address");
		if (relay->own < 0)
			return fail(error, errno, "there is no terminal to run it on: cannot open /dev/tty");
	}
	/* Nothing but a call that stops a background job until it is in the foreground (termios(3)). Until then the mode is another's, of
	 * a shell that edits its command line. */
	again_tcdrain(STDIN_FILENO);
	relay->mode = again_tcgetattr(STDIN_FILENO, &relay->before) == 0;
	return 0;
}

/* One that is not our controlling terminal knows no jobs (ENOTTY). */
static bool in_foreground(void)
{
	pid_t group = again_tcgetpgrp(STDIN_FILENO);
	return group < 0 || group == getpgrp();
}

static const struct termios *at_risk;

static void restore_and_fall(int signal)
{
	again_tcsetattr(STDIN_FILENO, TCSANOW, at_risk);
	(void)raise(signal); /* once we return: it has its default action again */
}

/* A fault of our own ends us in an instant; the signals that ask us to end do not: they are queued. */
static void restore_on_faults(const struct termios *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
	const struct sigaction ours = { .sa_handler = restore_and_fall, .sa_flags = (int)SA_RESETHAND };
	struct sigaction present;

	at_risk = before;
	for (size_t i = 0; i < array_length(faults); i++)
		if (sigaction(faults[i], NULL, &present) == 0 && present.sa_handler == SIG_DFL)
			sigaction(faults[i], &ours, NULL);
}

void relay_raw(struct relay *relay)
{
	struct termios raw = relay->before;

	if (!relay->mode)
		return;
	relay->background = !in_foreground();
	if (relay->background)
		return;
	cfmakeraw(&raw);
	raw.c_oflag = relay->before.c_oflag; /* lines end with a newline alone in there: see relay_start */
	relay->raw = true;
	restore_on_faults(&relay->before);
	again_tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void restore(struct relay *relay)
{
	/* If it is another job's now, its mode is, too. */
	if (relay->raw && in_foreground())
		again_tcsetattr(STDIN_FILENO, TCSANOW, &relay->before);
	relay->raw = false;
}

void relay_resize(const struct relay *relay)
{
	uint16_t rows, columns;

	/* A terminal that does not know its size (a serial line) has none to pass on. */
	if (relay->master >= 0 && terminal_size(relay->terminal, &rows, &columns) == 0 && rows && columns)
		terminal_set_size(relay->master, rows, columns);
}

/* ---- the container's ---- */

/* A description of our own, so that O_NONBLOCK does not change our caller's. Of a file it would have another position. */
static int own_description(int fd, int flags)
{
	struct stat file;
	char path[40];
	int own = -1;

	format(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (again_isatty(fd) || (fstat(fd, &file) == 0 && S_ISFIFO(file.st_mode)))
		own = again_open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int relay_start(struct relay *relay, int master, struct error *error)
{
	if (master < 0)
		return fail(error, EPROTO, "init has not sent the terminal's master");
	relay->master = master;
	relay->peer = terminal_peer(master);
	relay->in = own_description(STDIN_FILENO, O_RDONLY);
	relay->out = own_description(STDOUT_FILENO, O_WRONLY);
	if (relay->in < 0 || relay->out < 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return fail(error, errno, "cannot prepare the terminal");
	relay_resize(relay);
	return 0;
}

/* The program's terminal is gone: it gets SIGHUP, as it would without us in between. */
static void hang_up(struct relay *relay)
{
	close_fd(&relay->peer);
	close_fd(&relay->master);
	relay->up.to = relay->up.from = relay->down.to = relay->down.from = 0;
}

void relay_close(struct relay *relay)
{
	restore(relay);
	hang_up(relay);
	close_fd(&relay->in);
	close_fd(&relay->out);
	close_fd(&relay->own);
	relay->terminal = -1;
}

/* ---- copying ---- */

static bool is_empty(const struct relay_flow *flow)
{
	return flow->from == flow->to;
}

/* As read(2), into an empty one; -errno. */
static ssize_t pull(int fd, struct relay_flow *flow)
{
	ssize_t n = again_read(fd, flow->data, sizeof(flow->data));

	flow->from = 0;
	flow->to = n > 0 ? (size_t)n : 0;
	return n < 0 ? -errno : n;
}

/* False: nobody takes it any more. */
static bool push(int fd, struct relay_flow *flow)
{
	size_t length = flow->to - flow->from;
	ssize_t n = again_write(fd, flow->data + flow->from, length < AT_ONCE ? length : AT_ONCE);

	if (n > 0)
		flow->from += (size_t)n;
	return n >= 0 || errno == EAGAIN;
}

static void tell_lost(int code)
{
	log_warning("output of the container's terminal is lost: %s", errno_text(code));
}

/* Who wants to read no more, and a terminal that has hung up, want no word of it either. */
static bool push_out(struct relay *relay)
{
	if (push(relay->out, &relay->down))
		return true;
	if (errno != EPIPE && !(errno == EIO && again_isatty(relay->out)))
		tell_lost(errno);
	return false;
}

void relay_wanted(const struct relay *relay, struct pollfd polls[RELAY_POLLS])
{
	bool up = !is_empty(&relay->up), down = !is_empty(&relay->down), there = relay->master >= 0;
	short events = (short)((up ? POLLOUT : 0) | (down ? 0 : POLLIN));

	polls[0] = (struct pollfd){ .fd = there && !up && !relay->in_ended && !relay->background ? relay->in : -1, .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = there && events ? relay->master : -1, .events = events };
	polls[2] = (struct pollfd){ .fd = there && down ? relay->out : -1, .events = POLLOUT };
}

int relay_patience(const struct relay *relay)
{
	return relay->background ? BACKGROUND_MS : -1; /* a shell does not tell a job that runs that it has the terminal again */
}

static void take_input(struct relay *relay, short revents)
{
	ssize_t n = pull(relay->in, &relay->up);

	if (n > 0 || n == -EAGAIN)
		return;
	/* With SIGTTIN blocked, a background job gets EIO (setpgid(2)). */
	if (n == -EIO && relay->mode && !(revents & POLLHUP))
		relay->background = true;
	else if (relay->mode)
		hang_up(relay);
	else
		relay->in_ended = true;
}

static void take_output(struct relay *relay)
{
	ssize_t n = pull(relay->master, &relay->down);

	if (n >= 0 || n == -EAGAIN)
		return;
	/* EIO: nobody has the other end open; we do, unless it could not be had. */
	if (n != -EIO)
		tell_lost((int)-n);
	hang_up(relay);
}

void relay_step(struct relay *relay, const struct pollfd polls[RELAY_POLLS])
{
	if (relay->background)
		relay_raw(relay);
	if (polls[0].revents && relay->master >= 0)
		take_input(relay, polls[0].revents);
	if (polls[2].revents && relay->master >= 0 && !push_out(relay))
		hang_up(relay);
	if (polls[1].revents & POLLOUT && relay->master >= 0 && !push(relay->master, &relay->up))
		hang_up(relay);
	if (polls[1].revents & (POLLIN | POLLHUP | POLLERR) && relay->master >= 0 && is_empty(&relay->down))
		take_output(relay);
}

/* A master that is read has all that was written into the other end before: what is still on its way is waited for (n_tty). */
static bool more(struct relay *relay, size_t *left)
{
	ssize_t n;

	if (!is_empty(&relay->down))
		return true;
	if (relay->master < 0 || *left == 0)
		return false;
	n = pull(relay->master, &relay->down);
	if (n < 0 && n != -EIO && n != -EAGAIN)
		tell_lost((int)-n);
	*left -= n > 0 && (size_t)n < *left ? (size_t)n : *left;
	return n > 0;
}

void relay_drain(struct relay *relay, int signals, int patience)
{
	size_t left = DRAIN_MOST;

	while (more(relay, &left)) {
		struct pollfd wait_for[] = { { .fd = relay->out, .events = POLLOUT }, { .fd = signals, .events = POLLIN } };
		int r = poll(wait_for, array_length(wait_for), patience);
		if (r == 0 || (r < 0 && errno != EINTR && errno != ENOMEM))
			return;
		if (wait_for[1].revents && signal_ends(signals_pending(signals)))
			return;
		if (wait_for[0].revents && !push_out(relay))
			return;
	}
}
