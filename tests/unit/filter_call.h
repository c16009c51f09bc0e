/* System calls of every kind that this machine has, and programs for seccomp that tell their verdict for each. */
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "kern/seccomp.h"

#include "filter_oracle.h"

/* ---- calls ---- */

static long call_native(const struct data *data)
{
	const uint64_t *args = data->args;
	long r = syscall(data->number, args[0], args[1], args[2], args[3], args[4], args[5]);

	return r == -1 ? -errno : r;
}

#if defined(__x86_64__)
/* As a program of 32 bits calls. The sixth argument's register is the frame pointer's. */
static long call_i386(const struct data *data)
{
	const uint64_t *args = data->args;
	long r;

	__asm__ volatile("mov %%rbp, %%r12\n\tmov %[sixth], %%ebp\n\tint $0x80\n\tmov %%r12, %%rbp"
			 : "=a"(r)
			 : "a"((uint64_t)(uint32_t)data->number), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]), "D"(args[4]),
			   [sixth] "r"((uint32_t)args[5])
			 : "r8", "r9", "r10", "r11", "r12", "memory", "cc");
	return (int)r;
}
#else
static long call_i386(const struct data *data) { (void)data; return -ENOSYS; }
#endif

/* Without CONFIG_IA32_EMULATION the instruction is a fault. */
static bool has_i386(void)
{
	static enum { UNKNOWN, NO, YES } has;
	int status = 1;

#if defined(__x86_64__)
	if (has == UNKNOWN) {
		const struct data getpid_ = { .number = 20 };
		pid_t child = fork();
		if (child == 0)
			_exit(call_i386(&getpid_) != getpid());
		assert_int_equal(waitpid(child, &status, 0), child);
	}
#endif
	if (has == UNKNOWN)
		has = status ? NO : YES;
	return has == YES;
}

/* The x32 numbers' bit is there for the filter whether or not CONFIG_X86_X32_ABI is; what such a call does depends on it. */
static inline bool has_x32(void)
{
#if defined(__x86_64__)
	const struct data getpid_ = { .number = X32_BIT | 39 };
	return call_native(&getpid_) == getpid();
#else
	return false;
#endif
}

static uint32_t native_audit(void)
{
	for (size_t i = 0; i < array_length(architectures_known); i++)
		if (architectures_known[i].token == seccomp_arch_native())
			return architectures_known[i].audit;
	return 0;
}

/* uretprobe and uprobe: the kernel's own trampolines make them, and Linux 6.14 asks no filter about them (kernel/seccomp.c); whoever
 * else makes one is killed. */
static bool never_filtered(const struct data *data)
{
	return data->arch == AUDIT_ARCH_X86_64 && (data->number == 335 || data->number == 336);
}

/* Whether such a call can be made here; its arguments become what the kernel sees of them. */
static bool call_reaches(struct data *data)
{
	if (never_filtered(data))
		return false;
	if (data->arch == native_audit())
		return true;
	if (data->arch != AUDIT_ARCH_I386 || !has_i386())
		return false;
	for (size_t i = 0; i < 6; i++)
		data->args[i] &= UINT32_MAX;
	return true;
}

/* The result, or -errno. */
static long call(const struct data *data)
{
	return data->arch == native_audit() ? call_native(data) : call_i386(data);
}

/* ---- verdicts that tell themselves ---- */

/* Errors that no call has. */
static const uint32_t kinds[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_NOTIFY,
};
#define KINDS_FIRST 3000u
#define TRACE_FIRST 3100u

static uint32_t told(uint32_t action)
{
	for (size_t i = 0; i < array_length(kinds); i++)
		if (kinds[i] == action)
			return SCMP_ACT_ERRNO(KINDS_FIRST + i);
	if (action == SCMP_ACT_TRACE(action & 0xffff))
		return SCMP_ACT_ERRNO(TRACE_FIRST + (action & 0xffff));
	assert_int_equal(action, SCMP_ACT_ERRNO(action & 0xffff));
	assert_true((action & 0xffff) < KINDS_FIRST);
	return action;
}

/* UINT32_MAX: none. */
static uint32_t verdict_told(long result)
{
	unsigned long number = (unsigned long)-result;

	if (result > 0)
		return UINT32_MAX;
	if (number >= TRACE_FIRST)
		return SCMP_ACT_TRACE(number - TRACE_FIRST);
	return number < KINDS_FIRST ? SCMP_ACT_ERRNO(number) : number - KINDS_FIRST < array_length(kinds) ? kinds[number - KINDS_FIRST] :
		UINT32_MAX;
}

#define DOOR 0x0d00f00du /* the sixth argument of calls that are made nevertheless: to end */
#define DOOR_LENGTH 3
#define PROGRAM_MOST 4096

/* The same program with each verdict made an error of its own: any call can be made with any arguments, and does nothing. */
static struct bpf telling(const struct bpf *bpf, struct arena *from)
{
	struct abi_bpf_insn *program = arena_array(from, struct abi_bpf_insn, DOOR_LENGTH + bpf->length);

	program[0] = (struct abi_bpf_insn){ .code = 0x20, .k = offsetof(struct data, args[5]) };
	program[1] = (struct abi_bpf_insn){ .code = 0x15, .jf = 1, .k = DOOR };
	program[2] = (struct abi_bpf_insn){ .code = 0x06, .k = SCMP_ACT_ALLOW };
	for (size_t i = 0; i < bpf->length; i++) {
		program[DOOR_LENGTH + i] = bpf->program[i];
		if ((bpf->program[i].code & 0x07) != 0x06)
			continue;
		assert_int_equal(bpf->program[i].code, 0x06);
		program[DOOR_LENGTH + i].k = told(bpf->program[i].k);
	}
	return (struct bpf){ program, DOOR_LENGTH + bpf->length };
}

/* Through the door. It must not look like a function that does not return: before a call of one AddressSanitizer makes calls. */
static void leave(int code)
{
	static volatile bool refused;

	do
		syscall(SYS_exit_group, code, 0, 0, 0, 0, DOOR);
	while (!refused);
}
