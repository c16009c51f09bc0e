/* init is born: its sockets, its executable, the one clone3; and what the runtime makes of it if init is gone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "cgroup/join.h"
#include "kern/few_mounts.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/attend.h"
#include "run/baton.h"
#include "run/container.h"
#include "run/image.h"
#include "run/oom.h"
#include "run/read_back.h"
#include "run/seccomp.h"
#include "run/stage.h"
#include "run/talk.h"

#define FILTER_ROOM (SECCOMP_PROGRAM_MOST * sizeof(struct abi_bpf_insn) + 16) /* the largest that the kernel takes, aligned */

#define REBIRTH_MS 4000
#define END_MS 100
#define LAST_MS 4000

static int socket_pair(int *ours, int *theirs)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ours = ends[0];
	*theirs = ends[1];
	return 0;
}

/* What init finds open besides 0, 1, 2 and the preserved ones; the plan says which number is what. */
static size_t inherited(const struct plan *plan, int plan_fd, int *list)
{
	const int all[] = { plan_fd, plan->socket, plan->cargo_socket, plan->listener, plan->trace, plan->procfs, plan->root.fd,
			    plan->namespaces.container };
	size_t count = 0;
	for (size_t i = 0; i < array_length(all); i++)
		if (all[i] >= 0)
			list[count++] = all[i];
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (plan->namespaces.of[i].fd >= 0)
			list[count++] = plan->namespaces.of[i].fd;
	return count;
}

static bool wants_procfs(const struct plan *plan)
{
	return plan->process.apparmor || plan->process.selinux || plan->namespaces.unshare_time || READ_BACK_WANTS_PROCFS;
}

static int prepare(struct stage *stage, struct error *error)
{
	struct plan *plan = stage->plan;

	trace_score(stage->score, plan);
	plan->trace = trace_share();
	int r = socket_pair(&stage->socket, &plan->socket);
	if (r == 0 && plan->mounts.cargo)
		r = socket_pair(&stage->cargo, &plan->cargo_socket);
	if (r < 0)
		return fail(error, -r, "cannot make a socket pair");
	if (wants_procfs(plan)) {
		plan->procfs = procfs_private();
		/* Where we may mount none there is nothing in the host's that an ordinary user could not see. */
		if (plan->procfs == -EPERM)
			plan->procfs = fcntl(stage->procfs, F_DUPFD_CLOEXEC, 3);
		if (plan->procfs < 0)
			return fail(error, -plan->procfs, "cannot make a private procfs");
	}
	return 0;
}

/* Identity, not number: start time now, executable now (rule B.14.9). */
static int identify(struct stage *stage, int image, struct error *error)
{
	struct stat file;
	char state;
	int r = process_stat(stage->procfs, stage->pid, &stage->pid_start, &state);
	if (r < 0)
		return fail(error, -r, "cannot read the start time of init");
	if (fstat(image, &file) < 0)
		return fail(error, errno, "cannot look at init's executable");
	stage->record.init_device = file.st_dev;
	stage->record.init_inode = file.st_ino;
	return 0;
}

static int not_born(struct stage *stage, int code, struct error *error)
{
	const struct plan_unit *unit = stage->plan->cgroup.unit;

	if (stage->plan->kind == PLAN_EXEC)
		return fail(error, code, "cannot make a process in the container's cgroup%s",
			    code == EAGAIN ? ": pids.max, or RLIMIT_NPROC, has no room for one more" :
			    code == ENODEV ? ": it has been removed, as it is when the container has ended" :
			    code == EACCES ? " from outside of what the user's systemd owns: run it below 'systemd-run --user --scope'" :
			    "");
	if (container_oom_at_birth(&stage->record))
		return fail(error, 0, OOM_SENTENCE ": no memory was left for its first process");
	/* Who held the place in systemd's scope may have been killed for it, and the scope has gone with him. */
	if (unit && (code == ENOMEM || code == E2BIG || code == ENODEV)) {
		if (container_oom_seen(&stage->record, &stage->oom) > 0)
			return fail(error, 0, OOM_SENTENCE ": no memory was left for its first process");
		if (stage->oom.own < 0)
			return fail(error, 0, "the unit '%s' was stopped from outside", unit->name);
	}
	if (code == EACCES && unit && unit->user) /* that is where the two cgroups' common parent is root's */
		return fail(error, EACCES, "cannot make a process in the user's unit '%s' from outside of what the user's systemd owns: "
			    "run it below 'systemd-run --user --scope'", unit->name);
	if (code == EAGAIN)
		return fail(error, EAGAIN, "cannot make a process: pids.max of the cgroup '%s' or of one above it, or RLIMIT_NPROC, has no "
			    "room for one more", stage->plan->cgroup.path ? stage->plan->cgroup.path : "/");
	return fail(error, code, "cannot make a process with its namespaces");
}

