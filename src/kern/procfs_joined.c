/* A procfs for a pid namespace that is not ours. Up to Linux 6.17 a process has to be in there to open it: one that has nothing.
 *
 * Three processes, of which only the last is seen in there: the taker looks at what comes, the opener has emptied itself and joins, its
 * child opens. What comes may be anything (a socket that lingers, a file of somebody's FUSE): it never gets into init's hands. */
#include "kern/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/credentials.h"
#include "kern/descriptors.h"
#include "kern/message.h"
#include "kern/momentary.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/process.h"
#include "kern/seccomp.h"
#include "kern/sys.h"

#define ANSWER_MS 10000 /* who traces it may hold it for ever */
#define MARGIN_MS 1000
#define DEATH_MS 2000

/* What the opener keeps. */
#define PID_NAMESPACE 1
#define SOCKET 2

/* What is called from here on, and nothing that is worth anything to who makes it call (rule B.11): a context is of no use with these. */
static const uint16_t calls[] = {
	ABI_SYS_fsopen, SYS_sendmsg, SYS_wait4, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_rt_sigprocmask, SYS_exit, SYS_exit_group,
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* A child for a moment, and no other; of clone3 a filter cannot tell. */
#define CLONE_MOMENTARY (uint32_t)(ABI_CLONE_VM | ABI_CLONE_VFORK | ABI_CLONE_FILES)

static int shut_in(void)
{
	struct abi_bpf_insn program[5 + CALLS + 6], *to = program;

	*to++ = (struct abi_bpf_insn){ ABI_BPF_LOAD, 0, 0, ABI_SECCOMP_DATA_ARCH };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, 0, CALLS + 3, ABI_AUDIT_ARCH_NATIVE };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_LOAD, 0, 0, ABI_SECCOMP_DATA_NUMBER };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, CALLS + 2, 0, ABI_SYS_clone3 };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, CALLS + 2, 0, SYS_clone };
	for (size_t i = 0; i < CALLS; i++)
		*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, (uint8_t)(CALLS + 4 - i), 0, calls[i] };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ERRNO | EPERM };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ERRNO | ENOSYS };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_LOAD, 0, 0, ABI_SECCOMP_DATA_ARGUMENTS };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_EQUAL, 1, 0, CLONE_MOMENTARY };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ERRNO | EPERM };
	*to++ = (struct abi_bpf_insn){ ABI_BPF_RETURN, 0, 0, ABI_SECCOMP_RET_ALLOW };
	int r = cred_no_new_privileges();
	return r < 0 ? r : seccomp_install(program, (size_t)(to - program), 0);
}

/* A mount namespace with an empty directory in it and nothing else: whoever may enter ours by /proc/PID/ns/mnt is at its root, chroot or
 * not. Where pivot_root(2) is not to be used (an initramfs) the rest is only covered. */
static int leave_the_host(bool pivots)
{
	_cleanup_fd int context = mount_context("tmpfs");
	_cleanup_fd int root = context < 0 ? context : mount_make(context, ABI_MOUNT_ATTR_RDONLY);
	int r = root < 0 ? root : namespace_unshare(ABI_CLONE_NEWNS);

	if (r < 0)
		return r;
	/* In a chroot of the caller's what is above it would stay; without CAP_SYS_CHROOT nobody gets out of it. */
	r = mount_namespace_root();
	if (r < 0 && r != -EPERM)
		return r;
	r = mount_attach_at(root, AT_FDCWD, "/");
	if (r == 0 && pivots)
		return mount_pivot(root);
	return r < 0 ? r : fchdir(root) < 0 || chroot(".") < 0 ? -errno : 0;
}

/* By number where a caller's filter forbids the range, and nothing lists them. */
static int close_from(unsigned first)
{
	struct rlimit most;
	int r = descriptors_range(first, ~0u, DESCRIPTORS_CLOSE);

	if (r != -ENOSYS || getrlimit(RLIMIT_NOFILE, &most) < 0)
		return r;
	for (unsigned fd = first; fd < most.rlim_cur; fd++)
		close((int)fd);
	return 0;
}

struct wanted { int pid_namespace; bool pivots; };

