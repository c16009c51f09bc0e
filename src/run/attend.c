/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us (rule B.15, contract 7.5). */
#include "run/attend.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kern/process.h"

int signals_block(struct error *error)
{
	sigset_t all;
	sigfillset(&all);
	/* A fault of our own must end us, not wait in a queue. */
	const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&all, faults[i]);
	sigprocmask(SIG_SETMASK, &all, NULL);
	int fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? fail(error, errno, "cannot watch for signals") : fd;
}

static bool asks_to_end(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

int signals_pending(int signal_fd)
{
	struct signalfd_siginfo info;
	int found = 0;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
		if (asks_to_end((int)info.ssi_signo))
			found = (int)info.ssi_signo;
	return found;
}

/* Everything but init, whose end is told by its pidfd. */
static void reap_others(pid_t init)
{
	siginfo_t how = { 0 };

	while (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid && how.si_pid != init) {
		pid_t other = how.si_pid;
		how.si_pid = 0;
		waitpid(other, NULL, WNOHANG);
	}
}

static void forward(int pidfd, int signal)
{
	if (signal != SIGCHLD && signal != SIGURG && signal != SIGWINCH && signal != SIGPIPE)
		pidfd_signal(pidfd, signal);
}

static void take_signals(pid_t init, int pidfd, int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap_others(init);
		else
			forward(pidfd, (int)info.ssi_signo);
	}
}

int attend(pid_t init, int pidfd, int signal_fd)
{
	struct pollfd wait_for[2] = { { .fd = pidfd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
	siginfo_t how = { 0 };

	while (!wait_for[0].revents) {
		if (poll(wait_for, 2, -1) < 0 && errno != EINTR)
			break;
		if (!wait_for[0].revents && wait_for[1].revents)
			take_signals(init, pidfd, signal_fd);
	}
	while (waitid(P_PIDFD, (id_t)pidfd, &how, WEXITED) < 0 && errno == EINTR)
		;
	return how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status;
}
