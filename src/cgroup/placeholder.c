/* The process that holds a scope's place until init is born in it. */
#include "cgroup/placeholder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/descriptors.h"
#include "kern/process.h"

/* System calls alone: this is a copy of our memory, and it is soon where a limit may be very small. It keeps nothing open: whoever waits
 * for the end of something we hold must not wait for it. */
static void hold(int socket, int report, pid_t creator, const struct bus_places *places)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != creator)
		process_end(0);
	int r = bus_connect(socket, places);
	if (again_write(report, &r, sizeof(r)) != sizeof(r))
		process_end(0);
	descriptors_range(0, ~0u, DESCRIPTORS_CLOSE);
	for (;;)
		pause();
}

int placeholder_begin(struct placeholder *placeholder, int socket, const struct bus_places *places)
{
	pid_t creator = getpid();
	int ends[2], pidfd, place;
	ssize_t length;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	_cleanup_fd int from = ends[0], to = ends[1];
	pid_t pid = process_fork(ABI_CLONE_PIDFD, &pidfd);
	if (pid == 0)
		hold(socket, to, creator, places);
	if (pid < 0)
		return pid;
	placeholder->pid = pid;
	placeholder->pidfd = pidfd;
	close_fd(&to);
	length = again_read(from, &place, sizeof(place));
	if (length == sizeof(place) && place >= 0)
		return place;
	placeholder_end(placeholder);
	return length == sizeof(place) ? place : -ECHILD;
}

void placeholder_end(struct placeholder *placeholder)
{
	siginfo_t how;

	if (placeholder->pidfd < 0)
		return;
	pidfd_signal(placeholder->pidfd, SIGKILL);
	again_waitid(P_PIDFD, (id_t)placeholder->pidfd, &how, WEXITED);
	close_fd(&placeholder->pidfd);
	placeholder->pid = 0;
}
