/* Random seccomp profiles, some of them nasty. */
#pragma once

#include "filter_compare.h"

static const char *const pool[] = {
	"read", "write", "clone", "clone3", "personality", "socket", "accept", "accept4", "recvmmsg", "send", "connect", "socketcall",
	"ipc", "shmget", "semop", "semtimedop", "msgrcv", "getpriority", "mmap", "mmap2", "futex", "futex_waitv", "execve", "ioctl",
	"prctl", "rt_sigreturn", "set_tls", "breakpoint", "arch_prctl", "no_such_call", "openat2", "uname", "preadv", "getdents64", "exit",
	"open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mprotect", "munmap", "brk", "access", "pipe", "dup",
	"riscv_flush_icache",
};

static uint64_t random_value(void)
{
	static const uint64_t words[] = { 0, 1, 2, 3, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	uint64_t low = words[below(array_length(words))];

	return below(3) ? low : low | words[below(array_length(words))] << 32;
}

static struct plan_seccomp_rule random_rule(uint32_t usual)
{
	struct plan_seccomp_arg *args = arena_array(&arena, struct plan_seccomp_arg, 6);
	struct plan_seccomp_rule rule = { .action = below(5) ? usual : actions[below(array_length(actions))], .args = args };
	size_t names = 1 + below(below(4) ? 3 : 12);
	const char **list = arena_array(&arena, const char *, names);
	unsigned chance = below(3) ? 3 : 8;

	for (unsigned i = 0; i < 6 && below(4); i++)
		if (!below(chance))
			args[rule.arg_count++] = (struct plan_seccomp_arg){
				.index = i, .op = 1 + (int)below(7), .value = random_value(), .value_two = random_value(),
			};
	if (rule.arg_count == 2 && below(2)) { /* in any order */
		struct plan_seccomp_arg first = args[0];
		args[0] = args[1];
		args[1] = first;
	}
	while (rule.name_count < names)
		list[rule.name_count++] = pool[below(rule.arg_count ? 20 : array_length(pool))];
	rule.names = list;
	return rule;
}

static struct plan_seccomp random_profile(void)
{
	static const uint32_t others[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
		SCMP_ARCH_RISCV64 };
	uint32_t *list = arena_array(&arena, uint32_t, 1 + array_length(others));
	struct plan_seccomp profile = { .architectures = list, .default_action = actions[below(array_length(actions) - 1)] };
	size_t count = below(3) ? below(6) : below(40);
	struct plan_seccomp_rule *rules = arena_array(&arena, struct plan_seccomp_rule, count);
	uint32_t usual = actions[below(array_length(actions))];

	list[profile.architecture_count++] = seccomp_arch_native();
	for (size_t i = 0; i < array_length(others); i++)
		if (others[i] != list[0] && below(2) && (others[i] != SCMP_ARCH_X32 || listed(&profile, SCMP_ARCH_X86_64)))
			list[profile.architecture_count++] = others[i];
	while (profile.rule_count < count)
		rules[profile.rule_count++] = random_rule(usual);
	profile.rules = rules;
	return profile;
}
