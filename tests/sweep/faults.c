/* The errors that each system call may answer with, by the manual pages and the kernel's sources, of those that a host in trouble has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "sweep.h"

static const char *const names[] = {
#include "names.h"
	[ALLOCATION_CALL] = "allocation",
};

/* A bit for each error, in the order of errors[]. */
enum {
	NOMEM = 1,   /* the kernel's own memory, or the cgroup's */
	INTR = 2,    /* only of calls that wait for something: a peer, a lock, a file of FUSE, cgroup files' locks */
	AGAIN = 4,   /* a race lost, a full queue, a limit of processes */
	IO = 8,      /* a disk, or a file system of somebody else's making */
	PERM = 16,   /* an LSM, a seccomp filter around the runtime, rights that the caller lacks */
	NOSYS = 32,  /* a filter around the runtime that knows no newer calls: those of Linux 3.15 and later */
	MFILE = 64,  /* whatever makes a descriptor */
	NOSPC = 128, /* a full disk; limits of namespaces, mounts and cgroups */
	EXECUTED = 1024, /* the error comes after the work has been done: the descriptor is closed (close(2)) */
};

static const struct { int error; const char *name; } errors[] = {
	{ ENOMEM, "ENOMEM" }, { EINTR, "EINTR" },   { EAGAIN, "EAGAIN" }, { EIO, "EIO" },
	{ EPERM, "EPERM" },   { ENOSYS, "ENOSYS" }, { EMFILE, "EMFILE" }, { ENOSPC, "ENOSPC" },
};

#define ANY (-1), 0

