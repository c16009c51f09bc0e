/* Processes: how init is born, how a program is run to its end, how one is told from another. -errno everywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/abi.h"

/* clone3(2) with a stack of its own for the child, which runs `run(data)` and exits with what it returns. The child's pid, or -errno;
 * -EUSERS: a limit of namespaces(7) is reached, as from all of these (and namespace_unshare). */
long clone_call(const struct abi_clone_args *args, int (*run)(void *), void *data);

/* The same in our memory while we stand still (CLONE_VM, CLONE_VFORK are added), until the child executes something or ends. All
 * signals are blocked meanwhile, and in the child: no handler of ours may run there. */
long clone_vfork(struct abi_clone_args *args, int (*run)(void *), void *data);

/* fork(2) by clone3: 0 in the child. `flags` may hold ABI_CLONE_PARENT, ABI_CLONE_PIDFD (then `pidfd` is set in the parent). */
pid_t process_fork(uint64_t flags, int *pidfd);

/* A new process that executes `executable` at once. */
struct birth {
	uint64_t namespaces;      /* CLONE_NEW*, and ABI_CLONE_PARENT */
	bool keep_capabilities;   /* over the exec, though its ids in its user namespace are not 0; so it is in a new one, always */
	int cgroup;               /* directory to be born in, or -1 */
	int mounts;               /* ABI_CLONE_NEWNS: a mount namespace to be copied instead of ours (kern/few_mounts.h), or -1 */
	int network;              /* a network namespace to enter before the exec, or -1 */
	const char *oom_score_adj; /* its own from the first instruction on, written below `procfs`; or NULL */
	int procfs;
	bool *oom_refused;        /* set: that was what failed */
	int executable;           /* for execveat(2) with AT_EMPTY_PATH */
	char *const *argv;
	const int *inherit;       /* descriptors that stay open across the exec */
	size_t inherit_count;
	int *pidfd;               /* set as soon as it is born; -1: it is not, or not any more */
};
/* Returns when the exec has happened: the pid, or -errno (of clone3 or of the exec), -ECANCELED if it was killed before its first
 * instruction. The child dies when the calling thread does. */
pid_t process_birth(const struct birth *birth);

/* The same where it may be born frozen (cgroups(7)), so that the exec may be long in coming: another process of ours stands still until
 * then, and we call `wait(data, done)`, which returns 0 once the descriptor `done` is readable, or -errno: then the child is killed, and
 * that is the result. The child is ours. The caller has blocked signals: no handler may run in that other process, in our memory. */
pid_t process_birth_beside(const struct birth *birth, int (*wait)(void *data, int done), void *data);

/* Kills what was born, waits for its end, as long as a process that nobody holds may take for it, and closes the pidfd. */
void process_unbear(int *pidfd);

/* Every signal gets its default action and none is blocked: those too that a caller ignored (SIGPIPE, SIGCHLD), and 32 and 33, which
 * libc keeps for itself: hence by raw calls. Before an exec. */
void signals_default(void);

/* A program run to its end: a hook, or ps. It gets a process group of its own, default signals, nothing open but 0, 1 and 2. */
struct program {
	const char *path;
	char *const *argv, *const *envp;
	const char *input;        /* its standard input, whole */
	size_t input_length;
	bool quiet;               /* what it writes is not passed on; its last line is kept */
	int cwd;                  /* directory, or -1 for ours */
	int timeout_ms;           /* 0: none; then its whole group is killed */
	int interrupt;            /* a descriptor: once it is readable the group is killed; -1: none */
	int watched;              /* another: the pidfd of a process without which it makes no sense to go on; -1: none */
	/* Gets its standard output, piece by piece; false: enough, its whole group is killed. NULL: that goes where its errors go. */
	bool (*take)(void *to, const char *data, size_t length);
	void *to;
};
struct program_end {
	int code;                 /* exit code, or 0 */
	int signal;               /* that ended it, or 0 */
	bool timed_out, interrupted, refused; /* refused: by take() */
	char last_line[160];      /* of what it wrote and was not taken; all of that was passed on to our stderr */
};
/* 0 once it has ended (`end` filled), or -errno if it could not be started. */
int program_run(const struct program *program, struct program_end *end);

/* _exit(2) that no seccomp filter can refuse: libc's goes round and round if it is. */
void process_end(int code) __attribute__((noreturn));

int pidfd_open(pid_t pid);
/* A number that no other process has before the next boot. 0: the kernel gives none (Linux 6.9 is the first to). */
uint64_t pidfd_inode(int pidfd);
int pidfd_signal(int pidfd, int signal);
/* The pid behind a pidfd as we see it, or -errno. Reads /proc/self/fdinfo through `procfs`. */
pid_t pidfd_pid(int procfs, int pidfd);
/* Waits until the process has ended. 1: it has, 0: not yet. -1 waits for ever. */
int pidfd_wait(int pidfd, int timeout_ms);

/* A field that is a number, and the state letter (field 3), from PID/stat below `procfs` (proc_pid_stat(5)), read after the last ')'. */
int process_stat_field(int procfs, pid_t pid, int field, uint64_t *value, char *state);
/* Its start time, field 22. */
int process_stat(int procfs, pid_t pid, uint64_t *start, char *state);