/* Linux 6.14 and newer kill a child at birth if cgroup.kill was ever written to its cgroup or to its parent's, and not equally often to
 * both: fork notes the count of the one and compares it with the count of the other. */
static bool killed_at_birth(const struct stage *stage, const struct birth *birth, pid_t pid)
{
	if (pid != -ECANCELED || birth->cgroup < 0)
		return false;
	if (stage->plan->kind == PLAN_EXEC) /* if somebody kills the container right now, its init is dead, too */
		return pidfd_wait(stage->container, 0) == 0;
	return !container_oom_at_birth(&stage->record);
}

/* Flags of clone3 alone; where a filter forbids it, one is born by clone. EPERM may also mean that the kernel lets nobody make these
 * namespaces here: then it says so again. */
static bool forbidden_at_birth(const struct birth *birth, pid_t pid)
{
	return (pid == -ENOSYS || pid == -EPERM) && birth->cgroup >= 0 && !*birth->oom_refused;
}

/* The long way: born beside us, then moved, before it does anything. That waits for an RCU grace period, where birth in place does not. */
static pid_t birth_and_move(struct stage *stage, struct birth *birth)
{
	char text[24];

	stage->plan->first_row = 0;
	birth->cgroup = -1;
	pid_t pid = process_birth(birth);
	if (pid < 0)
		return pid;
	number_text(text, pid);
	int r = file_write(stage->cgroup.v2, "cgroup.procs", text);
	if (r < 0)
		process_unbear(&stage->pidfd);
	return r < 0 ? r : pid;
}

static int bear(struct stage *stage, struct error *error)
{
	(void)error;
	stage->pid = process_birth(stage->errand);
	return 0;
}

/* A container in a unit of the user's manager, and we outside of what that owns: nobody may come in from here (cgroups(7)). systemd puts a
 * process of ours in there, and that one gives birth. */
static pid_t birth_inside(struct stage *stage, struct birth *birth, struct error *error)
{
	struct deputy inside = DEPUTY_NONE;
	int r = deputy_begin(&inside, 0);

	if (r == 0 && unit_attach(stage->record.unit, true, inside.pid, error) < 0)
		r = -EACCES;
	birth->namespaces |= ABI_CLONE_PARENT;
	stage->errand = birth;
	if (r == 0 && deputy_play(stage, &inside, bear, stage->even_frozen ? -1 : TALK_ANSWER_MS, error) < 0) {
		/* It may have been born, and not have come to its exec: it is still in our memory then. */
		process_unbear(&stage->pidfd);
		r = -EACCES;
	}
	deputy_end(&inside);
	return r < 0 ? r : stage->pid;
}

/* It is not worth an error that none can be made like this: clone3 says it better. */
int host_network(struct stage *stage, struct error *error)
{
	(void)error;
	network_begin(&stage->network, stage->procfs);
	return 0;
}

static const char *score_at_birth(const struct plan *plan, char to[24])
{
	if (!plan->process.oom_score_at_birth)
		return NULL;
	number_text(to, *plan->process.oom_score_adj);
	return to;
}

/* ---- waiting for what may be stopped ---- */

/* Strangers in its pid namespace, or in a user namespace that it has joined, may have stopped it; or who may write to its cgroup, or to one
 * further down that it is in. Where that was asked for, a process of exec waits with the container. */
static bool is_stopped(const struct stage *stage)
{
	const struct cgroup_at at = record_cgroup_at(&stage->record);
	const pid_t pid = stage->pid ? stage->pid : stage->pidfd >= 0 ? pidfd_pid(stage->procfs, stage->pidfd) : 0;
	const bool frozen = at.path && (cgroup_frozen(&at) || (pid > 0 && cgroup_process_frozen(&at, pid)));
	uint64_t start;
	char state;

	if (frozen && stage->even_frozen)
		return false;
	return frozen || stage->reborn || (pid > 0 && process_stat(stage->procfs, pid, &start, &state) == 0 && state == 'T');
}

/* Until there is something to read. SIGTERM and the like are blocked while we create: they are taken here, and what was made is undone
 * (case C87). */
