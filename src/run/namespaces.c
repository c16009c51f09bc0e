/* The host's part in namespaces: those to be joined are opened and verified; id maps are written. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/format.h"
#include "base/number.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/joined_user.h"
#include "run/id_maps.h"
#include "run/stage.h"

/* A path that leads to the runtime's own namespace is allowed and is not private: what needs a private one must not pass
 * because of it (rule B.11). */
static bool is_own(const struct stage *stage, const struct plan_namespace *ns)
{
	static const char *const files[PLAN_NS_TYPES] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };
	char path[32];
	struct stat theirs, ours;
	format(path, sizeof(path), "self/ns/%s", files[ns - stage->plan->namespaces.of]);
	return fstat(ns->fd, &theirs) == 0 && fstatat(stage->procfs, path, &ours, 0) == 0 && theirs.st_dev == ours.st_dev &&
	       theirs.st_ino == ours.st_ino;
}

/* A process that has ended but is not waited for has left its namespaces, all but two: those of a container that is no more. Its pid where
 * the path names one; else 0. */
static pid_t ended_owner(const struct stage *stage, const char *path)
{
	static const char begin[] = "/proc/";
	const char *number = path + strlen(begin);
	char digits[16], letter;
	uint64_t start;
	uint32_t pid;

	size_t length = strncmp(path, begin, strlen(begin)) == 0 ? strspn(number, "0123456789") : 0;
	if (!length || length >= sizeof(digits) || strncmp(number + length, "/ns/", strlen("/ns/")) != 0)
		return 0;
	format(digits, sizeof(digits), "%.*s", (int)length, number);
	if (number_u32(digits, INT32_MAX, &pid) < 0 || process_stat(stage->procfs, (pid_t)pid, &start, &letter) < 0)
		return 0;
	return letter == 'Z' || letter == 'X' ? (pid_t)pid : 0;
}

/* Once it is open it outlives its processes; what we look at is that they were not gone before. */
static int refuse_ended(const struct stage *stage, const struct plan_namespace *ns, struct error *error)
{
	pid_t ended = ended_owner(stage, ns->path);

	return ended ? fail_at(error, &ns->at, 0, "'%s' is the %s namespace of a process that has ended: %d", ns->path, ns->name,
			       (int)ended) : 0;
}

static const struct { enum plan_ns type; const char *prefix; } sysctl_of[] = {
	{ PLAN_NS_NETWORK, "net/" }, { PLAN_NS_IPC, "kernel/" }, { PLAN_NS_IPC, "fs/mqueue/" }, { PLAN_NS_USER, "user/" },
};

static int refuse_shared(const struct plan *plan, const struct plan_namespace *ns, struct error *error)
{
	enum plan_ns type = ns - plan->namespaces.of;

	if (type == PLAN_NS_UTS && (plan->namespaces.hostname || plan->namespaces.domainname))
		return fail_at(error, &ns->at, 0, "unable to set hostname without a private UTS namespace: '%s' is the runtime's own",
			       ns->path);
	for (size_t i = 0; i < plan->sysctl_count; i++)
		for (size_t k = 0; k < sizeof(sysctl_of) / sizeof(sysctl_of[0]); k++)
			if (sysctl_of[k].type == type &&
			    strncmp(plan->sysctls[i].path, sysctl_of[k].prefix, strlen(sysctl_of[k].prefix)) == 0)
				return fail_at(error, &plan->sysctls[i].at, 0,
					       "sysctl '%s' is not in a separate kernel namespace: '%s' is the runtime's own",
					       plan->sysctls[i].path, ns->path);
	if (type == PLAN_NS_MOUNT || type == PLAN_NS_USER)
		return fail_at(error, &ns->at, 0, "'%s' is the runtime's own %s namespace: leave the entry out to share it", ns->path,
			       ns->name);
	return 0;
}

int host_namespaces(struct stage *stage, struct error *error)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++) {
		struct plan_namespace *ns = &stage->plan->namespaces.of[i];
		if (ns->mode != NS_JOIN)
			continue;
		ns->fd = namespace_open(ns->path, ns->flag);
		if (ns->fd == -EINVAL || ns->fd == -ENOTTY) {
			int r = ns->fd;
			ns->fd = -1;
			return fail_at(error, &ns->at, 0, "'%s' is not a %s namespace%s", ns->path, ns->name,
				       r == -ENOTTY ? " (no namespace file at all)" : "");
		}
		if (ns->fd < 0) {
			int r = -ns->fd;
			ns->fd = -1;
			return fail_at(error, &ns->at, r, "cannot open the %s namespace '%s'", ns->name, ns->path);
		}
		if (i == PLAN_NS_USER || i == PLAN_NS_PID) /* of the others nothing is left to be opened */
			try(refuse_ended(stage, ns, error));
		ns->own = is_own(stage, ns);
		if (ns->own)
			try(refuse_shared(stage->plan, ns, error));
		if (i == PLAN_NS_USER)
			try(joined_user_check(stage, error));
		if (i == PLAN_NS_PID && !ns->own && stage->plan->namespaces.of[PLAN_NS_USER].mode == NS_NEW)
			return fail_at(error, &ns->at, 0, "the pid namespace '%s' belongs to another user namespace than the container's, "
				       "which has no rights in it: join that as well", ns->path);
	}
	return 0;
}

int host_id_maps(struct stage *stage, struct error *error)
{
	return id_maps_write(stage, stage->pid, error);
}

int host_time_offsets(struct stage *stage, struct error *error)
{
	const struct plan_namespaces *n = &stage->plan->namespaces;
	char path[40];

	format(path, sizeof(path), "%d/timens_offsets", (int)stage->pid);
	int r = procfs_write(stage->procfs, path, n->time_offsets);
	return r < 0 ? fail_at(error, &n->time_offsets_at, -r, TIME_OFFSETS_WORDS) : 0;
}
