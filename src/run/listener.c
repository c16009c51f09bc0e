/* Hears a program's word of readiness in a process of its own. */
#include "run/listener.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/descriptors.h"
#include "kern/process.h"
#include "plan/plan.h"

#define MESSAGE_MOST 4096
#define QUEUE_MOST 1024 /* messages that may lie in a socket: net.unix.max_dgram_qlen, with room */
#define LAST_WORD_MS 2000
#define END_MS 1000

/* ---- in the process of its own ---- */

/* Everything else that we have open is for others to close: pipes that somebody reads to their end, the lock on the state directory. */
static void close_all_but(int one, int other)
{
	unsigned low = (unsigned)(one < other ? one : other), high = (unsigned)(one < other ? other : one);

	if (low > 0)
		descriptors_range(0, low - 1, DESCRIPTORS_CLOSE);
	if (high - low > 1)
		descriptors_range(low + 1, high - 1, DESCRIPTORS_CLOSE);
	descriptors_range(high + 1, ~0u, DESCRIPTORS_CLOSE);
}

/* The mode comes from the umask and not from a chmod of whatever has the name. */
static int listen_in(int dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* sun_path holds 108 bytes and a state root may be longer: the directory is named by its descriptor. */
	format(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" PLAN_READINESS_SOCKET, dir);
	unlinkat(dir, PLAN_READINESS_SOCKET, 0); /* of a start that was cut short */
	umask(0);
	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : take_fd(&fd);
}

/* A list of lines (sd_notify(3)), of which this one is all that interests us. */
static bool says_ready(const char *message, size_t length)
{
	static const char ready[] = "READY=1";

	for (const char *line = message, *end = message + length; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t size = (size_t)((newline ? newline : end) - line);
		if (size == strlen(ready) && memcmp(line, ready, size) == 0)
			return true;
		line += size + 1;
	}
	return false;
}

/* No room for descriptors: those that come along are closed by the kernel, here and now. */
static bool hear_one(int fd)
{
	char message[MESSAGE_MOST];
	ssize_t length = again_recv(fd, message, sizeof(message), 0);

	return length > 0 && says_ready(message, (size_t)length);
}

/* Until the word has come, or nobody waits for it any more; then what lies there still counts. Others of the container may go on talking,
 * so not for ever. */
static bool hear(int fd, int line)
{
	struct pollfd wait_for[2] = { { .fd = line, .events = POLLIN }, { .fd = fd, .events = POLLIN } };

	for (int left = QUEUE_MOST; left > 0;) {
		if (poll(wait_for, 2, -1) < 0 && errno != EINTR)
			return false;
		if (wait_for[1].revents && hear_one(fd))
			return true;
		if (wait_for[0].revents)
			left = wait_for[1].revents ? left - 1 : 0;
	}
	return false;
}

static void __attribute__((noreturn)) listen_alone(int dir, int line)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_all_but(dir, line);
	int fd = listen_in(dir), r = fd < 0 ? fd : 0;
	if (again_send(line, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) && fd >= 0 && hear(fd, line))
		again_send(line, "", 1, MSG_NOSIGNAL);
	process_end(0);
}

/* ---- on our side ---- */

int listener_start(int dir, struct listener *listener)
{
	int ends[2], r = 0;

	*listener = (struct listener)LISTENER_NONE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	listener->line = ends[0];
	pid_t pid = process_fork(ABI_CLONE_PIDFD, &listener->pidfd);
	if (pid == 0)
		listen_alone(dir, ends[1]);
	close(ends[1]);
	if (pid < 0)
		r = pid;
	else if (again_recv(listener->line, &r, sizeof(r), 0) != sizeof(r))
		r = -ECHILD;
	if (r < 0)
		listener_end(listener);
	return r;
}

int listener_hear(struct listener *listener)
{
	char word;
	bool said = again_recv(listener->line, &word, sizeof(word), MSG_DONTWAIT) == sizeof(word);

	listener_end(listener);
	return said;
}

int listener_hear_last(struct listener *listener)
{
	struct pollfd answer = { .fd = listener->line, .events = POLLIN };

	shutdown(listener->line, SHUT_WR);
	poll(&answer, 1, LAST_WORD_MS);
	return listener_hear(listener);
}

void listener_end(struct listener *listener)
{
	close_fd(&listener->line);
	if (listener->pidfd < 0)
		return;
	pidfd_signal(listener->pidfd, SIGKILL);
	if (pidfd_wait(listener->pidfd, END_MS) == 1)
		again_waitid(P_PIDFD, (id_t)listener->pidfd, &(siginfo_t){ 0 }, WEXITED | WNOHANG);
	close_fd(&listener->pidfd);
}
