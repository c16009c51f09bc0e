/* The seccomp profile of the example configuration: an allow list for ordinary programs. */
#include <errno.h>
#include <linux/sched.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "spec/seccomp.h"
#include "spec/template.h"

/* Everything ordinary. Left out, so EPERM:
 * - what changes the host for all: clocks, swap, reboot, kexec, modules, quotas, accounting, the kernel's log, I/O ports;
 * - what opens doors in the walls of a container: the mount calls, setns, unshare, pivot_root, open_by_handle_at, the keyrings
 *   (not namespaced), other processes' memory and descriptors (ptrace, process_vm_*, pidfd_getfd, kcmp);
 * - large surfaces few programs need: bpf, perf_event_open, userfaultfd, io_uring, fanotify, modify_ldt, vm86;
 * - names and NUMA placement, which belong to the configuration; and calls no kernel since 5.14 has.
 * chroot and mknod stay: they do nothing without the capabilities, and those are the configuration's to give.
 * Names an architecture does not have are skipped there, so one list serves all. */
static const char *allowed_names[] = {
	"_llseek", "_newselect", "accept", "accept4", "access", "alarm", "arch_prctl", "arm_fadvise64_64", "arm_sync_file_range",
	"bind", "breakpoint", "brk", "cacheflush", "cachestat", "capget", "capset", "chdir", "chmod", "chown", "chown32",
	"chroot", "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "clock_nanosleep",
	"clock_nanosleep_time64", "close", "close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3",
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2",
	"execve", "execveat", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate",
	"fchdir", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync",
	"fgetxattr", "file_getattr", "file_setattr", "flistxattr", "flock", "fork", "fremovexattr", "fsetxattr", "fstat",
	"fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "futex", "futex_requeue",
	"futex_time64", "futex_wait", "futex_waitv", "futex_wake", "futimesat", "get_robust_list", "get_thread_area", "get_tls",
	"getcpu", "getcwd", "getdents", "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getgroups", "getgroups32", "getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority",
	"getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32", "getrlimit", "getrusage", "getsid", "getsockname",
	"getsockopt", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "getxattrat", "inotify_add_watch",
	"inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
	"io_pgetevents_time64", "io_setup", "io_submit", "ioctl", "ioprio_get", "ioprio_set", "ipc", "kill", "landlock_add_rule",
	"landlock_create_ruleset", "landlock_restrict_self", "lchown", "lchown32", "lgetxattr", "link", "linkat", "listen",
	"listxattr", "listxattrat", "llistxattr", "lremovexattr", "lseek", "lsetxattr", "lstat", "lstat64", "madvise",
	"map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore", "mkdir", "mkdirat", "mknod", "mknodat",
	"mlock", "mlock2", "mlockall", "mmap", "mmap2", "mprotect", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "mremap", "mseal", "msgctl", "msgget",
	"msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap", "name_to_handle_at", "nanosleep", "newfstatat", "nice",
	"open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc", "pkey_free",
	"pkey_mprotect", "poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2", "prlimit64",
	"process_mrelease", "pselect6", "pselect6_time64", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir",
	"readlink", "readlinkat", "readv", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "remap_file_pages",
	"removexattr", "removexattrat", "rename", "renameat", "renameat2", "restart_syscall", "riscv_flush_icache", "rmdir",
	"rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
	"sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler",
	"sched_yield", "seccomp", "select", "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "send", "sendfile",
	"sendfile64", "sendmmsg", "sendmsg", "sendto", "set_robust_list", "set_thread_area", "set_tid_address", "set_tls",
	"setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32", "setitimer",
	"setpgid", "setpriority", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid",
	"setreuid32", "setrlimit", "setsid", "setsockopt", "setuid", "setuid32", "setxattr", "setxattrat", "shmat", "shmctl",
	"shmdt", "shmget", "shutdown", "sigaction", "sigaltstack", "signal", "signalfd", "signalfd4", "sigpending",
	"sigprocmask", "sigreturn", "sigsuspend", "socketcall", "socketpair", "splice", "stat", "stat64", "statfs", "statfs64",
	"statx", "symlink", "symlinkat", "sync", "sync_file_range", "sync_file_range2", "syncfs", "sysinfo", "tee", "tgkill",
	"time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime",
	"timer_settime64", "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
	"times", "tkill", "truncate", "truncate64", "ugetrlimit", "umask", "uname", "unlink", "unlinkat", "uretprobe", "utime",
	"utimensat", "utimensat_time64", "utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid", "write", "writev",
	NULL,
};

#define COUNT(array) .count = array_length(array), .given = true

/* An allow list fails closed, also for the 64 bits seccomp compares where the kernel looks at 32. */

