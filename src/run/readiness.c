/* A program that tells it is ready: its word goes on to the service manager that started us. */
#include "run/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"
#include "kern/message.h"
#include "plan/plan.h"
#include "run/attend.h"
#include "run/handover.h"

#define BARRIER_MS 30000

bool readiness_address_valid(const char *address)
{
	return (address[0] == '/' || address[0] == '@') && address[1] && strlen(address) < 4096;
}

static int connect_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = HANDOVER_SECONDS };
	size_t length = strlen(name);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path + 1, name, length); /* the first byte stays 0: unix(7) */
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	/* A manager that does not read must not hold us up for ever. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    again_connect(fd, (const struct sockaddr *)&address, size) < 0)
		return -errno;
	return take_fd(&fd);
}

void readiness_open(const struct state_dir *state, const char *address, pid_t main, struct readiness *readiness)
{
	*readiness = (struct readiness)READINESS_NONE;
	_cleanup_fd int dir = again_openat(state->dir, PLAN_READINESS_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!address || dir < 0)
		return;
	_cleanup_fd int manager = address[0] == '@' ? connect_abstract(address + 1) : handover_open(address, SOCK_DGRAM);
	if (manager < 0) {
		log_warning("cannot reach the service manager at NOTIFY_SOCKET '%s', so it is not told of readiness: %s", address,
			    errno_text(-manager));
		return;
	}
	struct listener listener;
	int r = listener_start(dir, &listener);
	if (r < 0) {
		log_warning("cannot make the socket on which the program could tell that it is ready: %s", errno_text(-r));
		return;
	}
	*readiness = (struct readiness){ listener, take_fd(&manager), -1, main };
}

static int tell(int manager, const char *text)
{
	return message_send(manager, text, strlen(text), NULL, 0);
}

/* The manager closes its end of the pipe once all that was sent before it has been dealt with. */
static int send_barrier(struct readiness *readiness)
{
	static const char barrier[] = "BARRIER=1";
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int r = message_send(readiness->manager, barrier, strlen(barrier), &ends[1], 1);
	close(ends[1]);
	if (r < 0)
		close(ends[0]);
	else
		readiness->barrier = ends[0];
	return r;
}

static void pass_on(struct readiness *readiness)
{
	char main_pid[40];

	format(main_pid, sizeof(main_pid), "MAINPID=%d", (int)readiness->main);
	int r = tell(readiness->manager, "READY=1");
	if (r == 0)
		r = tell(readiness->manager, main_pid);
	if (r == 0)
		r = send_barrier(readiness);
	if (r < 0)
		log_warning("cannot tell the service manager that the program is ready: %s", errno_text(-r));
}

void readiness_hear(struct readiness *readiness)
{
	if (listener_hear(&readiness->listener))
		pass_on(readiness);
	else
		log_warning("the process that listened for the program's word of readiness is gone: the service manager is not told");
}

void readiness_hear_last(struct readiness *readiness)
{
	if (readiness->listener.line >= 0 && listener_hear_last(&readiness->listener))
		pass_on(readiness);
}

/* False once there is nothing more to wait for. */
static bool wait_for_word(struct readiness *readiness, int pidfd, int signals, struct error *error)
{
	struct pollfd wait_for[3] = {
		{ .fd = readiness->listener.line, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	if (readiness->listener.line < 0)
		return false;
	if (poll(wait_for, 3, -1) < 0)
		return errno == EINTR;
	if (wait_for[0].revents)
		readiness_hear(readiness);
	if (wait_for[2].revents)
		fail(error, 0, "interrupted by signal %d", signals_pending(signals));
	if (wait_for[1].revents)
		readiness_hear_last(readiness);
	return !error->text[0] && !wait_for[1].revents;
}

int readiness_wait(struct readiness *readiness, int pidfd, int signals, struct error *error)
{
	while (wait_for_word(readiness, pidfd, signals, error))
		;
	readiness_settle(readiness, signals);
	return error->text[0] ? -1 : 0;
}

/* Signals are blocked where there is a signalfd, and that of a foreground run has others, too: SIGCHLD, what was to be forwarded. */
static bool told_to_end(int signals)
{
	int number = signals_pending(signals);

	while (number && !signal_ends(number))
		number = signals_pending(signals);
	return number != 0;
}

void readiness_settle(struct readiness *readiness, int signals)
{
	struct pollfd wait_for[2] = { { .fd = readiness->barrier }, { .fd = signals, .events = POLLIN } };
	int64_t deadline = clock_ms() + BARRIER_MS, left = BARRIER_MS;

	for (; readiness->barrier >= 0 && left > 0; left = deadline - clock_ms()) {
		if (poll(wait_for, 2, (int)left) < 0 && errno != EINTR)
			break;
		if (wait_for[0].revents || (wait_for[1].revents && told_to_end(signals)))
			break;
	}
	close_fd(&readiness->barrier);
}

void readiness_close(struct readiness *readiness)
{
	listener_end(&readiness->listener);
	close_fd(&readiness->manager);
	close_fd(&readiness->barrier);
}
