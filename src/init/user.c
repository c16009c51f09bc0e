/* From the powers of the container's root to those of its process, in the one order that works (rule B.6.12). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "init/lookup.h"
#include "init/stage.h"
#include "kern/credentials.h"
#include "kern/namespaces.h"

/* ---- stdin, stdout, stderr ---- */

static bool is_null_device(const struct stat *file)
{
	return S_ISCHR(file->st_mode) && file->st_rdev == makedev(1, 3);
}

/* The host's /dev/null keeps a host mount in the container's reach; the container's own does as well. Only where both are what they
 * seem (CVE-2025-31133): first without opening it, since opening a FIFO may block and a device may act, then once more. */
static int own_null(enum lookup_flags lookup)
{
	struct stat file;
	_cleanup_fd int looked = lookup_open("/dev/null", O_PATH, lookup);
	if (looked < 0 || fstat(looked, &file) < 0 || !is_null_device(&file))
		return -1;
	_cleanup_fd int opened = lookup_open("/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY, lookup);
	if (opened < 0 || fstat(opened, &file) < 0 || !is_null_device(&file))
		return -1;
	fcntl(opened, F_SETFL, O_RDWR);
	return take_fd(&opened);
}

/* The process may then reopen its output by /dev/stdout. Pipes and sockets alone: the owner of a device or a file is the host's
 * business (CVE-2026-88265). What the kernel refuses here (an id it cannot map, a read-only place) is no harm. */
static int give_to_user(int fd, const struct plan *plan, struct error *error)
{
	const uid_t uid = plan->process.uid;
	struct stat file;
	if (fstat(fd, &file) < 0 || (!S_ISFIFO(file.st_mode) && !S_ISSOCK(file.st_mode)) || file.st_uid == uid)
		return 0;
	if (fchown(fd, uid, (gid_t)-1) == 0 || errno == EPERM || errno == EINVAL || errno == EROFS || filtered(plan))
		return 0;
	return fail(error, errno, "cannot give descriptor %d to uid %u", fd, uid);
}

static int stdio(const struct plan *plan, struct error *error)
{
	_cleanup_fd int null = -1;
	struct stat file;

	for (int fd = 0; fd <= 2; fd++) {
		if (fstat(fd, &file) == 0 && is_null_device(&file)) {
			if (null < 0)
				null = own_null(lookup_flags(plan));
			if (null >= 0 && again_dup3(null, fd, 0) < 0 && !filtered(plan))
				return fail(error, errno, "cannot reopen descriptor %d as the container's /dev/null", fd);
		}
		try(give_to_user(fd, plan, error));
	}
	return 0;
}

/* ---- the working directory ---- */

/* Never without openat2: a path through a magic link of /proc is one out of the container (rule B.1.5). */
static int enter(const char *cwd)
{
	_cleanup_fd int fd = lookup_open(cwd, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	return fchdir(fd) < 0 ? -errno : 0;
}

static int cwd_failed(const struct plan_process *process, int r, struct error *error)
{
	const char *why = r == -ELOOP ? ": a symbolic link in it leads nowhere or out of the container" : "";
	if (r == -EXDEV)
		why = ": it is outside of the container's root";
	return fail_at(error, &process->cwd_at, *why ? 0 : -r, "chdir to cwd (\"%s\") set in config.json failed%s",
		       process->cwd, why);
}

/* As root first, since the way may be barred to the user. 1: entered, 0: only the user may (NFS, FUSE, another's home). */
static int enter_as_root(const struct plan_process *process, struct error *error)
{
	int r = enter(process->cwd);
	if (r == -EACCES || r == -EPERM)
		return 0;
	if (r == 0)
		r = lookup_inside();
	return r < 0 ? cwd_failed(process, r, error) : 1;
}

int init_enter_early(struct stage *stage, struct error *error)
{
	/* Or setresuid from 0 would take all permitted capabilities away before capset picks those to stay; and with the caller's
	 * securebits that of a program would take none. */
	int r = cred_keep_caps_alone();
	if (r < 0)
		return fail(error, -r, "cannot clear the caller's securebits");
	r = enter_as_root(&stage->plan->process, error);
	stage->entered = r > 0;
	return r < 0 ? r : 0;
}

static int enter_as_user(const struct plan *plan, bool entered, struct error *error)
{
	int r = entered ? 0 : enter(plan->process.cwd);
	if (r < 0)
		return cwd_failed(&plan->process, r, error);
	r = unless_refused(plan, lookup_inside());
	return r < 0 ? cwd_failed(&plan->process, r, error) : 0;
}

/* ---- ids and capabilities ---- */

static int set_groups(const struct plan *plan, struct error *error)
{
	const struct plan_process *process = &plan->process;
	int r = cred_set_groups(process->groups, process->group_count);

	/* A user namespace whose maps an unprivileged user wrote has setgroups denied for good: no group can be dropped then, and
	 * none was asked for (user_namespaces(7)). */
	if (r == -EPERM && process->group_count == 0 && plan->in_user_namespace)
		return 0;
	if (r == 0)
		r = unless_refused(plan, cred_verify_groups(process->groups, process->group_count));
	return r < 0 ? fail_at(error, &process->user_at, -r, "cannot set the %zu additional groups", process->group_count) : 0;
}

static int set_ids(const struct plan *plan, struct error *error)
{
	const struct plan_process *process = &plan->process;
	int r = cred_set_gid(process->gid);
	if (r < 0)
		return fail_at(error, &process->user_at, -r, "cannot become gid %u", process->gid);
	r = cred_set_uid(process->uid);
	if (r < 0)
		return fail_at(error, &process->user_at, -r, "cannot become uid %u", process->uid);
	r = unless_refused(plan, cred_verify_ids(process->uid, process->gid));
	if (r < 0)
		return fail_at(error, &process->user_at, -r, "the kernel did not make this uid %u and gid %u",
			       process->uid, process->gid);
	return 0;
}

/* 0, or -EUCLEAN if the kernel says something else. */
static int verify_capabilities(const struct plan_capabilities *wanted)
{
	struct cred_caps now;
	int r = cred_caps_get(&now);
	if (r < 0)
		return r;
	if (now.effective != wanted->effective || now.permitted != wanted->permitted || now.inheritable != wanted->inheritable ||
	    cred_ambient(&now) != wanted->ambient || cred_bounding() & ~wanted->bounding)
		return -EUCLEAN;
	return 0;
}

static int set_capabilities(const struct plan *plan, struct error *error)
{
	const struct plan_capabilities *wanted = &plan->process.caps;
	const struct cred_caps caps = {
		.effective = wanted->effective, .permitted = wanted->permitted, .inheritable = wanted->inheritable,
	};

	int r = cred_keep_caps(KEEP_CAPS_OFF);
	if (r == 0)
		r = cred_caps_set(&caps);
	if (r < 0)
		return fail(error, -r, "cannot set capabilities");
	r = cred_ambient_set(wanted->ambient);
	if (r < 0)
		return fail(error, -r, "cannot set ambient capabilities");
	r = unless_refused(plan, verify_capabilities(wanted));
	return r < 0 ? fail(error, -r, "the kernel did not set the capabilities that were asked for") : 0;
}

static int become_user(const struct plan *plan, struct error *error)
{
	const struct plan_process *process = &plan->process;

	/* Bounding set first: after the uid change we no longer hold CAP_SETPCAP. */
	int r = cred_bound(process->caps.bounding);
	if (r < 0)
		return fail(error, -r, "cannot drop capabilities from the bounding set");
	try(set_groups(plan, error));
	try(set_ids(plan, error));
	return set_capabilities(plan, error);
}

/* A change of credentials takes the death signal back, and sets the dumpable flag to fs.suid_dumpable, which may be 1
 * (prctl(2)). Both hold again until the release. */
static int tie_again(struct error *error)
{
	int r = process_undumpable();
	if (r == 0)
		r = process_die_with_parent(SIGKILL);
	return r < 0 ? fail(error, -r, "cannot tie init to its creator again") : 0;
}

int init_user(struct stage *stage, struct error *error)
{
	if (!filtered(stage->plan))
		try(init_enter_early(stage, error));
	try(stdio(stage->plan, error));
	try(become_user(stage->plan, error));
	try(enter_as_user(stage->plan, stage->entered, error));
	return tie_again(error);
}
