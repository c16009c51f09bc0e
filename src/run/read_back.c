/* A process that is ready to execute its program, and its cgroup, compared with the plan from outside (debug builds). */
#include "run/read_back.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/read_back.h"
#include "cgroup/read_back.h"
#include "kern/procfs.h"
#include "run/read_back_parts.h"

static void name_file(pid_t pid, const char *name, char to[64])
{
	if (pid)
		format(to, 64, "%d/%s", (int)pid, name);
	else
		format(to, 64, "self/%s", name);
}

ssize_t read_back_file(const struct read_back *b, pid_t pid, const char *name)
{
	char path[64];

	name_file(pid, name, path);
	_cleanup_fd int fd = procfs_open(b->procfs, path, O_RDONLY);
	ssize_t n = fd < 0 ? fd : read_all(fd, b->room, READ_BACK_ROOM);
	if (n < 0)
		b->room[0] = '\0';
	return n;
}

ssize_t read_back_link(const struct read_back *b, pid_t pid, const char *name, char *to, size_t size)
{
	char path[64];

	name_file(pid, name, path);
	ssize_t n = readlinkat(b->procfs, path, to, size - 1);
	if (n >= 0)
		to[n] = '\0';
	return n < 0 ? -errno : n;
}

/* ---- the cgroup ---- */

static bool has_process(const char *list, pid_t pid)
{
	char line[24];
	size_t length = number_text(line, pid);

	for (; *list; list += strcspn(list, "\n"), list += *list == '\n')
		if (strncmp(list, line, length) == 0 && (list[length] == '\n' || !list[length]))
			return true;
	return false;
}

/* A threaded cgroup tells no processes. */
static int compare_member(const struct stage *stage, const struct read_back *b, size_t i, struct error *error)
{
	ssize_t n = file_read(stage->cgroup.fd[i], "cgroup.procs", b->room, READ_BACK_ROOM);

	if (n == -EOPNOTSUPP || n == -EFBIG)
		return 0;
	if (n < 0)
		return read_back_unreadable(error, "cgroup.procs", (int)-n);
	return has_process(b->room, stage->pid) ? 0 : read_back_differs(error, "cgroup", stage->plan->cgroup.directories[i].mount,
									 "the process is not in it");
}

/* For the comparisons' own test. */
static void break_cgroup(const struct stage *stage, size_t i)
{
	char *const *env = stage->plan->process.env;
	const struct plan_cgroup_directory *directory = &stage->plan->cgroup.directories[i];
	int dir = stage->cgroup.fd[i];
	char pid[24];

	number_text(pid, stage->pid);
	_cleanup_fd int above = again_openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (read_back_breaks(env, "cgroup"))
		file_write(above, "cgroup.procs", pid);
	if (read_back_breaks(env, "cgroup-value") && directory->write_count)
		file_write(dir, "pids.max", "77");
	if (read_back_breaks(env, "cgroup-devices"))
		file_write(dir, "devices.allow", "c 5:77 r");
}

static int compare_cgroup(const struct stage *stage, const struct read_back *b, struct error *error)
{
	const struct plan_cgroup *plan = &stage->plan->cgroup;

	for (size_t i = 0; plan->path && i < stage->cgroup.count && i < plan->directory_count; i++) {
		if (stage->cgroup.fd[i] < 0)
			continue;
		break_cgroup(stage, i);
		try(compare_member(stage, b, i, error));
		if (stage->plan->kind == PLAN_EXEC)
			continue;
		try(read_back_rows(&plan->directories[i], stage->cgroup.fd[i], error));
		try(read_back_device_rules(plan, &plan->directories[i], stage->cgroup.fd[i], error));
	}
	return 0;
}

/* The CPUs of the first hierarchy that tells them. */
static const char *cpus_of(const struct stage *stage, char *to, size_t size)
{
	for (size_t i = 0; i < stage->cgroup.count; i++)
		if (stage->cgroup.fd[i] >= 0 && (file_read(stage->cgroup.fd[i], "cpuset.effective_cpus", to, size) > 1 ||
						 file_read(stage->cgroup.fd[i], "cpuset.cpus.effective", to, size) > 1)) {
			to[strcspn(to, "\n")] = '\0';
			return to;
		}
	return NULL;
}

/* ---- labels, before they are in force ---- */

static int compare_label(const struct read_back *b, const char *file, const char *field, const char *asked, struct error *error)
{
	ssize_t n = asked ? read_back_file(b, b->pid, file) : 0;

	if (n <= 0) /* not asked for, or without a file of its own: that is looked at after the exec */
		return 0;
	b->room[strcspn(b->room, "\n")] = '\0';
	return read_back_text(error, field, asked, b->room);
}

int read_back_commit(const struct stage *stage, struct error *error)
{
	const struct plan *plan = stage->plan;
	char cpus[4096];
	const struct read_back b = {
		.plan = plan, .procfs = stage->procfs, .pid = stage->pid, .container = plan->kind == PLAN_EXEC ? stage->record.pid : 0,
		.cpus = cpus_of(stage, cpus, sizeof(cpus)), .room = arena_alloc(stage->arena, READ_BACK_ROOM),
	};

	try(read_back_namespaces(&b, error));
	try(compare_cgroup(stage, &b, error));
	if (!plan->has_process)
		return 0;
	try(read_back_status(&b, BEFORE_EXEC, error));
	try(read_back_limits(&b, BEFORE_EXEC, error));
	try(read_back_scheduling(&b, error));
	try(compare_label(&b, "attr/exec", "SELinux label", plan->process.selinux, error));
	return read_back_place(&b, error);
}
