/* libFuzzer: any profile becomes a BPF program that the kernel would take, and whose verdicts are what seccomp_rule_add(3) and the
 * runtime-spec say the rules mean, told here anew and without any cleverness: every rule is asked for every call. */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include "fuzz.h"
#include "plan/filter.h"

#define bpf_fail(...) must(!"the interpreter goes on")
#include "../unit/bpf.h"

#define X32_BIT 0x40000000u
#define RULES_MOST 16
#define VALUES_MOST 24

static const struct machine { uint32_t token, audit; uint64_t bits; } machines[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, UINT64_MAX }, { SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, UINT32_MAX }, { SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, UINT64_MAX },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, UINT32_MAX }, { SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, UINT64_MAX },
};

static const char pool[][20] = {
	"read", "write", "clone", "clone3", "personality", "socket", "accept", "accept4", "send", "connect", "ipc", "socketcall", "shmget",
	"semop", "semtimedop", "msgrcv", "mmap", "mmap2", "futex", "execve", "ioctl", "set_tls", "breakpoint", "arch_prctl", "no_such_call",
	"openat2", "getdents64", "exit", "riscv_flush_icache", "listmount", "recv", "shmat", "mkdir", "mkdirat", "mknod", "getcwd", "chmod",
};

static const uint32_t actions[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38), SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_LOG,
	SCMP_ACT_TRACE(7), SCMP_ACT_NOTIFY,
};

static const uint64_t edges[] = {
	0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x7fffffffffffffff, 0x8000000000000000,
	0xffffffff00000000, 0xfffffffffffffffe, UINT64_MAX,
};

/* ---- a profile from bytes ---- */

static uint64_t take_value(struct input *in)
{
	unsigned kind = take_below(in, array_length(edges) + 2);

	return kind < array_length(edges) ? edges[kind] : kind == array_length(edges) ? take_byte(in) : take_u64(in);
}

static void take_rule(struct input *in, struct arena *arena, struct plan_seccomp_rule *rule)
{
	struct plan_seccomp_arg *args = arena_array(arena, struct plan_seccomp_arg, 6);
	const char **names = arena_array(arena, const char *, 4);
	unsigned shape = take_byte(in), used = 0;

	*rule = (struct plan_seccomp_rule){ .action = actions[take_below(in, array_length(actions))], .names = names, .args = args };
	for (rule->name_count = 0; rule->name_count <= (shape & 3); rule->name_count++)
		names[rule->name_count] = pool[take_below(in, array_length(pool))];
	for (unsigned i = 0; i < (shape >> 2 & 3); i++) {
		unsigned how = take_byte(in), index = how % 6;
		if (used & 1u << index) /* plan/seccomp.c makes several rules of such a one */
			continue;
		used |= 1u << index;
		uint64_t value = take_value(in);
		args[rule->arg_count++] = (struct plan_seccomp_arg){
			.index = index, .op = 1 + (int)(how / 6 % 7), .value = value, .value_two = how & 0x80 ? take_value(in) : value,
		};
	}
}

static struct plan_seccomp take_profile(struct input *in, struct arena *arena)
{
	uint32_t *list = arena_array(arena, uint32_t, 1 + array_length(machines));
	struct plan_seccomp_rule *rules = arena_array(arena, struct plan_seccomp_rule, RULES_MOST);
	unsigned which = take_byte(in);
	struct plan_seccomp profile = { .default_action = actions[take_below(in, array_length(actions) - 1)], .architectures = list };

	list[profile.architecture_count++] = seccomp_arch_native();
	for (size_t i = 0; i < array_length(machines); i++)
		if (which & 1u << i && machines[i].token != list[0])
			list[profile.architecture_count++] = machines[i].token;
	while (in->size > 2 && profile.rule_count < RULES_MOST)
		take_rule(in, arena, &rules[profile.rule_count++]);
	profile.rules = rules;
	return profile;
}

/* ---- what the rules mean ---- */

/* libseccomp is asked once: it takes its time. `direct` is i386's own number where libseccomp has one of a multiplexer; -1: none. */
static struct { int of[array_length(machines)], direct; } numbers[array_length(pool)];