static const struct fault {
	const char *name;
	int errors;
	int at; /* a row for one value of this argument alone; before the row for ANY */
	unsigned long long argument;
} faults[] = {
	/* Files. openat2 answers EAGAIN where names below change while it resolves them. */
	{ "open", NOMEM | INTR | IO | PERM | MFILE | NOSPC, ANY },
	{ "openat", NOMEM | INTR | IO | PERM | MFILE | NOSPC, ANY },
	{ "openat2", NOMEM | INTR | AGAIN | IO | PERM | NOSYS | MFILE | NOSPC, ANY },
	{ "close", INTR | IO | NOSPC | EXECUTED, ANY },
	{ "close_range", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "read", NOMEM | INTR | IO | PERM, ANY },
	{ "pread64", NOMEM | INTR | IO | PERM, ANY },
	/* EAGAIN and EPERM: what cgroup files, uid_map and files of procfs answer. */
	{ "write", NOMEM | INTR | AGAIN | IO | PERM | NOSPC, ANY },
	{ "pwrite64", NOMEM | INTR | AGAIN | IO | PERM | NOSPC, ANY },
	{ "writev", NOMEM | INTR | AGAIN | IO | PERM | NOSPC, ANY },
	{ "readv", NOMEM | INTR | IO | PERM, ANY },
	{ "ftruncate", INTR | IO | PERM | NOSPC, ANY },
	{ "stat", NOMEM | IO, ANY },
	{ "lstat", NOMEM | IO, ANY },
	{ "fstat", NOMEM | IO, ANY },
	{ "newfstatat", NOMEM | IO, ANY },
	{ "statx", NOMEM | IO | NOSYS, ANY },
	{ "statfs", NOMEM | INTR | IO, ANY },
	{ "fstatfs", NOMEM | INTR | IO, ANY },
	{ "readlink", NOMEM | IO, ANY },
	{ "readlinkat", NOMEM | IO, ANY },
	{ "access", NOMEM | IO | PERM, ANY },
	{ "faccessat", NOMEM | IO | PERM, ANY },
	{ "faccessat2", NOMEM | IO | PERM | NOSYS, ANY },
	{ "getdents64", NOMEM | INTR | IO, ANY },
	{ "getcwd", NOMEM, ANY },
	{ "chdir", NOMEM | IO | PERM, ANY },
	{ "fchdir", NOMEM | IO | PERM, ANY },
	{ "chroot", NOMEM | IO | PERM, ANY },
	{ "mkdir", NOMEM | INTR | IO | PERM | NOSPC, ANY },
	{ "mkdirat", NOMEM | INTR | AGAIN | IO | PERM | NOSPC, ANY },
	{ "mknodat", NOMEM | IO | PERM | NOSPC, ANY },
	{ "symlinkat", NOMEM | IO | PERM | NOSPC, ANY },
	{ "linkat", NOMEM | IO | PERM | NOSPC, ANY },
	{ "rename", NOMEM | IO | PERM | NOSPC, ANY },
	{ "renameat", NOMEM | IO | PERM | NOSPC, ANY },
	{ "renameat2", NOMEM | IO | PERM | NOSYS | NOSPC, ANY },
	{ "unlink", NOMEM | IO | PERM, ANY },
	{ "unlinkat", NOMEM | IO | PERM, ANY },
	{ "rmdir", NOMEM | IO | PERM, ANY },
	{ "fchmod", NOMEM | IO | PERM, ANY },
	{ "fchmodat", NOMEM | IO | PERM, ANY },
	{ "fchown", NOMEM | IO | PERM, ANY },
	{ "fchownat", NOMEM | IO | PERM, ANY },
	{ "fgetxattr", NOMEM | IO | PERM, ANY },
	{ "fsetxattr", NOMEM | IO | PERM | NOSPC, ANY },
	{ "flock", NOMEM | INTR | AGAIN, ANY },
	/* What only looks at a descriptor or its flags knows EBADF alone. */
	{ "fcntl", 0, 1, F_GETFD },
	{ "fcntl", 0, 1, F_SETFD },
	{ "fcntl", 0, 1, F_GETFL },
	{ "fcntl", PERM, 1, F_SETFL },
	{ "fcntl", NOMEM | PERM | MFILE, ANY },
	{ "ioctl", NOMEM | INTR | AGAIN | IO | PERM, ANY },
	{ "dup", MFILE, ANY },
	{ "dup2", INTR | MFILE, ANY },
	{ "dup3", INTR | MFILE, ANY },
	{ "utimensat", IO | PERM, ANY },
	{ "sendfile", NOMEM | INTR | IO, ANY },
	{ "copy_file_range", NOMEM | IO | NOSPC, ANY },
	{ "memfd_create", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "inotify_init1", NOMEM | MFILE, ANY },
	{ "inotify_add_watch", NOMEM | NOSPC, ANY },
	{ "eventfd2", NOMEM | MFILE, ANY },
	{ "epoll_create1", NOMEM | MFILE, ANY },
	{ "signalfd4", NOMEM | MFILE, ANY },
	{ "timerfd_create", NOMEM | MFILE, ANY },
	{ "pipe2", NOMEM | MFILE, ANY },
	/* Memory. A brk that fails answers with the old end; what is below zero is that to every libc. */
	{ "mmap", NOMEM | AGAIN | PERM, ANY },
	{ "mprotect", NOMEM, ANY },
	{ "munmap", NOMEM, ANY }, /* of the middle of a mapping: that makes two */
	{ "brk", NOMEM, ANY },
	{ "mremap", NOMEM | AGAIN, ANY },
	{ "allocation", NOMEM, ANY },
	/* Processes. clone answers ENOSPC for limits of namespaces(7), EAGAIN for those of processes. */
	{ "clone", NOMEM | AGAIN | PERM | NOSPC, ANY },
	{ "clone3", NOMEM | AGAIN | PERM | NOSYS | NOSPC, ANY },
	{ "fork", NOMEM | AGAIN, ANY },
	{ "vfork", NOMEM | AGAIN, ANY },
	{ "execve", NOMEM | AGAIN | IO | PERM | MFILE, ANY },
	{ "execveat", NOMEM | AGAIN | IO | PERM | NOSYS | MFILE, ANY },
	{ "wait4", INTR, ANY },
	{ "waitid", INTR, ANY },
	{ "kill", PERM, ANY },
	{ "pidfd_open", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "pidfd_send_signal", PERM | NOSYS, ANY },
	{ "pidfd_getfd", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "setns", NOMEM | PERM | NOSPC, ANY },
	{ "unshare", NOMEM | PERM | NOSPC, ANY },
	{ "setsid", PERM, ANY },
	{ "setpgid", PERM, ANY },
	{ "setresuid", AGAIN | PERM, ANY },
	{ "setresgid", PERM, ANY },
	{ "setgroups", NOMEM | PERM, ANY },
	{ "setuid", AGAIN | PERM, ANY },
	{ "setgid", PERM, ANY },
	{ "capset", PERM, ANY },
	{ "capget", PERM, ANY },
	{ "prctl", 0, 0, 23 }, /* PR_CAPBSET_READ: EINVAL alone */
	{ "prctl", NOMEM | PERM, ANY },
	{ "seccomp", NOMEM | PERM | NOSYS, ANY },
	{ "bpf", NOMEM | AGAIN | PERM | NOSYS | MFILE | NOSPC, ANY },
	{ "keyctl", NOMEM | PERM | NOSYS, ANY },
	{ "prlimit64", PERM, ANY },
	{ "set_mempolicy", NOMEM, ANY },
	{ "sched_setaffinity", NOMEM | PERM, ANY },
	{ "sched_setattr", PERM, ANY },
	{ "sched_setscheduler", PERM, ANY },
	{ "setpriority", PERM, ANY },
	{ "ioprio_set", PERM, ANY },
	{ "personality", PERM, ANY },
	{ "getrandom", INTR | AGAIN | NOSYS, ANY },
	{ "nanosleep", INTR, ANY },
	{ "clock_nanosleep", INTR, ANY },
	/* Waiting and talking. */
	{ "poll", NOMEM | INTR, ANY },
	{ "ppoll", NOMEM | INTR, ANY },
	{ "epoll_wait", INTR, ANY },
	{ "epoll_ctl", NOMEM | NOSPC, ANY },
	{ "socket", NOMEM | PERM | MFILE, ANY },
	{ "socketpair", NOMEM | PERM | MFILE, ANY },
	{ "bind", NOMEM | IO | PERM | NOSPC, ANY },
	{ "listen", NOMEM | PERM, ANY },
	{ "connect", NOMEM | INTR | AGAIN | PERM, ANY },
	{ "accept4", NOMEM | INTR | AGAIN | PERM | MFILE, ANY },
	{ "sendmsg", NOMEM | INTR | AGAIN | PERM, ANY },
	{ "sendto", NOMEM | INTR | AGAIN | PERM, ANY },
	{ "recvmsg", NOMEM | INTR | AGAIN | PERM, ANY },
	{ "recvfrom", NOMEM | INTR | AGAIN | PERM, ANY },
	{ "setsockopt", NOMEM | PERM, ANY },
	{ "getsockopt", NOMEM | PERM, ANY },
	{ "shutdown", NOMEM, ANY },
	/* Mounts. ENOSPC: /proc/sys/fs/mount-max. */
	{ "mount", NOMEM | IO | PERM | NOSPC, ANY },
	{ "umount2", NOMEM | AGAIN | PERM, ANY },
	{ "pivot_root", NOMEM | PERM, ANY },
	{ "fspick", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "listmount", NOMEM | PERM | NOSYS, ANY },
	{ "statmount", NOMEM | PERM | NOSYS, ANY },
	{ "fsopen", NOMEM | PERM | NOSYS | MFILE, ANY },
	{ "fsconfig", NOMEM | INTR | IO | PERM | NOSYS, ANY },
	{ "fsmount", NOMEM | PERM | NOSYS | MFILE | NOSPC, ANY },
	{ "open_tree", NOMEM | PERM | NOSYS | MFILE | NOSPC, ANY },
	{ "move_mount", NOMEM | PERM | NOSYS | NOSPC, ANY },
	{ "mount_setattr", NOMEM | PERM | NOSYS, ANY },
	{ "sethostname", PERM, ANY },
	{ "setdomainname", PERM, ANY },
};

