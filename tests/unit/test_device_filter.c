/* Device rules as a program: run by a small interpreter and compared with the rules themselves; loaded for real where possible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "cgroup/device_filter.h"
#include <cmocka.h>
#undef fail

/* What attaches asks the kernel through us. */
static long ask(long number, int command, union bpf_attr *attr, size_t size);
#define syscall ask
#include "../../src/cgroup/device_attach.c"
#undef syscall

/* cmocka's own would call its fail(), a name that is ours. */
#define broken(...) \
	do { \
		printf(__VA_ARGS__); \
		assert_true(false); \
	} while (0)

enum { M = 1, R = 2, W = 4, ALL = 7, ANY = -1 };

struct access_request {
	uint32_t type, access, major, minor;
};

static uint64_t operand(const struct bpf_insn *insn, const uint64_t *reg)
{
	return BPF_SRC(insn->code) == BPF_X ? reg[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
}

static void calculate(const struct bpf_insn *insn, uint64_t *reg)
{
	uint64_t value = operand(insn, reg), *to = &reg[insn->dst_reg];

	switch (BPF_OP(insn->code)) {
	case BPF_MOV: *to = value; break;
	case BPF_AND: *to &= value; break;
	case BPF_OR: *to |= value; break;
	case BPF_XOR: *to ^= value; break;
	case BPF_LSH: *to <<= value; break;
	case BPF_NEG: *to = -*to; break;
	case BPF_ARSH: *to = (uint64_t)((int64_t)*to >> value); break;
	case BPF_RSH: *to >>= value; break;
	default: broken("unexpected calculation %x", insn->code);
	}
}

static bool jumps(const struct bpf_insn *insn, const uint64_t *reg)
{
	uint64_t left = reg[insn->dst_reg], right = operand(insn, reg);

	if (BPF_CLASS(insn->code) == BPF_JMP32) {
		left = (uint32_t)left;
		right = (uint32_t)right;
	}

	switch (BPF_OP(insn->code)) {
	case BPF_JA: return true;
	case BPF_JEQ: return left == right;
	case BPF_JNE: return left != right;
	case BPF_JLE: return left <= right;
	default: broken("unexpected jump %x", insn->code);
	}
	return false;
}

/* The few instructions that the compiler uses, strictly: no way backwards, none out of the program. */
static int interpret(const struct bpf_insn *program, size_t length, const struct access_request *request)
{
	struct bpf_cgroup_dev_ctx context = { request->access << 16 | request->type, request->major, request->minor };
	uint64_t reg[11] = { 0 };

	for (size_t at = 0; at < length; at++) {
		const struct bpf_insn *insn = &program[at];
		uint32_t word;
		if (insn->code == (BPF_JMP | BPF_EXIT))
			return (int)reg[0];
		switch (BPF_CLASS(insn->code)) {
		case BPF_LDX:
			assert_int_equal(insn->code, BPF_LDX | BPF_MEM | BPF_W);
			assert_in_range(insn->off, 0, sizeof(context) - sizeof(word));
			memcpy(&word, (const char *)&context + insn->off, sizeof(word));
			reg[insn->dst_reg] = word;
			break;
		case BPF_ALU64: calculate(insn, reg); break;
		case BPF_JMP:
		case BPF_JMP32:
			assert_true(insn->off >= 0);
			if (jumps(insn, reg))
				at += (size_t)insn->off;
			break;
		default: broken("unexpected instruction %x", insn->code);
		}
	}
	broken("the program ran past its end");
	return -1;
}

static bool fits(const struct plan_device_rule *rule, const struct access_request *request)
{
	char type = request->type == BPF_DEVCG_DEV_BLOCK ? 'b' : 'c';

	return (rule->type == 'a' || rule->type == type) && (rule->major < 0 || rule->major == (int64_t)request->major) &&
	       (rule->minor < 0 || rule->minor == (int64_t)request->minor);
}

/* What the rules mean: for each kind of access the last rule that fits and names it decides. Who asks for none gets none. */
static bool allowed(const struct plan_device_rule *rules, size_t count, const struct access_request *request)
{
	for (unsigned bit = 1; bit < 8; bit <<= 1) {
		bool verdict = false;
		for (size_t i = 0; i < count && request->access & bit; i++)
			if (fits(&rules[i], request) && rules[i].access & bit)
				verdict = rules[i].allow;
		if (request->access & bit && !verdict)
			return false;
	}
	return true;
}

static void check(const struct plan_device_rule *rules, size_t count)
{
	static const uint32_t majors[] = { 0, 1, 5, 8, 10, 136, 4095 }, minors[] = { 0, 1, 3, 200, 1048575 };
	struct bpf_insn *program = calloc(device_filter_most(count), sizeof(*program));
	size_t length = device_filter_compile(rules, count, program);

	assert_in_range(length, 1, device_filter_most(count));
	for (uint32_t type = BPF_DEVCG_DEV_BLOCK; type <= BPF_DEVCG_DEV_CHAR; type++)
		for (uint32_t access = 0; access <= ALL; access++)
			for (size_t i = 0; i < sizeof(majors) / sizeof(majors[0]); i++)
				for (size_t k = 0; k < sizeof(minors) / sizeof(minors[0]); k++) {
					const struct access_request request = { type, access, majors[i], minors[k] };
					assert_int_equal(interpret(program, length, &request), allowed(rules, count, &request));
				}
	free(program);
}

static void usual_lists(void **unused)
{
	static const struct plan_device_rule defaults[] = {
		{ false, 'a', ANY, ANY, ALL }, { true, 'c', ANY, ANY, M }, { true, 'b', ANY, ANY, M },
		{ true, 'c', 1, 3, ALL },      { true, 'c', 5, 0, ALL },   { true, 'c', 136, ANY, ALL },
	};
	static const struct plan_device_rule everything[] = { { false, 'a', ANY, ANY, ALL }, { true, 'a', ANY, ANY, ALL } };
	static const struct plan_device_rule part[] = {
		{ false, 'a', ANY, ANY, ALL }, { true, 'c', 1, ANY, ALL }, { false, 'c', 1, 3, W },
		{ true, 'a', 8, 1, R | W },    { false, 'a', ANY, 3, M },
	};
	static const struct plan_device_rule late[] = { { true, 'c', 1, 3, ALL }, { false, 'a', ANY, ANY, ALL } };
	static const struct plan_device_rule pieces[] = { { true, 'a', ANY, ANY, R },
							  { true, 'a', ANY, ANY, W },
							  { false, 'a', ANY, ANY, M } };

	(void)unused;
	check(NULL, 0);
	check(defaults, 6);
	check(everything, 2);
	check(part, 5);
	check(late, 2);
	check(pieces, 3);
}

static void a_denied_write_is_no_way_round_by_read_and_write(void **unused)
{
	static const struct plan_device_rule rules[] = { { true, 'c', 1, 3, ALL }, { false, 'c', 1, 3, W } };
	struct bpf_insn program[64];
	size_t length = device_filter_compile(rules, 2, program);

	(void)unused;
	assert_int_equal(interpret(program, length, &(struct access_request){ BPF_DEVCG_DEV_CHAR, R, 1, 3 }), 1);
	assert_int_equal(interpret(program, length, &(struct access_request){ BPF_DEVCG_DEV_CHAR, W, 1, 3 }), 0);
	assert_int_equal(interpret(program, length, &(struct access_request){ BPF_DEVCG_DEV_CHAR, R | W, 1, 3 }), 0);
}

static struct plan_device_rule any_rule(void)
{
	static const int64_t majors[] = { ANY, 0, 1, 5, 8, 136 }, minors[] = { ANY, 0, 1, 3, 200 };

	return (struct plan_device_rule){
		.allow = rand() % 2,
		.type = "abc"[rand() % 3],
		.major = majors[rand() % 6],
		.minor = minors[rand() % 5],
		.access = (unsigned)(1 + rand() % 7),
	};
}

static void random_lists(void **unused)
{
	struct plan_device_rule rules[24];

	(void)unused;
	srand(42);
	for (int round = 0; round < 3000; round++) {
		size_t count = (size_t)(rand() % 24);
		for (size_t i = 0; i < count; i++)
			rules[i] = any_rule();
		check(rules, count);
	}
}

/* ---- what the kernel is handed ---- */

static struct {
	bool instead;                     /* of the kernel */
	unsigned asked[BPF_PROG_QUERY + 1]; /* how often, by command */
	uint32_t count, flags;            /* programs that are there */
} kernel;

/* A newer kernel writes to members of the query that an older one does not know, wherever the caller's object ends: each call is handed
 * the whole union, with zeros where nothing is said. */
static void check_handed(int command, const union bpf_attr *attr, size_t size)
{
	static const union bpf_attr zero;
	static const size_t used[] = {
		[BPF_PROG_LOAD] = offsetof(union bpf_attr, expected_attach_type) + sizeof(zero.expected_attach_type),
		[BPF_PROG_ATTACH] = offsetof(union bpf_attr, replace_bpf_fd) + sizeof(zero.replace_bpf_fd),
		[BPF_PROG_DETACH] = offsetof(union bpf_attr, attach_flags) + sizeof(zero.attach_flags),
		[BPF_PROG_GET_FD_BY_ID] = offsetof(union bpf_attr, prog_id) + sizeof(zero.prog_id),
		[BPF_PROG_QUERY] = offsetof(union bpf_attr, query.prog_cnt) + sizeof(zero.query.prog_cnt),
	};

	assert_int_equal(size, sizeof(*attr));
	assert_in_range(command, BPF_PROG_LOAD, BPF_PROG_QUERY);
	assert_int_not_equal(used[command], 0);
	assert_memory_equal((const char *)attr + used[command], (const char *)&zero + used[command], size - used[command]);
}

/* All of it may be written to: where the object is shorter, the sanitizer sees it. */
static long answer(int command, union bpf_attr *attr)
{
	if (command != BPF_PROG_QUERY)
		return command == BPF_PROG_LOAD || command == BPF_PROG_GET_FD_BY_ID ? open("/dev/null", O_RDONLY | O_CLOEXEC) : 0;
	uint32_t *ids = (uint32_t *)(uintptr_t)attr->query.prog_ids;
	assert_true(attr->query.prog_cnt >= kernel.count);
	for (uint32_t i = 0; i < kernel.count; i++)
		ids[i] = i + 1;
	memset(attr, 0xff, sizeof(*attr));
	attr->query.prog_cnt = kernel.count;
	attr->query.attach_flags = kernel.flags;
	return 0;
}

static long ask(long number, int command, union bpf_attr *attr, size_t size)
{
	assert_int_equal(number, SYS_bpf);
	check_handed(command, attr, size);
	kernel.asked[command]++;
	return kernel.instead ? answer(command, attr) : syscall(number, command, attr, size);
}

static void the_kernel_is_handed_the_whole_union(void **unused)
{
	static const struct plan_device_rule rules[] = { { false, 'a', ANY, ANY, ALL }, { true, 'c', 1, 3, ALL } };
	static const struct { uint32_t count, flags; unsigned by_id, detached; } rows[] = {
		{ 0, 0, 0, 0 }, { 1, 0, 0, 0 }, { 1, BPF_F_ALLOW_MULTI, 1, 0 }, { 3, BPF_F_ALLOW_MULTI, 3, 2 },
		{ PROGRAMS_MOST, BPF_F_ALLOW_MULTI, PROGRAMS_MOST, PROGRAMS_MOST - 1 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error = { 0 };
		memset(&kernel, 0, sizeof(kernel));
		kernel.instead = true;
		kernel.count = rows[i].count;
		kernel.flags = rows[i].flags;
		int r = device_filter_attach(-1, rules, 2, &error);
		kernel.instead = false;
		assert_int_equal(r, 0);
		assert_int_equal(kernel.asked[BPF_PROG_LOAD], 1);
		assert_int_equal(kernel.asked[BPF_PROG_QUERY], 1);
		assert_int_equal(kernel.asked[BPF_PROG_ATTACH], 1);
		assert_int_equal(kernel.asked[BPF_PROG_GET_FD_BY_ID], rows[i].by_id);
		assert_int_equal(kernel.asked[BPF_PROG_DETACH], rows[i].detached);
	}
}

/* ---- the kernel's own opinion ---- */

static char directory[128];

static const char *v2_mount(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (int i = 0; i < 2; i++)
		if (statfs(places[i], &fs) == 0 && (uint32_t)fs.f_type == ABI_CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static int make_cgroup(void)
{
	const char *mount = v2_mount();

	if (!mount || geteuid() != 0)
		skip();
	snprintf(directory, sizeof(directory), "%s/caisson-test-%d", mount, (int)getpid());
	if (mkdir(directory, 0755) < 0)
		skip();
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int attached_count(int dir)
{
	union bpf_attr attr;
	uint32_t ids[64];

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = 64;
	return syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 ? -errno : (int)attr.query.prog_cnt;
}

/* A program of somebody else, as a list of several. */
static void attach_stranger(int dir)
{
	const struct bpf_insn yes[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)yes;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(program >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)dir;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), 0);
	close(program);
}

struct probe {
	mode_t type;
	unsigned major, minor;
	int flags, mknod_error, open_error;
};

/* In a child, inside the cgroup: the node is made and opened; errors come back as what waitpid(2) tells. */
static void probe(const struct probe *p)
{
	char file[160], node[160];
	const char *dir = getenv("TMPDIR"); /* where devices can be opened: /tmp may be mounted with nodev */
	int status;

	snprintf(node, sizeof(node), "%s/caisson-node-%d", dir ? dir : "/tmp", (int)getpid());
	pid_t pid = fork();
	if (pid == 0) {
		snprintf(file, sizeof(file), "%s/cgroup.procs", directory);
		int procs = open(file, O_WRONLY);
		if (procs < 0 || write(procs, "0", 1) != 1)
			_exit(99);
		int r = mknod(node, p->type | 0600, makedev(p->major, p->minor)) < 0 ? errno : 0;
		if (r != p->mknod_error)
			_exit(1);
		r = !p->mknod_error && open(node, p->flags | O_NONBLOCK) < 0 ? errno : 0;
		_exit(r == p->open_error ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlink(node);
	if (WEXITSTATUS(status))
		printf("device %u:%u, flags %d: failed at %d\n", p->major, p->minor, p->flags, WEXITSTATUS(status));
	assert_int_equal(status, 0);
}

/* 1:99 is no device: where the rules allow it, opening it says ENXIO. */
static void in_the_kernel(void **unused)
{
	static const struct plan_device_rule rules[] = {
		{ false, 'a', ANY, ANY, ALL }, { true, 'c', 1, 3, ALL }, { true, 'c', 1, 5, R }, { true, 'c', 1, 99, ALL },
		{ false, 'c', 1, 99, W },      { true, 'b', 7, ANY, M }, { true, 'c', 1, 5, M },
	};
	static const struct plan_device_rule everything[] = { { false, 'a', ANY, ANY, ALL }, { true, 'a', ANY, ANY, ALL } };
	static const struct probe probes[] = {
		{ S_IFCHR, 1, 3, O_RDWR, 0, 0 },         { S_IFCHR, 1, 5, O_RDONLY, 0, 0 },
		{ S_IFCHR, 1, 5, O_WRONLY, 0, EPERM },   { S_IFCHR, 1, 5, O_RDWR, 0, EPERM },
		{ S_IFCHR, 1, 99, O_RDONLY, 0, ENXIO },  { S_IFCHR, 1, 99, O_RDWR, 0, EPERM },
		{ S_IFBLK, 7, 200, O_RDONLY, 0, EPERM }, { S_IFBLK, 8, 0, O_RDONLY, EPERM, 0 },
		{ S_IFCHR, 1, 1, O_RDONLY, EPERM, 0 },
	};
	struct error error = { 0 };
	int dir = make_cgroup();

	(void)unused;
	assert_int_equal(device_filter_attach(dir, rules, 7, &error), 0);
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		probe(&probes[i]);
	assert_int_equal(attached_count(dir), 1);
	assert_int_equal(device_filter_attach(dir, everything, 2, &error), 0);
	assert_int_equal(attached_count(dir), 1);
	probe(&(struct probe){ S_IFCHR, 1, 99, O_RDWR, 0, ENXIO });
	attach_stranger(dir);
	attach_stranger(dir);
	assert_int_equal(attached_count(dir), 3);
	assert_int_equal(device_filter_attach(dir, rules, 7, &error), 0);
	assert_int_equal(attached_count(dir), 1);
	probe(&probes[8]);
	close(dir);
	assert_int_equal(rmdir(directory), 0);
}

/* The longest configuration that is read (rule B.17), past the verifier. */
static void very_many_rules(void **unused)
{
	static struct plan_device_rule rules[8192];
	struct error error = { 0 };
	int dir = make_cgroup();

	(void)unused;
	for (size_t i = 0; i < 8192; i++)
		rules[i] =
			(struct plan_device_rule){ i % 2, "bc"[i / 2 % 2], (int64_t)(i % 4096), (int64_t)i, (unsigned)(1 + i % 7) };
	if (device_filter_attach(dir, rules, 8192, &error) < 0)
		printf("%s: %d\n", error.text, error.code);
	assert_int_equal(error.code, 0);
	close(dir);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_lists),     cmocka_unit_test(a_denied_write_is_no_way_round_by_read_and_write),
		cmocka_unit_test(random_lists),    cmocka_unit_test(in_the_kernel),
		cmocka_unit_test(very_many_rules), cmocka_unit_test(the_kernel_is_handed_the_whole_union),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
