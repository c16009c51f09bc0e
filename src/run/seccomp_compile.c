/* A seccomp profile compiled by libseccomp, with a few instructions of our own in front. */
#include "run/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"

#define PROGRAM_MOST 4096 /* BPF_MAXINSNS */
#define RULES_FOR_A_TREE 32

/* ---- system calls newer than the profile ----
 *
 * A profile that denies by an errno, EPERM as a rule, denies what did not exist when it was written as well. C libraries probe new
 * calls and fall back on ENOSYS alone (clone3, faccessat2, fchmodat2): so numbers above the newest one named for an architecture
 * answer that, in a few instructions in front of libseccomp's (contract 11.9). */

#define OPCODE_LOAD 0x20u    /* BPF_LD | BPF_W | BPF_ABS */
#define OPCODE_EQUAL 0x15u   /* BPF_JMP | BPF_JEQ | BPF_K */
#define OPCODE_GREATER 0x25u /* BPF_JMP | BPF_JGT | BPF_K */
#define OPCODE_AT_LEAST 0x35u
#define OPCODE_RETURN 0x06u
#define DATA_NUMBER 0u       /* offsets in struct seccomp_data */
#define DATA_ARCH 4u
#define X32_BIT 0x40000000u

struct stub {
	struct abi_bpf_insn insns[1 + 5 * 32];
	size_t length;
};

static void emit(struct stub *stub, uint32_t code, uint32_t k, size_t jump_true, size_t jump_false)
{
	stub->insns[stub->length++] = (struct abi_bpf_insn){
		.code = (uint16_t)code, .jt = (uint8_t)jump_true, .jf = (uint8_t)jump_false, .k = k,
	};
}

static int newest_named(const struct plan_seccomp *plan, uint32_t architecture)
{
	int newest = -1;
	for (size_t i = 0; i < plan->rule_count; i++)
		for (size_t n = 0; n < plan->rules[i].name_count; n++) {
			int number = seccomp_syscall_resolve_name_arch(architecture, plan->rules[i].names[n]);
			newest = number > newest ? number : newest;
		}
	return newest;
}

static bool wants_stub(const struct plan_seccomp *plan)
{
	return (plan->default_action & 0xffff0000u) == SCMP_ACT_ERRNO(0) && plan->default_action != SCMP_ACT_ERRNO(ENOSYS);
}

/* x32 has no number of its own in seccomp_data: it is x86-64 with a high bit in the call's number, left to the main filter. */
static void make_stub(const struct plan_seccomp *plan, struct stub *stub)
{
	size_t blocks = 0, last = 0;
	struct { uint32_t architecture, newest; } each[32];

	for (size_t i = 0; i < plan->architecture_count && blocks < array_length(each); i++) {
		int newest = plan->architectures[i] == SCMP_ARCH_X32 ? -1 : newest_named(plan, plan->architectures[i]);
		if (newest >= 0) {
			each[blocks].architecture = plan->architectures[i];
			each[blocks++].newest = (uint32_t)newest;
		}
	}
	last = blocks * 5 + 1; /* where libseccomp's program begins */
	if (blocks)
		emit(stub, OPCODE_LOAD, DATA_ARCH, 0, 0);
	for (size_t i = 0; i < blocks; i++) {
		uint32_t highest = each[i].architecture == SCMP_ARCH_X86_64 ? X32_BIT : UINT32_MAX;
		emit(stub, OPCODE_EQUAL, each[i].architecture, 0, 4);
		emit(stub, OPCODE_LOAD, DATA_NUMBER, 0, 0);
		emit(stub, OPCODE_AT_LEAST, highest, last - stub->length - 1, 0);
		emit(stub, OPCODE_GREATER, each[i].newest, 0, last - stub->length - 1);
		emit(stub, OPCODE_RETURN, SCMP_ACT_ERRNO(ENOSYS), 0, 0);
	}
}

/* ---- libseccomp ---- */

