/* The program: found, given its last surroundings, executed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "init/home.h"
#include "init/lookup.h"
#include "init/read_back.h"
#include "init/stage.h"
#include "kern/credentials.h"
#include "kern/process.h"
#include "run/baton.h"

/* ---- errors about the user's program: these texts are read by callers (contract section 9), so no cause is appended ---- */

static int program_failed(const char *name, const char *doing, int code, struct error *error)
{
	static const struct { int code; const char *text; } words[] = {
		{ ENOENT, "no such file or directory" }, { ENOTDIR, "not a directory" },
		{ EACCES, "permission denied" }, { EPERM, "operation not permitted" },
		{ EISDIR, "is a directory: permission denied" },
		{ ELOOP, "too many symbolic links, or one of /proc that leads out of the container: permission denied" },
		{ ENOEXEC, "exec format error" }, { E2BIG, "argument list too long" }, { ETXTBSY, "text file busy" },
		{ ENAMETOOLONG, "file name too long" },
	};
	for (size_t i = 0; i < array_length(words); i++)
		if (words[i].code == code)
			return fail(error, 0, "exec: \"%s\": %s%s", name, doing, words[i].text);
	return fail(error, code, "exec: \"%s\": %sfailed", name, doing);
}

/* ---- where it is ---- */

/* A name with a slash is a path, from the working directory (execvp(3)). */
static int find_path(struct stage *stage, const char *name, struct error *error)
{
	char doing[600];
	int r = lookup_executable(name, lookup_flags(stage->plan));

	if (r == 0 && format(stage->program_path, sizeof(stage->program_path), "%s", name) >= sizeof(stage->program_path))
		r = -ENAMETOOLONG;
	if (r == 0)
		return 0;
	format(doing, sizeof(doing), "stat %s: ", name);
	return program_failed(name, r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG ? doing : "", -r, error);
}

/* Each directory of PATH in turn; an empty one is the working directory. What may not be executed is passed over, and told at the
 * end if nothing else was found (execvp(3)). */
static int find_in_path(struct stage *stage, const char *name, const char *path, struct error *error)
{
	int barred = 0;

	for (const char *at = path; *name;) {
		size_t length = strcspn(at, ":");
		size_t whole = format(stage->program_path, sizeof(stage->program_path), "%.*s%s%s", (int)length, at,
				      length ? "/" : "", name);
		int r = -ENAMETOOLONG;
		if (whole < sizeof(stage->program_path))
			r = lookup_executable(stage->program_path, lookup_flags(stage->plan));
		if (r == 0)
			return 0;
		if (r == -EACCES || r == -EISDIR || r == -ELOOP)
			barred = r;
		if (!at[length])
			break;
		at += length + 1;
	}
	if (barred)
		return program_failed(name, "", -barred, error);
	return fail(error, 0, "exec: \"%s\": executable file not found in $PATH", name);
}

/* ---- its surroundings ---- */

/* The room for it stands in the plan; these pages become our own with the first write to them. */
static int add_home(const struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	char *home = process->env[process->env_count];

	if (!process->wants_home)
		return 0;
	if (mprotect(home, PLAN_HOME_ROOM, PROT_READ | PROT_WRITE) < 0)
		return fail(error, errno, "cannot make room for HOME");
	home_find(process->uid, home + strlen("HOME="), 1024, lookup_flags(stage->plan));
	return 0;
}

int init_program(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	const char *name = process->args[0];

	try(strchr(name, '/') ? find_path(stage, name, error) : find_in_path(stage, name, process->path, error));
	try(add_home(stage, error));
	if (process->no_new_privileges) {
		int r = cred_no_new_privileges();
		if (r < 0)
			return fail(error, -r, "cannot set no_new_privs");
	}
	umask(process->umask);
	signals_default();
	return read_back_break(stage, error);
}

/* ---- the end of init ---- */

#define ROOM 4096 /* more than we have opened, each with the lowest number that was free */

