/* Births, forks and pidfds. */
#include "kern/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "kern/credentials.h"

#define STACK_SIZE (64 * 1024)
#define GUARD (64 * 1024) /* a page, however large they are here */
#define STACK_TOUCHED 2 /* pages at its beginning, more than a birth needs */

/* libc has no clone3, and the child of CLONE_VM must not return into the frame it was called from. */
#if defined(__x86_64__)
__asm__(".text\n.globl clone3_raw\n.type clone3_raw,@function\nclone3_raw:\n"
	"	mov %rdx, %r8\n"	/* run */
	"	mov %rcx, %r9\n"	/* data */
	"	mov $435, %eax\n"
	"	syscall\n"
	"	test %eax, %eax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call *%r8\n"
	"	mov %eax, %edi\n"
	"	mov $60, %eax\n"
	"	syscall\n"
	".size clone3_raw,.-clone3_raw\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl clone3_raw\n.type clone3_raw,%function\nclone3_raw:\n"
	"	mov x10, x2\n"
	"	mov x11, x3\n"
	"	mov x8, #435\n"
	"	svc #0\n"
	"	cbz x0, 1f\n"
	"	ret\n"
	"1:	mov x29, #0\n"
	"	mov x0, x11\n"
	"	blr x10\n"
	"	mov x8, #93\n"
	"	svc #0\n"
	".size clone3_raw,.-clone3_raw\n");
#else
#error "clone3_raw is written for x86_64 and aarch64"
#endif
extern long clone3_raw(const struct abi_clone_args *args, size_t size, int (*run)(void *), void *data);

/* Of clone: no disk is full, a limit of namespaces(7) is reached. Up to Linux 4.8 the kernel had this word for it. */
static int refusal(int code) { return code == ENOSPC ? -EUSERS : -code; }

long clone_call(const struct abi_clone_args *args, int (*run)(void *), void *data)
{
	struct abi_clone_args with_stack = *args;
	/* With a page below that nobody may touch: what runs over does not write into something else of ours. */
	char *whole = mmap(NULL, STACK_SIZE + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (whole == MAP_FAILED)
		return -errno;
	char *stack = whole + GUARD;
	if (mprotect(stack, STACK_SIZE, PROT_READ | PROT_WRITE) < 0)
		return -errno;
	/* Its first page faults are ours: the child may be born into a cgroup without any memory. What a fault needs is the child's to pay,
	 * and nobody is killed for it as long as it lives in our memory: it would try again for ever. */
	for (size_t page = 1; page <= STACK_TOUCHED; page++)
		((volatile char *)stack)[STACK_SIZE - page * 4096] = 0;
	with_stack.stack = (uintptr_t)stack;
	with_stack.stack_size = STACK_SIZE;
	long pid = clone3_raw(&with_stack, sizeof(with_stack), run, data);
	/* With CLONE_VFORK the child has left our memory by now; without it, it still stands on this stack. */
	if (pid < 0 || (args->flags & ABI_CLONE_VFORK) || !(args->flags & ABI_CLONE_VM))
		munmap(whole, STACK_SIZE + GUARD);
	return pid < 0 ? refusal((int)-pid) : pid;
}

long clone_vfork(struct abi_clone_args *args, int (*run)(void *), void *data)
{
	sigset_t all, before;

	args->flags |= ABI_CLONE_VM | ABI_CLONE_VFORK;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	long pid = clone_call(args, run, data);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

pid_t process_fork(uint64_t flags, int *pidfd)
{
	int fd = -1;
	struct abi_clone_args args = { .flags = flags, .pidfd = (uintptr_t)&fd };
	/* clone3 wants no exit signal with CLONE_PARENT: the child takes that of its new sibling. */
	args.exit_signal = flags & ABI_CLONE_PARENT ? 0 : SIGCHLD;
	long result = syscall(ABI_SYS_clone3, &args, sizeof(args));
	/* A filter that is loaded already: profiles answer clone3 with ENOSYS, so that one comes with clone, whose flags they can see. */
	if (result < 0 && errno == ENOSYS)
		result = syscall(SYS_clone, flags | (flags & ABI_CLONE_PARENT ? 0 : SIGCHLD), 0, &fd, 0, 0);
	pid_t pid = (pid_t)result;
	if (pid < 0)
		return refusal(errno);
	if (pidfd && pid > 0)
		*pidfd = fd;
	return pid;
}

struct birth_call {
	const struct birth *birth;
	int error;
	volatile bool alive; /* it has come to run at all */
};

/* Runs in the parent's memory, on a stack of its own, the parent stopped until the exec. */
static int birth_child(void *data)
{
	struct birth_call *call = data;
	const struct birth *birth = call->birth;
	char *const no_environment[] = { NULL };

	call->alive = true;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A process of a new user namespace has every capability there and no mapped id yet: an exec would drop them all.
	 * Ambient ones survive (capabilities(7)), so nobody has to wait for the maps before the exec. */
	if (birth->namespaces & ABI_CLONE_NEWUSER || birth->keep_capabilities)
		call->error = -cred_keep_all_over_exec();
	for (size_t i = 0; i < birth->inherit_count && !call->error; i++)
		if (fcntl(birth->inherit[i], F_SETFD, 0) < 0)
			call->error = errno;
	if (!call->error) {
		syscall(SYS_execveat, birth->executable, "", birth->argv, no_environment, AT_EMPTY_PATH);
		call->error = errno;
	}
	return 127;
}

pid_t process_birth(const struct birth *birth)
{
	struct birth_call call = { .birth = birth };
	int pidfd = -1;
	struct abi_clone_args args = {
		.flags = birth->namespaces | ABI_CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = birth->namespaces & ABI_CLONE_PARENT ? 0 : SIGCHLD, /* else that of its new sibling */
	};
	if (birth->cgroup >= 0) {
		args.flags |= ABI_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)birth->cgroup;
	}
	long pid = clone_vfork(&args, birth_child, &call);
	if (pid < 0)
		return (pid_t)pid;
	if (call.error || !call.alive) {
		waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED);
		close(pidfd);
		return call.error ? -call.error : -ECANCELED;
	}
	*birth->pidfd = pidfd;
	return (pid_t)pid;
}

