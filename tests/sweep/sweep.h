/* What the sweep's files share: a command of the runtime is run again and again, each time with one system call of it disturbed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

#define MOST_CALLS 8192 /* of one side of a command */

/* Seconds: whatever takes longer hangs. */
extern int patience;

/* ---- words.c ---- */

/* Text that grows; what does not fit any more is cut off, and `cut` says so. */
struct words {
	size_t length;
	bool cut;
	char text[128 * 1024];
};
void say(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole of a file below `at` (or AT_FDCWD), NUL added: its length, or -1. What is longer than `size` is cut. */
ssize_t slurp(int at, const char *path, char *text, size_t size);

/* Ends everything with one line: the sweep itself cannot go on. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- trace.c ---- */

/* HOST is the command's own process, INIT every process of ours that it makes, until that executes something of others. */
enum side { HOST, INIT, SIDES };
enum act { COUNT, KILL, FAULT, TERM, SHORT };

/* What happens at the `at`-th system call of a side, which is 1 for the first: it is not executed, and its process is killed; or the
 * call fails with the `which`-th errno that faults.c has for it; or its process gets a SIGTERM as it begins; or it reads or writes half of
 * what was asked for. */
struct shot {
	enum act act;
	enum side side;
	int at, which;
	pid_t waiting; /* an init that waits for its start when the command begins, or 0: INIT, too */
};

struct traced {
	int status;        /* as of waitpid */
	bool hung, hit;    /* it took too long and was killed; the call came */
	long nr;           /* the call that was hit ... */
	int error;         /* ... and what it was made to return */
	int count[SIDES];
	short calls[SIDES][MOST_CALLS];
};

/* Who calls the commands: 0 for root, or an ordinary user. */
extern uid_t caller;

/* Runs a command with these as its 0, 1 and 2 under ptrace. Processes of the container go on when the command has ended. */
/* `let_go` afterwards: the call that was hit came when init had been let go of by its creator (prctl PR_SET_PDEATHSIG 0). */
extern bool let_go;
void trace_run(char *const *argv, const int streams[3], const struct shot *shot, struct traced *result);

/* The same without ptrace: the status, or -1 if it hung. */
int plain_run(char *const *argv, const int streams[3]);

/* ---- faults.c ---- */

/* The name of a system call of this machine, or "?". */
const char *call_name(long nr);

/* How many errnos a call with these arguments may return, or with some if they are NULL; and the `which`-th of them. `executed`: it does
 * its work all the same. */
int fault_count(long nr, const unsigned long long *arguments);
int fault_of(long nr, const unsigned long long *arguments, int which, bool *executed);
const char *errno_name(int error);

/* Whether the kernel may transfer less than is asked for; and whether it may do so with this descriptor of a process. */
/* Whether it is known which errors the call may have, if any. */
bool is_known(long nr);

bool may_be_short(long nr);
bool may_be_short_there(long nr, pid_t pid, const unsigned long long *arguments);

/* The call that the allocations of a caisson-alloc make, see alloc.c. */
#define ALLOCATION_CALL 1500

/* ---- around.c ---- */

/* Namespaces that can be joined by the links PLACE/ns/pid and PLACE/ns/net: the process that holds them, which is none of a container's. */
pid_t around_namespaces(const char *place);

/* The files by which ids are given away, if there are others at WORK/etc. */
void around_user(const char *work);

/* A network device `sweep0` in our network namespace, made if there is none; and whether there is one. */
void around_device(void);
bool around_device_there(void);

/* ---- look.c ---- */

/* All that confines a process, as text without what differs from one container to the next; false if the process is gone. */
bool look_at(pid_t pid, const char *id, struct words *words);

/* The lines "mount ..." by mount point, which is their word of that number from 0, behind all others: which of two that stand side by side
 * was mounted first is nobody's concern. Which of two at one place lies on the other, the order of their lines, stays. */
void look_sort_mounts(struct words *words, int point);

/* The first line in which two looks differ, of both. */
void look_difference(const struct words *expected, const struct words *found, struct words *words);

/* ---- remains.c ---- */

/* With systemd, which must see our pids as they are, there is no pid namespace: what descends from us is ours. */
void remains_by_systemd(void);

/* One process that stays, and is neither told of nor killed. */
void remains_but(pid_t pid);

/* The cgroup's place in a hierarchy for a container. */
const char *cgroup_of(const char *id);

/* How many there are, ended ones included until they are reaped; and all of them killed. */
int processes_of_ours(void);
void kill_ours(void);

/* Remembers what is there without a container: the mount table, the files in the working directory. */
void remains_begin(const char *work);

/* What there is of a container besides that: processes, cgroups, mounts, files. Waits for what takes its time to go. */
bool remains_of(const char *id, struct words *words);

/* Those of a container's cgroups in which there is nobody. */
void remains_remove_cgroups(const char *id);

/* Takes everything away by force, for the next point to begin clean. */
void remains_clear(const char *id);

/* The cgroups of all hierarchies whose name contains the text. */
int cgroups_called(const char *part, struct words *words);
