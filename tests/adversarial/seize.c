/* seize: traces whatever process is born next in this pid namespace, closes its descriptors from 3 up, and keeps it stopped until it is
 * killed itself. Says "seized PID" once it has. x86-64 alone. */
#include <errno.h>
#include <stdio.h>
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

int main(void)
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
			if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0)
				keep(pid);
	puts("nobody came");
	return 1;
}
