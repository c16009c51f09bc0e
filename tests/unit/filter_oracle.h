/* What a seccomp profile's verdicts are to be, for the tests of plan/filter.c: libseccomp's program for it, and a third opinion straight
 * from the rules. */
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "plan/plan.h"

#include "bpf.h"

/* ---- libseccomp ---- */

static int bpf_library_rule(scmp_filter_ctx filter, const struct plan_seccomp_rule *rule, const char *name)
{
	struct scmp_arg_cmp args[6];
	int number = seccomp_syscall_resolve_name(name);

	for (size_t a = 0; a < rule->arg_count; a++)
		args[a] = (struct scmp_arg_cmp){
			rule->args[a].index, (enum scmp_compare)rule->args[a].op, rule->args[a].value, rule->args[a].value_two,
		};
	return number == __NR_SCMP_ERROR ? 0 :
		seccomp_rule_add_array(filter, rule->action, number, (unsigned)rule->arg_count, args);
}

static int bpf_library_export(const struct plan_seccomp *profile, int fd)
{
	scmp_filter_ctx filter = seccomp_init(profile->default_action);
	int r = 0;

	if (!filter)
		return -EINVAL;
	/* As a list (1), libseccomp 2.5.4 loses the load of the number with the first call of the profile that an architecture lacks, and
	 * compares the architecture's own number with those of the calls that follow. As a tree it does not. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 1; i < profile->architecture_count && r == 0; i++)
		r = seccomp_arch_add(filter, profile->architectures[i]);
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct plan_seccomp_rule *rule = &profile->rules[i];
		if (rule->action == profile->default_action) /* no rule, for it */
			continue;
		for (size_t n = 0; n < rule->name_count && r == 0; n++)
			r = bpf_library_rule(filter, rule, rule->names[n]);
	}
	if (r == 0)
		r = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return r;
}

#define ORACLE_SECONDS 2

/* What libseccomp itself makes of the same rules, for all architectures in one. 0, or its error; there is no limit of instructions.
 * -ETIME: it works in a child, since with some ten rules of one call, each of several conditions, it may not end for minutes. */
static int bpf_by_library(const struct plan_seccomp *profile, struct bpf *bpf)
{
	static struct abi_bpf_insn whole[1 << 17];
	int fd = memfd_create("oracle", MFD_CLOEXEC), status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		alarm(ORACLE_SECONDS);
		_exit(-bpf_library_export(profile, fd));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	ssize_t size = pread(fd, whole, sizeof(whole), 0);
	close(fd);
	assert_in_range(size, 0, sizeof(whole) - 1);
	*bpf = (struct bpf){ whole, (size_t)size / sizeof(whole[0]) };
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return -ETIME;
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

#define X32_BIT 0x40000000u
#define NUMBERS 1024     /* all calls of all architectures are below, but for ARM's few */
#define ARM_PRIVATE 0xf0000u

/* ---- the oracle ---- */

static const struct architecture { uint32_t token, audit, base; } architectures_known[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0 }, { SCMP_ARCH_X86, AUDIT_ARCH_I386, 0 }, { SCMP_ARCH_X32, AUDIT_ARCH_X86_64, X32_BIT },
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, 0 }, { SCMP_ARCH_ARM, AUDIT_ARCH_ARM, 0 }, { SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, 0 },
};

#define VALUES_MOST 4096     /* of an argument: 40 rules with a mask of 64 bits each */

struct comparison {
	const struct plan_seccomp *profile;
	bool (*each)(struct comparison *, const struct data *); /* what is done with a call; whether its arguments matter */
	struct bpf ours, theirs;
	int64_t newest[array_length(architectures_known)]; /* -1: names nothing; -2: not of this profile */
	uint64_t values[6][VALUES_MOST];
	size_t value_count[6];
	unsigned long cases, astray;
	unsigned differ, most_steps;
	bool sparse;                 /* not all arguments for all numbers: many profiles are to be compared */
};

/* A profile's names as numbers, told from the numbers: for each one, is its name in the profile? (For the newest one alone.) */
static int64_t newest_of(const struct plan_seccomp *profile, const struct architecture *a)
{
	int64_t newest = -1;

	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t n = 0; n < profile->rules[i].name_count; n++) {
			const char *name = profile->rules[i].names[n];
			int number = seccomp_syscall_resolve_name_arch(a->token, name);
			if (number == __NR_SCMP_ERROR)
				continue;
			if (number >= 0) {
				newest = number > newest ? number : newest;
				continue;
			}
			if (a->token != SCMP_ARCH_X86 || number < -300 || number > -100)
				continue;
			int multiplexer = number > -200 ? 102 : 117;
			newest = multiplexer > newest ? multiplexer : newest;
			for (int direct = 330; direct < 410; direct++) {
				char *is = seccomp_syscall_resolve_num_arch(a->token, direct);
				if (is && !strcmp(is, name) && direct > newest)
					newest = direct;
				free(is);
			}
		}
	return newest;
}

static bool listed(const struct plan_seccomp *profile, uint32_t token)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (profile->architectures[i] == token)
			return true;
	return false;
}