static void resolve_names(void)
{
	static bool done;

	for (size_t n = 0; n < array_length(pool) && !done; n++) {
		for (size_t i = 0; i < array_length(machines); i++)
			numbers[n].of[i] = seccomp_syscall_resolve_name_arch(machines[i].token, pool[n]);
		numbers[n].direct = -1;
		for (int k = 0; k < 1024; k++) {
			char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, k);
			if (name && strcmp(name, pool[n]) == 0)
				numbers[n].direct = k;
			free(name);
		}
	}
	done = true;
}

/* Which of the pool a rule's name is. */
static size_t place_of(const char *name)
{
	return (size_t)(name - pool[0]) / sizeof(pool[0]);
}

static int number_of(const struct machine *machine, const char *name)
{
	return numbers[place_of(name)].of[machine - machines];
}

static int direct_number(const char *name)
{
	return numbers[place_of(name)].direct;
}

static bool lists(const struct plan_seccomp *profile, uint32_t token)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (profile->architectures[i] == token)
			return true;
	return false;
}

enum fits { FITS_NOT, FITS, FITS_ALWAYS };

/* socketcall(2) and ipc(2): on i386 the number of the real call is the first argument, whatever a rule asks of that. */
static bool by_multiplexer(const char *name, uint32_t number, uint64_t *select)
{
	int pseudo = number_of(&machines[1], name);

	if ((number == 102 && pseudo <= -101 && pseudo >= -120) || (number == 117 && pseudo <= -201 && pseudo >= -224)) {
		*select = (uint64_t)(-pseudo % 100);
		return true;
	}
	return false;
}

static bool holds(const struct plan_seccomp_arg *arg, uint64_t value, uint64_t bits)
{
	uint64_t with = arg->value & bits, two = arg->value_two & bits;

	value &= bits;
	return arg->op == SCMP_CMP_NE ? value != with : arg->op == SCMP_CMP_LT ? value < with : arg->op == SCMP_CMP_LE ? value <= with
		: arg->op == SCMP_CMP_EQ ? value == with : arg->op == SCMP_CMP_GE ? value >= with : arg->op == SCMP_CMP_GT ? value > with
		: (value & with) == (two & with);
}

static enum fits fits(const struct plan_seccomp_rule *rule, const struct machine *machine, const char *name, const struct data *data)
{
	uint32_t number = (uint32_t)data->number;
	enum fits result = FITS_ALWAYS;
	uint64_t select = 0;

	if (machine->token == SCMP_ARCH_X86 && by_multiplexer(name, number, &select))
		result = (uint32_t)data->args[0] == select ? FITS : FITS_NOT;
	else if (data->number < 0 || data->number != (machine->token == SCMP_ARCH_X86 ? direct_number(name) : number_of(machine, name)))
		return FITS_NOT;
	for (size_t i = 0; i < rule->arg_count; i++) {
		const struct plan_seccomp_arg *arg = &rule->args[i];
		if ((select && arg->index == 0) || (arg->op == SCMP_CMP_MASKED_EQ && !(arg->value & machine->bits)))
			continue;
		if (!holds(arg, data->args[arg->index], machine->bits))
			return FITS_NOT;
		if (result == FITS_ALWAYS)
			result = FITS;
	}
	return result;
}

/* The newest number that the profile names, which decides what is too new for it; -1: none. */
static int64_t newest_of(const struct plan_seccomp *profile, const struct machine *machine)
{
	int64_t newest = -1;

	for (size_t i = 0; i < profile->rule_count; i++)
		for (size_t n = 0; n < profile->rules[i].name_count; n++) {
			const char *name = profile->rules[i].names[n];
			int number = number_of(machine, name);
			if (machine->token == SCMP_ARCH_X86 && number < -100 && number > -300) /* by the multiplexer, or by itself */
				number = number > -200 ? 102 : 117;
			if (machine->token == SCMP_ARCH_X86 && direct_number(name) > number)
				number = direct_number(name);
			newest = number > newest ? number : newest;
		}
	return newest;
}

