/* Device rules as an eBPF program: compiled, nothing else. */
#include "cgroup/device_filter.h"

#include <linux/bpf.h>

/* The most a rule takes: eight to compare, eight to decide. */
#define PER_RULE     16
#define AROUND       16
#define DENIED_SHIFT 3

/* dev_t of the kernel (linux/kdev_t.h): a device's two numbers are one of 32 bits. */
#define MINOR_BITS   20
#define MAJOR_MOST   0xfff
#define MINOR_MOST   0xfffff

/* The offset of a jump has 16 bits. */
#define RUN_MOST     8000

enum { EVERYTHING = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

/* Registers. In ASKED the low three bits are the kinds of access that no rule has decided yet, the next three those denied. */
enum {
	VERDICT = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	ASKED = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	DIFFERENCE = BPF_REG_6,
	PART = BPF_REG_7,
	NUMBER = BPF_REG_8 /* major and minor */
};

struct program {
	struct bpf_insn *to;
	size_t length;
};

static void emit(struct program *program, unsigned code, unsigned dst, unsigned src, int offset, int immediate)
{
	program->to[program->length++] = (struct bpf_insn){
		.code = (unsigned char)code,
		.dst_reg = (unsigned char)(dst & 15),
		.src_reg = (unsigned char)(src & 15),
		.off = (short)offset,
		.imm = immediate,
	};
}

static void load(struct program *program, unsigned to, size_t offset)
{
	emit(program, BPF_LDX | BPF_MEM | BPF_W, to, CONTEXT, (int)offset, 0);
}

/* Yes, if nothing is left in ASKED above `most`. */
static void leave(struct program *program, int most)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, VERDICT, 0, 0, 1);
	emit(program, BPF_JMP | BPF_JLE | BPF_K, ASKED, 0, 1, most);
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, VERDICT, 0, 0, 0);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void prologue(struct program *program)
{
	load(program, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, ASKED, TYPE, 0, 0);
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(program, BPF_ALU64 | BPF_RSH | BPF_K, ASKED, 0, 0, 16);
	load(program, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(program, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, NUMBER, MAJOR, 0, 0);
	emit(program, BPF_ALU64 | BPF_LSH | BPF_K, NUMBER, 0, 0, MINOR_BITS);
	emit(program, BPF_ALU64 | BPF_OR | BPF_X, NUMBER, MINOR, 0, 0);
}

/* One more thing to compare: DIFFERENCE stays 0 while all are equal. */
static void compare(struct program *program, bool *any, unsigned reg, int64_t value)
{
	unsigned to = *any ? PART : DIFFERENCE;

	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, to, reg, 0, 0);
	emit(program, BPF_ALU64 | BPF_XOR | BPF_K, to, 0, 0, (int)value);
	if (*any)
		emit(program, BPF_ALU64 | BPF_OR | BPF_X, DIFFERENCE, PART, 0, 0);
	*any = true;
}

static int type_number(char type)
{
	return type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
}

static void compare_all(struct program *program, const struct plan_device_rule *rule)
{
	bool any = false;

	if (rule->type != 'a')
		compare(program, &any, TYPE, type_number(rule->type));
	if (rule->major >= 0)
		compare(program, &any, MAJOR, rule->major);
	if (rule->minor >= 0)
		compare(program, &any, MINOR, rule->minor);
	if (!any)
		emit(program, BPF_ALU64 | BPF_MOV | BPF_K, DIFFERENCE, 0, 0, 0);
}

static bool fits_everything(const struct plan_device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0;
}

