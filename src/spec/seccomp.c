/* config-linux.md#seccomp, as tables. */
#include "spec/seccomp.h"

const struct json_word seccomp_action_words[] = {
	{ "SCMP_ACT_KILL", SECCOMP_KILL }, { "SCMP_ACT_KILL_PROCESS", SECCOMP_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_KILL_THREAD }, { "SCMP_ACT_TRAP", SECCOMP_TRAP }, { "SCMP_ACT_ERRNO", SECCOMP_ERRNO },
	{ "SCMP_ACT_TRACE", SECCOMP_TRACE }, { "SCMP_ACT_ALLOW", SECCOMP_ALLOW }, { "SCMP_ACT_LOG", SECCOMP_LOG },
	{ "SCMP_ACT_NOTIFY", SECCOMP_NOTIFY }, { NULL, 0 },
};

const struct json_word seccomp_operator_words[] = {
	{ "SCMP_CMP_NE", SECCOMP_NE }, { "SCMP_CMP_LT", SECCOMP_LT }, { "SCMP_CMP_LE", SECCOMP_LE }, { "SCMP_CMP_EQ", SECCOMP_EQ },
	{ "SCMP_CMP_GE", SECCOMP_GE }, { "SCMP_CMP_GT", SECCOMP_GT }, { "SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQ }, { NULL, 0 },
};

const struct json_word seccomp_flag_words[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_TSYNC }, { "SECCOMP_FILTER_FLAG_LOG", SECCOMP_LOGGED },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_WAIT_KILLABLE_RECV }, { NULL, 0 },
};

/* The value of an architecture is its index here: plan finds the word, and asks libseccomp for the rest. */
const struct json_word seccomp_arch_words[] = {
	{ "SCMP_ARCH_X86", 0 }, { "SCMP_ARCH_X86_64", 1 }, { "SCMP_ARCH_X32", 2 }, { "SCMP_ARCH_ARM", 3 },
	{ "SCMP_ARCH_AARCH64", 4 }, { "SCMP_ARCH_MIPS", 5 }, { "SCMP_ARCH_MIPS64", 6 }, { "SCMP_ARCH_MIPS64N32", 7 },
	{ "SCMP_ARCH_MIPSEL", 8 }, { "SCMP_ARCH_MIPSEL64", 9 }, { "SCMP_ARCH_MIPSEL64N32", 10 }, { "SCMP_ARCH_PPC", 11 },
	{ "SCMP_ARCH_PPC64", 12 }, { "SCMP_ARCH_PPC64LE", 13 }, { "SCMP_ARCH_S390", 14 }, { "SCMP_ARCH_S390X", 15 },
	{ "SCMP_ARCH_PARISC", 16 }, { "SCMP_ARCH_PARISC64", 17 }, { "SCMP_ARCH_RISCV64", 18 }, { "SCMP_ARCH_LOONGARCH64", 19 },
	{ "SCMP_ARCH_M68K", 20 }, { "SCMP_ARCH_SH", 21 }, { "SCMP_ARCH_SHEB", 22 }, { NULL, 0 },
};

/* A system call has six arguments; seccomp_data has no more. */
JSON_TABLE(spec_seccomp_arg_table, "seccomp argument", struct spec_seccomp_arg,
	F_PLACE(struct spec_seccomp_arg, at),
	F_UINT(struct spec_seccomp_arg, index, "index", FIELD_REQUIRED, 5),
	F_UINT(struct spec_seccomp_arg, value, "value", FIELD_REQUIRED, UINT64_MAX),
	F_UINT(struct spec_seccomp_arg, value_two, "valueTwo", 0, UINT64_MAX),
	F_ENUM(struct spec_seccomp_arg, op, "op", FIELD_REQUIRED, seccomp_operator_words));

JSON_TABLE(spec_syscall_table, "seccomp rule", struct spec_syscall,
	F_PLACE(struct spec_syscall, at),
	F_STRINGS(struct spec_syscall, names, "names", FIELD_REQUIRED | FIELD_NOT_EMPTY, 0),
	F_ENUM(struct spec_syscall, action, "action", FIELD_REQUIRED, seccomp_action_words),
	F_OPT_UINT(struct spec_syscall, errno_ret, "errnoRet", UINT32_MAX),
	F_OBJECTS(struct spec_syscall, args, "args", 0, &spec_seccomp_arg_table, 0));

JSON_TABLE(spec_seccomp_table, "seccomp", struct spec_seccomp,
	F_PLACE(struct spec_seccomp, at),
	F_ENUM(struct spec_seccomp, default_action, "defaultAction", FIELD_REQUIRED, seccomp_action_words),
	F_OPT_UINT(struct spec_seccomp, default_errno_ret, "defaultErrnoRet", UINT32_MAX),
	F_ENUMS(struct spec_seccomp, architectures, "architectures", 0, seccomp_arch_words),
	F_ENUMS(struct spec_seccomp, flags, "flags", 0, seccomp_flag_words),
	F_STRING(struct spec_seccomp, listener_path, "listenerPath", 0),
	F_STRING(struct spec_seccomp, listener_metadata, "listenerMetadata", 0),
	F_OBJECTS(struct spec_seccomp, syscalls, "syscalls", 0, &spec_syscall_table, 0));
