/* The yardstick: the least work that a runtime can do, hard-coded, by system calls alone. Not a runtime: no JSON, no checks.
 *
 *   floor [-e] [-r ROOT] [-b BINDS] [-c CGROUPS] [-s STATES] [-l FILE=VALUE] run|create ID PROGRAM [ARGUMENT...]
 *   floor [...] exec ID PROGRAM [ARGUMENT...]
 *   floor [...] start|state|kill|delete|delete-force ID      floor [...] list
 *
 * -e is what an engine asks for, else it is what `spec` writes; -l is a limit: a file of the container's cgroup. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "floor.h"

#define PATH_SIZE 320

struct floor box = { .root = "rootfs", .binds = ".", .cgroups = "/sys/fs/cgroup", .states = "states", .gate = -1 };
static const char *id;
static char state_dir[PATH_SIZE], cgroup_dir[PATH_SIZE];
static char stack[65536] __attribute__((aligned(16)));

long call_or_die(long result, const char *what)
{
	static char text[200];

	if (result < 0) {
		int size = snprintf(text, sizeof(text), "floor: %s: %ld\n", what, result);
		call(SYS_write, 2, text, size);
		call(SYS_exit_group, 1);
	}
	return result;
}

static const char *below_state(const char *name)
{
	static char path[PATH_SIZE + 16];

	snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	return path;
}

/* ---- the cgroup ---- */

struct bpf_instruction {
	uint8_t code, registers; /* source << 4 | destination */
	int16_t offset;
	int32_t immediate;
};

/* The devices every container gets, all others refused. */
static const struct bpf_instruction device_program[] = {
	{ 0x61, 0x12, 0, 0 }, /* r2 = access << 16 | type */
	{ 0xbc, 0x23, 0, 0 }, { 0x54, 0x02, 0, 0xffff }, { 0x74, 0x03, 0, 16 },
	{ 0x61, 0x14, 4, 0 }, { 0x61, 0x15, 8, 0 }, /* r4, r5 = major, minor */
#define DEVICE(major, minor) \
	{ 0x55, 0x02, 4, 2 }, { 0x55, 0x04, 3, major }, { 0x55, 0x05, 2, minor }, { 0xb7, 0x00, 0, 1 }, { 0x95, 0, 0, 0 }
	DEVICE(1, 5), DEVICE(1, 3), DEVICE(1, 9), DEVICE(1, 8), DEVICE(5, 0), DEVICE(5, 1), DEVICE(1, 7), DEVICE(5, 2),
	{ 0x55, 0x02, 3, 2 }, { 0x55, 0x04, 2, 136 }, { 0xb7, 0x00, 0, 1 }, { 0x95, 0, 0, 0 },
	{ 0xb7, 0x00, 0, 0 }, { 0x95, 0, 0, 0 },
};

static void allow_devices(int cgroup)
{
	const struct {
		uint32_t type, count;
		uint64_t instructions, license;
		uint32_t log_level, log_size;
		uint64_t log;
		uint32_t kernel_version, flags;
		char name[16];
	} load = {
		.type = 15, .count = sizeof(device_program) / sizeof(device_program[0]),
		.instructions = (uintptr_t)device_program, .license = (uintptr_t)"GPL",
	};
	int program = (int)must(SYS_bpf, 5, &load, sizeof(load));
	const struct {
		uint32_t target, program, type, flags;
	} attachment = { (uint32_t)cgroup, (uint32_t)program, 6, 2 };

	must(SYS_bpf, 8, &attachment, sizeof(attachment));
	call(SYS_close, program);
}

