/* A procfs for a pid namespace that is not ours. Up to Linux 6.16 a process has to be in there to open it: one that has nothing. */
#include "kern/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "kern/descriptors.h"
#include "kern/message.h"
#include "kern/momentary.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/seccomp.h"
#include "kern/sys.h"

#define ANSWER_MS 10000 /* who traces it may hold it for ever */

/* What the outer process keeps. */
#define ROOT 0
#define PID_NAMESPACE 1
#define SOCKET 2

/* What is called from here on, and nothing that is worth anything to who makes it call (rule B.11): contexts cannot be used with these. */
static const uint16_t calls[] = {
	ABI_SYS_fsopen, SYS_sendmsg, SYS_wait4, ABI_SYS_clone3, SYS_clone, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigprocmask,
	SYS_exit, SYS_exit_group,
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static int shut_in(void)
{
	struct abi_bpf_insn program[3 + CALLS + 2], *to = program;

	*to++ = (struct abi_bpf_insn){ ABI_BPF_LOAD, 0, 0, ABI_SECCOMP_DATA_ARCH };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, 0, CALLS + 1, ABI_AUDIT_ARCH_NATIVE };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_LOAD, 0, 0, ABI_SECCOMP_DATA_NUMBER };
	for (size_t i = 0; i < CALLS; i++)
		*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, (uint8_t)(CALLS - i), 0, calls[i] };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ERRNO | EPERM };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ALLOW };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return seccomp_install(program, (size_t)(to - program), 0);
}

/* Nothing of the host's: its root is an empty directory, and of descriptors it has the three that it needs. */
static int empty_out(int pid_namespace)
{
	int root = mount_context("tmpfs");

	root = root < 0 ? root : mount_make(root, ABI_MOUNT_ATTR_RDONLY);
	if (root < 0)
		return root;
	if (dup3(root, ROOT, O_CLOEXEC) < 0 || dup3(pid_namespace, PID_NAMESPACE, O_CLOEXEC) < 0)
		return -errno;
	int r = descriptors_range(SOCKET + 1, ~0u, DESCRIPTORS_CLOSE);
	if (r == 0 && (fchdir(ROOT) < 0 || chroot(".") < 0))
		r = -errno;
	close(ROOT);
	return r;
}

static int open_there(void *data)
{
	(void)data;
	return sys_fsopen("proc");
}

/* Somebody in the namespace may take hold of the innermost process: what it has is what this one has by then. */
static int open_shut_in(int pid_namespace)
{
	int r = process_die_with_parent(SIGKILL);

	r = r < 0 ? r : empty_out(pid_namespace);
	r = r < 0 ? r : namespace_join(PID_NAMESPACE, ABI_CLONE_NEWPID);
	close(PID_NAMESPACE);
	r = r < 0 ? r : shut_in();
	return r < 0 ? r : momentary(open_there, NULL);
}

static void answer(int pid_namespace, int socket)
{
	/* First of all: 2 may be a socket of our caller's. */
	if (dup3(socket, SOCKET, O_CLOEXEC) < 0)
		process_end(1);
	int context = open_shut_in(pid_namespace);
	const int said = context < 0 ? context : 0;
	process_end(message_send(SOCKET, &said, sizeof(said), &context, context < 0 ? 0 : 1) < 0);
}

static int take_answer(int socket)
{
	struct pollfd until = { .fd = socket, .events = POLLIN };
	int context = -1, said = -EIO, ready;
	size_t count = 1;

	do
		ready = poll(&until, 1, ANSWER_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	ssize_t length = message_receive(socket, &said, sizeof(said), &context, &count);
	if (length == sizeof(said) && said == 0 && count == 1)
		return context;
	if (count == 1)
		close(context);
	return length == sizeof(said) && said < 0 ? said : -EIO;
}

static int open_by_process(int pid_namespace)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = process_fork(0, NULL);
	if (pid == 0)
		answer(pid_namespace, pair[1]);
	close(pair[1]);
	int context = pid < 0 ? pid : take_answer(pair[0]);
	close(pair[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	return context;
}

int procfs_context(int pid_namespace)
{
	_cleanup_fd int context = mount_context("proc");
	int r = context < 0 ? context : sys_fsconfig(context, ABI_FSCONFIG_SET_FD, "pidns", NULL, pid_namespace);

	/* Unknown before Linux 6.17. */
	if (r == -EINVAL)
		return open_by_process(pid_namespace);
	return r < 0 ? r : take_fd(&context);
}
