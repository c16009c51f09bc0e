/* An interpreter of classic BPF for seccomp, as the kernel would run it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/abi.h"

#ifndef bpf_fail /* what a program does that the kernel would not take; the fuzz target has its own */
#include <cmocka.h> /* last: it has a macro called fail */
#define bpf_fail fail_msg
#endif

struct data { int32_t number; uint32_t arch; uint64_t ip, args[6]; }; /* struct seccomp_data */

struct bpf { const struct abi_bpf_insn *program; size_t length; };

static unsigned bpf_arguments;  /* bits of the arguments that the last run has looked at */
static unsigned bpf_steps;      /* instructions it took */

static uint32_t bpf_alu(uint32_t code, uint32_t a, uint32_t b)
{
	switch (code & 0xf0) {
	case 0x00: return a + b;
	case 0x10: return a - b;
	case 0x40: return a | b;
	case 0x50: return a & b;
	case 0x60: return a << b;
	case 0x70: return a >> b;
	default: abort();
	}
}

static bool bpf_jumps(uint32_t code, uint32_t a, uint32_t b)
{
	switch (code & 0xf0) {
	case 0x10: return a == b;
	case 0x20: return a > b;
	case 0x30: return a >= b;
	case 0x40: return a & b;
	default: abort();
	}
}

static uint32_t bpf_load(const struct data *data, const struct abi_bpf_insn *i)
{
	uint32_t word;

	if (i->code != 0x20 || i->k % 4 || i->k >= sizeof(*data))
		bpf_fail("a load with code 0x%x of 0x%x", i->code, i->k);
	memcpy(&word, (const char *)data + i->k, 4);
	if (i->k >= 16)
		bpf_arguments |= 1u << (i->k - 16) / 8;
	return word;
}

/* What the kernel's checker refuses (seccomp_check_filter, bpf_check_classic) ends the test. */
static uint32_t bpf_run(const struct bpf *bpf, const struct data *data)
{
	uint32_t a = 0, x = 0, memory[16] = { 0 };

	bpf_arguments = bpf_steps = 0;
	for (size_t at = 0; at < bpf->length; at++) {
		const struct abi_bpf_insn *i = &bpf->program[at];
		uint32_t operand = i->code & 0x08 ? x : i->k;
		bpf_steps++;
		switch (i->code & 0x07) {
		case 0x00: /* ld */
			a = i->code == 0x60 ? memory[i->k] : bpf_load(data, i);
			break;
		case 0x02:
			memory[i->k] = a;
			break;
		case 0x04:
			a = bpf_alu(i->code, a, operand);
			break;
		case 0x05: /* jmp */
			at += i->code == 0x05 ? i->k : bpf_jumps(i->code, a, operand) ? i->jt : i->jf;
			break;
		case 0x06:
			return i->code & 0x10 ? a : i->k;
		case 0x07:
			if (i->code == 0x07)
				x = a;
			else
				a = x;
			break;
		default:
			bpf_fail("instruction %zu has code 0x%x", at, i->code);
		}
	}
	bpf_fail("the program ends without a verdict");
	return 0;
}