static int wait_for(struct stage *stage, int fd, struct error *error)
{
	struct pollfd any_of[2] = { { .fd = fd, .events = POLLIN }, { .fd = stage->signals, .events = POLLIN } };

	for (;;) {
		int ready = poll(any_of, 2, TALK_ANSWER_MS);
		if (ready < 0 && errno != EINTR)
			return fail(error, errno, "cannot wait for init");
		int signal = ready > 0 && any_of[1].revents ? signals_pending(stage->signals) : 0;
		if (signal)
			return fail(error, 0, "interrupted by signal %d", signal);
		if (ready > 0 && any_of[0].revents)
			return 0;
		if (ready == 0 && is_stopped(stage))
			return stage->plan->kind == PLAN_EXEC ? fail(error, 0, "the process" UNANSWERED) : talk_unanswered(error);
	}
}

int score_wait(struct stage *stage, struct error *error)
{
	return wait_for(stage, stage->socket, error);
}

struct waiting {
	struct stage *stage;
	struct error *error;
	bool given_up; /* and `error` says why */
};

static int wait_for_exec(void *data, int done)
{
	struct waiting *waiting = data;

	waiting->given_up = wait_for(waiting->stage, done, waiting->error) < 0;
	return waiting->given_up ? -ECANCELED : 0;
}

/* Where others are before it, or the cgroup was there and may be somebody else's, it may be frozen by the time. One that is made for it
 * nobody has. A deputy's master hears signals meanwhile. */
static int birth_in_cgroup(struct stage *stage, const struct birth *birth, pid_t *pid, struct error *error)
{
	struct waiting waiting = { .stage = stage, .error = error };
	const struct plan *plan = stage->plan;
	const bool others = birth->cgroup >= 0 && !plan->namespaces.born_ahead && (plan->kind == PLAN_EXEC || !stage->cgroup.v2_made);

	*pid = others ? process_birth_beside(birth, wait_for_exec, &waiting) : process_birth(birth);
	return waiting.given_up ? -1 : 0;
}

static int give_birth(struct stage *stage, struct error *error)
{
	struct plan *plan = stage->plan;
	_cleanup_fd int network = network_take(&stage->network);
	_cleanup_fd int mounts = plan->namespaces.few_mounts ? few_mounts_open(stage->procfs, (pid_t)plan->namespaces.few_mounts) : -1;
	int inherit[8 + PLAN_NS_TYPES];
	char plan_fd[16], plan_size[24], oom_score[24];
	bool oom_refused = false;
	char *argv[] = { "caisson-init", plan_fd, plan_size, NULL };

	try(prepare(stage, error));
	plan->first_row = score_first_row(stage->score, plan, host_birth);
	_cleanup_fd int image = image_open(stage->state.dir, error);
	if (image < 0)
		return -1;
	/* Not all of the reserve: it would count for a limit of the address space. There is room for the filter, which comes later. */
	stage->shared = (stage->plan_arena->used + FILTER_ROOM + 4095) & ~(size_t)4095;
	format(plan_fd, sizeof(plan_fd), "%d", stage->plan_arena->fd);
	format(plan_size, sizeof(plan_size), "%zu", stage->shared);
	struct birth birth = {
		/* Our child, whoever bears it. */
		.namespaces = plan->namespaces.at_birth | (plan->namespaces.born_ahead ? ABI_CLONE_PARENT : 0),
		.keep_capabilities = plan->namespaces.born_ahead,
		.cgroup = stage->cgroup.v2,
		.mounts = mounts < 0 ? -1 : mounts,
		.network = network,
		.oom_score_adj = score_at_birth(plan, oom_score),
		.procfs = stage->procfs,
		.oom_refused = &oom_refused,
		.executable = image,
		.argv = argv,
		.inherit = inherit,
		.inherit_count = inherited(plan, stage->plan_arena->fd, inherit),
		.pidfd = &stage->pidfd,
	};
	if (network >= 0)
		birth.namespaces &= ~ABI_CLONE_NEWNET;
	pid_t pid;
	try(birth_in_cgroup(stage, &birth, &pid, error));
	if (killed_at_birth(stage, &birth, pid) || forbidden_at_birth(&birth, pid))
		pid = birth_and_move(stage, &birth);
	/* Anything else is what the birth died of: no memory in the cgroup, say. */
	if (oom_refused && (pid == -EACCES || pid == -EPERM || pid == -EINVAL))
		return stage_oom_score_refused(stage, -pid, error);
	if (pid == -EACCES && stage->record.user_unit && !plan->namespaces.born_ahead)
		pid = birth_inside(stage, &birth, error);
	if (pid < 0)
		return not_born(stage, -pid, error);
	stage->pid = pid;
	stage->baton = !plan->first_row;

	/* Theirs now: an end left open here would hide that init is gone. The plan keeps the numbers: init reads them there. */
	for (size_t i = 1; i < birth.inherit_count; i++)
		close(inherit[i]);
	return identify(stage, image, error);
}