static const struct machine *machine_of(const struct plan_seccomp *profile, const struct data *data)
{
	uint32_t number = (uint32_t)data->number;
	bool x32 = data->arch == AUDIT_ARCH_X86_64 && number >= X32_BIT;

	if (number == UINT32_MAX && !lists(profile, SCMP_ARCH_X32)) /* no call at all: a tracer's way to skip one */
		x32 = false;
	for (size_t i = 0; i < array_length(machines); i++)
		if (machines[i].audit == data->arch && (machines[i].token == SCMP_ARCH_X32) == x32 && lists(profile, machines[i].token))
			return &machines[i];
	return NULL;
}

static uint32_t meaning(const struct plan_seccomp *profile, const int64_t *newest, const struct data *data)
{
	const struct machine *machine = machine_of(profile, data);
	uint32_t verdict = profile->default_action;
	bool decided = false;

	if (!machine)
		return SCMP_ACT_KILL_THREAD;
	if (plan_filter_newer_is_missing(profile) && newest[machine - machines] >= 0 && (uint32_t)data->number > newest[machine - machines])
		return SCMP_ACT_ERRNO(ENOSYS);
	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct plan_seccomp_rule *rule = &profile->rules[i];
		enum fits best = FITS_NOT;
		for (size_t n = 0; n < rule->name_count && rule->action != profile->default_action; n++) {
			enum fits r = fits(rule, machine, rule->names[n], data);
			best = r > best ? r : best;
		}
		if (best == FITS_ALWAYS)
			return rule->action;
		if (best == FITS && !decided) {
			verdict = rule->action;
			decided = true;
		}
	}
	return verdict;
}

/* ---- what the kernel asks of a program (seccomp_check_filter, bpf_check_classic) ---- */

static void check_program(const struct bpf *bpf)
{
	must(bpf->length >= 1 && bpf->length <= 4096);
	for (size_t at = 0; at < bpf->length; at++) {
		const struct abi_bpf_insn *i = &bpf->program[at];
		size_t left = bpf->length - at - 1;
		switch (i->code) {
		case 0x20: must(i->k % 4 == 0 && i->k < sizeof(struct data)); break;
		case 0x54: case 0x06: break;
		case 0x05: must(i->k < left); break;
		case 0x15: case 0x25: case 0x35: must(i->jt < left && i->jf < left); break;
		default: must(!"an instruction that the kernel knows");
		}
	}
	must(bpf->program[bpf->length - 1].code == 0x06);
}

/* ---- which calls are tried ---- */

struct trial {
	const struct plan_seccomp *profile;
	struct bpf bpf;
	int64_t newest[array_length(machines)];
	uint64_t values[VALUES_MOST];
	size_t value_count;
	unsigned indexes;            /* bits of the arguments that some rule asks of */
};

static void add_value(struct trial *t, uint64_t value)
{
	for (size_t i = 0; i < t->value_count; i++)
		if (t->values[i] == value)
			return;
	if (t->value_count < VALUES_MOST)
		t->values[t->value_count++] = value;
}

static void compare(struct trial *t, const struct data *data)
{
	uint32_t ours = bpf_run(&t->bpf, data), wanted = meaning(t->profile, t->newest, data);

	if (ours != wanted)
		fprintf(stderr, "arch 0x%x number 0x%x (0x%llx 0x%llx 0x%llx 0x%llx 0x%llx 0x%llx): 0x%x, not 0x%x\n", data->arch,
			(unsigned)data->number, (unsigned long long)data->args[0], (unsigned long long)data->args[1],
			(unsigned long long)data->args[2], (unsigned long long)data->args[3], (unsigned long long)data->args[4],
			(unsigned long long)data->args[5], ours, wanted);
	must(ours == wanted);
}

