/* A process of ours that makes a network namespace on another core, and leaves it in our descriptors. */
#include "kern/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/process.h"

/* It runs while we do, and errno is in the memory that both have: no function of libc may be called. */
#if defined(__x86_64__)
static long raw_call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static long raw_call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#endif

/* Its own is never the container's: this process ends with it, and only the descriptor is left. */
static int make(void *data)
{
	struct network_beside *beside = data;

	/* It has our descriptors, the lock among them. */
	raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
	if (raw_call(SYS_getppid, 0, 0, 0) != beside->creator)
		return 0;
	long result = raw_call(SYS_unshare, (long)ABI_CLONE_NEWNET, 0, 0);

	if (result == 0)
		result = raw_call(SYS_openat, beside->procfs, (long)"self/ns/net", O_RDONLY | O_CLOEXEC);
	beside->fd = (int)result;
	return 0;
}

/* A scheduler without domains leaves a new process where it was made, to wait until we do, though another core is idle. */
static void send_away(pid_t pid)
{
	cpu_set_t others;
	unsigned here;

	if (syscall(SYS_getcpu, &here, NULL, NULL) < 0 || sched_getaffinity(0, sizeof(others), &others) < 0)
		return;
	CPU_CLR(here, &others);
	if (CPU_COUNT(&others) > 0)
		sched_setaffinity(pid, sizeof(others), &others);
}

int network_begin(struct network_beside *beside, int procfs)
{
	const struct abi_clone_args args = { .flags = ABI_CLONE_VM | ABI_CLONE_FILES, .exit_signal = SIGCHLD };

	*beside = (struct network_beside){ .creator = getpid(), .procfs = procfs, .fd = -ECANCELED };
	long pid = clone_call(&args, make, beside);
	if (pid < 0)
		return (int)pid;
	beside->pid = (pid_t)pid;
	send_away(beside->pid);
	return 0;
}

static void wait_for(struct network_beside *beside)
{
	again_waitpid(beside->pid, NULL, 0);
	beside->pid = 0;
}

/* A container that was to have a network of its own shall never have ours. */
static int verify(const struct network_beside *beside, int fd)
{
	struct stat made, own;

	if (again_ioctl(fd, ABI_NS_GET_NSTYPE, NULL) != (int)ABI_CLONE_NEWNET)
		return -EINVAL;
	if (fstat(fd, &made) < 0 || fstatat(beside->procfs, "self/ns/net", &own, 0) < 0)
		return -errno;
	return made.st_ino == own.st_ino && made.st_dev == own.st_dev ? -EINVAL : 0;
}

int network_take(struct network_beside *beside)
{
	if (!beside->pid)
		return -ESRCH;
	wait_for(beside);
	_cleanup_fd int fd = beside->fd;
	int r = fd < 0 ? fd : verify(beside, fd);
	return r < 0 ? r : take_fd(&fd);
}

void network_drop(struct network_beside *beside)
{
	if (!beside->pid)
		return;
	kill(beside->pid, SIGKILL);
	wait_for(beside);
	if (beside->fd >= 0)
		close(beside->fd);
}
