/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us (rule B.15, contract 7.5). */
#include "run/attend.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "kern/process.h"

static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

static void all_but_faults(sigset_t *set)
{
	/* A fault of our own must end us, not wait in a queue. */
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
	sigfillset(set);
	for (size_t i = 0; i < array_length(faults); i++)
		sigdelset(set, faults[i]);
}

void signals_block(void)
{
	sigset_t all;
	all_but_faults(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static int watch(const sigset_t *set, struct error *error)
{
	int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? fail(error, errno, "cannot watch for signals") : fd;
}

int signals_ending(struct error *error)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < array_length(ending); i++)
		sigaddset(&set, ending[i]);
	return watch(&set, error);
}

int signals_all(struct error *error)
{
	sigset_t set;
	all_but_faults(&set);
	return watch(&set, error);
}

int signals_pending(int signal_fd)
{
	struct signalfd_siginfo info;
	return read(signal_fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
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

static bool wait_for_news(struct attended *attended)
{
	struct pollfd wait_for[] = {
		{ .fd = attended->pidfd, .events = POLLIN },
		{ .fd = attended->signals, .events = POLLIN },
		{ .fd = attended->oom->own, .events = POLLPRI },
	};

	if (poll(wait_for, array_length(wait_for), -1) < 0)
		return errno == EINTR;
	if (wait_for[2].revents || wait_for[0].revents)
		oom_tally_read(attended->oom);
	if (wait_for[0].revents)
		return false;
	if (wait_for[1].revents)
		take_signals(attended->init, attended->pidfd, attended->signals);
	return true;
}

int attend(struct attended *attended)
{
	siginfo_t how = { 0 };

	oom_tally_read(attended->oom); /* poll(2) tells what is new since it was read */
	while (wait_for_news(attended))
		;
	while (waitid(P_PIDFD, (id_t)attended->pidfd, &how, WEXITED) < 0 && errno == EINTR)
		;
	return how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status;
}
