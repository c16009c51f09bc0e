/* Namespaces from the inside: joined in an order that works, made where they had to wait, and what little is set in them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/stage.h"
#include "kern/credentials.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "kern/seccomp.h"
#include "run/baton.h"
#include "run/scheduler.h"

/* Root of the user namespace we are in, or who stands in for it. Groups first, while we may; a namespace that denies setgroups(2) keeps
 * ours. With other ids we would outlive our creator and be dumpable, as far as the kernel is concerned: both are said once more. */
static int become_root(const struct plan_namespaces *n)
{
	int r = cred_set_groups(NULL, 0);
	if (r == 0 || r == -EPERM)
		r = cred_set_gid(n->setup_gid);
	if (r == 0)
		r = cred_set_uid(n->setup_uid);
	process_undumpable();
	process_die_with_parent(SIGKILL);
	return r;
}

int init_become_root(struct stage *stage, struct error *error)
{
	int r = become_root(&stage->plan->namespaces);
	return r < 0 ? fail_at(error, &stage->plan->namespaces.of[PLAN_NS_USER].at, -r, "cannot become root of the user namespace") : 0;
}

/* The runtime's own additional groups, while we may: in a user namespace that denies setgroups(2) they could not be dropped any more, and
 * would be the container's (case C39). Without CAP_SETGID they are those of an ordinary user, who has no others to begin with. */
static void drop_groups(void)
{
	cred_set_groups(NULL, 0);
}

static int join_one(const struct plan_namespace *ns, struct error *error)
{
	int r = namespace_join(ns->fd, ns->flag);
	return r < 0 ? fail_at(error, &ns->at, -r, "cannot enter the %s namespace '%s'", ns->name, ns->path) : 0;
}

/* One pass over what is to be joined, user and pid left aside. Those that refuse with EPERM stay in `left` for after the user
 * namespace: which of the two owns them is the kernel's to tell (rule B.11). */
static int join_others(const struct plan_namespaces *n, unsigned *left, struct error *error)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++) {
		if (!(*left & 1u << i))
			continue;
		int r = namespace_join(n->of[i].fd, n->of[i].flag);
		if (r == 0)
			*left &= ~(1u << i);
		else if (r != -EPERM)
			return fail_at(error, &n->of[i].at, -r, "cannot enter the %s namespace '%s'", n->of[i].name, n->of[i].path);
	}
	return 0;
}

/* The container's init answers for each of them, by its pidfd: all at once, or none; or one by one where some belong to another user
 * namespace than its own (rule B.11). All but the pid namespace. */
static int enter_all(const struct plan_namespaces *n, struct error *error)
{
	uint64_t flags = 0;

	for (int i = 0; i < PLAN_NS_TYPES; i++)
		flags |= n->of[i].mode == NS_JOIN && i != PLAN_NS_PID ? n->of[i].flag : 0;
	int r = flags ? namespace_join(n->container, flags) : 0;
	if (r != -EPERM)
		return r < 0 ? fail(error, -r, "cannot enter the namespaces of the container") : 0;
	for (int pass = 0; pass < 2; pass++)
		for (int i = PLAN_NS_TYPES; i-- > 0;) { /* the user namespace is the last of a pass: it takes rights, and gives others */
			if (!(flags & n->of[i].flag))
				continue;
			r = namespace_join(n->container, n->of[i].flag);
			if (r == 0)
				flags &= ~n->of[i].flag;
			else if (r != -EPERM || pass)
				return fail(error, -r, "cannot enter the %s namespace of the container", n->of[i].name);
		}
	return 0;
}

