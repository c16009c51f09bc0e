/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us (rule B.15, contract 7.5). */
#include "run/attend.h"

#include <errno.h>
#include <string.h>
#include <poll.h>
#include <time.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/process.h"
#include "run/relay.h"
#include "run/readiness.h"
#include "run/trace.h"

/* How long a reader of the terminal may take nothing, once we were asked to end. */
#define LAST_WORDS_MS 1000

#define NAP_NS 10000000

static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

static void all_but_faults(sigset_t *set)
{
	/* A fault of our own must end us, not wait in a queue. */
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
	memset(set, 0xff, sizeof(*set)); /* sigfillset leaves out those that libc would like to keep, 34 (SIGRTMIN) with musl */
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
	return again_read(signal_fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

bool signal_ends(int signal)
{
	for (size_t i = 0; i < array_length(ending); i++)
		if (ending[i] == signal)
			return true;
	return false;
}

/* Everything but init, whose end is told by its pidfd. */
static void reap_others(pid_t init)
{
	siginfo_t how = { 0 };

	while (again_waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid && how.si_pid != init) {
		pid_t other = how.si_pid;
		how.si_pid = 0;
		again_waitpid(other, NULL, WNOHANG);
	}
}

static void forward(int pidfd, int signal)
{
	if (signal != SIGCHLD && signal != SIGURG && signal != SIGWINCH && signal != SIGPIPE)
		pidfd_signal(pidfd, signal);
}

static void tell_relay(struct relay *relay, int signal)
{
	if (signal == SIGCONT) /* whoever had the terminal meanwhile has set its mode */
		relay_raw(relay);
	if (signal == SIGCONT || signal == SIGWINCH)
		relay_resize(relay);
}

static void take_signals(struct attended *attended)
{
	struct signalfd_siginfo info;

	while (again_read(attended->signals, &info, sizeof(info)) == sizeof(info)) {
		attended->asked_to_end = attended->asked_to_end || signal_ends((int)info.ssi_signo);
		if (info.ssi_signo == SIGCHLD)
			reap_others(attended->init);
		else
			forward(attended->pidfd, (int)info.ssi_signo);
		if (attended->relay)
			tell_relay(attended->relay, (int)info.ssi_signo);
	}
}

static bool wait_for_news(struct attended *attended)
{
	struct pollfd wait_for[4 + RELAY_POLLS] = {
		{ .fd = attended->pidfd, .events = POLLIN },
		{ .fd = attended->signals, .events = POLLIN },
		{ .fd = attended->oom->own, .events = POLLPRI },
		{ .fd = attended->readiness ? attended->readiness->listener.line : -1, .events = POLLIN },
	};

	struct relay *relay = attended->relay;

	if (relay)
		relay_wanted(relay, wait_for + 4);
	if (poll(wait_for, relay ? array_length(wait_for) : 4, relay ? relay_patience(relay) : -1) < 0) {
		/* The kernel has memory for it again some time; until then the program is not to lose its terminal, nor its signals. */
		if (errno == ENOMEM)
			nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
		return errno == EINTR || errno == ENOMEM;
	}
	if (wait_for[2].revents || wait_for[0].revents)
		oom_tally_read(attended->oom);
	if (wait_for[3].revents)
		readiness_hear(attended->readiness);
	if (wait_for[0].revents)
		return false;
	if (wait_for[1].revents)
		take_signals(attended);
	if (relay)
		relay_step(relay, wait_for + 4);
	return true;
}

int attend(struct attended *attended)
{
	siginfo_t how = { 0 };

	oom_tally_read(attended->oom); /* poll(2) tells what is new since it was read */
	if (attended->relay)
		relay_raw(attended->relay);
	struct trace_span *span = trace_step("attend the program");
	while (wait_for_news(attended))
		;
	trace_end(span, 0);
	if (attended->relay)
		relay_drain(attended->relay, attended->signals, attended->asked_to_end ? LAST_WORDS_MS : -1);
	if (attended->readiness)
		readiness_hear_last(attended->readiness);
	again_waitid(P_PIDFD, (id_t)attended->pidfd, &how, WEXITED);
	return how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status;
}
