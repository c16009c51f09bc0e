/* run/seccomp_compile.c: profiles compiled,
	and the programs run by a small interpreter of classic BPF as the kernel would run them. */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "planned.h"
#include "run/seccomp.h"
#include "spec/template.h"

#include <cmocka.h> /* last: it has a macro called fail */

struct data { int32_t number; uint32_t arch; uint64_t ip, args[6]; }; /* struct seccomp_data */

static const struct abi_bpf_insn *program;
static size_t length;

static uint32_t alu(uint32_t code, uint32_t a, uint32_t b)
{
	switch (code & 0xf0) {
	case 0x00: return a + b;
	case 0x10: return a - b;
	case 0x40: return a | b;
	case 0x50: return a & b;
	case 0x60: return a << b;
	case 0x70: return a >> b;
	default: abort();
	}
}

static bool jumps(uint32_t code, uint32_t a, uint32_t b)
{
	switch (code & 0xf0) {
	case 0x10: return a == b;
	case 0x20: return a > b;
	case 0x30: return a >= b;
	case 0x40: return a & b;
	default: abort();
	}
}

/* What the kernel's checker refuses (seccomp_check_filter, bpf_check_classic) ends the test. */
static uint32_t run(const struct data *data)
{
	uint32_t a = 0, x = 0, memory[16] = { 0 };

	for (size_t at = 0; at < length; at++) {
		const struct abi_bpf_insn *i = &program[at];
		uint32_t operand = i->code & 0x08 ? x : i->k;
		switch (i->code & 0x07) {
		case 0x00: /* ld */
			if (i->code == 0x20) {
				assert_true(i->k % 4 == 0 && i->k < sizeof(*data));
				memcpy(&a, (const char *)data + i->k, 4);
			} else {
				assert_int_equal(i->code, 0x60);
				a = memory[i->k];
			}
			break;
		case 0x02:
			memory[i->k] = a;
			break;
		case 0x04:
			a = alu(i->code, a, operand);
			break;
		case 0x05: /* jmp */
			at += i->code == 0x05 ? i->k : jumps(i->code, a, operand) ? i->jt : i->jf;
			break;
		case 0x06:
			return i->code & 0x10 ? a : i->k;
		case 0x07:
			if (i->code == 0x07)
				x = a;
			else
				a = x;
			break;
		default:
			fail_msg("instruction %zu has code 0x%x", at, i->code);
		}
	}
	fail_msg("the program ends without a verdict");
	return 0;
}

