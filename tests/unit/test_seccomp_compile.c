/* run/seccomp_compile.c: profiles compiled, by us or by libseccomp, and the programs run by an interpreter (bpf.h). */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>

#include "base/cleanup.h"
#include "planned.h"
#include "run/seccomp.h"
#include "spec/template.h"

#include "bpf.h"

static struct bpf bpf;

static int compile(const char *members)
{
	struct error error = { 0 };
	assert_int_equal(make_plan(USUAL, arena_printf(&arena, "\"seccomp\":{%s}", members)), 0);
	int r = seccomp_compile(plan->seccomp, &arena, &bpf.program, &bpf.length, &error);
	sentence[0] = '\0';
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

static uint32_t verdict(uint32_t arch, int number, uint64_t a0, uint64_t a1)
{
	return bpf_run(&bpf, &(struct data){ .number = number, .arch = arch, .args = { a0, a1 } });
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

/* What an operator means, said once more. */
static bool holds(int op, uint64_t is, uint64_t value, uint64_t two)
{
	switch (op) {
	case SCMP_CMP_NE: return is != value;
	case SCMP_CMP_LT: return is < value;
	case SCMP_CMP_LE: return is <= value;
	case SCMP_CMP_EQ: return is == value;
	case SCMP_CMP_GE: return is >= value;
	case SCMP_CMP_GT: return is > value;
	default: return (is & value) == two;
	}
}

/* Both halves of values and of arguments count, as one number: around each value, and where one half says more and the other less. */
static void comparisons_are_of_64_bits(void **state)
{
	static const char *const operators[] = { NULL, "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };
	static const uint64_t halves[] = { 0, 1, 6, 7, 8, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	static const uint64_t values[] = {
		7, 0xffffffff, 1ull << 32, 6ull << 32 | 7, 7ull << 32 | 0xffffffff, 7ull << 32, 1ull << 63, 0x80000000ull << 32 | 7,
		0xffffffffull << 32 | 8, UINT64_MAX - 1, UINT64_MAX,
	};
	const size_t pairs = array_length(halves) * array_length(halves);

	(void)state;
	usual_host();
	for (size_t v = 0; v < array_length(values); v++)
		for (int op = SCMP_CMP_NE; op <= SCMP_CMP_MASKED_EQ; op++) {
			uint64_t two = op == SCMP_CMP_MASKED_EQ ? values[v] & (7ull << 32 | 6) : 0;
			assert_int_equal(compile(arena_printf(&arena, ALLOW ",\"syscalls\":[{\"names\":[\"mkdir\"],"
				"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":28,\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_%s\","
				"\"value\":%llu,\"valueTwo\":%llu}]}]", operators[op], (unsigned long long)values[v],
				(unsigned long long)two)), 0);
			for (size_t i = 0; i < pairs + 3; i++) {
				uint64_t is = i < pairs ? halves[i / array_length(halves)] << 32 | halves[i % array_length(halves)] :
					values[v] + (i - pairs) - 1;
				if (native("mkdir", is, 0) != (holds(op, is, values[v], two) ? REFUSED : SCMP_ACT_ALLOW))
					fail_msg("0x%llx %s 0x%llx", (unsigned long long)is, operators[op],
						 (unsigned long long)values[v]);
			}
			arena_reset(&arena);
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

static const struct plan_seccomp *example(void)
{
	struct template_options options = { .kind = TEMPLATE_EXAMPLE, .machine = TEMPLATE_MACHINE };
	struct text text = text_in(&arena);
	struct planning p;
	struct error error = { 0 };

	usual_host();
	template_config(&options, &text);
	assert_int_equal(plan_chapters(text.data, &p, &error), 0);
	return plan->seccomp;
}

/* The example's profile: a few hundred calls on up to three architectures. */
static void example_profile(void **state)
{
	static const char *const allowed[] = { "read", "write", "execve", "openat2", "exit_group", "futex", "mmap", "setresuid" };
	static const char *const denied[] = { "ptrace", "bpf", "kexec_load", "init_module", "mount", "pivot_root", "keyctl", "reboot" };
	struct error error = { 0 };

	(void)state;
	assert_int_equal(seccomp_compile(example(), &arena, &bpf.program, &bpf.length, &error), 0);
	for (size_t i = 0; i < array_length(allowed); i++)
		assert_int_equal(native(allowed[i], 0, 0), SCMP_ACT_ALLOW);
	for (size_t i = 0; i < array_length(denied); i++)
		assert_int_equal(native(denied[i], 0, 0), SCMP_ACT_ERRNO(EPERM));
	assert_int_equal(native("clone3", 0, 0), SCMP_ACT_ERRNO(ENOSYS));             /* its flags are in memory: glibc is to use clone */
	assert_int_equal(native("clone", 17, 0), SCMP_ACT_ALLOW);                     /* SIGCHLD: fork */
	assert_int_equal(native("clone", 0x10000000 | 17, 0), SCMP_ACT_ERRNO(EPERM)); /* CLONE_NEWUSER */
}

/* ---- what is not ours: with an architecture that we do not compile for, all of it is libseccomp's ---- */

static unsigned differences(const struct bpf *one, const struct bpf *other, uint32_t audit)
{
	static const uint64_t values[] = { 0, 1, 8, 0x20000, 0x20008, 0xffffffff, 0x7e020000, 0x10000011, 40, 16, 38 };
	unsigned differ = 0;

	for (uint32_t n = 0; n < 1200; n++)
		for (size_t v = 0; v < array_length(values); v++) {
			const struct data data = {
				.number = (int32_t)(n < 600 ? n : (n - 600) | 0x40000000), .arch = audit,
				.args = { values[v], values[(v + 3) % array_length(values)] },
			};
			uint32_t is = bpf_run(one, &data), wanted = bpf_run(other, &data);
			if (is != wanted && differ++ < 10)
				print_error("arch 0x%x number %d: 0x%x, not 0x%x\n", audit, data.number, is, wanted);
		}
	return differ;
}

static void by_libseccomp(void **state)
{
	static const uint32_t audits[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM };
	uint32_t list[8] = { 0 };
	struct plan_seccomp profile = *example();
	struct error error = { 0 };
	struct bpf ours;

	(void)state;
	assert_int_equal(seccomp_compile(&profile, &arena, &ours.program, &ours.length, &error), 0);
	memcpy(list, profile.architectures, profile.architecture_count * sizeof(*list));
	list[profile.architecture_count++] = SCMP_ARCH_PPC64LE;
	profile.architectures = list;
	assert_int_equal(seccomp_compile(&profile, &arena, &bpf.program, &bpf.length, &error), 0);
	for (size_t i = 0; i < array_length(audits); i++)
		assert_int_equal(differences(&bpf, &ours, audits[i]), 0);
	assert_int_equal(verdict(AUDIT_ARCH_PPC64LE, 3, 0, 0), SCMP_ACT_ALLOW);             /* read */
	assert_int_equal(verdict(AUDIT_ARCH_PPC64LE, 26, 0, 0), SCMP_ACT_ERRNO(EPERM));     /* ptrace */
}

/* libseccomp's lists lose the load of the number with the first call that an architecture lacks. */
static void by_libseccomp_with_a_call_that_is_lacking(void **state)
{
	(void)state;
	usual_host();
	assert_int_equal(compile(DENY ",\"architectures\":[\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_PPC64LE\"],"
		"\"syscalls\":[{\"names\":[\"open\",\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]"), 0);
	assert_int_equal(verdict(AUDIT_ARCH_AARCH64, 63, 0, 0), SCMP_ACT_ALLOW); /* read */
	assert_int_equal(verdict(AUDIT_ARCH_AARCH64, 62, 0, 0), SCMP_ACT_ERRNO(EPERM));
}

static void too_large_a_profile(void **state)
{
	struct text rules = text_in(&arena);

	(void)state;
	usual_host();
	for (int i = 0; i < 1000; i++)
		text_printf(&rules, "%s{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_GT\","
			"\"value\":%d},{\"index\":1,\"op\":\"SCMP_CMP_LT\",\"value\":%d}]}", i ? "," : "", i, i);
	assert_int_equal(compile(arena_printf(&arena, ALLOW ",\"syscalls\":[%s]", rules.data)), -1);
	assert_non_null(strstr(sentence, "instructions, the kernel takes at most 4096"));
}

static int open_arena(void **state) { (void)state; return arena_open(&arena); }
static int close_arena(void **state) { (void)state; arena_close(&arena); return 0; }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_by_table), cmocka_unit_test(comparisons_are_of_64_bits),
		cmocka_unit_test(contradiction_is_refused), cmocka_unit_test(newer_calls_are_missing),
#if defined(__x86_64__)
		cmocka_unit_test(architectures),
#endif
		cmocka_unit_test(example_profile), cmocka_unit_test(by_libseccomp),
		cmocka_unit_test(by_libseccomp_with_a_call_that_is_lacking), cmocka_unit_test(too_large_a_profile),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
