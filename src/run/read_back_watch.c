/* A process of ours that stops the program at its exec and looks: at what no one can ask before, and at what is in force from there on
 * (debug builds).
 *
 * It traces init from the moment when that says that only the exec is left. The plan is init's: `start` has none of its own. Where it may
 * not trace (an ordinary user, whose init is not his to look into) the program runs unseen. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/read_back.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "run/baton.h"
#include "run/read_back.h"
#include "run/read_back_parts.h"
#include "run/talk.h"

#define PROGRAM_MOST 4096
#define OPTION_TRACEEXEC 0x10 /* ptrace(2), by numbers: musl and the kernel each have an enum of their own */
#define SEIZE 0x4206
#define LISTEN 0x4208
#define GET_FILTER 0x420c
#define EVENT_EXEC 4
#define EVENT_STOP 128

static struct { pid_t pid; int from; } watcher = { 0, -1 };

/* ---- the plan, as init has it ---- */

/* "200000000000-200000123000 r--p ...", the first of what is mapped there: the file is all of the arena. */
static int open_arena(const struct read_back *b, struct stat *file)
{
	char begin[24], path[80];

	if (read_back_file(b, b->pid, "maps") < 0)
		return -EACCES;
	size_t length = format(begin, sizeof(begin), "%lx-", ARENA_ADDRESS);
	for (const char *at = b->room; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		if (strncmp(at, begin, length) != 0)
			continue;
		format(path, sizeof(path), "%d/map_files/%.*s", (int)b->pid, (int)strcspn(at, " "), at);
		_cleanup_fd int fd = again_openat(b->procfs, path, O_RDONLY | O_CLOEXEC);
		return fd < 0 || fstat(fd, file) < 0 ? -errno : take_fd(&fd);
	}
	return -ENOENT;
}

/* In the place of our own arena, so that pointers hold; we are a copy of the runtime that does nothing else. */
static const struct plan *map_plan(const struct read_back *b)
{
	struct stat file = { .st_size = 0 };
	_cleanup_fd int fd = open_arena(b, &file);

	if (fd < 0)
		return NULL;
	munmap((void *)ARENA_ADDRESS, ARENA_SIZE);
	void *at = mmap((void *)ARENA_ADDRESS, (size_t)file.st_size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

/* ---- what is compared ---- */

static int compare_program(const struct read_back *b, struct error *error)
{
	static struct abi_bpf_insn found[PROGRAM_MOST];
	const struct plan_seccomp *asked = b->plan->seccomp;

	if (!asked)
		return 0;
	/* The newest one is number 0. Whoever is under a filter himself may not ask (EACCES). */
	long count = ptrace(GET_FILTER, b->pid, (void *)0, NULL);
	if (count < 0)
		return errno == EACCES || errno == EINVAL || errno == EIO ? 0 : read_back_unreadable(error, "seccomp filter", errno);
	try(read_back_number(error, "length of the seccomp filter", asked->length, (uint64_t)count));
	if (count > PROGRAM_MOST || ptrace(GET_FILTER, b->pid, (void *)0, found) != count)
		return read_back_unreadable(error, "seccomp filter", errno);
	if (read_back_breaks(b->plan->process.env, "seccomp"))
		found[count / 2].k ^= 1;
	for (long i = 0; i < count; i++)
		if (memcmp(&found[i], &asked->program[i], sizeof(found[i])) != 0)
			return fail(error, 0, "read back: seccomp filter: instruction %ld is not the one asked for", i);
	return 0;
}

/* 0, 1, 2 and what was preserved; and no directory but what was preserved, nor a file that still is of the runtime (rule B.1.7). */
static int compare_descriptors(const struct read_back *b, struct error *error)
{
	unsigned most = 2 + b->plan->preserve_fds;
	uint32_t number;
	char path[40];
	struct stat file;

	format(path, sizeof(path), "%d/fd", (int)b->pid);
	int fd = again_openat(b->procfs, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		close_fd(&fd);
		return 0;
	}
	for (const struct dirent *entry; (entry = again_readdir(list)) && !error->text[0];) {
		if (number_u32(entry->d_name, INT32_MAX, &number) < 0)
			continue;
		if (number > most)
			fail(error, 0, "read back: descriptor %u: asked to be closed, found open", number);
		else if (number <= 2 && fstatat(fd, entry->d_name, &file, 0) == 0 && S_ISDIR(file.st_mode))
			fail(error, 0, "read back: descriptor %u: it is a directory", number);
	}
	closedir(list);
	return error->text[0] ? -1 : 0;
}

/* AppArmor adds the mode: "profile (enforce)". */
static int compare_label(const struct read_back *b, const char *first, const char *second, const char *field, const char *asked,
			 struct error *error)
{
	if (!asked)
		return 0;
	ssize_t n = read_back_file(b, b->pid, first);
	if (n <= 0 && second)
		n = read_back_file(b, b->pid, second);
	if (n <= 0)
		return read_back_unreadable(error, field, n < 0 ? (int)-n : ENODATA);
	b->room[strcspn(b->room, "\n")] = '\0';
	char *mode = strstr(b->room, " (");
	if (mode)
		*mode = '\0';
	return read_back_text(error, field, asked, b->room);
}

static int compare(const struct read_back *b, struct error *error)
{
	const struct plan_process *process = &b->plan->process;
	const char *apparmor = process->apparmor ? process->apparmor + strlen("exec ") : NULL;

	try(compare_program(b, error));
	try(read_back_status(b, AFTER_EXEC, error));
	try(read_back_limits(b, AFTER_EXEC, error));
	try(compare_descriptors(b, error));
	try(compare_label(b, "attr/apparmor/current", "attr/current", "AppArmor profile", apparmor, error));
	return compare_label(b, "attr/current", NULL, "SELinux label", process->selinux, error);
}

/* ---- the watcher ---- */

/* The first process of a pid namespace does not die of a fault as long as it is traced: it would run into it again and again. */
static bool is_fault(int signal)
{
	return signal == SIGILL || signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGTRAP || signal == SIGSYS;
}

/* Until its exec or its end; signals go on to it. False: there is none to be looked at. */
static bool reach_exec(pid_t pid)
{
	int status;

	for (;;) {
		pid_t heard = again_waitpid(pid, &status, __WALL);
		if (heard < 0 || !WIFSTOPPED(status))
			return false;
		if (status >> 8 == (SIGTRAP | EVENT_EXEC << 8))
			return true;
		bool group_stop = status >> 16 == EVENT_STOP;
		if (!group_stop && is_fault(WSTOPSIG(status))) {
			ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)WSTOPSIG(status));
			return false;
		}
		bool stays = group_stop && WSTOPSIG(status) != SIGTRAP;
		ptrace(stays ? LISTEN : PTRACE_CONT, pid, NULL, (void *)(intptr_t)(group_stop ? 0 : WSTOPSIG(status)));
	}
}