/* Have no error of these, by the manual pages. */
static const char *const faultless[] = {
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "sched_getaffinity", "getcpu", "getpid", "getppid", "gettid",
	"getsid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid", "set_tid_address", "arch_prctl",
	"exit", "exit_group", "umask", "uname", "lseek",
};

/* The headers of a distribution may be older than its kernel. */
static const struct { long nr; const char *name; } newer[] = {
	{ 457, "statmount" }, { 458, "listmount" },
};

const char *call_name(long nr)
{
	if (nr >= 0 && (size_t)nr < array_length(names) && names[nr])
		return names[nr];
	for (size_t i = 0; i < array_length(newer); i++)
		if (newer[i].nr == nr)
			return newer[i].name;
	return "?";
}

bool is_known(long nr)
{
	const char *name = call_name(nr);

	for (size_t i = 0; i < array_length(faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < array_length(faultless); i++)
		if (strcmp(faultless[i], name) == 0)
			return true;
	return false;
}

static int legal(long nr, const unsigned long long *arguments)
{
	const char *name = call_name(nr);

	for (size_t i = 0; i < array_length(faults); i++)
		if (strcmp(faults[i].name, name) == 0 && (faults[i].at < 0 || (arguments && faults[i].argument == arguments[faults[i].at])))
			return faults[i].errors;
	return 0;
}

int fault_count(long nr, const unsigned long long *arguments)
{
	int bits = legal(nr, arguments), count = 0;

	for (size_t i = 0; i < array_length(errors); i++)
		count += bits >> i & 1;
	return count;
}

int fault_of(long nr, const unsigned long long *arguments, int which, bool *executed)
{
	int bits = legal(nr, arguments);

	*executed = bits & EXECUTED;
	for (size_t i = 0; i < array_length(errors); i++)
		if (bits >> i & 1 && which-- == 0)
			return errors[i].error;
	return 0;
}

bool may_be_short(long nr)
{
	static const char *const calls[] = { "read", "pread64", "write", "pwrite64" };

	for (size_t i = 0; i < array_length(calls); i++)
		if (strcmp(call_name(nr), calls[i]) == 0)
			return true;
	return false;
}

static bool is_kernels_own(const char *path)
{
	static const unsigned long types[] = { 0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x6e736673, 0xcafe4a11, 0x64626720 };
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return true;
	for (size_t i = 0; i < array_length(types); i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

/* Of sockets one would have to know their type: a message that is read by halves is lost. */
bool may_be_short_there(long nr, pid_t pid, const unsigned long long *arguments)
{
	char path[64];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int)arguments[0]);
	/* This time it may be another call than the one that was counted. */
	if (!may_be_short(nr) || arguments[2] < 2 || stat(path, &file) < 0 || (!S_ISREG(file.st_mode) && !S_ISFIFO(file.st_mode)))
		return false;
	/* A value of the kernel's is written or refused as a whole, and read as a whole where there is room for it; what is long comes by
	 * pages. What fits into a pipe goes into it as a whole (pipe(7)). */
	const bool reads = strstr(call_name(nr), "read") != NULL;
	if (S_ISFIFO(file.st_mode))
		return reads || arguments[2] > 4096;
	return !is_kernels_own(path) || (reads && arguments[2] >= 1024);
}

const char *errno_name(int error)
{
	for (size_t i = 0; i < array_length(errors); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return "?";
}