static int compile(const char *members)
{
	struct error error = { 0 };
	assert_int_equal(make_plan(USUAL, arena_printf(&arena, "\"seccomp\":{%s}", members)), 0);
	int r = seccomp_compile(plan->seccomp, &arena, &program, &length, &error);
	sentence[0] = '\0';
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

static uint32_t verdict(uint32_t arch, int number, uint64_t a0, uint64_t a1)
{
	return run(&(struct data){ .number = number, .arch = arch, .args = { a0, a1 } });
}

static uint32_t native(const char *name, uint64_t a0, uint64_t a1)
{
	int number = seccomp_syscall_resolve_name(name);
	assert_true(number >= 0);
	return verdict(seccomp_arch_native(), number, a0, a1);
}

#define ALLOW "\"defaultAction\":\"SCMP_ACT_ALLOW\""
#define DENY "\"defaultAction\":\"SCMP_ACT_ERRNO\""
#define OP(index, op, value, two) "{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value ",\"valueTwo\":" #two "}"
#define NO(args) ALLOW \
	",\"syscalls\":[{\"names\":[\"mkdir\",\"no_such_call\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":28,\"args\":[" args "]}]"
#define REFUSED SCMP_ACT_ERRNO(28)

/* Comparisons are of 64 bits, unsigned. */
static const struct { const char *profile; uint64_t a0, a1; uint32_t wanted; } cases[] = {
	{ ALLOW, 0, 0, SCMP_ACT_ALLOW },
	{ NO(""), 0, 0, REFUSED },
	{ NO(OP(0, "EQ", 7, 0)), 7, 0, REFUSED }, { NO(OP(0, "EQ", 7, 0)), 8, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "EQ", 7, 0)), 7 + (1ull << 32), 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "NE", 7, 0)), 7, 0, SCMP_ACT_ALLOW }, { NO(OP(0, "NE", 7, 0)), 7 + (1ull << 40), 0, REFUSED },
	{ NO(OP(0, "LT", 7, 0)), 6, 0, REFUSED }, { NO(OP(0, "LT", 7, 0)), 7, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "LE", 7, 0)), 7, 0, REFUSED }, { NO(OP(0, "LE", 7, 0)), 8, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "LE", 4294967296, 0)), 1ull << 32, 0, REFUSED },
	{ NO(OP(0, "LE", 4294967296, 0)), (1ull << 32) + 1, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "GE", 7, 0)), 7, 0, REFUSED }, { NO(OP(0, "GE", 7, 0)), 6, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "GT", 7, 0)), UINT64_MAX, 0, REFUSED }, { NO(OP(0, "GT", 7, 0)), 7, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "MASKED_EQ", 240, 16)), 0x1f, 0, REFUSED }, { NO(OP(0, "MASKED_EQ", 240, 16)), 0x2f, 0, SCMP_ACT_ALLOW },
	/* two arguments: both; one argument twice: either, and then each for itself */
	{ NO(OP(0, "EQ", 1, 0) "," OP(1, "EQ", 2, 0)), 1, 2, REFUSED },
	{ NO(OP(0, "EQ", 1, 0) "," OP(1, "EQ", 2, 0)), 1, 3, SCMP_ACT_ALLOW },
	{ NO(OP(0, "EQ", 1, 0) "," OP(0, "EQ", 2, 0)), 2, 0, REFUSED },
	{ NO(OP(0, "EQ", 1, 0) "," OP(0, "EQ", 2, 0)), 3, 0, SCMP_ACT_ALLOW },
	{ NO(OP(0, "EQ", 1, 0) "," OP(0, "EQ", 2, 0) "," OP(1, "EQ", 5, 0)), 9, 5, REFUSED },
	/* a rule that says the same as the default, and the same rule twice */
	{ ALLOW ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ALLOW\"}]", 0, 0, SCMP_ACT_ALLOW },
	{ DENY ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}]", 0, 0, SCMP_ACT_ERRNO(1) },
	{ DENY ",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdir\"],\"action\":\"SCMP_ACT_ALLOW\"}]", 0, 0, SCMP_ACT_ALLOW },
	{ "\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"", 0, 0, SCMP_ACT_KILL_PROCESS },
	{ "\"defaultAction\":\"SCMP_ACT_TRAP\"", 0, 0, SCMP_ACT_TRAP },
	{ "\"defaultAction\":\"SCMP_ACT_LOG\"", 0, 0, SCMP_ACT_LOG },
	{ "\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":77", 0, 0, SCMP_ACT_TRACE(77) },
	{ ALLOW ",\"listenerPath\":\"/l\",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\"}]", 0, 0,
		SCMP_ACT_NOTIFY },
};

static void verdicts_by_table(void **state)
{
	(void)state;
	usual_host();
	for (size_t i = 0; i < array_length(cases); i++) {
		assert_int_equal(compile(cases[i].profile), 0);
		uint32_t got = native("mkdir", cases[i].a0, cases[i].a1);
		if (got != cases[i].wanted)
			fail_msg("row %zu: 0x%x, wanted 0x%x", i, got, cases[i].wanted);
	}
}

static void contradiction_is_refused(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(compile(ALLOW ",\"syscalls\":[{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[" OP(0,
		"EQ", 1, 0)
		"]},{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[" OP(0, "EQ", 1, 0) "]}]"), -1);
	assert_non_null(strstr(sentence, "contradicts"));
}

/* Newer than what the profile names: "not there", so that C libraries fall back. */
static void newer_calls_are_missing(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(compile(DENY ",\"syscalls\":[{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ALLOW\"}]"), 0);
	assert_int_equal(native("clone3", 0, 0), SCMP_ACT_ALLOW);
	assert_int_equal(native("mkdirat", 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(verdict(seccomp_arch_native(), 436, 0, 0), SCMP_ACT_ERRNO(ENOSYS));
	assert_int_equal(verdict(seccomp_arch_native(), 9999, 0, 0), SCMP_ACT_ERRNO(ENOSYS));

	/* Named and denied is denied, whatever is newer. */
	assert_int_equal(compile(DENY ",\"syscalls\":[{\"names\":[\"openat2\"],\"action\":\"SCMP_ACT_ERRNO\"}]"), 0);
	assert_int_equal(native("openat2", 0, 0), SCMP_ACT_ERRNO(EPERM));
	/* What kills, kills; and a profile that names nothing is the default for all. */
	assert_int_equal(compile("\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]"), 0);
	assert_int_equal(verdict(seccomp_arch_native(), 9999, 0, 0), SCMP_ACT_KILL_THREAD);
	assert_int_equal(compile(DENY), 0);
	assert_int_equal(verdict(seccomp_arch_native(), 9999, 0, 0), SCMP_ACT_ERRNO(EPERM));
}

#if defined(__x86_64__)
#define X86_64 AUDIT_ARCH_X86_64
#define THREE ",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"

static void architectures(void **state)
{
	(void)state;
	usual_host();
	const char *rules = ",\"syscalls\":[{\"names\":[\"mkdir\",\"clone3\",\"socket\"],\"action\":\"SCMP_ACT_ALLOW\"}]";
	assert_int_equal(compile(arena_printf(&arena, DENY "%s", rules)), 0);
	assert_int_equal(verdict(X86_64, 83, 0, 0), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 39, 0, 0), SCMP_ACT_KILL_THREAD);
	assert_int_equal(verdict(X86_64, 83 | 0x40000000, 0, 0), SCMP_ACT_KILL_THREAD); /* x32 */
	assert_int_equal(verdict(AUDIT_ARCH_AARCH64, 34, 0, 0), SCMP_ACT_KILL_THREAD);

	assert_int_equal(compile(arena_printf(&arena, DENY THREE "%s", rules)), 0);
	assert_int_equal(verdict(X86_64, 83, 0, 0), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(X86_64, 84, 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(verdict(X86_64, 500, 0, 0), SCMP_ACT_ERRNO(ENOSYS));
	assert_int_equal(verdict(AUDIT_ARCH_I386, 39, 0, 0), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(AUDIT_ARCH_I386, 40, 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(verdict(AUDIT_ARCH_I386, 500, 0, 0), SCMP_ACT_ERRNO(ENOSYS));
	assert_int_equal(verdict(AUDIT_ARCH_I386, 359, 0, 0), SCMP_ACT_ALLOW);       /* socket */
	assert_int_equal(verdict(AUDIT_ARCH_I386, 102, 1, 0), SCMP_ACT_ALLOW);       /* socketcall(SYS_SOCKET) */
	assert_int_equal(verdict(AUDIT_ARCH_I386, 102, 2, 0), SCMP_ACT_ERRNO(EPERM)); /* socketcall(SYS_BIND) */
	assert_int_equal(verdict(X86_64, 83 | 0x40000000, 0, 0), SCMP_ACT_ALLOW);
	assert_int_equal(verdict(X86_64, 84 | 0x40000000, 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(verdict(AUDIT_ARCH_AARCH64, 34, 0, 0), SCMP_ACT_KILL_THREAD);
}
#endif

/* What libseccomp itself makes of the same rules, for all architectures in one. */
static void compile_by_library(const struct plan_seccomp *profile)
{
	static struct abi_bpf_insn whole[4096];
	char path[] = "/tmp/caisson-test-seccomp-XXXXXX";
	int fd = mkstemp(path);
	scmp_filter_ctx filter = seccomp_init(profile->default_action);

	unlink(path);
	for (size_t i = 1; i < profile->architecture_count; i++)
		assert_int_equal(seccomp_arch_add(filter, profile->architectures[i]), 0);
	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t n = 0; n < profile->rules[i].name_count; n++) {
			const struct plan_seccomp_rule *rule = &profile->rules[i];
			struct scmp_arg_cmp args[6];
			int number = seccomp_syscall_resolve_name(rule->names[n]);
			for (size_t a = 0; a < rule->arg_count; a++)
				args[a] = (struct scmp_arg_cmp){ rule->args[a].index, rule->args[a].op, rule->args[a].value,
								 rule->args[a].value_two };
			if (number != __NR_SCMP_ERROR)
				seccomp_rule_add_array(filter, rule->action, number, rule->arg_count, args);
		}
	assert_int_equal(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	length = (size_t)pread(fd, whole, sizeof(whole), 0) / sizeof(whole[0]);
	program = whole;
	close(fd);
}

/* Every number, and every argument that a rule speaks of: the same verdict, but for what the profile does not know. */
static void assert_same_verdicts(const struct plan_seccomp *profile)
{
	static const uint64_t values[] = { 0, 1, 8, 0x20000, 0x20008, 0xffffffff, 0x7e020000, 0x10000011, 40, 16, 38, 1ull << 32 };
	const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0 };
	struct { const struct abi_bpf_insn *program; size_t length; } ours = { program, length };
	unsigned differ = 0;

	compile_by_library(profile);
	struct { const struct abi_bpf_insn *program; size_t length; } theirs = { program, length };
	for (size_t a = 0; a < array_length(archs); a++)
		for (uint32_t number = 0; number < 1200; number++)
			for (size_t v = 0; v < array_length(values); v++) {
				int n = (int)(number < 600 ? number : (number - 600) | 0x40000000);
				program = ours.program, length = ours.length;
				uint32_t mine = verdict(archs[a], n, values[v], values[(v + 3) % array_length(values)]);
				program = theirs.program, length = theirs.length;
				uint32_t its = verdict(archs[a], n, values[v], values[(v + 3) % array_length(values)]);
				if (mine == SCMP_ACT_ERRNO(ENOSYS) && its == profile->default_action)
					continue;
				if (mine != its && differ++ < 10)
					print_error("arch 0x%x number %d: 0x%x, libseccomp 0x%x\n", archs[a], n, mine, its);
			}
	program = ours.program, length = ours.length;
	assert_int_equal(differ, 0);
}

/* The example's profile: a few hundred calls on up to three architectures. */
static void example_profile(void **state)
{
	struct template_options options = { .kind = TEMPLATE_EXAMPLE, .machine = TEMPLATE_MACHINE };
	struct text text = text_in(&arena);
	struct planning p;
	struct error error = { 0 };
	struct timespec before, after;

	(void)state;
	usual_host();
	template_config(&options, &text);
	assert_int_equal(plan_chapters(text.data, &p, &error), 0);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(seccomp_compile(plan->seccomp, &arena, &program, &length, &error), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_same_verdicts(plan->seccomp);
	print_message("%zu instructions in %ld us\n", length,
		      (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000);
	static const char *const allowed[] = { "read", "write", "execve", "openat2", "clone3", "exit_group", "futex", "mmap",
		"setresuid" };
	static const char *const denied[] = { "ptrace", "bpf", "kexec_load", "init_module", "mount", "pivot_root", "keyctl",
		"reboot" };
	for (size_t i = 0; i < array_length(allowed); i++)
		if (strcmp(allowed[i], "clone3")) /* its flags are in memory: glibc is to use clone */
			assert_int_equal(native(allowed[i], 0, 0), SCMP_ACT_ALLOW);
	for (size_t i = 0; i < array_length(denied); i++)
		assert_int_equal(native(denied[i], 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(native("clone", 17, 0), SCMP_ACT_ALLOW);                    /* SIGCHLD: fork */
	assert_int_equal(native("clone", 0x10000000 | 17, 0), SCMP_ACT_ERRNO(EPERM)); /* CLONE_NEWUSER */
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_by_table), cmocka_unit_test(contradiction_is_refused),
			cmocka_unit_test(newer_calls_are_missing),
#if defined(__x86_64__)
		cmocka_unit_test(architectures),
#endif
		cmocka_unit_test(example_profile),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