static void watch(pid_t pid, int to)
{
	static char room[READ_BACK_ROOM];
	struct error error = { 0 };
	struct read_back b = { .procfs = procfs_host(), .pid = pid, .room = room };

	process_die_with_parent(SIGKILL);
	b.plan = b.procfs < 0 ? NULL : map_plan(&b);
	if (!b.plan || ptrace(SEIZE, pid, NULL, (void *)OPTION_TRACEEXEC) < 0)
		return;
	if (write_all(to, "", 1) < 0 || !reach_exec(pid))
		return;
	compare(&b, &error);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	write_all(to, &error, sizeof(error));
}

static int begin(const struct talk *talk, struct error *error)
{
	char ready;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(error, errno, "cannot make a pipe");
	watcher.pid = process_fork(0, NULL);
	if (watcher.pid == 0) {
		close(ends[0]);
		watch(talk->pid, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	watcher.from = ends[0];
	if (watcher.pid < 0)
		return fail(error, -watcher.pid, "cannot make a process that reads back");
	if (again_read(watcher.from, &ready, 1) != 1) /* it may not */
		close_fd(&watcher.from);
	return 0;
}

int read_back_watch(const struct talk *talk, struct error *error)
{
	const struct baton go = { .kind = BATON_PASS };

	try(begin(talk, error));
	baton_send(talk->socket, &go, -1);
	return 0;
}

int read_back_watched(struct error *error)
{
	struct error told = { 0 };
	ssize_t n = watcher.from < 0 ? 0 : again_read(watcher.from, &told, sizeof(told));

	close_fd(&watcher.from);
	if (watcher.pid > 0)
		again_waitpid(watcher.pid, NULL, 0);
	watcher.pid = 0;
	if (n != (ssize_t)sizeof(told) || !told.text[0])
		return 0;
	*error = told;
	return -1;
}
