/* A child that can be given up. */
#include "run/visit.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "kern/descriptors.h"
#include "kern/message.h"
#include "kern/namespaces.h"
#include "kern/process.h"

#define END_MS 200 /* who can die does so at once */

struct answer {
	int result;
	struct error error;
};

/* ---- the child ---- */

static unsigned next_kept(const struct visit *visit, int socket, unsigned from)
{
	unsigned next = (unsigned)socket >= from ? (unsigned)socket : UINT_MAX;

	for (size_t i = 0; i < visit->keep_count; i++)
		if ((unsigned)visit->keep[i] >= from && (unsigned)visit->keep[i] < next)
			next = (unsigned)visit->keep[i];
	return next;
}

static int close_others(const struct visit *visit, int socket)
{
	for (unsigned from = 0;;) {
		unsigned next = next_kept(visit, socket, from);
		if (next > from)
			try(descriptors_range(from, next - 1, DESCRIPTORS_CLOSE));
		if (next == UINT_MAX)
			return 0;
		from = next + 1;
	}
}

static int be_alone(const struct visit *visit, int socket, pid_t parent)
{
	int r = process_die_with_parent(SIGKILL);

	if (r == 0 && getppid() != parent)
		r = -ESRCH;
	if (r == 0)
		r = close_others(visit, socket);
	/* Our working directory would keep its file system busy. */
	return r == 0 && chdir("/") < 0 ? -errno : r;
}

static void be_child(const struct visit *visit, int socket, pid_t parent)
{
	struct answer answer = { 0 };
	int fd = -1, r = be_alone(visit, socket, parent);

	if (r < 0)
		answer.result = fail(&answer.error, -r, "cannot prepare a child process");
	else
		answer.result = visit->run(visit->data, &fd, &answer.error);
	message_send(socket, &answer, sizeof(answer), &fd, fd >= 0 ? 1 : 0);
	process_end(0);
}

/* ---- the parent ---- */

static int wait_for(int socket, int64_t deadline)
{
	struct pollfd answer = { .fd = socket, .events = POLLIN };
	int ready;

	do {
		int64_t left = deadline - clock_ms();
		ready = poll(&answer, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	return ready < 0 ? -errno : ready;
}

static int take_answer(int socket, int *fd, struct error *error)
{
	struct answer answer;
	size_t count = 1;
	ssize_t length = message_receive(socket, &answer, sizeof(answer), fd, &count);

	if (length != sizeof(answer)) {
		close_fd(fd);
		return fail(error, 0, "the child process in the container's mount namespace was killed");
	}
	if (answer.result == 0)
		return 0;
	close_fd(fd);
	/* One that has become another user is not what we were. */
	answer.error.file[sizeof(answer.error.file) - 1] = answer.error.path[sizeof(answer.error.path) - 1] = '\0';
	answer.error.step[sizeof(answer.error.step) - 1] = answer.error.text[sizeof(answer.error.text) - 1] = '\0';
	if (error->text[0] == '\0')
		*error = answer.error;
	return -1;
}

/* Never for long: whose death waits for a file system is left to the kernel, and to whoever inherits it. */
static void part(int pidfd)
{
	siginfo_t how;

	pidfd_wait(pidfd, END_MS);
	again_waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED | WNOHANG);
}

int visit_pay(const struct visit *visit, int *fd, struct error *error)
{
	const pid_t parent = getpid();
	int ends[2];

	*fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return fail(error, errno, "cannot make a socket");
	_cleanup_fd int ours = ends[0];
	_cleanup_fd int theirs = ends[1];
	_cleanup_fd int pidfd = -1;
	pid_t pid = process_fork(ABI_CLONE_PIDFD, &pidfd);
	if (pid < 0)
		return fail(error, -pid, "cannot make a child process");
	if (pid == 0)
		be_child(visit, theirs, parent);
	close_fd(&theirs);
	int ready = wait_for(ours, visit->deadline);
	int r = ready > 0 ? take_answer(ours, fd, error) : -1;
	if (ready < 0)
		fail(error, -ready, "cannot wait for a child process");
	if (ready == 0)
		fail(error, ETIMEDOUT, "a file system of the container does not answer");
	if (ready <= 0)
		pidfd_signal(pidfd, SIGKILL);
	part(pidfd);
	return r;
}
