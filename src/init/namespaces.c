/* Namespaces from the inside: joined in an order that works, made where they had to wait, and what little is set in them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "init/stage.h"
#include "kern/credentials.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/baton.h"

/* Ids 0 of the user namespace we are in. Groups first, while we may; a namespace that denies setgroups(2) keeps ours. */
static int become_root(void)
{
	int r = cred_set_groups(NULL, 0);
	if (r == 0 || r == -EPERM)
		r = cred_set_gid(0);
	return r < 0 ? r : cred_set_uid(0);
}

int init_become_root(struct stage *stage, struct error *error)
{
	if (!stage->plan->namespaces.maps_root)
		return 0; /* no id 0 in there: the capabilities came over the exec as ambient ones */
	int r = become_root();
	return r < 0 ? fail_at(error, &stage->plan->namespaces.of[PLAN_NS_USER].at, -r, "cannot become root of the user namespace") : 0;
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

/* A pid namespace begins with our next child: that child goes on, and is the runtime's child like we were (CLONE_PARENT). It waits
 * for our end, so that the runtime hears of it before it hears from it. */
static int be_reborn(struct stage *stage, struct error *error)
{
	struct baton reborn = { .kind = BATON_REBORN };
	int pidfd = -1, until[2];
	char nothing;

	if (pipe2(until, O_CLOEXEC) < 0)
		return fail(error, errno, "cannot make a pipe");
	pid_t pid = process_fork(ABI_CLONE_PARENT | ABI_CLONE_PIDFD, &pidfd);
	if (pid < 0)
		return fail(error, -pid, "cannot make a process in the pid namespace");
	if (pid > 0) {
		baton_send(stage->socket, &reborn, pidfd);
		_exit(0);
	}
	close(until[1]);
	while (read(until[0], &nothing, 1) < 0 && errno == EINTR)
		;
	close(until[0]);
	return init_ties(stage, error);
}

static int make_owned(struct stage *stage, struct error *error)
{
	uint64_t flags = stage->plan->namespaces.after_user;
	int r = flags ? namespace_unshare(flags) : 0;

	if (r < 0)
		return fail(error, -r, "cannot make the namespaces that the joined user namespace is to own");
	return flags & ABI_CLONE_NEWPID ? be_reborn(stage, error) : 0;
}

int init_namespaces(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	unsigned left = 0;

	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (n->of[i].mode == NS_JOIN && !n->of[i].own && i != PLAN_NS_USER && i != PLAN_NS_PID)
			left |= 1u << i;
	try(join_others(n, &left, error));
	if (n->of[PLAN_NS_USER].mode == NS_JOIN) {
		try(join_one(&n->of[PLAN_NS_USER], error));
		/* It may map no id 0; then we stay who we are, with the capabilities that entering it gave. */
		become_root();
		/* Entering with other credentials made us dumpable again as far as the kernel is concerned: say it once more. */
		process_undumpable();
		try(make_owned(stage, error));
	}
	try(join_others(n, &left, error));
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (left & 1u << i)
			return fail_at(error, &n->of[i].at, EPERM, "cannot enter the %s namespace '%s'", n->of[i].name, n->of[i].path);
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
	if (n->time_offsets) {
		r = procfs_write(stage->procfs, "self/timens_offsets", n->time_offsets);
		if (r < 0)
			return fail_at(error, &n->time_offsets_at, -r, "cannot set the clock offsets of the time namespace");
	}
	/* A magic link by nature; the procfs is our own, mounted nowhere. */
	_cleanup_fd int fd = openat(stage->procfs, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(error, errno, "cannot open the new time namespace");
	r = namespace_join(fd, ABI_CLONE_NEWTIME);
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
	const struct plan_namespace *ns = &stage->plan->namespaces.of[PLAN_NS_PID];

	if (ns->own)
		return 0;
	try(join_one(ns, error));
	close(ns->fd);
	return 0;
}

int init_reborn(struct stage *stage, struct error *error)
{
	return stage->plan->namespaces.of[PLAN_NS_PID].own ? 0 : be_reborn(stage, error);
}