int host_birth(struct stage *stage, struct error *error)
{
	/* In a new user namespace, where nobody else is: in others init could be traced before it has tied itself, and by who has rights
	 * over its memory even then. */
	if (!stage->plan->namespaces.born_ahead)
		return give_birth(stage, error);
	return deputy_play(stage, &stage->deputy, give_birth, stage->cgroup.v2 >= 0 && !stage->cgroup.v2_made ? TALK_ANSWER_MS : -1, error);
}

int score_other_side_gone(struct stage *stage, struct error *error)
{
	siginfo_t how = { 0 };

	/* Its sockets are closed a moment before it has ended; strangers may have closed them for it, and hold it. */
	bool ended = stage->pidfd < 0 || pidfd_wait(stage->pidfd, LAST_MS) == 1;
	if (ended && stage->pidfd >= 0)
		again_waitid(P_PIDFD, (id_t)stage->pidfd, &how, WEXITED | WNOHANG | WNOWAIT);
	bool killed = how.si_pid && how.si_code != CLD_EXITED && how.si_status == SIGKILL && stage->plan->cgroup.path;
	int64_t kills = killed ? container_oom_seen(&stage->record, &stage->oom) : 0;
	const char *who = stage->plan->kind == PLAN_EXEC ? "the process" : "container init";
	if (kills > 0)
		return fail(error, 0, "%s" OOM_WORDS, who);
	if (kills < 0)
		return fail(error, 0, "%s" OOM_WORDS ", or killed from outside, during setup", who);
	if (how.si_pid && how.si_code != CLD_EXITED)
		return fail(error, 0, "%s was killed during setup by signal %d", who, how.si_status);
	return fail(error, 0, ended ? "%s ended during setup without saying why" : "%s neither talks to us any more nor ends", who);
}

/* A step of ours may fail because init is gone, each in its own words; the reason is the kernel's. */
static bool prefer_oom(struct stage *stage, struct error *error)
{
	struct error oom = { 0 };

	/* Its sockets are closed a moment before it has ended. */
	if (stage->pidfd < 0 || container_oom_seen(&stage->record, &stage->oom) <= 0 || pidfd_wait(stage->pidfd, END_MS) != 1)
		return false;
	memcpy(oom.step, error->step, sizeof(oom.step));
	fail(&oom, 0, "%s" OOM_WORDS, stage->plan->kind == PLAN_EXEC ? "the process" : "container init");
	*error = oom;
	return true;
}

void score_prefer_other(struct stage *stage, struct error *error)
{
	struct pollfd from = { .fd = stage->socket, .events = POLLIN };
	struct baton baton = { 0 };
	int fd = -1;

	if (prefer_oom(stage, error) || stage->socket < 0 || error->code != EPIPE || poll(&from, 1, 0) <= 0)
		return;
	do
		close_fd(&fd);
	while (poll(&from, 1, 0) > 0 && baton_receive(stage->socket, &baton, &fd) == 1 && baton.kind == BATON_TERMINAL);
	if (baton.kind == BATON_FAILED)
		*error = baton.error;
	close_fd(&fd);
}

/* init has forked into its pid namespace: the new one is our child too (CLONE_PARENT), the old one is about to end. */
int score_reborn(struct stage *stage, int pidfd, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	bool expected = n->of[PLAN_NS_PID].mode == NS_JOIN || (n->after_user & ABI_CLONE_NEWPID);
	_cleanup_fd int received = pidfd;
	char state;

	/* Once, where the plan has it, and only a child of ours: what comes from init is not trusted. */
	if (received < 0 || !expected || stage->reborn ||
	    again_waitid(P_PIDFD, (id_t)received, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) < 0)
		return fail(error, EPROTO, "init names a new process that cannot be");
	stage->reborn = true;
	pid_t pid = pidfd_pid(stage->procfs, received);
	if (pid <= 0)
		return fail(error, pid ? -pid : ESRCH, "cannot tell the pid of init's new process");
	if (pidfd_wait(stage->pidfd, REBIRTH_MS) != 1)
		return fail(error, 0, "init's first process does not end");
	again_waitid(P_PIDFD, (id_t)stage->pidfd, &(siginfo_t){ 0 }, WEXITED);
	close(stage->pidfd);
	stage->pidfd = take_fd(&received);
	stage->pid = pid;
	int r = process_stat(stage->procfs, pid, &stage->pid_start, &state);
	return r < 0 ? fail(error, -r, "cannot read the start time of init") : 0;
}
