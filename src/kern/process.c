/* Births, forks and pidfds. */
#include "kern/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "kern/credentials.h"
#include "kern/few_mounts.h"
#include "kern/namespaces.h"
#include "kern/procfs.h"

#define STACK_SIZE (64ul * 1024)
#define GUARD (64ul * 1024) /* a page, however large they are here */
#define STACK_TOUCHED 2 /* pages at its beginning, more than a birth needs */

#define DEATH_MS 2000

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

/* Filters cannot see clone3's flags, so that profiles, and service managers that restrict namespaces, answer it with ENOSYS; a filter
 * may be our caller's, or loaded already. Some say EPERM, as does the kernel where one may not: then clone, whose flags they can see, says
 * so again. */
static bool is_forbidden(int code) { return code == ENOSYS || code == EPERM; }

long clone_call(const struct abi_clone_args *args, int (*run)(void *), void *data)
{
	struct abi_clone_args with_stack = *args;
	/* With a page below that nobody may touch: what runs over does not write into something else of ours. */
	char *whole = mmap(NULL, STACK_SIZE + GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (whole == MAP_FAILED)
		return -errno;
	char *stack = whole + GUARD;
	if (mprotect(stack, STACK_SIZE, PROT_READ | PROT_WRITE) < 0) {
		int cause = errno;
		munmap(whole, STACK_SIZE + GUARD);
		return -cause;
	}
	/* Its first page faults are ours: the child may be born into a cgroup without any memory. What a fault needs is the child's to pay,
	 * and nobody is killed for it as long as it lives in our memory: it would try again for ever. */
	for (size_t page = 1; page <= STACK_TOUCHED; page++)
		((volatile char *)stack)[STACK_SIZE - page * 4096] = 0;
	with_stack.stack = (uintptr_t)stack;
	with_stack.stack_size = STACK_SIZE;
	long pid = clone3_raw(&with_stack, sizeof(with_stack), run, data);
	/* As in process_fork. Flags that clone does not have are above 32 bits, or where its signal is. */
	if (is_forbidden((int)-pid) && !(args->flags & ~0xffffff00ull)) {
		pid = clone(run, stack + STACK_SIZE, (int)(args->flags | args->exit_signal), data, (void *)(uintptr_t)args->pidfd);
		pid = pid < 0 ? -errno : pid;
	}
	/* With CLONE_VFORK the child has left our memory by now; without it, it still stands on this stack. */
	if (pid < 0 || (args->flags & ABI_CLONE_VFORK) || !(args->flags & ABI_CLONE_VM))
		munmap(whole, STACK_SIZE + GUARD);
	return pid < 0 ? refusal((int)-pid) : pid;
}

long clone_vfork(struct abi_clone_args *args, int (*run)(void *), void *data)
{
	/* By raw calls: libc's leave out signals that it would like to keep, and musl's "before" says that 34 was not blocked. */
	const uint64_t all = ~0ull;
	uint64_t before;

	args->flags |= ABI_CLONE_VM | ABI_CLONE_VFORK;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	long pid = clone_call(args, run, data);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	return pid;
}

pid_t process_fork(uint64_t flags, int *pidfd)
{
	int fd = -1;
	struct abi_clone_args args = { .flags = flags, .pidfd = (uintptr_t)&fd };
	/* clone3 wants no exit signal with CLONE_PARENT: the child takes that of its new sibling. */
	args.exit_signal = flags & ABI_CLONE_PARENT ? 0 : SIGCHLD;
	long result = syscall(ABI_SYS_clone3, &args, sizeof(args));
	if (result < 0 && is_forbidden(errno))
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
	if (!call->error && birth->oom_score_adj) {
		call->error = -procfs_write(birth->procfs, "self/oom_score_adj", birth->oom_score_adj);
		*birth->oom_refused = call->error;
	}
	for (size_t i = 0; i < birth->inherit_count && !call->error; i++)
		if (fcntl(birth->inherit[i], F_SETFD, 0) < 0)
			call->error = errno;
	if (!call->error && birth->mounts >= 0)
		call->error = -few_mounts_copy(birth->mounts);
	if (!call->error && birth->network >= 0)
		call->error = -namespace_join(birth->network, ABI_CLONE_NEWNET);
	if (!call->error) {
		syscall(SYS_execveat, birth->executable, "", birth->argv, no_environment, AT_EMPTY_PATH);
		call->error = errno;
	}
	return 127;
}

/* The kernel writes the pidfd before the child runs: whoever waits beside us finds it there. */
static pid_t bear(const struct birth *birth)
{
	struct birth_call call = { .birth = birth };
	struct abi_clone_args args = {
		.flags = (birth->mounts < 0 ? birth->namespaces : birth->namespaces & ~ABI_CLONE_NEWNS) | ABI_CLONE_PIDFD,
		.pidfd = (uintptr_t)birth->pidfd,
		.exit_signal = birth->namespaces & ABI_CLONE_PARENT ? 0 : SIGCHLD, /* else that of its new sibling */
	};
	if (birth->cgroup >= 0) {
		args.flags |= ABI_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)birth->cgroup;
	}
	*birth->pidfd = -1;
	long pid = clone_vfork(&args, birth_child, &call);
	if (pid < 0) {
		*birth->pidfd = -1;
		return (pid_t)pid;
	}
	return call.error ? -call.error : call.alive ? (pid_t)pid : -ECANCELED;
}

