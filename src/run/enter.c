/* exec on the runtime's side: the container is found and held, the process born and seen off. */
#include "run/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/process.h"
#include "kern/schedule.h"
#include "run/container.h"
#include "run/handover.h"
#include "run/init_of.h"
#include "run/notify.h"
#include "run/read_back.h"
#include "run/score.h"
#include "run/talk.h"

#define END_MS 200
#define DEATH_MS 2000
#define PIDFD_OF_EXEC "setns" /* contract 7.2 */

/* ---- the container ---- */

static int not_there(struct error *error)
{
	return fail(error, 0, "cannot exec in a stopped container: its init has ended (container not running)");
}

/* Nobody can enter the user namespace he is in (setns(2)); one that the configuration joins by path may be ours. */
static int leave_out_own(struct stage *stage, struct error *error)
{
	struct plan_namespace *user = &stage->plan->namespaces.of[PLAN_NS_USER];

	if (user->mode != NS_JOIN)
		return 0;
	int shared = init_shares(stage, "user");
	if (shared < 0)
		return fail(error, -shared, "cannot look at the user namespace of the container");
	if (shared)
		user->mode = NS_INHERIT;
	return 0;
}

static int hold(struct stage *stage, struct error *error)
{
	struct plan *plan = stage->plan;

	stage->container = record_pidfd(&stage->record);
	if (stage->container < 0)
		return stage->container == -ESRCH ? not_there(error)
						  : container_out_of_reach(&stage->record, stage->container, error);
	plan->namespaces.container = fcntl(stage->container, F_DUPFD_CLOEXEC, 3); /* init's own */
	if (plan->namespaces.container < 0)
		return fail(error, errno, "cannot duplicate a descriptor");
	try(leave_out_own(stage, error));
	if (stage->record.chrooted) {
		plan->root.fd = init_open(stage, "", "root");
		if (plan->root.fd < 0)
			return fail(error, -plan->root.fd, "cannot open the root of the container");
	}
	return pidfd_wait(stage->container, 0) == 0 ? 0 : not_there(error);
}

static int find_cgroup(struct stage *stage, const struct cgroup_wishes *wishes, struct error *error)
{
	struct cgroup_at at = record_cgroup_at(&stage->record);

	if (!at.path)
		return wishes->count ? fail(error, 0, "--cgroup: the container has no cgroup") : 0;
	try(cgroup_open(&at, stage->record.pid, wishes, &stage->plan->cgroup, &stage->cgroup, stage->arena, error));
	oom_tally_open(&at, &stage->oom);
	return 0;
}

/* execCPUAffinity: the runtime's own, before the move; a child begins with it (config.md#process). */
static int go_to_cpus(const struct plan_process *process, struct error *error)
{
	int r = process->cpus_initial ? affinity_set(process->cpus_initial, PLAN_CPUS) : 0;

	return r < 0 ? fail(error, -r, "the kernel refuses the CPUs of execCPUAffinity.initial") : 0;
}

/* ---- the process ---- */

int host_exec_commit(struct stage *stage, struct error *error)
{
	try(read_back_commit(stage, error));
	try(stage_write_pid_file(stage, error));
	return stage->pidfd_receiver >= 0 ? handover_send(stage->pidfd_receiver, PIDFD_OF_EXEC, stage->pidfd, error) : 0;
}

/* It has taken its start: it is on its way. */
static int see_off(struct stage *stage, struct error *error)
{
	const struct plan_seccomp *seccomp = stage->plan->seccomp;
	bool late = seccomp && seccomp->notify && !seccomp->early;
	_cleanup_fd int agent = late ? notify_connect(seccomp->listener_path, error) : -1;
	struct talk talk = {
		.record = &stage->record, .arena = stage->arena, .socket = stage->socket, .pidfd = stage->pidfd, .agent = agent,
		.signals = stage->signals, .oom = &stage->oom, .pid = stage->pid, .taken = true,
		.metadata = seccomp ? seccomp->listener_metadata : NULL, .status = stage->status, .patience_ms = TALK_ANSWER_MS,
	};

	return late && agent < 0 ? -1 : talk_until_exec(&talk, error);
}

/* Whether somebody else has killed it. */
static bool end(struct stage *stage)
{
	siginfo_t how = { 0 };

	if (stage->pidfd < 0)
		return false;
	again_waitid(P_PIDFD, (id_t)stage->pidfd, &how, WEXITED | WNOHANG | WNOWAIT);
	bool killed = how.si_pid && how.si_code == CLD_KILLED && how.si_status == SIGKILL;
	pidfd_signal(stage->pidfd, SIGKILL);
	/* In a paused container it dies once that is resumed, of this or of our own end. */
	if (pidfd_wait(stage->pidfd, DEATH_MS) == 1)
		again_waitid(P_PIDFD, (id_t)stage->pidfd, &how, WEXITED);
	close_fd(&stage->pidfd);
	return killed;
}

int container_exec(struct stage *stage, const struct cgroup_wishes *wishes, struct error *error)
{
	int r = hold(stage, error);

	stage->even_frozen = wishes->even_frozen;
	if (r == 0)
		r = find_cgroup(stage, wishes, error);
	if (r == 0)
		r = go_to_cpus(&stage->plan->process, error);
	if (r == 0)
		r = score_play(HOST, stage, error);
	if (r == 0)
		r = see_off(stage, error);
	if (r == 0)
		return 0;
	bool killed = end(stage);
	/* Its init is on its way out and waits for others of its namespaces: there is nothing to enter any more. */
	if (error->code == ESRCH && (strcmp(error->step, "join") == 0 || strcmp(error->step, "pid-namespace") == 0)) {
		*error = (struct error){ 0 };
		return not_there(error);
	}
	/* Whatever the step that met it says: there is nothing to be in any more. Who kills all of a container may kill us
	 * a moment earlier. */
	if (stage->container >= 0 && pidfd_wait(stage->container, killed ? END_MS : 0) == 1) {
		*error = (struct error){ 0 };
		return not_there(error);
	}
	return -1;
}
