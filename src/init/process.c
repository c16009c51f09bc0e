/* The session, its keyring, how the process is scheduled, and the security labels of its next exec. */
#include <errno.h>
#include <unistd.h>
#include "init/read_back.h"
#include "init/stage.h"
#include "kern/keyring.h"
#include "kern/label.h"
#include "kern/schedule.h"
#include "run/scheduler.h"

/* SELinux labels new keys by attr/keycreate: the keyring is the container's, so it gets the container's label. */
static int join_keyring(const struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;

	int r = process->selinux ? label_selinux(stage->procfs, "keycreate", process->selinux) : 0;
	if (r < 0)
		return fail_at(error, &process->selinux_at, -r, "cannot set the label '%s' for new keys", process->selinux);
	int joined = keyring_join_fresh(process->keyring);
	if (process->selinux)
		r = label_selinux(stage->procfs, "keycreate", "");
	if (joined < 0 && joined != -ENOSYS) /* a kernel without keyrings has no host keys to hide either */
		return fail(error, -joined, "cannot join a session keyring '%s' of its own (--no-new-keyring does without)",
			    process->keyring);
	return r < 0 ? fail_at(error, &process->selinux_at, -r, "cannot take the label for new keys back") : 0;
}

int init_session(struct stage *stage, struct error *error)
{
	/* Away from the caller's terminal: no TIOCSTI into it, no signals from it (rule B.9). EPERM: it leads a group already, and
	 * then it has to lead the session as well. */
	if (setsid() < 0 && (errno != EPERM || getsid(0) != getpid()))
		return fail(error, errno, "cannot make a session of its own");
	/* Before the ids change: the keyring belongs to whoever makes it. */
	return stage->plan->process.keyring ? join_keyring(stage, error) : 0;
}

int init_limits(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	int r;

	/* The caller's affinity is not the container's (contract 11.4). Before the scheduler: a SCHED_DEADLINE task is bound. */
	r = process->cpus_final ? affinity_set(process->cpus_final, PLAN_CPUS) : affinity_reset();
	if (r < 0)
		return fail(error, -r, process->cpus_final ? "the kernel refuses the CPUs of execCPUAffinity.final"
							   : "cannot take the caller's CPU affinity back");
	if (process->io_priority && (r = io_priority_set(*process->io_priority)) < 0)
		return fail_at(error, &process->io_priority_at, -r, "the kernel refuses the ioPriority");
	if (process->personality && (r = personality_set(*process->personality)) < 0)
		return fail_at(error, &process->personality_at, -r, "the kernel refuses the personality");
	const struct plan_memory_policy *memory = process->memory_policy;
	if (memory && (r = memory_policy_set(memory->mode, memory->nodes, memory->bits)) < 0)
		return fail_at(error, &memory->at, -r, "the kernel refuses the memoryPolicy");
	try(read_back_settings(stage, error));
	return process->scheduler && !scheduler_by_host(stage->plan) ? scheduler_apply(0, process->scheduler, error) : 0;
}

/* The kernel looks at these at exec. With no_new_privs AppArmor takes only a subset of the present profile and SELinux only what
 * its policy calls nnp_transition, so that a refusal may come as late as that. */
int init_labels(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	int r;

	/* The words in backticks are podman's (contract section 9). */
	if (process->apparmor && (r = label_apparmor_exec(stage->procfs, process->apparmor)) < 0)
		return fail_at(error, &process->apparmor_at, r == -ENOENT ? 0 : -r,
			       "cannot set the AppArmor profile '%s' by `/proc/self/attr/apparmor/exec`%s",
			       process->apparmor + sizeof("exec ") - 1, r == -ENOENT ? ": it is not loaded" : "");
	if (process->selinux && (r = label_selinux(stage->procfs, "exec", process->selinux)) < 0)
		return fail_at(error, &process->selinux_at, -r, "cannot set the SELinux label '%s' by `/proc/self/attr/exec`",
			       process->selinux);
	return 0;
}
