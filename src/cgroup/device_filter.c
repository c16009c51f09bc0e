/* Device rules as an eBPF program: compiled, nothing else. */
#include "cgroup/device_filter.h"

#include <linux/bpf.h>

/* Types, major and minor: three jumps; then three instructions and, for the verdict, two. */
#define PER_RULE 8
#define AROUND 8

enum { EVERYTHING = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

/* Registers. ASKED holds the kinds of access that no rule has decided yet. */
enum { VERDICT = BPF_REG_0, CONTEXT = BPF_REG_1, TYPE = BPF_REG_2, ASKED = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5 };

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

static void leave(struct program *program, int verdict)
{
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, VERDICT, 0, 0, verdict);
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
}

/* Jumps away if the register differs; where to is filled in once the rule's end is known. */
static void unless(struct program *program, unsigned reg, int64_t value)
{
	emit(program, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, (int)value);
}

static int type_number(char type)
{
	return type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
}

static void compile_rule(struct program *program, const struct plan_device_rule *rule)
{
	size_t first = program->length;

	if (rule->type != 'a')
		unless(program, TYPE, type_number(rule->type));
	if (rule->major >= 0)
		unless(program, MAJOR, rule->major);
	if (rule->minor >= 0)
		unless(program, MINOR, rule->minor);
	size_t jumps = program->length;

	/* An O_RDWR open asks for two kinds at once, which different rules may decide: a denial of either is final, an allowed one is
	 * struck off, and the last one struck off means yes. */
	if (rule->access == EVERYTHING) {
		leave(program, rule->allow);
	} else if (rule->allow) {
		emit(program, BPF_ALU64 | BPF_AND | BPF_K, ASKED, 0, 0, ~(int)rule->access);
		emit(program, BPF_JMP | BPF_JNE | BPF_K, ASKED, 0, 2, 0);
		leave(program, 1);
	} else {
		emit(program, BPF_JMP | BPF_JSET | BPF_K, ASKED, 0, 1, (int)rule->access);
		emit(program, BPF_JMP | BPF_JA, 0, 0, 2, 0);
		leave(program, 0);
	}
	for (size_t at = first; at < jumps; at++)
		program->to[at].off = (short)(program->length - at - 1);
}

size_t device_filter_most(size_t count)
{
	return AROUND + PER_RULE * count;
}

size_t device_filter_compile(const struct plan_device_rule *rules, size_t count, struct bpf_insn *to)
{
	struct program program = { to, 0 };

	prologue(&program);
	/* The last rule wins, so it is asked first; behind one that fits everything nothing can be reached, and the verifier refuses
	 * instructions that cannot be. */
	while (count--) {
		const struct plan_device_rule *rule = &rules[count];
		compile_rule(&program, rule);
		if (rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->access == EVERYTHING)
			return program.length;
	}
	leave(&program, 0);
	return program.length;
}