static int add_rule(scmp_filter_ctx filter, const struct plan_seccomp *plan, const struct plan_seccomp_rule *rule, const char *name,
		    struct error *error)
{
	struct scmp_arg_cmp args[6];
	/* By the native name; libseccomp translates to the other architectures. A name it does not know anywhere is passed over: the
	 * profile may be newer than the library. */
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR || rule->action == plan->default_action)
		return 0;
	for (size_t i = 0; i < rule->arg_count; i++)
		args[i] = (struct scmp_arg_cmp){
			.arg = rule->args[i].index, .op = (enum scmp_compare)rule->args[i].op,
			.datum_a = rule->args[i].value, .datum_b = rule->args[i].value_two,
		};
	int r = seccomp_rule_add_array(filter, rule->action, number, (unsigned)rule->arg_count, args);
	if (r == -EEXIST)
		return fail_at(error, &rule->at, 0, "the seccomp rule for '%s' contradicts an earlier one with the same conditions", name);
	return r < 0 ? fail_at(error, &rule->at, -r, "libseccomp refuses the rule for '%s'", name) : 0;
}

static int fill(scmp_filter_ctx filter, const struct plan_seccomp *plan, struct error *error)
{
	/* What is no system call of a listed architecture keeps libseccomp's answer: the thread is killed. */
	for (size_t i = 0; i < plan->architecture_count; i++) {
		int r = seccomp_arch_add(filter, plan->architectures[i]);
		if (r < 0 && r != -EEXIST)
			return fail_at(error, &plan->at, -r, "libseccomp refuses the architecture 0x%x", plan->architectures[i]);
	}
	/* no_new_privs is init's business, and set or not by the configuration. */
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (r < 0)
		return fail_at(error, &plan->at, -r, "libseccomp refuses to leave no_new_privs alone");
	for (size_t i = 0; i < plan->rule_count; i++)
		for (size_t n = 0; n < plan->rules[i].name_count; n++)
			try(add_rule(filter, plan, &plan->rules[i], plan->rules[i].names[n], error));
	return 0;
}

static size_t calls_named(const struct plan_seccomp *plan)
{
	size_t count = 0;
	for (size_t i = 0; i < plan->rule_count; i++)
		count += plan->rules[i].name_count;
	return count;
}

static int export(scmp_filter_ctx filter, const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program,
		  size_t *length, struct error *error)
{
	struct stub stub = { .length = 0 };
	struct stat file;

	_cleanup_fd int fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0)
		return fail(error, errno, "cannot make room for the seccomp filter");
	int r = seccomp_export_bpf(filter, fd);
	if (r < 0)
		return fail_at(error, &plan->at, -r, "libseccomp cannot compile the filter");
	if (fstat(fd, &file) < 0)
		return fail(error, errno, "cannot look at the compiled seccomp filter");
	if (wants_stub(plan))
		make_stub(plan, &stub);
	*length = stub.length + (size_t)file.st_size / sizeof(**program);
	if (*length > PROGRAM_MOST)
		return fail_at(error, &plan->at, 0, "the seccomp filter has %zu instructions, the kernel takes at most %d", *length, PROGRAM_MOST);
	struct abi_bpf_insn *insns = arena_array(arena, struct abi_bpf_insn, *length);
	memcpy(insns, stub.insns, stub.length * sizeof(*insns));
	if (pread(fd, insns + stub.length, (size_t)file.st_size, 0) != file.st_size)
		return fail(error, EIO, "cannot read the compiled seccomp filter");
	*program = insns;
	return 0;
}

int seccomp_compile(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
		    struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(plan->default_action);
	if (!filter)
		return fail_at(error, &plan->at, 0, "libseccomp does not take the default action");
	int r = fill(filter, plan, error);
	/* From about 32 calls on a binary tree beats the list; libseccomp has it since 2.5, older ones say EINVAL and go on. */
	if (r == 0 && calls_named(plan) > RULES_FOR_A_TREE)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = export(filter, plan, arena, program, length, error);
	seccomp_release(filter);
	return r;
}