/* A jump that is taken if the numbers fit, to a place that is known later. False: it is always taken. */
static bool jump_if_fits(struct program *program, const struct plan_device_rule *rule)
{
	if (rule->major >= 0 && rule->minor >= 0)
		emit(program, BPF_JMP32 | BPF_JEQ | BPF_K, NUMBER, 0, 0,
		     (int)((uint32_t)rule->major << MINOR_BITS | (uint32_t)rule->minor));
	else if (rule->major >= 0)
		emit(program, BPF_JMP32 | BPF_JEQ | BPF_K, MAJOR, 0, 0, (int)rule->major);
	else if (rule->minor >= 0)
		emit(program, BPF_JMP32 | BPF_JEQ | BPF_K, MINOR, 0, 0, (int)rule->minor);
	else
		emit(program, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	return rule->major >= 0 || rule->minor >= 0;
}

/* The rules of one type; those after one that fits all of it say nothing more. */
static void jumps_of_type(struct program *program, const struct plan_device_rule *rules, size_t count, char type)
{
	size_t test = program->length;
	bool more = true;

	if (type != 'a')
		emit(program, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, 0, type_number(type));
	for (size_t i = 0; i < count && more; i++)
		/* Nothing has a number that is larger. */
		if (rules[i].type == type && rules[i].major <= MAJOR_MOST && rules[i].minor <= MINOR_MOST)
			more = jump_if_fits(program, &rules[i]);
	if (type == 'a')
		return;
	if (program->length == test + 1)
		program->length = test;
	else
		program->to[test].off = (short)(program->length - test - 1);
}

/* Rules for all kinds of access, each of which ends the matter, all with the same verdict: which of them fits does not matter. Few
 * instructions, since the verifier's time is a good part of a container's. */
static void compile_run(struct program *program, const struct plan_device_rule *rules, size_t count)
{
	size_t begin = program->length;

	jumps_of_type(program, rules, count, 'c');
	jumps_of_type(program, rules, count, 'b');
	jumps_of_type(program, rules, count, 'a');
	size_t end = program->length;
	if (end == begin)
		return;
	emit(program, BPF_JMP | BPF_JA, 0, 0, 4, 0);
	for (size_t at = begin; at < end; at++)
		if (BPF_OP(program->to[at].code) != BPF_JNE)
			program->to[at].off = (short)(end - at);
	leave(program, rules[0].allow ? EVERYTHING : 0);
}

/* How many of the last rules are of that kind. */
static size_t run_length(const struct plan_device_rule *rules, size_t count)
{
	size_t length = 0;

	while (length < count && length < RUN_MOST && rules[count - 1 - length].access == EVERYTHING &&
	       !fits_everything(&rules[count - 1 - length]) && rules[count - 1 - length].allow == rules[count - 1].allow)
		length++;
	return length;
}

/* A rule for some kinds decides those. An O_RDWR open asks for two at once, which different rules may decide. Without a jump: the
 * verifier follows both ways of each, and where both go on it gives up at a few thousand rules (E2BIG). */
static void compile_partial(struct program *program, const struct plan_device_rule *rule)
{
	compare_all(program, rule);
	emit(program, BPF_ALU64 | BPF_NEG, DIFFERENCE, 0, 0, 0);
	emit(program, BPF_ALU64 | BPF_ARSH | BPF_K, DIFFERENCE, 0, 0, 63); /* 0 where it fits, all bits where not */
	if (rule->allow) {
		emit(program, BPF_ALU64 | BPF_OR | BPF_K, DIFFERENCE, 0, 0, ~(int)rule->access);
		emit(program, BPF_ALU64 | BPF_AND | BPF_X, ASKED, DIFFERENCE, 0, 0);
		return;
	}
	emit(program, BPF_ALU64 | BPF_XOR | BPF_K, DIFFERENCE, 0, 0, -1);
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, DIFFERENCE, 0, 0, (int)rule->access);
	emit(program, BPF_ALU64 | BPF_AND | BPF_X, DIFFERENCE, ASKED, 0, 0);
	emit(program, BPF_ALU64 | BPF_XOR | BPF_X, ASKED, DIFFERENCE, 0, 0);
	emit(program, BPF_ALU64 | BPF_LSH | BPF_K, DIFFERENCE, 0, 0, DENIED_SHIFT);
	emit(program, BPF_ALU64 | BPF_OR | BPF_X, ASKED, DIFFERENCE, 0, 0);
}

size_t device_filter_most(size_t count)
{
	return AROUND + PER_RULE * count;
}

size_t device_filter_compile(const struct plan_device_rule *rules, size_t count, struct bpf_insn *to)
{
	struct program program = { to, 0 };

	prologue(&program);
	/* The last rule wins, so it is asked first; behind one that fits everything nothing can be reached, and the verifier
	 * refuses instructions that cannot be. */
	while (count > 0) {
		size_t run = run_length(rules, count);
		const struct plan_device_rule *last = &rules[count - 1];
		if (run)
			compile_run(&program, &rules[count - run], run);
		else if (last->access != EVERYTHING)
			compile_partial(&program, last);
		else
			break;
		count -= run ? run : 1;
	}
	/* What is left is one that fits everything, or nothing is. */
	leave(&program, count > 0 && rules[count - 1].allow ? EVERYTHING : 0);
	return program.length;
}