/* All numbers of ours are below. What we were born with has the numbers it had among the caller's. */
static unsigned numbers(const struct plan *plan)
{
	const int born_with[] = { plan->socket, plan->cargo_socket, plan->listener, plan->trace, plan->procfs, plan->root.fd,
				  plan->namespaces.container };
	int highest = 0;

	for (size_t i = 0; i < array_length(born_with); i++)
		highest = born_with[i] > highest ? born_with[i] : highest;
	for (size_t i = 0; i < PLAN_NS_TYPES; i++)
		highest = plan->namespaces.of[i].fd > highest ? plan->namespaces.of[i].fd : highest;
	return (unsigned)highest + plan->preserve_fds + ROOM;
}

/* All of [from, to] at once; one by one where a filter, an old profile's or our caller's, refuses close_range. */
static void close_all(const struct plan *plan, unsigned from, unsigned to)
{
	if (from > to || syscall(ABI_SYS_close_range, from, to, 0) == 0)
		return;
	for (unsigned fd = from, end = numbers(plan); fd <= to && fd < end; fd++)
		syscall(SYS_close, fd);
}

/* Lowering needs no right, not even of the hard limit. */
static int lower_nofile(const struct plan *plan, struct error *error)
{
	for (size_t i = 0; i < plan->process.rlimit_count; i++) {
		const struct plan_rlimit *limit = &plan->process.rlimits[i];
		const uint64_t value[2] = { limit->soft, limit->hard };
		if (limit->resource == RLIMIT_NOFILE && limit->soft < PLAN_NOFILE_LEAST + (uint64_t)plan->preserve_fds &&
		    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, value, NULL) < 0)
			return fail_at(error, &limit->at, errno, "cannot lower RLIMIT_NOFILE to %llu",
				       (unsigned long long)limit->soft);
	}
	return 0;
}

/* Closed, not left to close-on-exec: what is open while execve runs can be its path (/proc/self/fd/N, CVE-2024-21626, rule B.1.3).
 * The socket stays, to say why the exec failed; it cannot be executed. */
int init_close(struct stage *stage, struct error *error)
{
	const struct baton executing = { .kind = BATON_EXECUTING };
	unsigned first = 3 + stage->plan->preserve_fds;
	unsigned kept = (unsigned)stage->socket; /* -1, and so the largest, if there is none */

	if (stage->socket >= 0 && fcntl(stage->socket, F_SETFD, FD_CLOEXEC) < 0)
		return fail(error, errno, "cannot mark the socket close-on-exec");
	int r = baton_send(stage->socket, &executing, -1);
	if (r < 0)
		return fail(error, -r, "cannot tell that the program comes next");
	close_all(stage->plan, first, kept - 1);
	if (stage->socket >= 0)
		close_all(stage->plan, kept + 1 > first ? kept + 1 : first, ~0U);
	stage->cargo = stage->listener = stage->procfs = stage->root = stage->dev = stage->program = -1;
	stage->cargo_next = stage->cargo_count = 0;
	try(read_back_last(stage, error));
	return lower_nofile(stage->plan, error);
}

static void report(const struct stage *stage, const struct error *error)
{
	struct baton baton = { .kind = BATON_FAILED, .error = *error };

	while (baton.row < stage->score->count && stage->score->rows[baton.row].play != init_exec)
		baton.row++;
	if (!baton.error.step[0])
		format(baton.error.step, sizeof(baton.error.step), "%s", "exec");
	baton_send(stage->socket, &baton, -1);
}

int init_exec(struct stage *stage, struct error *error)
{
	const struct plan_process *process = &stage->plan->process;
	const char *doing = "";

	if (!stage->plan->has_process)
		return fail(error, 0, "the configuration has no process to start");
	execve(stage->program_path, process->args, process->env);
	int code = errno;
	if ((code == EACCES || code == EPERM) && (process->apparmor || process->selinux))
		doing = "the security label may not execute it: ";
	program_failed(process->args[0], doing, code, error);
	trace_end(stage->trace ? &stage->trace->spans[stage->trace->count - 1] : NULL, -1); /* this row's */
	report(stage, error);
	process_end(code == ENOENT ? 127 : 126); /* what a shell says of a program that is missing, or cannot be executed */
}
