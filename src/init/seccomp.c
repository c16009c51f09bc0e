/* Loading the filter, early or late, and handing its listener over.
 *
 * Without no_new_privs it is loaded early, before capabilities are dropped, and has to allow what init must still do under it:
 * prctl, capset, setgroups, setresuid, setresgid, openat2 or openat, fstat, close, mprotect (to set HOME), umask, sendmsg, recvmsg,
 * accept4, fcntl, execve, exit_group; pipe2, clone3 or clone, read, write where a pid namespace is joined; clone3, waitid, poll, pipe2,
 * dup2, memfd_create for startContainer hooks. What only verifies or has another way may be refused: capget, get*id, getgroups, getcwd,
 * faccessat2, fchown, dup3, rt_sigaction, close_range, setsid.
 * With no_new_privs it is loaded last and nothing but execve is called under it; and clock_gettime by a traced one, on machines where that
 * is a system call (no clock that the vDSO can read). */
#include "init/lookup.h"
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
	/* The filter may refuse what finding the working directory needs, and a refusal must not make it less safe. */
	if (stage->plan->has_process)
		try(init_enter_early(stage, error));
	return load(stage, error);
}

/* Descriptors are closed before this row: under the filter init must make no call but execve. */
int init_seccomp_late(struct stage *stage, struct error *error)
{
	return load(stage, error);
}