int init_enter_container(struct stage *stage, struct error *error)
{
	const struct plan *plan = stage->plan;

	if (plan->namespaces.of[PLAN_NS_USER].mode == NS_JOIN)
		drop_groups();
	try(enter_all(&plan->namespaces, error));
	if (plan->namespaces.of[PLAN_NS_PID].mode != NS_JOIN)
		close(plan->namespaces.container);
	/* It may map no id 0; then we stay who we are, with the capabilities that entering gave. */
	if (plan->namespaces.of[PLAN_NS_USER].mode == NS_JOIN)
		become_root(&plan->namespaces);
	/* A container that was only chrooted: our "/" is still the host's, or the mount namespace's. */
	if (plan->root.fd >= 0 && (fchdir(plan->root.fd) < 0 || chroot(".") < 0))
		return fail(error, errno, "cannot change the root to the container's");
	if (plan->root.fd >= 0)
		close(plan->root.fd);
	return 0;
}

/* A byte of a pipe; false at its end. */
static bool heard(int from, char *byte)
{
	return again_read(from, byte, 1) == 1;
}

/* A pid namespace begins with our next child: that child goes on, and is the runtime's child like we were (CLONE_PARENT). It waits
 * for our end, so that the runtime hears of it before it hears from it. */
static int be_reborn(struct stage *stage, struct error *error)
{
	struct baton reborn = { .kind = BATON_REBORN };
	int pidfd = -1, until[2];
	char told = 1;

	if (pipe2(until, O_CLOEXEC) < 0)
		return fail(error, errno, "cannot make a pipe");
	pid_t pid = process_fork(ABI_CLONE_PARENT | ABI_CLONE_PIDFD, &pidfd);
	if (pid < 0)
		return fail(error, -pid, "cannot make a process in the pid namespace");
	if (pid > 0) {
		int r = baton_send(stage->socket, &reborn, pidfd);
		if (r == 0 && again_write(until[1], &told, 1) == 1)
			_exit(0);
		return fail(error, r < 0 ? -r : errno, "cannot tell of the process in the pid namespace");
	}
	/* Strangers see us from here on. */
	if (process_die_with_parent(SIGKILL) < 0 || process_undumpable() < 0)
		_exit(1);
	close(until[1]);
	/* One the runtime was not told of has no right to be: it would go on in the place of the one on record. */
	if (!heard(until[0], &told))
		_exit(1);
	while (heard(until[0], &told))
		;
	close(until[0]);
	/* Or it would be in the session of a process that is no more; where a filter refuses this it is, and nothing else comes of it. */
	if (setsid() < 0 && !(stage->plan->seccomp && stage->plan->seccomp->early))
		return fail(error, errno, "cannot make a session of its own");
	return init_ties(stage, error);
}

static int make_owned(struct stage *stage, struct error *error)
{
	uint64_t flags = stage->plan->namespaces.after_user;
	int r = flags ? namespace_unshare(flags) : 0;

	if (r < 0)
		return fail(error, -r, "cannot make the namespaces that the user namespace is to own");
	return flags & ABI_CLONE_NEWPID ? be_reborn(stage, error) : 0;
}

static unsigned to_be_joined(const struct plan_namespaces *n)
{
	unsigned left = 0;

	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (n->of[i].mode == NS_JOIN && !n->of[i].own && i != PLAN_NS_USER && i != PLAN_NS_PID)
			left |= 1u << i;
	return left;
}

static int none_left(const struct plan_namespaces *n, unsigned left, struct error *error)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (left & 1u << i)
			return fail_at(error, &n->of[i].at, EPERM, "cannot enter the %s namespace '%s'", n->of[i].name, n->of[i].path);
	return 0;
}

int init_late_user(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	unsigned left = to_be_joined(n);

	drop_groups();
	try(join_others(n, &left, error));
	try(none_left(n, left, error));
	int r = namespace_unshare(ABI_CLONE_NEWUSER);
	return r < 0 ? fail_at(error, &n->of[PLAN_NS_USER].at, -r, "cannot make a user namespace") : 0;
}

