/* A seccomp profile compiled: by us (plan/filter.c), or for what is not ours one program of libseccomp's for each architecture and a few
 * instructions that choose.
 *
 * libseccomp can make one program for all of them, but takes more than twice as long for it (10.7 instead of 5 ms for the usual
 * profile on x86-64, i386 and x32), on the way of every create. */
#include "run/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "plan/filter.h"

#define EXPORT_TRIES 8
#define ARCHITECTURES_MOST 32  /* libseccomp 2.6 knows 23 */

#define X32_BIT 0x40000000u    /* x32 calls are x86-64 calls with this in their number */

struct part {
	uint32_t architecture;
	int newest;            /* the largest number the profile names; -1: none */
	const struct abi_bpf_insn *program;
	size_t length;
};

struct compilation {
	const struct plan_seccomp *plan;
	struct arena *arena;
	struct part parts[ARCHITECTURES_MOST];
	size_t count;

	/* The beginning: a jump to a part holds the part's index until all lengths are known. */
	struct abi_bpf_insn front[2 + 9 * ARCHITECTURES_MOST];
	size_t length;
};

/* ---- each architecture, by libseccomp ---- */

static int add_rule(scmp_filter_ctx filter, const struct plan_seccomp_rule *rule, const char *name, struct error *error)
{
	struct scmp_arg_cmp args[6];
	/* By the native number; libseccomp translates. A name it does not know is passed over: the profile may be the newer one. */
	int number = seccomp_syscall_resolve_name(name);
	if (number == __NR_SCMP_ERROR)
		return 0;
	for (size_t i = 0; i < rule->arg_count; i++)
		args[i] = (struct scmp_arg_cmp){
			.arg = rule->args[i].index, .op = (enum scmp_compare)rule->args[i].op,
			.datum_a = rule->args[i].value, .datum_b = rule->args[i].value_two,
		};
	int r = seccomp_rule_add_array(filter, rule->action, number, (unsigned)rule->arg_count, args);
	if (r == -EEXIST)
		return fail_at(error, &rule->at, 0,
			       "the seccomp rule for '%s' contradicts an earlier one with the same conditions", name);
	return r < 0 ? fail_at(error, &rule->at, -r, "libseccomp refuses the rule for '%s'", name) : 0;
}

static int set_up(scmp_filter_ctx filter, const struct plan_seccomp *plan, uint32_t architecture, struct error *error)
{
	int r = 0;

	/* What is no call of the architecture keeps libseccomp's answer: the thread is killed. */
	if (architecture != seccomp_arch_native()) {
		r = seccomp_arch_add(filter, architecture);
		if (r == 0)
			r = seccomp_arch_remove(filter, seccomp_arch_native());
	}
	if (r < 0)
		return fail_at(error, &plan->at, -r, "libseccomp refuses the architecture 0x%x", architecture);
	/* A tree is shorter to walk than a list, and the kernel walks it for each number at loading already. And a list of libseccomp 2.5
	 * can be wrong: with the first call that the architecture lacks the load of the number is lost, and the architecture's own
	 * number is compared with those of the calls that follow. Older than 2.5, the library says EINVAL and makes a list. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return 0;
}

static int fill(scmp_filter_ctx filter, const struct plan_seccomp *plan, struct part *part, struct error *error)
{
	try(set_up(filter, plan, part->architecture, error));
	for (size_t i = 0; i < plan->rule_count; i++) {
		const struct plan_seccomp_rule *rule = &plan->rules[i];
		for (size_t n = 0; n < rule->name_count; n++) {
			int number = seccomp_syscall_resolve_name_arch(part->architecture, rule->names[n]);
			if (number > part->newest)
				part->newest = number;
			/* What the default does anyway is no rule (libseccomp says EACCES); but it was named. */
			if (rule->action != plan->default_action)
				try(add_rule(filter, rule, rule->names[n], error));
		}
	}
	return 0;
}

static int export(scmp_filter_ctx filter, struct compilation *c, struct part *part, struct error *error)
{
	struct stat file;
	_cleanup_fd int fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0)
		return fail(error, errno, "cannot make room for the seccomp filter");
	/* Its write(2) may be interrupted: then it says ECANCELED, as it does of other errors of the kernel. */
	int r = seccomp_export_bpf(filter, fd);
	for (int tries = 0; r == -ECANCELED && tries < EXPORT_TRIES && again_ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0; tries++)
		r = seccomp_export_bpf(filter, fd);
	if (r < 0)
		return fail_at(error, &c->plan->at, -r, "libseccomp cannot compile the filter");
	if (fstat(fd, &file) < 0)
		return fail(error, errno, "cannot look at the compiled seccomp filter");
	part->length = (size_t)file.st_size / sizeof(struct abi_bpf_insn);
	struct abi_bpf_insn *program = arena_array(c->arena, struct abi_bpf_insn, part->length);
	if (again_pread(fd, program, (size_t)file.st_size, 0) != file.st_size)
		return fail(error, EIO, "cannot read the compiled seccomp filter");
	part->program = program;
	return 0;
}

