/* Runs one command under ptrace and disturbs one system call of it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sweep.h"

#define BIRTHS (PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)
#define OPTIONS (PTRACE_O_TRACESYSGOOD | BIRTHS | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define MOST_TRACEES 64
#define EVENT_STOP 128 /* PTRACE_EVENT_STOP, which not all libcs have */

/* linux/ptrace.h's, which goes together with no libc's sys/ptrace.h. */
#define GET_SYSCALL_INFO 0x420e
#define AT_ENTRY 1

struct call_info {
	unsigned char op, pad[3];
	unsigned arch;
	unsigned long long ip, sp;
	unsigned long long nr, args[6]; /* at the entry */
	unsigned long long more[4];
};

struct tracee {
	pid_t pid;
	int error; /* what the call that it is in shall return */
	bool gone; /* ended, or let go; a parent may tell of it later than it told of itself */
};

int patience = 20; /* init's answers have ten */
uid_t caller;
static struct tracee tracees[MOST_TRACEES];
static int tracee_count, traced_count;
bool let_go;
static bool untied; /* init, by its creator */
/* Nothing is left to be disturbed: whoever stops is let go. */
static bool done;
static volatile sig_atomic_t late;

static void on_alarm(int signal)
{
	(void)signal;
	late = 1;
}

/* The timer fires again and again, lest its signal comes just before a wait. */
static void set_patience(int seconds)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval value = { .it_value.tv_sec = seconds, .it_interval.tv_usec = seconds ? 100000 : 0 };

	late = 0;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &value, NULL);
}

static struct tracee *known(pid_t pid)
{
	for (int i = 0; i < tracee_count; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	if (tracee_count == MOST_TRACEES)
		give_up("more than %d processes", MOST_TRACEES);
	tracees[tracee_count] = (struct tracee){ .pid = pid };
	traced_count++;
	return &tracees[tracee_count++];
}

static void forget(pid_t pid)
{
	for (int i = 0; i < tracee_count; i++)
		if (tracees[i].pid == pid && !tracees[i].gone) {
			tracees[i].gone = true;
			traced_count--;
		}
}

static void go_on(pid_t pid, int signal)
{
	if (!done) {
		ptrace(PTRACE_SYSCALL, pid, 0, signal);
	} else if (ptrace(PTRACE_DETACH, pid, 0, signal) == 0) {
		forget(pid);
	}
}

static pid_t begin(char *const *argv, const int streams[3], bool traced)
{
	pid_t pid = fork();

	if (pid < 0)
		give_up("cannot fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	for (int i = 0; i < 3; i++)
		dup2(streams[i], i);
	if (traced)
		raise(SIGSTOP);
	if (caller > 0 && (setgroups(0, NULL) < 0 || setresgid(caller, caller, caller) < 0 || setresuid(caller, caller, caller) < 0))
		_exit(126);
	execv(argv[0], argv);
	_exit(126);
}

/* EIO from a terminal's master is no failure, but how it tells that nobody is there any more. */
static bool hangs_up(pid_t pid, long nr, const unsigned long long *arguments, int which)
{
	char name[40], link[256];
	bool executed;

	if (strcmp(call_name(nr), "read") != 0 || fault_of(nr, arguments, which, &executed) != EIO)
		return false;
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", pid, (int)arguments[0]);
	ssize_t length = readlink(name, link, sizeof(link) - 1);
	link[length < 0 ? 0 : length] = '\0';
	return strstr(link, "ptmx") != NULL;
}

/* The call of a side begins: true if its process has been killed. */
static bool entered(struct tracee *tracee, enum side side, const struct call_info *call, const struct shot *shot, struct traced *result)
{
	const long nr = (long)call->nr;
	int at = result->count[side]++;
	bool executed = false;

	if (at < MOST_CALLS)
		result->calls[side][at] = (short)nr;
	untied = untied || (side == INIT && nr == SYS_prctl && call->args[0] == PR_SET_PDEATHSIG && call->args[1] == 0);
	if (shot->act == COUNT || side != shot->side || at + 1 != shot->at)
		return false;
	result->nr = nr;
	let_go = untied;
	if (shot->act == KILL) {
		result->hit = done = true;
		kill(tracee->pid, SIGKILL);
		return true;
	}
	if (shot->act == TERM) {
		result->hit = done = true;
		kill(tracee->pid, SIGTERM);
		return false;
	}
	if (shot->act == SHORT) {
		done = true;
		result->hit = may_be_short_there(nr, tracee->pid, call->args);
		if (result->hit)
			ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user_regs_struct, rdx), (long)(call->args[2] / 2));
		return false;
	}
	if (shot->which >= fault_count(nr, call->args) || hangs_up(tracee->pid, nr, call->args, shot->which)) {
		done = true; /* this time it was another call */
		return false;
	}
	result->hit = true;
	result->error = tracee->error = fault_of(nr, call->args, shot->which, &executed);
	if (!executed)
		ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user_regs_struct, orig_rax), -1L);
	return false;
}