/* What is left of it: an empty mount namespace, two descriptors, one capability. */
static int empty_out(const struct wanted *wanted)
{
	const struct cred_caps one = { .effective = 1ull << ABI_CAP_SYS_ADMIN, .permitted = 1ull << ABI_CAP_SYS_ADMIN };

	if (again_dup3(wanted->pid_namespace, PID_NAMESPACE, O_CLOEXEC) < 0)
		return -errno;
	int r = close_from(SOCKET + 1); /* before the list of them is gone */
	r = r < 0 ? r : leave_the_host(wanted->pivots);
	close(0);
	return r < 0 ? r : cred_caps_set(&one);
}

static int open_there(void *data)
{
	(void)data;
	return sys_fsopen("proc");
}

/* Somebody in the namespace may take hold of the innermost process: what it has is what this one has by then. */
static int open_shut_in(const struct wanted *wanted)
{
	int r = empty_out(wanted);

	r = r < 0 ? r : namespace_join(PID_NAMESPACE, ABI_CLONE_NEWPID);
	close(PID_NAMESPACE);
	r = r < 0 ? r : shut_in();
	r = r < 0 ? r : momentary(open_there, NULL);
	return r == -EIO ? -ECANCELED : r; /* it has not come to say anything */
}

static int send_answer(int socket, int context)
{
	const int said = context < 0 ? context : 0;
	return message_send(socket, &said, sizeof(said), &context, context < 0 ? 0 : 1);
}

static void open_for(const struct wanted *wanted, int socket)
{
	/* First of all: 2 may be a socket of our caller's. */
	if (again_dup3(socket, SOCKET, O_CLOEXEC) < 0)
		process_end(1);
	process_end(send_answer(SOCKET, open_shut_in(wanted)) < 0);
}

/* Whoever has hold of that process could send whatever he has, and we are to make a file system of it with our rights: a context for any
 * other would resolve names in the host's tree. procfs alone knows one of these words and not the other. */
static int is_of_procfs(int context)
{
	char words[MOUNT_WORDS];

	if (mount_parameter(context, "hidepid", "0") < 0 || mount_parameter(context, "caisson", NULL) != -EINVAL)
		return 0;
	mount_words(context, words); /* not to be told of a later failure */
	return 1;
}

static int take_answer(int socket, int patience_ms)
{
	struct pollfd until = { .fd = socket, .events = POLLIN };
	int context = -1, said = 0, ready;
	size_t count = 1;

	do
		ready = poll(&until, 1, patience_ms);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	ssize_t length = message_receive(socket, &said, sizeof(said), &context, &count);
	_cleanup_fd int fd = count == 1 ? context : -1;
	if (length <= 0)
		return length < 0 ? (int)length : -ECANCELED;
	if (fd >= 0)
		return is_of_procfs(fd) ? take_fd(&fd) : -EBADMSG;
	return said < 0 && said > -4096 ? said : -EBADMSG;
}

/* A process of its own that does `work`, and what it answers. All of its group dies with it: nobody in there can leave that. */
static int ask(void (*work)(const struct wanted *, int), const struct wanted *wanted, int patience_ms)
{
	const pid_t asking = getpid();
	int pair[2], pidfd = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid_t pid = process_fork(ABI_CLONE_PIDFD, &pidfd);
	if (pid == 0) {
		if (process_die_with_parent(SIGKILL) < 0 || getppid() != asking)
			process_end(1);
		work(wanted, pair[1]);
	}
	close(pair[1]);
	int context = pid < 0 ? pid : take_answer(pair[0], patience_ms);
	close(pair[0]);
	if (pid > 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		/* It may hang on what it was sent. */
		if (pidfd_wait(pidfd, DEATH_MS) == 1)
			again_waitpid(pid, NULL, __WALL);
		close(pidfd);
	}
	return context;
}

static void take_for(const struct wanted *wanted, int socket)
{
	if (setpgid(0, 0) < 0)
		process_end(1);
	process_end(send_answer(socket, ask(open_for, wanted, ANSWER_MS)) < 0);
}

int procfs_context(int pid_namespace, bool pivots)
{
	const struct wanted wanted = { pid_namespace, pivots };
	_cleanup_fd int context = mount_context("proc");
	int r = context < 0 ? context : sys_fsconfig(context, ABI_FSCONFIG_SET_FD, "pidns", NULL, pid_namespace);

	/* Unknown before Linux 6.18. */
	if (r == -EINVAL)
		return ask(take_for, &wanted, ANSWER_MS + MARGIN_MS);
	return r < 0 ? r : take_fd(&context);
}