void process_unbear(int *pidfd)
{
	if (*pidfd < 0)
		return;
	pidfd_signal(*pidfd, SIGKILL);
	/* A legacy freezer keeps it from that. Even thawed it comes to no instruction of its own any more. */
	if (pidfd_wait(*pidfd, DEATH_MS) == 1)
		again_waitid(P_PIDFD, (id_t)*pidfd, &(siginfo_t){ 0 }, WEXITED);
	close_fd(pidfd);
}

pid_t process_birth(const struct birth *birth)
{
	pid_t pid = bear(birth);

	if (pid < 0 && *birth->pidfd >= 0) {
		again_waitid(P_PIDFD, (id_t)*birth->pidfd, &(siginfo_t){ 0 }, WEXITED);
		close_fd(birth->pidfd);
	}
	return pid;
}

struct beside {
	const struct birth *birth;
	pid_t creator;
	pid_t born;
};

/* On a stack of its own, with our memory and descriptors. errno is in that memory, too: we do nothing but wait meanwhile. */
static int bear_beside(void *data)
{
	struct beside *beside = data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == beside->creator)
		beside->born = bear(beside->birth);
	return 0;
}

/* Not by a child that shares our memory without CLONE_VFORK: to the kernel's OOM killer that is one like any other in the container's
 * cgroup, and who is killed for memory takes all who share it along. In vfork(2) it is passed over. */
pid_t process_birth_beside(const struct birth *birth, int (*wait)(void *data, int done), void *data)
{
	struct birth ours = *birth;
	struct beside beside = { .birth = &ours, .creator = getpid(), .born = -ECANCELED };
	_cleanup_fd int done = -1;
	siginfo_t how;
	struct abi_clone_args args = {
		.flags = ABI_CLONE_VM | ABI_CLONE_FILES | ABI_CLONE_PIDFD,
		.pidfd = (uintptr_t)&done,
		.exit_signal = SIGCHLD, /* the child's, too */
	};

	ours.namespaces |= ABI_CLONE_PARENT;
	*birth->pidfd = -1;
	long pid = clone_call(&args, bear_beside, &beside);
	if (pid < 0) {
		done = -1;
		return (pid_t)pid;
	}
	int r = wait(data, done);
	if (r != 0)
		pidfd_signal(done, SIGKILL);
	again_waitid(P_PIDFD, (id_t)done, &how, WEXITED);
	/* From here on nobody else touches what is ours but the child, if it has not come to its exec. */
	if (r != 0 || beside.born < 0)
		process_unbear(birth->pidfd);
	return r != 0 ? r : beside.born;
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
	if (fd >= 0)
		return fd;
	return errno == EPERM ? -ENOSYS : -errno; /* a filter's: the kernel refuses it to nobody */
}

#define PIDFS_MAGIC 0x50494446

uint64_t pidfd_inode(int pidfd)
{
	struct statfs fs;
	struct stat info;

	return again_fstatfs(pidfd, &fs) == 0 && fs.f_type == PIDFS_MAGIC && fstat(pidfd, &info) == 0 ? info.st_ino : 0;
}

/* As long as nobody has waited for a child of ours, its number is nobody else's. */
static int signal_child(int pidfd, int signal)
{
	const int quietly = WEXITED | WNOHANG | WNOWAIT | __WALL;
	siginfo_t how;

	if (again_waitid(P_PIDFD, (id_t)pidfd, &how, quietly) < 0)
		return -errno;
	const int procfs = procfs_kept();
	pid_t pid = procfs < 0 ? procfs : pidfd_pid(procfs, pidfd);
	/* A procfs of other pids than ours would tell another number. */
	if (pid <= 0 || again_waitid(P_PID, (id_t)pid, &how, quietly) < 0)
		return -ESRCH;
	return kill(pid, signal) < 0 ? -errno : 0;
}

int pidfd_signal(int pidfd, int signal)
{
	if (syscall(ABI_SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0)
		return 0;
	int code = errno;
	/* A filter's answer; or the kernel's, and then it says so again. Who is no child of ours is signalled by descriptor or not at
	 * all. */
	if (is_forbidden(code) && signal_child(pidfd, signal) == 0)
		return 0;
	return -code;
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
int process_stat_field(int procfs, pid_t pid, int field, uint64_t *value, char *state)
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
	int here = 3;
	for (at += 2; *at && here < field; at++)
		here += *at == ' ';
	char *end = at;
	while (*end >= '0' && *end <= '9')
		end++;
	*end = '\0';
	return number_u64(at, value);
}

int process_stat(int procfs, pid_t pid, uint64_t *start, char *state)
{
	return process_stat_field(procfs, pid, 22, start, state);
}