static void at_call(struct tracee *tracee, enum side side, const struct shot *shot, struct traced *result)
{
	struct call_info call;

	if (done) {
		go_on(tracee->pid, 0);
		return;
	}
	if (ptrace(GET_SYSCALL_INFO, tracee->pid, sizeof(call), &call) > 0 && call.op == AT_ENTRY) {
		if (entered(tracee, side, &call, shot, result))
			return;
	} else if (tracee->error) {
		ptrace(PTRACE_POKEUSER, tracee->pid, offsetof(struct user_regs_struct, rax), -(long)tracee->error);
		done = true;
	}
	go_on(tracee->pid, 0);
}

/* What executes a program of others, a hook or the container's own, is not ours any more. */
static bool ours(pid_t pid)
{
	char name[40], link[256];

	snprintf(name, sizeof(name), "/proc/%d/exe", pid);
	ssize_t length = readlink(name, link, sizeof(link) - 1);
	link[length < 0 ? 0 : length] = '\0';
	return strstr(link, "memfd:caisson-") != NULL;
}

static void stopped(pid_t pid, int status, pid_t root, const struct shot *shot, struct traced *result)
{
	struct tracee *tracee = known(pid);
	const int signal = WSTOPSIG(status), event = status >> 16;
	unsigned long child;

	if (signal == (SIGTRAP | 0x80)) {
		at_call(tracee, pid == root ? HOST : INIT, shot, result);
	} else if (event == PTRACE_EVENT_EXEC && pid != root && !ours(pid)) {
		if (ptrace(PTRACE_DETACH, pid, 0, 0) == 0)
			forget(pid);
	} else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
		/* Before the parent goes on: its child is a tracee already. */
		if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0)
			known((pid_t)child);
		go_on(pid, 0);
	} else {
		go_on(pid, event ? 0 : signal);
	}
}

/* The command has ended: whatever else there is goes on without us. */
static void leave_all(void)
{
	done = true;
	for (int i = 0; i < tracee_count; i++)
		if (!tracees[i].gone)
			ptrace(PTRACE_INTERRUPT, tracees[i].pid, 0, 0);
}

static void follow(pid_t root, const struct shot *shot, struct traced *result)
{
	bool ended = false;
	int status;

	while (!ended || traced_count > 0) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (late) {
			result->hung = true;
			kill_ours();
			set_patience(patience);
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) {
			stopped(pid, status, root, shot, result);
			continue;
		}
		forget(pid);
		if (pid != root)
			continue;
		ended = true;
		result->status = status;
		leave_all();
	}
}

/* From the call on in which init waits for its start: with less, each run would count another number of its calls. */
static void take_waiting(pid_t init)
{
	char name[40], call[32] = "";
	int status, tries = 0;

	snprintf(name, sizeof(name), "/proc/%d/syscall", init);
	while (slurp(AT_FDCWD, name, call, sizeof(call)) < 1 || atol(call) != SYS_accept4) {
		if (tries++ == 5000)
			give_up("init does not wait for its start: %s", call);
		usleep(1000);
	}
	if (ptrace(PTRACE_SEIZE, init, 0, OPTIONS) < 0 || ptrace(PTRACE_INTERRUPT, init, 0, 0) < 0)
		give_up("cannot trace init: %s", strerror(errno));
	if (waitpid(init, &status, __WALL) != init || !WIFSTOPPED(status))
		give_up("init did not stop");
	known(init);
	ptrace(PTRACE_SYSCALL, init, 0, 0);
}

void trace_run(char *const *argv, const int streams[3], const struct shot *shot, struct traced *result)
{
	int status;

	*result = (struct traced){ .status = -1 };
	tracee_count = traced_count = 0;
	done = untied = let_go = false;
	pid_t root = begin(argv, streams, true);
	if (waitpid(root, &status, WUNTRACED) != root || !WIFSTOPPED(status))
		give_up("the child did not stop");
	if (ptrace(PTRACE_SEIZE, root, 0, OPTIONS) < 0)
		give_up("cannot trace: %s", strerror(errno));
	kill(root, SIGCONT);
	/* Its first system call is that of the program, not those on the way to it. */
	for (;;) {
		if (waitpid(root, &status, __WALL) != root || !WIFSTOPPED(status))
			give_up("the child did not execute '%s'", argv[0]);
		if (status >> 16 == PTRACE_EVENT_EXEC)
			break;
		ptrace(PTRACE_CONT, root, 0, status >> 16 || WSTOPSIG(status) == SIGCONT ? 0 : WSTOPSIG(status));
	}
	set_patience(patience);
	known(root);
	if (shot->waiting)
		take_waiting(shot->waiting);
	ptrace(PTRACE_SYSCALL, root, 0, 0);
	follow(root, shot, result);
	set_patience(0);
}

/* Whatever else ends is reaped, too: a pid namespace does not end before what was executed in it has been. */
int plain_run(char *const *argv, const int streams[3])
{
	pid_t root = begin(argv, streams, false), pid;
	bool hung = false;
	int status;

	set_patience(patience);
	while ((pid = waitpid(-1, &status, 0)) != root)
		if (late && !hung) {
			hung = true;
			kill_ours();
		}
	set_patience(0);
	return hung ? -1 : status;
}
