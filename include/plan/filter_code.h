/* Classic BPF for seccomp, written from its end: a jump knows where it goes, since jumps go forward and what comes later is there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/abi.h"

struct arena;

#define CODE_MOST 4096           /* BPF_MAXINSNS */

/* Offsets in struct seccomp_data. An argument has 64 bits, of which the low ones come first: we write for little endian alone. */
#define CODE_ARGUMENT_LOW(index) (16u + 8u * (index))
#define CODE_ARGUMENT_HIGH(index) (20u + 8u * (index))

/* Where it goes on: at the instruction that is `label` before the end, or with label 0 nowhere: `action` is the verdict. */
struct way { size_t label; uint32_t action; };

#define CODE_RETURNS_KEPT 8

struct code {
	struct abi_bpf_insn *room;   /* CODE_MOST, filled from the end */
	size_t length;               /* instructions there are; more than CODE_MOST are counted, but not kept: that is no program */
	struct { size_t label; uint32_t action; } returns[CODE_RETURNS_KEPT]; /* the newest ones that return a verdict */
	size_t next_return;
};

/* From `first` on, up to the next segment's; the last one has all the rest. */
struct segment { uint32_t first; struct way way; };
struct segments { struct segment *items; size_t count; };

bool way_same(struct way a, struct way b);

void code_begin(struct code *code, struct arena *arena);

/* Each of these is one instruction (two more if a way is too far for a jump's 8 bits) in front of what there is, and returns the way
 * to it. A load is followed by what was written before it. */
struct way code_load(struct code *code, uint32_t offset);
struct way code_mask(struct code *code, uint32_t mask);
struct way code_jump(struct code *code, uint32_t how, uint32_t value, struct way yes, struct way no);

/* The program's beginning: a load, then the way. */
void code_enter(struct code *code, struct way way, uint32_t offset);

/* Appends in rising order; what begins where the last one did replaces it, and equal neighbours become one. */
void segments_put(struct segments *segments, uint32_t first, struct way way);

/* The way to a balanced tree that finds the segment of the value that was loaded. The first segment begins at 0. */
struct way code_tree(struct code *code, struct arena *arena, const struct segments *segments);