/* From a call that fits this rule, each argument over all boundaries. */
static void try_arguments(struct trial *t, struct data data, const struct plan_seccomp_rule *rule)
{
	for (size_t a = 0; rule && a < rule->arg_count; a++) {
		const struct plan_seccomp_arg *arg = &rule->args[a];
		data.args[arg->index] = arg->op == SCMP_CMP_MASKED_EQ ? arg->value & arg->value_two
			: arg->op == SCMP_CMP_LT ? arg->value - 1 : arg->op == SCMP_CMP_EQ || arg->op == SCMP_CMP_LE ||
			  arg->op == SCMP_CMP_GE ? arg->value : arg->value + 1;
	}
	compare(t, &data);
	if (!bpf_arguments)
		return;
	must(!(bpf_arguments & ~(t->indexes | 1)));
	for (unsigned i = 0; i < 6; i++) {
		if (!((t->indexes | 1) >> i & 1))
			continue;
		uint64_t kept = data.args[i];
		for (size_t v = 0; v < t->value_count; v++) {
			data.args[i] = t->values[v];
			compare(t, &data);
		}
		data.args[i] = kept;
	}
}

static void try_number(struct trial *t, const struct machine *machine, uint32_t number, const struct plan_seccomp_rule *rule)
{
	struct data data = { .number = (int32_t)number, .arch = machine->audit };

	try_arguments(t, data, rule);
	memset(data.args, 0xff, sizeof(data.args));
	compare(t, &data);
}

static void try_machine(struct trial *t, const struct machine *machine)
{
	static const uint32_t always[] = { 0, 102, 117, 400, 1023, X32_BIT, X32_BIT + 513, UINT32_MAX, UINT32_MAX - 1, 0xf0001, INT32_MAX };
	uint32_t newest = (uint32_t)t->newest[machine - machines];

	for (size_t i = 0; i < array_length(always); i++)
		try_number(t, machine, always[i], NULL);
	try_number(t, machine, newest, NULL);
	try_number(t, machine, newest + 1, NULL);
	for (size_t i = 0; i < t->profile->rule_count; i++) {
		const struct plan_seccomp_rule *rule = &t->profile->rules[i];
		for (size_t n = 0; n < rule->name_count; n++) {
			int number = number_of(machine, rule->names[n]), direct = direct_number(rule->names[n]);
			if (number >= 0)
				try_number(t, machine, (uint32_t)number, rule);
			if (machine->token == SCMP_ARCH_X86 && number < 0 && direct >= 0)
				try_number(t, machine, (uint32_t)direct, rule);
			if (machine->token == SCMP_ARCH_X86 && number < -100)
				try_number(t, machine, number > -200 ? 102 : 117, rule);
		}
	}
}

static void try_all(struct trial *t)
{
	for (uint64_t v = 0; v < 5; v++)
		add_value(t, v);
	for (size_t r = 0; r < t->profile->rule_count; r++)
		for (size_t a = 0; a < t->profile->rules[r].arg_count; a++) {
			const struct plan_seccomp_arg *arg = &t->profile->rules[r].args[a];
			t->indexes |= 1u << arg->index;
			uint64_t at = arg->op == SCMP_CMP_MASKED_EQ ? arg->value & arg->value_two : arg->value;
			add_value(t, at);
			add_value(t, at - 1);
			add_value(t, at + 1);
			add_value(t, at ^ 1ull << 32);
			add_value(t, at | ~arg->value);
		}
	for (size_t i = 0; i < array_length(machines); i++)
		t->newest[i] = newest_of(t->profile, &machines[i]);
	for (size_t i = 0; i < array_length(machines); i++)
		try_machine(t, &machines[i]);
	compare(t, &(struct data){ .arch = AUDIT_ARCH_PPC64LE });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct error error = { 0 };
	struct arena arena;
	struct trial trial = { .value_count = 0 };

	resolve_names();
	must(arena_open(&arena) == 0);
	struct plan_seccomp profile = take_profile(&in, &arena);
	trial.profile = &profile;
	int made = plan_filter(&profile, &arena, &trial.bpf.program, &trial.bpf.length, &error);
	must_tell(made, &error);
	if (made == FILTER_MADE) {
		check_program(&trial.bpf);
		try_all(&trial);
	}
	arena_close(&arena);
	return 0;
}
