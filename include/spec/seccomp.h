/* config-linux.md#seccomp. Actions, operators and architectures stay the words of the configuration: libseccomp's numbers are
 * plan's business. Each word is checked against the spec's list while decoding. */
#pragma once

#include "json/json.h"

enum seccomp_action {
	SECCOMP_KILL, SECCOMP_KILL_PROCESS, SECCOMP_KILL_THREAD, SECCOMP_TRAP, SECCOMP_ERRNO, SECCOMP_TRACE, SECCOMP_ALLOW, SECCOMP_LOG,
	SECCOMP_NOTIFY,
};
enum seccomp_operator { SECCOMP_NE, SECCOMP_LT, SECCOMP_LE, SECCOMP_EQ, SECCOMP_GE, SECCOMP_GT, SECCOMP_MASKED_EQ };
enum seccomp_flag { SECCOMP_TSYNC, SECCOMP_LOGGED, SECCOMP_SPEC_ALLOW, SECCOMP_WAIT_KILLABLE_RECV };

struct spec_seccomp_arg { struct place at; uint32_t index; uint64_t value, value_two; int op; };

struct spec_syscall {
	struct place at;
	struct json_strings names;
	int action;
	const uint32_t *errno_ret;
	struct json_objects args;          /* struct spec_seccomp_arg */
};

struct spec_seccomp {
	struct place at;
	int default_action;
	const uint32_t *default_errno_ret;
	struct json_ints architectures;    /* index into seccomp_arch_words */
	struct json_ints flags;            /* enum seccomp_flag */
	const char *listener_path, *listener_metadata;
	struct json_objects syscalls;      /* struct spec_syscall */
};
extern const struct json_table spec_seccomp_table;
extern const struct json_word seccomp_action_words[], seccomp_operator_words[], seccomp_flag_words[], seccomp_arch_words[];