static int cgroup_make(void)
{
	must(SYS_mkdirat, AT_FDCWD, cgroup_dir, 0755);
	int cgroup = (int)must(SYS_openat, AT_FDCWD, cgroup_dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	if (box.engine && box.limit) {
		int file = (int)must(SYS_openat, cgroup, box.limit, O_WRONLY | O_CLOEXEC);
		must(SYS_write, file, box.limit_value, strlen(box.limit_value));
		call(SYS_close, file);
	}
	allow_devices(cgroup);
	return cgroup;
}

/* ---- processes ---- */

struct clone_arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/* The child calls `begin` on a stack of its own and never comes back; the parent gets the pid. */
static int clone_onto_stack(struct clone_arguments *arguments, int (*begin)(void *))
{
	long result;
	register int (*function)(void *) __asm__("r12") = begin;

	arguments->stack = (uintptr_t)stack;
	arguments->stack_size = sizeof(stack);
	__asm__ volatile(
		"syscall\n\ttest %%eax, %%eax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\txor %%edi, %%edi\n\tcall *%%r12\n\t"
		"mov %%eax, %%edi\n\tmov $231, %%eax\n\tsyscall\n1:"
		: "=a"(result) : "a"(NR_clone3), "D"(arguments), "S"(sizeof(*arguments)), "r"(function) : "rcx", "r11", "memory", "cc");
	return (int)call_or_die(result, "clone3");
}

/* `waiting` is CLONE_VFORK to go on when the program runs, or 0 to go on at once. */
static int container_make(uint64_t waiting)
{
	int pidfd = -1;
	struct clone_arguments arguments = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | WITH_PIDFD | INTO_CGROUP | CLONE_VM |
			waiting,
		.exit_signal = SIGCHLD, .pidfd = (uintptr_t)&pidfd, .cgroup = (uint64_t)cgroup_make(),
	};

	return clone_onto_stack(&arguments, floor_inside);
}

