/* What both sides of the floor share: raw system calls, and the two configurations as letters of its options. */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the floor is written for x86-64: the bench leaves it out elsewhere"
#endif

/* ---- system calls without errno: the child shares its parent's memory, errno among it ---- */

static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
		: "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}
#define call_padded(number, a, b, c, d, e, f, ...) \
	call6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call(...) call_padded(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* The same for what must not fail: the floor has no error paths, it ends. */
#define must(...) call_or_die(call(__VA_ARGS__), #__VA_ARGS__)

long call_or_die(long result, const char *what);

/* What musl's headers lack; the kernel's are not there for musl-gcc. */
enum {
	NR_pidfd_send_signal = 424, NR_open_tree = 428, NR_move_mount, NR_fsopen, NR_fsconfig, NR_fsmount,
	NR_clone3 = 435, NR_mount_setattr = 442,
	TREE_CLONE = 1, TREE_RECURSIVE = 0x8000, EMPTY_PATH = 0x1000,
	MOVE_EMPTY_FROM = 4, MOVE_EMPTY_TO = 0x40,
	ATTR_RDONLY = 1, ATTR_NOSUID = 2, ATTR_NODEV = 4, ATTR_NOEXEC = 8, ATTR_STRICTATIME = 0x20,
	CONFIG_FLAG = 0, CONFIG_STRING = 1, CONFIG_CREATE = 6,
};
#define NEW_CGROUP 0x02000000
#define INTO_CGROUP 0x200000000ull
#define WITH_PIDFD 0x1000

struct mount_attributes {
	uint64_t set, clear, propagation, userns;
};

struct instruction {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

/* ---- what the container is like; the defaults are in floor.c ---- */

struct floor {
	bool engine;		/* what an engine asks for, else what `spec` writes */
	const char *root;	/* the container's */
	const char *binds;	/* where resolv.conf, hostname and hosts are */
	const char *cgroups;	/* the host's mount of cgroup v2 */
	const char *states;	/* each container's state is a directory in here */
	const char *limit, *limit_value;	/* a file of the cgroup, if any */
	char **program;
	int gate;		/* the fifo that `start` writes to, or -1 */
	int gated;		/* not 0 once the container is there and waits at the gate */
};

extern struct floor box;

/* Runs in the new namespaces, in the parent's memory: prepares, waits at the gate and executes the program. */
int floor_inside(void *unused);
/* The last part of it, which exec shares: capabilities, filter, program. */
int floor_program(void *unused);
