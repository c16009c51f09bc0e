/* seize: traces whatever process is born next in this pid namespace, and keeps it stopped until it is killed itself. x86-64 alone.
 *
 *   seize                       closes its descriptors from 3 up; says "seized PID" once it has
 *   seize hold SECONDS          says "seized PID"
 *   seize look SECONDS FILE     says what it has and may do, and whether FILE is to be reached by it; lets it go on; "looked PID"
 *   seize forge SECONDS WHAT    takes its descriptor 2, and sends there what its parent waits for, with a pipe or a context of tmpfs's
 *                               in place of what it would send; "forged PID"
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 15
#define FAILED LONG_MIN /* the call was not made */
#define SYSCALL_THEN_TRAP 0xcc050fL /* syscall; int3 */

static long call_in(pid_t pid, long nr, long first, long second)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return FAILED;
	errno = 0;
	long word = ptrace(PTRACE_PEEKTEXT, pid, regs.rip, 0);
	if (errno || ptrace(PTRACE_POKETEXT, pid, regs.rip, (word & ~0xffffffL) | SYSCALL_THEN_TRAP) < 0)
		return FAILED;
	regs.rax = (unsigned long)nr;
	regs.orig_rax = -1ul;
	regs.rdi = (unsigned long)first;
	regs.rsi = (unsigned long)second;
	regs.rdx = 0;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0 || ptrace(PTRACE_CONT, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) < 0 ||
	    ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return FAILED;
	return (long)regs.rax;
}

static void keep(pid_t pid, int emptied)
{
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	if (!emptied || call_in(pid, SYS_close_range, 3, 0x7fffffff) == 0) {
		printf("seized %d\n", (int)pid);
		fflush(stdout);
	}
	for (;;)
		pause();
}

/* What procfs_joined.c's process would send: no error, and a descriptor. */
static void forge(pid_t pid, const char *what)
{
	int fds[2], said = 0;
	union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec iov = { &said, sizeof(said) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };

	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	int socket = (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, pid, 0), 2, 0);
	if (strcmp(what, "pipe") == 0 ? pipe(fds) < 0 : (fds[0] = (int)syscall(430, what, 0)) < 0) /* fsopen */
		err(1, "%s", what);
	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.header), fds, sizeof(int));
	if (sendmsg(socket, &message, 0) != sizeof(said))
		err(1, "sendmsg");
	printf("forged %d\n", (int)pid);
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

static void capabilities(pid_t pid)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "CapPrm", 6) == 0 || strncmp(line, "CapEff", 6) == 0 || strncmp(line, "CapInh", 6) == 0 ||
		    strncmp(line, "CapAmb", 6) == 0)
			fputs(line, stdout);
	if (status)
		fclose(status);
}

/* Whoever may enter its mount namespace is at the root of that, wherever the process itself is. */
static void enter(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int fd = open(path, O_RDONLY);
		int refused = fd < 0 || setns(fd, CLONE_NEWNS) < 0;
		printf("%s\n", refused ? "not entered" : access(file, F_OK) == 0 ? "reached" : "entered");
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* The numbers of errors tell who refuses: none of these would say EPERM to who may do all. */
static void look(pid_t pid, const char *file)
{
	char path[4200];
	static const struct { const char *name; long number; } calls[] = {
		{ "openat", SYS_openat }, { "mount", SYS_mount }, { "fsmount", 432 }, { "fsconfig", 431 }, { "open_tree", 428 },
		{ "setns", SYS_setns }, { "unshare", SYS_unshare }, { "chroot", SYS_chroot }, { "ptrace", SYS_ptrace },
		{ "execve", SYS_execve }, { "bpf", SYS_bpf }, { "clone3", 435 },
	};
	struct user_regs_struct regs;

	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, file);
	printf("%s\n", access(path, F_OK) == 0 ? "reached" : "not reached");
	enter(pid, file);
	list(pid, "root", 0);
	list(pid, "cwd", 0);
	capabilities(pid);
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
	const char *what = argc > 1 ? argv[1] : "";
	time_t end = time(NULL) + (argc > 2 ? atoi(argv[2]) : SECONDS);
	pid_t last = fork();

	if (last == 0)
		_exit(0);
	waitpid(last, NULL, 0);
	puts("waits");
	fflush(stdout);
	while (time(NULL) < end)
		for (pid_t pid = last + 1; pid < last + 4; pid++) {
			if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
				continue;
			if (argc < 4)
				keep(pid, !*what);
			(strcmp(what, "look") ? forge : look)(pid, argv[3]);
			return 0;
		}
	puts("nobody came");
	return 1;
}
