/* Classic BPF for seccomp, written from its end. */
#include "plan/filter_code.h"

#include "base/arena.h"

#define JUMP_MOST 255        /* jt and jf have 8 bits */

/* So many numbers that stand alone in a range are asked for one after the other, in place of two branches for each. */
#define ALONE_MOST 3

bool way_same(struct way a, struct way b)
{
	return a.label == b.label && (a.label || a.action == b.action);
}

void code_begin(struct code *code, struct arena *arena)
{
	*code = (struct code){ .room = arena_array(arena, struct abi_bpf_insn, CODE_MOST) };
}

static struct way put(struct code *code, uint32_t opcode, uint32_t k, size_t yes, size_t no)
{
	code->length++;
	if (code->length <= CODE_MOST)
		code->room[CODE_MOST - code->length] =
			(struct abi_bpf_insn){ .code = (uint16_t)opcode, .jt = (uint8_t)yes, .jf = (uint8_t)no, .k = k };
	return (struct way){ .label = code->length };
}

struct way code_load(struct code *code, uint32_t offset)
{
	return put(code, ABI_BPF_LOAD, offset, 0, 0);
}

struct way code_mask(struct code *code, uint32_t mask)
{
	return put(code, ABI_BPF_AND, mask, 0, 0);
}

static bool near(const struct code *code, size_t label, size_t spare)
{
	return label && code->length + spare - label <= JUMP_MOST;
}

/* The label of a return of this verdict that a jump reaches which is written after `spare` more instructions. */
static size_t return_near(struct code *code, uint32_t action, size_t spare)
{
	for (size_t i = 0; i < CODE_RETURNS_KEPT; i++)
		if (code->returns[i].action == action && near(code, code->returns[i].label, spare))
			return code->returns[i].label;
	size_t label = put(code, ABI_BPF_RETURN, action, 0, 0).label;
	code->returns[code->next_return].action = action;
	code->returns[code->next_return].label = label;
	code->next_return = (code->next_return + 1) % CODE_RETURNS_KEPT;
	return label;
}

static size_t reach(struct code *code, struct way way, size_t spare)
{
	if (!way.label)
		return return_near(code, way.action, spare);
	if (near(code, way.label, spare))
		return way.label;
	return put(code, ABI_BPF_JUMP, (uint32_t)(code->length - way.label), 0, 0).label;
}

struct way code_jump(struct code *code, uint32_t how, uint32_t value, struct way yes, struct way no)
{
	if (way_same(yes, no))
		return yes;
	size_t to_yes = reach(code, yes, 1);
	size_t to_no = reach(code, no, 0);
	return put(code, how, value, code->length - to_yes, code->length - to_no);
}

void code_enter(struct code *code, struct way way, uint32_t offset)
{
	if (!way.label)
		put(code, ABI_BPF_RETURN, way.action, 0, 0);
	code_load(code, offset);
}

/* ---- trees ---- */

void segments_put(struct segments *segments, uint32_t first, struct way way)
{
	if (segments->count && segments->items[segments->count - 1].first == first)
		segments->count--;
	if (segments->count && way_same(segments->items[segments->count - 1].way, way))
		return;
	segments->items[segments->count++] = (struct segment){ first, way };
}

/* A leaf of the tree: neighbours that all go one way, but for a few numbers that stand alone. */
struct leaf { size_t from, to; struct way way; };

static bool alone(const struct segments *segments, size_t at)
{
	uint32_t first = segments->items[at].first;

	return at + 1 < segments->count ? segments->items[at + 1].first == first + 1 : first == UINT32_MAX;
}

static struct leaf leaf_of(const struct segments *segments, size_t from, struct way way)
{
	size_t to = from;

	for (size_t others = 0; to < segments->count; to++)
		if (!way_same(segments->items[to].way, way) && (!alone(segments, to) || others++ == ALONE_MOST))
			break;
	return (struct leaf){ from, to, way };
}

/* What the first segment does is the rule there, or the exception from what the second does. */
static struct leaf longest_leaf(const struct segments *segments, size_t from)
{
	struct leaf leaf = leaf_of(segments, from, segments->items[from].way);

	if (!alone(segments, from) || from + 1 == segments->count)
		return leaf;
	struct leaf other = leaf_of(segments, from, segments->items[from + 1].way);
	return other.to > leaf.to ? other : leaf;
}

static struct way write_leaf(struct code *code, const struct segments *segments, const struct leaf *leaf)
{
	struct way way = leaf->way;

	for (size_t i = leaf->to; i-- > leaf->from;)
		if (!way_same(segments->items[i].way, leaf->way))
			way = code_jump(code, ABI_BPF_EQUAL, segments->items[i].first, segments->items[i].way, way);
	return way;
}

static struct way write_tree(struct code *code, const struct segments *segments, const struct leaf *leaves, size_t count)
{
	if (count == 1)
		return write_leaf(code, segments, leaves);
	size_t half = count / 2;
	struct way above = write_tree(code, segments, leaves + half, count - half);
	struct way below = write_tree(code, segments, leaves, half);
	return code_jump(code, ABI_BPF_AT_LEAST, segments->items[leaves[half].from].first, above, below);
}

struct way code_tree(struct code *code, struct arena *arena, const struct segments *segments)
{
	struct leaf *leaves = arena_array(arena, struct leaf, segments->count);
	size_t count = 0;

	for (size_t at = 0; at < segments->count; at = leaves[count++].to)
		leaves[count] = longest_leaf(segments, at);
	return write_tree(code, segments, leaves, count);
}