/* No new namespaces: the mask is all CLONE_NEW* that clone(2) knows (CLONE_NEWTIME is clone3's and unshare's alone). */
#define CLONE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
static struct spec_seccomp_arg clone_plain[] = { { .index = 0, .value = CLONE_NAMESPACES, .op = SECCOMP_MASKED_EQ } };
/* s390 has the stack first and the flags second (clone(2)). */
static struct spec_seccomp_arg clone_s390[] = { { .index = 1, .value = CLONE_NAMESPACES, .op = SECCOMP_MASKED_EQ } };

/* Address families up to the last ordinary one. AF_ALG (38) reaches the kernel's crypto code, AF_VSOCK (40) the hypervisor.
 * socketcall(2), which 32-bit programs need, cannot be looked into. */
static struct spec_seccomp_arg socket_family[] = { { .index = 0, .value = AF_ALG, .op = SECCOMP_LT } };

/* Linux, 32-bit Linux, each also as 2.6; and the question. Others change what mmap(2) and execve(2) grant. */
#define PERSONALITY_UNAME26 0x20000
static struct spec_seccomp_arg persona_linux[] = { { .index = 0, .value = 0, .op = SECCOMP_EQ } };
static struct spec_seccomp_arg persona_linux32[] = { { .index = 0, .value = 8, .op = SECCOMP_EQ } };
static struct spec_seccomp_arg persona_26[] = { { .index = 0, .value = PERSONALITY_UNAME26, .op = SECCOMP_EQ } };
static struct spec_seccomp_arg persona_26_32[] = { { .index = 0, .value = PERSONALITY_UNAME26 | 8, .op = SECCOMP_EQ } };
static struct spec_seccomp_arg persona_query[] = { { .index = 0, .value = 0xffffffff, .op = SECCOMP_EQ } };

static const char *clone_names[] = { "clone", NULL };
static const char *clone3_names[] = { "clone3", NULL };
static const char *socket_names[] = { "socket", NULL };
static const char *persona_names[] = { "personality", NULL };

#define NAMES(array) .names = { .items = (array), .count = array_length(array) - 1, .given = true }
#define ARGS(array) .args = { .items = (array), COUNT(array) }

static const uint32_t no_such_call = ENOSYS, not_permitted = EPERM;

/* clone3's flags are behind a pointer, where seccomp cannot look: ENOSYS, so that the C library falls back on clone. */
#define RULES(clone_args)                                                                            \
	{ NAMES(allowed_names), .action = SECCOMP_ALLOW },                                           \
	{ NAMES(clone_names), .action = SECCOMP_ALLOW, ARGS(clone_args) },                           \
	{ NAMES(clone3_names), .action = SECCOMP_ERRNO, .errno_ret = &no_such_call },                \
	{ NAMES(socket_names), .action = SECCOMP_ALLOW, ARGS(socket_family) },                       \
	{ NAMES(persona_names), .action = SECCOMP_ALLOW, ARGS(persona_linux) },                      \
	{ NAMES(persona_names), .action = SECCOMP_ALLOW, ARGS(persona_linux32) },                    \
	{ NAMES(persona_names), .action = SECCOMP_ALLOW, ARGS(persona_26) },                         \
	{ NAMES(persona_names), .action = SECCOMP_ALLOW, ARGS(persona_26_32) },                      \
	{ NAMES(persona_names), .action = SECCOMP_ALLOW, ARGS(persona_query) }

static struct spec_syscall rules_plain[] = { RULES(clone_plain) };
static struct spec_syscall rules_s390[] = { RULES(clone_s390) };

/* Indexes into seccomp_arch_words. The native architecture is in every filter; the others are the ABIs the same kernel runs, and
 * without them a program of that ABI is killed. A foreign one would only make the filter longer. */
static int archs_x86_64[] = { 1, 0, 2 };
static int archs_aarch64[] = { 4, 3 };
static int archs_s390x[] = { 15, 14 };

struct spec_seccomp template_seccomp(enum template_machine machine)
{
	struct spec_seccomp profile = {
		.default_action = SECCOMP_ERRNO, .default_errno_ret = &not_permitted,
		.syscalls = { .items = rules_plain, COUNT(rules_plain) },
	};
	switch (machine) {
	case TEMPLATE_X86_64:
		profile.architectures = (struct json_ints){ .items = archs_x86_64, COUNT(archs_x86_64) };
		break;
	case TEMPLATE_AARCH64:
		profile.architectures = (struct json_ints){ .items = archs_aarch64, COUNT(archs_aarch64) };
		break;
	case TEMPLATE_S390X:
		profile.architectures = (struct json_ints){ .items = archs_s390x, COUNT(archs_s390x) };
		profile.syscalls.items = rules_s390;
		break;
	case TEMPLATE_OTHER:
		break;
	}
	return profile;
}