int init_namespaces(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	unsigned left = n->user_late ? 0 : to_be_joined(n);

	try(join_others(n, &left, error));
	if (n->of[PLAN_NS_USER].mode == NS_JOIN) {
		drop_groups();
		try(join_one(&n->of[PLAN_NS_USER], error));
		try(init_become_root(stage, error));
	}
	try(make_owned(stage, error));
	try(join_others(n, &left, error));
	try(none_left(n, left, error));
	/* Nobody who comes to see us is to find them (rule B.1.6). */
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (n->of[i].mode == NS_JOIN && i != PLAN_NS_PID)
			close(n->of[i].fd);
	return 0;
}

int init_cgroup_namespace(struct stage *stage, struct error *error)
{
	(void)stage;
	int r = namespace_unshare(ABI_CLONE_NEWCGROUP);
	return r < 0 ? fail(error, -r, "cannot make a cgroup namespace") : 0;
}

/* Offsets can be set only while nobody is in the namespace: made for children first, then entered (time_namespaces(7)). */
int init_time_namespace(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	int r = namespace_unshare(ABI_CLONE_NEWTIME);

	if (r < 0)
		return fail(error, -r, "cannot make a time namespace");
	if (n->offsets_by_host)
		return 0;
	r = n->time_offsets ? procfs_write(stage->procfs, "self/timens_offsets", n->time_offsets) : 0;
	return r < 0 ? fail_at(error, &n->time_offsets_at, -r, TIME_OFFSETS_WORDS) : init_enter_time(stage, error);
}

int init_enter_time(struct stage *stage, struct error *error)
{
	/* A magic link by nature; the procfs is our own, mounted nowhere. */
	_cleanup_fd int fd = again_openat(stage->procfs, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(error, errno, "cannot open the new time namespace");
	int r = namespace_join(fd, ABI_CLONE_NEWTIME);
	return r < 0 ? fail(error, -r, "cannot enter the new time namespace") : 0;
}

int init_names(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	int r = n->hostname ? hostname_set(n->hostname) : 0;

	if (r < 0)
		return fail(error, -r, "cannot set the hostname '%s'", n->hostname);
	r = n->domainname ? domainname_set(n->domainname) : 0;
	return r < 0 ? fail(error, -r, "cannot set the domainname '%s'", n->domainname) : 0;
}

int init_loopback(struct stage *stage, struct error *error)
{
	(void)stage;
	int r = loopback_up();
	return r < 0 ? fail(error, -r, "cannot set the loopback device up") : 0;
}

int init_pid_namespace(struct stage *stage, struct error *error)
{
	const struct plan *plan = stage->plan;
	const struct plan_namespace *ns = &plan->namespaces.of[PLAN_NS_PID];
	bool notifies = plan->seccomp && plan->seccomp->notify && plan->seccomp->early;
	int fd = plan->kind == PLAN_EXEC ? plan->namespaces.container : ns->fd;

	if (ns->own)
		return 0;
	/* From here on we can make no more threads (clone(2), CLONE_THREAD). */
	int r = notifies ? seccomp_prepare_notifying(stage->socket) : 0;
	if (r < 0)
		return fail(error, -r, "cannot prepare for the seccomp filter");
	r = namespace_join(fd, ns->flag);
	if (r < 0 && plan->kind == PLAN_EXEC)
		return fail(error, -r, "cannot enter the pid namespace of the container");
	if (r < 0)
		return fail_at(error, &ns->at, -r, "cannot enter the %s namespace '%s'", ns->name, ns->path);
	close(fd);
	return 0;
}

int init_reborn(struct stage *stage, struct error *error)
{
	/* It shows the processes of the runtime's pid namespace: whoever may trace us inside is not to find it (rule B.1.6). */
	close_fd(&stage->procfs);
	if (!rebirth_pending(stage->plan))
		return 0;
	try(be_reborn(stage, error));
	if (scheduler_by_reborn(stage->plan))
		try(scheduler_apply(0, stage->plan->process.scheduler, error));
	return stage->plan->process.terminal ? console_control(stage, error) : 0;
}