static int compile_part(struct compilation *c, uint32_t architecture, struct error *error)
{
	struct part *part = &c->parts[c->count++];
	*part = (struct part){ .architecture = architecture, .newest = -1 };
	scmp_filter_ctx filter = seccomp_init(c->plan->default_action);
	if (!filter)
		return fail_at(error, &c->plan->at, 0, "libseccomp does not take the default action 0x%x", c->plan->default_action);
	int r = fill(filter, c->plan, part, error);
	if (r == 0)
		r = export(filter, c, part, error);
	seccomp_release(filter);
	return r;
}

/* ---- the beginning, by us ---- */

static void emit(struct compilation *c, uint32_t code, uint32_t k, unsigned jump_true, unsigned jump_false)
{
	c->front[c->length++] = (struct abi_bpf_insn){
		.code = (uint16_t)code, .jt = (uint8_t)jump_true, .jf = (uint8_t)jump_false, .k = k,
	};
}

static bool is_x86_64(const struct part *part)
{
	return part->architecture == SCMP_ARCH_X86_64;
}

/* On to a part, past the numbers that are newer than what it names. */
static void emit_part(struct compilation *c, size_t at)
{
	const struct part *part = &c->parts[at];

	if (plan_filter_newer_is_missing(c->plan) && part->newest >= 0) {
		emit(c, ABI_BPF_GREATER, (uint32_t)part->newest, 0, 1);
		emit(c, ABI_BPF_RETURN, SCMP_ACT_ERRNO(ENOSYS), 0, 0);
	}
	emit(c, ABI_BPF_JUMP, (uint32_t)at, 0, 0);
}

/* "If it is this architecture": x32 has none of its own in seccomp_data, its block is a part of x86-64's. Where x32 is not listed its
 * calls go to the x86-64 part, which kills for them. */
static void emit_block(struct compilation *c, size_t at, size_t x32)
{
	size_t test = c->length, other;

	emit(c, ABI_BPF_EQUAL, c->parts[at].architecture, 0, 0);
	emit(c, ABI_BPF_LOAD, ABI_SECCOMP_DATA_NUMBER, 0, 0);
	if (is_x86_64(&c->parts[at])) {
		other = c->length;
		emit(c, ABI_BPF_AT_LEAST, X32_BIT, 0, 0);
		if (x32 == at)
			emit(c, ABI_BPF_JUMP, (uint32_t)at, 0, 0);
		else
			emit_part(c, x32);
		c->front[other].jf = (uint8_t)(c->length - other - 1);
	}
	emit_part(c, at);
	c->front[test].jf = (uint8_t)(c->length - test - 1);
}

static void emit_front(struct compilation *c)
{
	size_t x32 = 0;
	for (size_t i = 0; i < c->count; i++)
		if (c->parts[i].architecture == SCMP_ARCH_X32 || (!x32 && is_x86_64(&c->parts[i])))
			x32 = i;
	emit(c, ABI_BPF_LOAD, ABI_SECCOMP_DATA_ARCH, 0, 0);
	for (size_t i = 0; i < c->count; i++)
		if (c->parts[i].architecture != SCMP_ARCH_X32)
			emit_block(c, i, x32);
	emit(c, ABI_BPF_JUMP, 0, 0, 0); /* another one: any part has the answer to that */
}

/* All of it one after the other; jumps inside a part are relative and hold wherever it stands. */
static struct abi_bpf_insn *join(struct compilation *c, size_t length)
{
	struct abi_bpf_insn *program = arena_array(c->arena, struct abi_bpf_insn, length);
	size_t starts[ARCHITECTURES_MOST] = { 0 }, at = c->length;

	for (size_t i = 0; i < c->count; i++) {
		starts[i] = at;
		memcpy(program + at, c->parts[i].program, c->parts[i].length * sizeof(*program));
		at += c->parts[i].length;
	}
	for (size_t i = 0; i < c->length; i++) {
		program[i] = c->front[i];
		if (program[i].code == ABI_BPF_JUMP)
			program[i].k = (uint32_t)(starts[program[i].k] - i - 1);
	}
	return program;
}

static int compile_by_library(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
			      struct error *error)
{
	struct compilation c = { .plan = plan, .arena = arena };

	for (size_t i = 0; i < plan->architecture_count && i < ARCHITECTURES_MOST; i++)
		try(compile_part(&c, plan->architectures[i], error));
	emit_front(&c);
	*length = c.length;
	for (size_t i = 0; i < c.count; i++)
		*length += c.parts[i].length;
	if (*length > SECCOMP_PROGRAM_MOST)
		return fail_at(error, &plan->at, 0, "the seccomp filter has %zu instructions, the kernel takes at most %d",
			       *length, SECCOMP_PROGRAM_MOST);
	*program = join(&c, *length);
	return 0;
}

int seccomp_compile(const struct plan_seccomp *plan, struct arena *arena, const struct abi_bpf_insn **program, size_t *length,
		    struct error *error)
{
	int made = plan_filter(plan, arena, program, length, error);
	if (made != FILTER_IS_NOT_OURS)
		return made < 0 ? -1 : 0;
	return compile_by_library(plan, arena, program, length, error);
}
