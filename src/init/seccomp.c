/* Loading the filter, early or late, and handing its listener over.
 *
 * Without no_new_privs it is loaded early, before capabilities are dropped, and has to allow what init still does under it. That is,
 * besides exit_group and execve: prctl, capget, capset, setgroups, setresuid, setresgid, getgroups,
 * getresuid, getresgid, openat2 (or openat), fstat, fchown, dup3, fcntl, close, fchdir, getcwd, faccessat2 (or faccessat), read,
 * write, umask, rt_sigaction, rt_sigprocmask, mmap, sendmsg, recvmsg, accept4, close_range; and clone3, wait4, waitid, poll, pipe2
 * for startContainer hooks. With no_new_privs it is loaded last and nothing but execve is called under it. */
#include "init/stage.h"
#include "kern/seccomp.h"

static int load(struct stage *stage, struct error *error)
{
	const struct plan_seccomp *seccomp = stage->plan->seccomp;
	int r;

	if (!seccomp->program || !seccomp->length)
		return fail(error, 0, "the seccomp filter was not compiled");
	if (seccomp->notify)
		r = seccomp_install_notifying(seccomp->program, seccomp->length, seccomp->flags, stage->socket);
	else
		r = seccomp_install(seccomp->program, seccomp->length, seccomp->flags);
	return r < 0 ? fail_at(error, &seccomp->at, -r, "cannot load the seccomp filter") : 0;
}

int init_seccomp_early(struct stage *stage, struct error *error)
{
	return load(stage, error);
}

/* Descriptors are closed before this row: under the filter init must make no call but execve. */
int init_seccomp_late(struct stage *stage, struct error *error)
{
	return load(stage, error);
}
