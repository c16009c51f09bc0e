/* The deputy: born somewhere else, told what to do. */
#include "run/deputy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/attend.h"
#include "run/id_maps.h"
#include "run/stage.h"

/* ---- the deputy ---- */

static int answer(const struct deputy *deputy)
{
	return again_write(deputy->its, "", 1) == 1;
}

static int ordered(const struct deputy *deputy)
{
	char nothing;

	return again_read(deputy->its, &nothing, 1) == 1;
}

/* On a stack of its own in our memory; it has no signal handlers to run, all are blocked. */
static int serve(void *data)
{
	struct deputy *deputy = data;

	process_die_with_parent(SIGKILL);
	if (getppid() != deputy->creator) /* it was gone before we said so; the socket would not tell, both its ends are ours */
		return 0;
	while (ordered(deputy)) {
		deputy->result = deputy->step(deputy->stage, deputy->error);
		if (!answer(deputy))
			break;
	}
	return 0;
}

/* ---- the runtime ---- */

/* Its end of the socket is ours, too: that it is gone only its pidfd tells. */
static int wait_for(const struct stage *stage, const struct deputy *deputy, int patience, struct error *error)
{
	struct pollfd any_of[] = {
		{ .fd = deputy->ours, .events = POLLIN }, { .fd = deputy->pidfd, .events = POLLIN },
		{ .fd = stage->signals, .events = POLLIN },
	};
	char nothing;
	int ready, signal;

	do {
		ready = poll(any_of, array_length(any_of), patience);
		signal = ready > 0 && any_of[2].revents ? signals_pending(stage->signals) : 0;
	} while ((ready < 0 && errno == EINTR) || (ready > 0 && !any_of[0].revents && !any_of[1].revents && !signal));
	if (signal)
		return fail(error, 0, "interrupted by signal %d", signal);
	if (ready == 0)
		return fail(error, 0, "a process of ours does not answer: it may be stopped (SIGSTOP) or frozen");
	if (!any_of[0].revents || again_read(deputy->ours, &nothing, 1) != 1)
		return fail(error, 0, "a process of ours was killed");
	return 0;
}

int deputy_play(struct stage *stage, struct deputy *deputy, int (*step)(struct stage *stage, struct error *error), int patience,
		struct error *error)
{
	struct error waiting = { 0 };

	if (!deputy->pid)
		return step(stage, error);
	deputy->step = step;
	deputy->stage = stage;
	deputy->error = error;
	if (again_write(deputy->ours, "", 1) != 1)
		return fail(error, errno, "cannot give an order to a process of ours");
	if (wait_for(stage, deputy, patience, &waiting) == 0)
		return deputy->result;
	deputy_end(deputy); /* or it would go on in our memory */
	*error = waiting;
	return -1;
}

void deputy_end(struct deputy *deputy)
{
	siginfo_t how;

	if (deputy->pid) {
		pidfd_signal(deputy->pidfd, SIGKILL);
		again_waitid(P_PIDFD, (id_t)deputy->pidfd, &how, WEXITED);
	}
	close_fd(&deputy->pidfd);
	close_fd(&deputy->ours);
	close_fd(&deputy->its);
	deputy->pid = 0;
}

/* ---- its birth ---- */

static int not_made(int code, const struct place *at, struct error *error)
{
	if (code == EPERM || code == EACCES)
		return fail_at(error, at, code, "this host lets an ordinary user make no user namespace (user_namespaces(7); sysctl "
			       "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; a chroot)");
	return fail_at(error, at, code, "cannot make a process in a user namespace of its own");
}

int deputy_begin(struct deputy *deputy, uint64_t namespaces)
{
	struct abi_clone_args args = {
		.flags = ABI_CLONE_VM | ABI_CLONE_FILES | ABI_CLONE_PIDFD | namespaces,
		.pidfd = (uintptr_t)&deputy->pidfd,
		.exit_signal = SIGCHLD, /* init, which it gives birth to as our child, gets the same one (clone3, CLONE_PARENT) */
	};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	deputy->ours = ends[0];
	deputy->its = ends[1];
	deputy->creator = getpid();
	long pid = clone_call(&args, serve, deputy);
	if (pid < 0)
		return (int)pid;
	deputy->pid = (pid_t)pid;
	return 0;
}

int deputy_for_mounts(struct deputy *deputy, const struct place *at, struct error *error)
{
	int r = deputy_begin(deputy, ABI_CLONE_NEWUSER | ABI_CLONE_NEWNS);
	return r < 0 ? not_made(-r, at, error) : 0;
}

int host_deputy(struct stage *stage, struct error *error)
{
	const struct plan_namespace *user = &stage->plan->namespaces.of[PLAN_NS_USER];

	try(deputy_for_mounts(&stage->deputy, &user->at, error));
	/* In one that is joined others may be: init enters it by itself. */
	return stage->plan->namespaces.born_ahead ? id_maps_write(stage, stage->deputy.pid, error) : 0;
}
