/* A program that tells it is ready: its word goes on to the service manager that started us. */
#include "run/readiness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "base/log.h"
#include "kern/message.h"
#include "plan/plan.h"
#include "run/attend.h"
#include "run/handover.h"

#define BARRIER_MS 30000
#define MESSAGE_MOST 4096
#define QUEUE_MOST 1024 /* messages that may lie in a socket: net.unix.max_dgram_qlen, with room */

bool readiness_address_valid(const char *address)
{
	return (address[0] == '/' || address[0] == '@') && address[1] && strlen(address) < 4096;
}

static int connect_abstract(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path + 1, name, length); /* the first byte stays 0: unix(7) */
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, size) < 0)
		return -errno;
	return take_fd(&fd);
}

/* In the directory that is bound into the container. It is read-only there, but a privileged container can change that: so nothing that
 * lies there is followed, and the mode comes from the umask and not from a chmod of whatever has the name. */
static int listen_in(int dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* sun_path holds 108 bytes and a state root may be longer: the directory is named by its descriptor. */
	format(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" PLAN_READINESS_SOCKET, dir);
	unlinkat(dir, PLAN_READINESS_SOCKET, 0); /* of a start that was cut short */
	mode_t before = umask(0);
	int r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(before);
	return r < 0 ? r : take_fd(&fd);
}

void readiness_open(const struct state_dir *state, const char *address, pid_t main, struct readiness *readiness)
{
	*readiness = (struct readiness)READINESS_NONE;
	_cleanup_fd int dir = openat(state->dir, PLAN_READINESS_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!address || dir < 0)
		return;
	_cleanup_fd int manager = address[0] == '@' ? connect_abstract(address + 1) : handover_open(address, SOCK_DGRAM);
	if (manager < 0) {
		log_warning("cannot reach the service manager at NOTIFY_SOCKET '%s', so it is not told of readiness: %s", address,
			    errno_text(-manager));
		return;
	}
	_cleanup_fd int fd = listen_in(dir);
	if (fd < 0) {
		log_warning("cannot make the socket on which the program could tell that it is ready: %s", errno_text(-fd));
		return;
	}
	*readiness = (struct readiness){ take_fd(&fd), take_fd(&manager), -1, main };
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
	char message[MESSAGE_MOST];
	ssize_t length;

	/* No room for descriptors: those that come along are closed by the kernel. */
	do
		length = recv(readiness->socket, message, sizeof(message), 0);
	while (length < 0 && errno == EINTR);
	if (length < 0 || !says_ready(message, (size_t)length))
		return;
	close_fd(&readiness->socket);
	pass_on(readiness);
}

void readiness_hear_last(struct readiness *readiness)
{
	struct pollfd wait_for = { .events = POLLIN };

	for (int i = 0; i < QUEUE_MOST; i++) {
		wait_for.fd = readiness->socket;
		if (poll(&wait_for, 1, 0) <= 0)
			break;
		readiness_hear(readiness);
	}
}

/* False once there is nothing more to wait for. */
static bool wait_for_word(struct readiness *readiness, int pidfd, int signals, struct error *error)
{
	struct pollfd wait_for[3] = {
		{ .fd = readiness->socket, .events = POLLIN }, { .fd = pidfd, .events = POLLIN }, { .fd = signals, .events = POLLIN },
	};

	if (readiness->socket < 0)
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
	readiness_settle(readiness);
	return error->text[0] ? -1 : 0;
}

void readiness_settle(struct readiness *readiness)
{
	struct pollfd barrier = { .fd = readiness->barrier };

	if (readiness->barrier >= 0)
		poll(&barrier, 1, BARRIER_MS);
	close_fd(&readiness->barrier);
}

void readiness_close(struct readiness *readiness)
{
	close_fd(&readiness->socket);
	close_fd(&readiness->manager);
	close_fd(&readiness->barrier);
}