void process_end(int code)
{
	syscall(SYS_exit_group, code);
	syscall(SYS_exit, code);
	__builtin_trap();
}

int pidfd_open(pid_t pid)
{
	int fd = (int)syscall(ABI_SYS_pidfd_open, pid, 0); /* close-on-exec by nature */
	return fd < 0 ? -errno : fd;
}

int pidfd_signal(int pidfd, int signal)
{
	return syscall(ABI_SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int pidfd_wait(int pidfd, int timeout_ms)
{
	struct pollfd poll_for = { .fd = pidfd, .events = POLLIN };
	int ready;
	do
		ready = poll(&poll_for, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	return ready < 0 ? -errno : ready;
}

pid_t pidfd_pid(int procfs, int pidfd)
{
	char name[40], info[512];
	format(name, sizeof(name), "self/fdinfo/%d", pidfd);
	ssize_t length = file_read(procfs, name, info, sizeof(info));
	if (length < 0)
		return (pid_t)length;
	for (char *line = info; line; line = *line ? line : NULL) {
		char *end = line;
		while (*end && *end != '\n')
			end++;
		bool last = !*end;
		*end = '\0';
		uint32_t pid;
		if (line[0] == 'P' && line[1] == 'i' && line[2] == 'd' && line[3] == ':' && line[4] == '\t')
			return number_u32(line + 5, INT32_MAX, &pid) < 0 ? -ESRCH : (pid_t)pid;
		if (last)
			break;
		line = end + 1;
	}
	return -ESRCH;
}

/* The command name in PID/stat may hold blanks and parentheses: fields are counted from the last ')' (rule B.14.9). */
int process_stat(int procfs, pid_t pid, uint64_t *start, char *state)
{
	char name[32], stat[1024];
	format(name, sizeof(name), "%d/stat", (int)pid);
	ssize_t length = file_read(procfs, name, stat, sizeof(stat));
	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	char *at = stat + length;
	while (at > stat && *at != ')')
		at--;
	if (at == stat || at[1] != ' ')
		return -EINVAL;
	*state = at[2];
	int field = 3;
	for (at += 2; *at && field < 22; at++)
		field += *at == ' ';
	char *end = at;
	while (*end >= '0' && *end <= '9')
		end++;
	*end = '\0';
	return number_u64(at, start);
}
