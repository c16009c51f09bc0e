/* seize: traces whatever process is born next in this pid namespace, closes its descriptors from 3 up, and keeps it stopped until it is
 * killed itself. Says "seized PID" once it has.
 * seize look FILE: says what that process has and may do, and whether FILE is in its root; lets it go on; "looked PID" at the end.
 * x86-64 alone. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 15
#define SYSCALL_THEN_TRAP 0xcc050fL /* syscall; int3 */

static long call_in(pid_t pid, long nr, long first, long second)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return -1;
	errno = 0;
	long word = ptrace(PTRACE_PEEKTEXT, pid, regs.rip, 0);
	if (errno || ptrace(PTRACE_POKETEXT, pid, regs.rip, (word & ~0xffffffL) | SYSCALL_THEN_TRAP) < 0)
		return -1;
	regs.rax = (unsigned long)nr;
	regs.orig_rax = -1ul;
	regs.rdi = (unsigned long)first;
	regs.rsi = (unsigned long)second;
	regs.rdx = 0;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0 || ptrace(PTRACE_CONT, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) < 0 ||
	    ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return -1;
	return (long)regs.rax;
}

static void keep(pid_t pid)
{
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	if (call_in(pid, SYS_close_range, 3, 0x7fffffff) == 0) {
		printf("seized %d\n", (int)pid);
		fflush(stdout);
	}
	for (;;)
		pause();
}

static void list(pid_t pid, const char *what, int links)
{
	char path[64], name[320], to[256];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ssize_t length = links ? readlink(name, to, sizeof(to) - 1) : -1;
		to[length < 0 ? 0 : length] = 0;
		printf("%s %s%s%s\n", what, entry->d_name, links ? " " : "", to);
	}
	printf("%s %s\n", what, directory ? "ends" : strerror(errno));
	if (directory)
		closedir(directory);
}

/* The numbers of errors tell who refuses: none of these would say EPERM to who may do all. */
static void look(pid_t pid, const char *file)
{
	char path[4200];
	static const struct { const char *name; long number; } calls[] = {
		{ "openat", SYS_openat }, { "mount", SYS_mount }, { "fsmount", 432 }, { "fsconfig", 431 }, { "open_tree", 428 },
		{ "setns", SYS_setns }, { "unshare", SYS_unshare }, { "chroot", SYS_chroot }, { "ptrace", SYS_ptrace },
		{ "execve", SYS_execve }, { "bpf", SYS_bpf },
	};
	struct user_regs_struct regs;

	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, file);
	printf("%s\n", access(path, F_OK) == 0 ? "reached" : "not reached");
	list(pid, "root", 0);
	list(pid, "cwd", 0);
	list(pid, "fd", 1);
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return;
	long word = ptrace(PTRACE_PEEKTEXT, pid, regs.rip, 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		printf("call %s %ld\n", calls[i].name, call_in(pid, calls[i].number, 0, 0));
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
	}
	ptrace(PTRACE_POKETEXT, pid, regs.rip, word);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	printf("looked %d\n", (int)pid);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + SECONDS;
	pid_t last = fork();

	if (last == 0)
		_exit(0);
	waitpid(last, NULL, 0);
	puts("waits");
	fflush(stdout);
	while (time(NULL) < end)
		for (pid_t pid = last + 1; pid < last + 4; pid++)
			if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
				if (argc < 3 || strcmp(argv[1], "look"))
					keep(pid);
				look(pid, argv[2]);
				return 0;
			}
	puts("nobody came");
	return 1;
}