static int wait_for(int pid)
{
	int status;

	must(SYS_wait4, pid, &status, 0, 0);
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* ---- the state ---- */

static void state_make(void)
{
	call(SYS_mkdirat, AT_FDCWD, box.states, 0700);
	must(SYS_mkdirat, AT_FDCWD, state_dir, 0700);
}

static void state_write(int pid)
{
	static const char form[] = "{\"ociVersion\":\"1.2.0\",\"pid\":%d,\"cgroup\":\"%s\",\"bundle\":\"%s\",\"rootfs\":\"%s\","
		"\"created\":\"2026-08-01T00:00:00.000000000Z\",\"start\":123456789,\"detached\":true}\n";
	static char text[4 * PATH_SIZE];
	int size = snprintf(text, sizeof(text), form, pid, cgroup_dir, box.binds, box.root);
	int file = (int)must(SYS_openat, AT_FDCWD, below_state("state.json"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(SYS_write, file, text, size);
	call(SYS_close, file);
}

static int state_pid(void)
{
	static char text[4 * PATH_SIZE];
	int file = (int)must(SYS_openat, AT_FDCWD, below_state("state.json"), O_RDONLY | O_CLOEXEC);
	long size = must(SYS_read, file, text, sizeof(text) - 1);

	text[size] = '\0';
	call(SYS_close, file);
	const char *pid = strstr(text, "\"pid\":");
	return pid ? atoi(pid + 6) : 0;
}

static void container_remove(void)
{
	const struct timespec moment = { 0, 100000 };

	call(SYS_unlink, below_state("state.json"));
	call(SYS_unlink, below_state("gate"));
	while (call(SYS_rmdir, cgroup_dir) == -EBUSY)
		call(SYS_nanosleep, &moment, 0);
	call(SYS_rmdir, state_dir);
}

/* ---- the commands ---- */

static int floor_run(void)
{
	state_make();
	int pid = container_make(CLONE_VFORK);

	state_write(pid);
	int code = wait_for(pid);
	container_remove();
	return code;
}

static int floor_create(void)
{
	state_make();
	must(SYS_mknodat, AT_FDCWD, below_state("gate"), S_IFIFO | 0600, 0);
	box.gate = (int)must(SYS_openat, AT_FDCWD, below_state("gate"), O_RDWR | O_CLOEXEC);
	int pid = container_make(0);

	while (!__atomic_load_n(&box.gated, __ATOMIC_ACQUIRE))
		call(SYS_futex, &box.gated, 0, 0, 0);
	state_write(pid);
	/* Not by the way of exit(): the child still runs in this memory. */
	call(SYS_exit_group, 0);
	return 0;
}

static int floor_start(void)
{
	state_pid();
	int gate = (int)must(SYS_openat, AT_FDCWD, below_state("gate"), O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	must(SYS_write, gate, "x", 1);
	must(SYS_unlink, below_state("gate"));
	return 0;
}

static int floor_state(void)
{
	static char text[3 * PATH_SIZE];
	int pid = state_pid(), pidfd = (int)call(SYS_pidfd_open, pid, 0);
	int size = snprintf(text, sizeof(text), "{\"ociVersion\":\"1.2.0\",\"id\":\"%s\",\"pid\":%d,\"status\":\"%s\",\"bundle\":\"%s\"}\n",
		id, pid, pidfd < 0 ? "stopped" : "running", box.binds);

	must(SYS_write, 1, text, size);
	return 0;
}

static int floor_kill(void)
{
	int pidfd = (int)must(SYS_pidfd_open, state_pid(), 0);

	must(NR_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
	return 0;
}

static int floor_delete(void)
{
	call(SYS_pidfd_open, state_pid(), 0);
	container_remove();
	return 0;
}

static int floor_delete_force(void)
{
	int pidfd = (int)call(SYS_pidfd_open, state_pid(), 0);
	struct pollfd end = { pidfd, POLLIN, 0 };

	if (pidfd >= 0) {
		call(NR_pidfd_send_signal, pidfd, SIGKILL, 0, 0);
		call(SYS_poll, &end, 1, 10000);
	}
	container_remove();
	return 0;
}

static int floor_exec(void)
{
	int pidfd = (int)must(SYS_pidfd_open, state_pid(), 0);
	struct clone_arguments arguments = {
		.flags = CLONE_VM | CLONE_VFORK | INTO_CGROUP, .exit_signal = SIGCHLD,
		.cgroup = (uint64_t)must(SYS_openat, AT_FDCWD, cgroup_dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC),
	};

	must(SYS_setns, pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | (box.engine ? NEW_CGROUP : 0));
	return wait_for(clone_onto_stack(&arguments, floor_program));
}

static int floor_list(void)
{
	static char entries[32768], text[1 << 20];
	int states = (int)must(SYS_openat, AT_FDCWD, box.states, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t used = 0;
	long size;

	while ((size = must(SYS_getdents64, states, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < size; at += *(unsigned short *)(entries + at + 16)) {
			const char *name = entries + at + 19;
			if (name[0] == '.')
				continue;
			snprintf(state_dir, sizeof(state_dir), "%s/%s", box.states, name);
			int pid = state_pid(), pidfd = (int)call(SYS_pidfd_open, pid, 0);
			if (pidfd >= 0)
				call(SYS_close, pidfd);
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\t%d\t%s\n", name, pid,
				pidfd < 0 ? "stopped" : "running");
		}
	}
	must(SYS_write, 1, text, used);
	return 0;
}

static const struct {
	const char *name;
	int (*command)(void);
} commands[] = {
	{ "run", floor_run }, { "create", floor_create }, { "start", floor_start }, { "state", floor_state }, { "kill", floor_kill },
	{ "delete", floor_delete }, { "delete-force", floor_delete_force }, { "exec", floor_exec }, { "list", floor_list },
};

static void limit_set(char *text)
{
	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';
	box.limit = text;
	box.limit_value = value ? value : "";
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+er:b:c:s:l:")) != -1)
		switch (option) {
		case 'e': box.engine = true; break;
		case 'r': box.root = optarg; break;
		case 'b': box.binds = optarg; break;
		case 'c': box.cgroups = optarg; break;
		case 's': box.states = optarg; break;
		case 'l': limit_set(optarg); break;
		default: return 2;
		}
	if (optind >= argc)
		return 2;
	id = optind + 1 < argc ? argv[optind + 1] : "";
	box.program = argv + optind + (optind + 1 < argc ? 2 : 1);
	call(SYS_umask, 0);
	snprintf(state_dir, sizeof(state_dir), "%s/%s", box.states, id);
	snprintf(cgroup_dir, sizeof(cgroup_dir), "%s/%s", box.cgroups, id);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[optind], commands[i].name) == 0)
			return commands[i].command();
	return 2;
}
