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
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/attend.h"
#include "run/baton.h"
#include "run/image.h"
#include "run/oom.h"
#include "run/stage.h"
#include "run/talk.h"

/* The largest filter the kernel takes is 4096 instructions of 8 bytes; making it uses the arena a little, too. */
#define FILTER_ROOM (1u << 20)

#define REBIRTH_MS 4000
#define END_MS 100

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
	return plan->process.apparmor || plan->process.selinux || plan->namespaces.unshare_time;
}

static int prepare(struct stage *stage, struct error *error)
{
	struct plan *plan = stage->plan;

	plan->trace = trace_score(stage->score, plan);
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

/* The long way: born beside us, then moved, before it does anything. That waits for an RCU grace period, where birth in place does not. */
static pid_t birth_and_move(struct stage *stage, struct birth *birth)
{
	char text[24];

	birth->cgroup = -1;
	pid_t pid = process_birth(birth);
	if (pid < 0)
		return pid;
	number_text(text, pid);
	int r = file_write(stage->cgroup.v2, "cgroup.procs", text);
	if (r < 0) {
		pidfd_signal(stage->pidfd, SIGKILL);
		waitid(P_PIDFD, (id_t)stage->pidfd, &(siginfo_t){ 0 }, WEXITED);
		close_fd(&stage->pidfd);
	}
	return r < 0 ? r : pid;
}

/* In a new user namespace, where nobody else is: in others init could be traced before it has tied itself, or by its memory's owner. */
static bool born_by_deputy(const struct stage *stage)
{
	return stage->deputy.pid && stage->plan->namespaces.of[PLAN_NS_USER].mode == NS_NEW;
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
	if (r == 0 && deputy_play(stage, &inside, bear, TALK_ANSWER_MS, error) < 0)
		r = -EACCES;
	deputy_end(&inside);
	return r < 0 ? r : stage->pid;
}

static int give_birth(struct stage *stage, struct error *error)
{
	struct plan *plan = stage->plan;
	int inherit[8 + PLAN_NS_TYPES];
	char plan_fd[16], plan_size[24];
	char *argv[] = { "caisson-init", plan_fd, plan_size, NULL };

	try(prepare(stage, error));
	_cleanup_fd int image = image_open(stage->state.dir, error);
	if (image < 0)
		return -1;
	/* Not all of the reserve: it would count for a limit of the address space. There is room for the filter, which comes later. */
	stage->shared = (stage->arena->used + FILTER_ROOM + 4095) & ~(size_t)4095;
	format(plan_fd, sizeof(plan_fd), "%d", stage->arena->fd);
	format(plan_size, sizeof(plan_size), "%zu", stage->shared);
	struct birth birth = {
		.namespaces = plan->namespaces.at_birth | (born_by_deputy(stage) ? ABI_CLONE_PARENT : 0), /* our child, whoever bears it */
		.keep_capabilities = born_by_deputy(stage),
		.cgroup = stage->cgroup.v2,
		.executable = image,
		.argv = argv,
		.inherit = inherit,
		.inherit_count = inherited(plan, stage->arena->fd, inherit),
		.pidfd = &stage->pidfd,
	};
	pid_t pid = process_birth(&birth);
	if (killed_at_birth(stage, &birth, pid))
		pid = birth_and_move(stage, &birth);
	if (pid == -EACCES && stage->record.user_unit && !born_by_deputy(stage))
		pid = birth_inside(stage, &birth, error);
	if (pid < 0)
		return not_born(stage, -pid, error);
	stage->pid = pid;
	stage->baton = true;

	/* Theirs now: an end left open here would hide that init is gone. The plan keeps the numbers: init reads them there. */
	for (size_t i = 1; i < birth.inherit_count; i++)
		close(inherit[i]);
	return identify(stage, image, error);
}

int host_birth(struct stage *stage, struct error *error)
{
	return born_by_deputy(stage) ? deputy_play(stage, &stage->deputy, give_birth, -1, error) : give_birth(stage, error);
}

/* Strangers in its pid namespace, or in a user namespace that it has joined, may have stopped it. */
static bool is_stopped(const struct stage *stage)
{
	uint64_t start;
	char state;

	return stage->reborn || (process_stat(stage->procfs, stage->pid, &start, &state) == 0 && state == 'T');
}

/* SIGTERM and the like are blocked while we create: they are taken here, and what was made is undone (case C87). */
int score_wait(struct stage *stage, struct error *error)
{
	struct pollfd wait_for[2] = { { .fd = stage->socket, .events = POLLIN }, { .fd = stage->signals, .events = POLLIN } };

	for (;;) {
		int signal = stage->signals >= 0 ? signals_pending(stage->signals) : 0;
		if (signal)
			return fail(error, 0, "interrupted by signal %d", signal);
		int ready = poll(wait_for, 2, TALK_ANSWER_MS);
		if (ready < 0 && errno != EINTR)
			return fail(error, errno, "cannot wait for init");
		if (wait_for[0].revents)
			return 0;
		if (ready == 0 && is_stopped(stage))
			return fail(error, 0, "container init does not answer: it may be stopped (SIGSTOP) or frozen");
	}
}

int score_other_side_gone(struct stage *stage, struct error *error)
{
	siginfo_t how = { 0 };

	if (stage->pidfd >= 0)
		waitid(P_PIDFD, (id_t)stage->pidfd, &how, WEXITED | WNOWAIT);
	bool killed = how.si_pid && how.si_code != CLD_EXITED && how.si_status == SIGKILL && stage->plan->cgroup.path;
	int64_t kills = killed ? container_oom_seen(&stage->record, &stage->oom) : 0;
	const char *who = stage->plan->kind == PLAN_EXEC ? "the process" : "container init";
	if (kills > 0)
		return fail(error, 0, "%s" OOM_WORDS, who);
	if (kills < 0)
		return fail(error, 0, "%s" OOM_WORDS ", or killed from outside, during setup", who);
	if (how.si_pid && how.si_code != CLD_EXITED)
		return fail(error, 0, "%s was killed during setup by signal %d", who, how.si_status);
	return fail(error, 0, "%s ended during setup without saying why", who);
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
	while (baton_receive(stage->socket, &baton, &fd) == 1 && baton.kind == BATON_TERMINAL);
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
	    waitid(P_PIDFD, (id_t)received, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) < 0)
		return fail(error, EPROTO, "init names a new process that cannot be");
	stage->reborn = true;
	pid_t pid = pidfd_pid(stage->procfs, received);
	if (pid <= 0)
		return fail(error, pid ? -pid : ESRCH, "cannot tell the pid of init's new process");
	if (pidfd_wait(stage->pidfd, REBIRTH_MS) != 1)
		return fail(error, 0, "init's first process does not end");
	waitid(P_PIDFD, (id_t)stage->pidfd, &(siginfo_t){ 0 }, WEXITED);
	close(stage->pidfd);
	stage->pidfd = take_fd(&received);
	stage->pid = pid;
	int r = process_stat(stage->procfs, pid, &stage->pid_start, &state);
	return r < 0 ? fail(error, -r, "cannot read the start time of init") : 0;
}
