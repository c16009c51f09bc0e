/* The deputy: born in the container's user namespace and a copy of our mount namespace, or entering one that is joined; told what to do. */
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
#include "base/cleanup.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "run/id_maps.h"
#include "run/stage.h"

/* ---- the deputy ---- */

static int answer(const struct deputy *deputy)
{
	ssize_t n;

	do
		n = write(deputy->its, "", 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static int ordered(const struct deputy *deputy)
{
	ssize_t n;
	char nothing;

	do
		n = read(deputy->its, &nothing, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
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

int deputy_play(struct stage *stage, int (*step)(struct stage *stage, struct error *error), struct error *error)
{
	struct deputy *deputy = &stage->deputy;
	struct pollfd wait_for[] = { { .fd = deputy->ours, .events = POLLIN }, { .fd = deputy->pidfd, .events = POLLIN } };
	char nothing;

	if (!deputy->pid)
		return step(stage, error);
	deputy->step = step;
	deputy->stage = stage;
	deputy->error = error;
	if (write(deputy->ours, "", 1) != 1)
		return fail(error, errno, "cannot give an order to the process in the container's user namespace");
	while (poll(wait_for, array_length(wait_for), -1) < 0 && errno == EINTR)
		;
	/* Its end of the socket is ours, too: that it is gone only its pidfd tells. */
	if (!wait_for[0].revents || read(deputy->ours, &nothing, 1) != 1)
		return fail(error, 0, "the runtime's process in the container's user namespace was killed");
	return deputy->result;
}

void deputy_end(struct deputy *deputy)
{
	siginfo_t how;

	if (deputy->pid) {
		pidfd_signal(deputy->pidfd, SIGKILL);
		while (waitid(P_PIDFD, (id_t)deputy->pidfd, &how, WEXITED) < 0 && errno == EINTR)
			;
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
	if (code == ENOSPC || code == EUSERS)
		return fail_at(error, at, code, "cannot make a user namespace: there are as many as user.max_user_namespaces allows");
	return fail_at(error, at, code, "cannot make a process in a user namespace of its own");
}

/* The mount namespace is a copy of ours that the user namespace owns, with every flag locked and nothing passed back. */
static int settle(struct error *error)
{
	process_die_with_parent(SIGKILL); /* entering may have undone it (prctl(2)) */
	int r = namespace_unshare(ABI_CLONE_NEWNS);
	return r < 0 ? fail(error, -r, "cannot make a mount namespace that the joined user namespace owns") : 0;
}

/* Entered from outside, by the user it belongs to: that gives all capabilities in there. */
static int enter_joined(struct stage *stage, struct error *error)
{
	const struct plan_namespace *user = &stage->plan->namespaces.of[PLAN_NS_USER];
	int r = namespace_join(user->fd, user->flag);

	if (r < 0)
		return fail_at(error, &user->at, -r, "cannot enter the %s namespace '%s'", user->name, user->path);
	return settle(error);
}

static int enter_container(struct stage *stage, struct error *error)
{
	int r = namespace_join(stage->container, ABI_CLONE_NEWUSER);
	return r < 0 ? fail(error, -r, "cannot enter the user namespace of container '%s'", stage->record.id) : settle(error);
}

int deputy_begin(struct stage *stage, uint64_t namespaces)
{
	struct deputy *deputy = &stage->deputy;
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

int host_deputy(struct stage *stage, struct error *error)
{
	struct plan_namespaces *n = &stage->plan->namespaces;
	struct plan_namespace *user = &n->of[PLAN_NS_USER];

	/* Strangers in there must not be able to trace it, and with it us (rule B.6.3). In a new one is nobody else yet, and
	 * /proc/PID/uid_map of what cannot be dumped belongs to root. */
	if (user->mode == NS_JOIN)
		process_undumpable();
	int r = deputy_begin(stage, user->mode == NS_NEW ? ABI_CLONE_NEWUSER | ABI_CLONE_NEWNS : 0);
	if (r < 0)
		return not_made(-r, &user->at, error);
	if (user->mode == NS_NEW)
		return id_maps_write(stage, stage->deputy.pid, error);
	try(deputy_play(stage, enter_joined, error));
	user->own = true; /* init will be born in it */
	return 0;
}

int deputy_to_container(struct stage *stage, struct error *error)
{
	process_undumpable();
	int r = deputy_begin(stage, 0);
	return r < 0 ? fail(error, -r, "cannot make a process") : deputy_play(stage, enter_container, error);
}