/* Which architecture of the profile a call is of, by our reading of seccomp_data; NULL: none. -1 is x86-64's if x32 is not listed. */
static const struct architecture *of_call(const struct comparison *c, uint32_t audit, uint32_t number, size_t *index)
{
	bool x32 = audit == AUDIT_ARCH_X86_64 && number >= X32_BIT && !(number == UINT32_MAX && !listed(c->profile, SCMP_ARCH_X32));

	for (size_t i = 0; i < array_length(architectures_known); i++)
		if (architectures_known[i].audit == audit && (architectures_known[i].base == X32_BIT) == x32 && c->newest[i] != -2) {
			*index = i;
			return &architectures_known[i];
		}
	return NULL;
}

/* ---- the meaning: a third opinion, straight from the rules ---- */

/* i386's multiplexers: which number the first argument has for a pseudo call of libseccomp's. */
static bool multiplexes(uint32_t number, int pseudo)
{
	return (number == 102 && pseudo <= -101 && pseudo >= -120) || (number == 117 && pseudo <= -201 && pseudo >= -224);
}

/* The numbers themselves, as the kernel's syscall_32.tbl has them, by name: libseccomp resolves to pseudo calls. */
static bool named_directly(const struct architecture *a, uint32_t number, const char *name)
{
	static struct { const char *name; } names[array_length(architectures_known)][NUMBERS];
	size_t index = (size_t)(a - architectures_known);
	uint32_t relative = number - a->base;

	if ((int32_t)number < 0) /* a pseudo call of libseccomp's */
		return false;
	if (a->token != SCMP_ARCH_X86)
		return seccomp_syscall_resolve_name_arch(a->token, name) == (int)number;
	if (relative >= NUMBERS)
		return false;
	if (!names[index][relative].name) {
		names[index][relative].name = seccomp_syscall_resolve_num_arch(a->token, (int)number);
		if (!names[index][relative].name)
			names[index][relative].name = "";
	}
	return !strcmp(names[index][relative].name, name);
}

static bool holds(const struct plan_seccomp_arg *arg, uint64_t value, uint64_t bits)
{
	uint64_t with = arg->value & bits;

	value &= bits;
	switch (arg->op) {
	case SCMP_CMP_NE: return value != with;
	case SCMP_CMP_LT: return value < with;
	case SCMP_CMP_LE: return value <= with;
	case SCMP_CMP_EQ: return value == with;
	case SCMP_CMP_GE: return value >= with;
	case SCMP_CMP_GT: return value > with;
	default: return (value & with) == (arg->value_two & with);
	}
}

enum match { NO_MATCH, MATCH, ALWAYS };

struct meaning {
	uint32_t verdict;
	size_t conditional, several; /* how many rules of the call have conditions, and how many more than one */
	bool ordered;                /* ... with another operator than EQ */
	bool decided, always;        /* a rule has fitted; one without conditions */
};

/* `select` is the number that the multiplexer's first argument must be; 0: this is no multiplexer's call. */
static enum match match(const struct plan_seccomp_rule *rule, uint32_t select, const struct data *data, uint64_t bits, struct meaning *m)
{
	enum match match = ALWAYS;
	size_t tests = 0;

	if (select) {
		tests = 1;
		match = (uint32_t)data->args[0] == select ? MATCH : NO_MATCH;
	}
	for (size_t i = 0; i < rule->arg_count; i++) {
		const struct plan_seccomp_arg *arg = &rule->args[i];
		if ((select && arg->index == 0) || (arg->op == SCMP_CMP_MASKED_EQ && !(arg->value & bits)))
			continue;
		tests++;
		m->ordered |= arg->op != SCMP_CMP_EQ;
		if (!holds(arg, data->args[arg->index], bits))
			match = NO_MATCH;
		else if (match == ALWAYS)
			match = MATCH;
	}
	m->conditional += tests > 0;
	m->several += tests > 1;
	return match;
}

/* The first rule without conditions is the call's alone; of others those that fit agree, or plan_filter would have left it. */
static void mean_rule(const struct architecture *a, const struct plan_seccomp_rule *rule, const struct data *data, struct meaning *m)
{
	uint64_t bits = a->token == SCMP_ARCH_X86 || a->token == SCMP_ARCH_X32 || a->token == SCMP_ARCH_ARM ? UINT32_MAX : UINT64_MAX;

	for (size_t n = 0; n < rule->name_count; n++) {
		uint32_t select = 0;
		int pseudo = a->token == SCMP_ARCH_X86 ? seccomp_syscall_resolve_name_arch(a->token, rule->names[n]) : 0;
		if (multiplexes((uint32_t)data->number, pseudo))
			select = (uint32_t)-pseudo % 100;
		else if (!named_directly(a, (uint32_t)data->number, rule->names[n]))
			continue;
		enum match r = match(rule, select, data, bits, m);
		if ((r == ALWAYS && !m->always) || (r == MATCH && !m->decided && !m->always)) {
			m->decided = true;
			m->always = r == ALWAYS;
			m->verdict = rule->action;
		}
	}
}

static struct meaning meaning_of(const struct comparison *c, const struct data *data)
{
	size_t index;
	const struct architecture *a = of_call(c, data->arch, (uint32_t)data->number, &index);
	struct meaning m = { .verdict = a ? c->profile->default_action : SCMP_ACT_KILL_THREAD };

	for (size_t i = 0; a && i < c->profile->rule_count; i++)
		if (c->profile->rules[i].action != c->profile->default_action)
			mean_rule(a, &c->profile->rules[i], data, &m);
	return m;
}
