/* Seccomp filters: loaded, and their listener handed over without a system call under the filter. */
#include "kern/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kern/message.h"

/* A thread, not a process: it is never a zombie, no one has to wait for it, and the payload never sees it. */
#define CLONE_HELPER (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

struct fprog { /* struct sock_fprog */
	unsigned short length;
	const struct abi_bpf_insn *program;
};

int seccomp_install(const struct abi_bpf_insn *program, size_t length, uint32_t flags)
{
	struct fprog fprog = { .length = (unsigned short)length, .program = program };

	if (!length || length > 4096) /* BPF_MAXINSNS */
		return -EINVAL;
	long r = syscall(SYS_seccomp, (unsigned long)ABI_SECCOMP_SET_MODE_FILTER, (unsigned long)flags, &fprog);
	return r < 0 ? -errno : (int)r;
}

bool seccomp_flag_supported(uint32_t flag)
{
	/* One that is about a listener is taken with a listener alone. */
	uint32_t with = flag == ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV ? ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
	return syscall(SYS_seccomp, (unsigned long)ABI_SECCOMP_SET_MODE_FILTER, (unsigned long)(flag | with), NULL) < 0 && errno == EFAULT;
}

/* What the thread that gets filtered and its helper share. */
struct handover {
	int socket;
	atomic_int ready;    /* the helper runs */
	atomic_int listener; /* WAITING, then the descriptor, or -errno: the helper is not needed */
	atomic_int result;   /* WAITING, then 0 or -errno of the sending */
};

#define WAITING 1000000000 /* no descriptor has this number */

static void relax(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pause");
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Runs unfiltered: a filter falls on the thread that loads it and on what that thread makes later, not on its older siblings. */
static int helper(void *data)
{
	struct handover *handover = data;
	const struct sched_param usual = { 0 };
	const char byte = SECCOMP_LISTENER_BYTE;
	int listener;

	/* The other thread spins. Were both SCHED_FIFO on a single CPU, this one would never get it; as SCHED_OTHER it lives on
	 * what the kernel keeps back from real-time tasks (sched(7)). */
	syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &usual);
	atomic_store(&handover->ready, 1);
	while ((listener = atomic_load(&handover->listener)) == WAITING)
		syscall(SYS_sched_yield);
	if (listener < 0)
		return 0;
	int r = message_send(handover->socket, &byte, 1, &listener, 1);
	/* The copy here goes too: as long as a process under the filter holds it, no one notices that the agent is gone. */
	syscall(SYS_close, listener);
	atomic_store(&handover->result, r);
	return 0;
}

/* Not on the stack: the helper may still be on its way out when we are long gone from here. */
static struct handover handover;
static bool prepared;

int seccomp_prepare_notifying(int socket)
{
	static char stack[8192] __attribute__((aligned(16)));

	if (prepared)
		return 0;
	handover.socket = socket;
	atomic_store(&handover.ready, 0);
	atomic_store(&handover.listener, WAITING);
	atomic_store(&handover.result, WAITING);
	/* No mmap for the stack: the container's RLIMIT_AS may be in force. */
	if (clone(helper, stack + sizeof(stack), CLONE_HELPER, &handover) < 0)
		return -errno;
	while (!atomic_load(&handover.ready))
		syscall(SYS_sched_yield);
	prepared = true;
	return 0;
}

int seccomp_install_notifying(const struct abi_bpf_insn *program, size_t length, uint32_t flags, int socket)
{
	int r = seccomp_prepare_notifying(socket);

	if (r < 0)
		return r;
	/* Both threads have one errno between them: the helper makes no call that fails while this one does. */
	int listener = seccomp_install(program, length, flags | ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER);
	atomic_store(&handover.listener, listener);
	if (listener < 0)
		return listener;
	int result;
	while ((result = atomic_load(&handover.result)) == WAITING)
		relax();
	return result;
}
