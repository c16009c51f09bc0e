/* Device rules put in force on a v2 cgroup. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "cgroup/device_filter.h"

#define PROGRAMS_MOST 64 /* BPF_CGROUP_MAX_PROGS */

/* The whole union, zeroed: the kernel refuses rubbish in what it knows and we did not fill (rule B.8). */
static int bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* The program's descriptor, close-on-exec by the kernel's own doing. */
static int load(const struct bpf_insn *program, size_t length)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = address(program);
	attr.insn_cnt = (uint32_t)length;
	attr.license = address("Apache-2.0");
	memcpy(attr.prog_name, "caisson_devices", sizeof("caisson_devices"));
	return bpf(BPF_PROG_LOAD, &attr);
}

struct attached {
	uint32_t ids[PROGRAMS_MOST];
	uint32_t count, flags;
};

static int query(int dir, struct attached *attached)
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(attached->ids);
	attr.query.prog_cnt = PROGRAMS_MOST;
	r = bpf(BPF_PROG_QUERY, &attr);
	attached->count = attr.query.prog_cnt;
	attached->flags = attr.query.attach_flags;
	return r;
}

static int by_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static int change(int command, int dir, int program, uint32_t flags, int replaced)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)dir;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = flags;
	if (replaced >= 0)
		attr.replace_bpf_fd = (uint32_t)replaced;
	return bpf(command, &attr);
}

static int detach(int dir, uint32_t id)
{
	_cleanup_fd int program = by_id(id);

	return program < 0 ? program : change(BPF_PROG_DETACH, dir, program, 0, -1);
}

/* Several programs on one cgroup all have to say yes, so that an old one would go on denying; and 64 of them are the end. */
static int replace(int dir, int program, const struct attached *old)
{
	int r;

	if (old->count == 0)
		return change(BPF_PROG_ATTACH, dir, program, BPF_F_ALLOW_MULTI, -1);
	if (!(old->flags & BPF_F_ALLOW_MULTI)) /* a single one by its flags: attaching replaces it */
		return change(BPF_PROG_ATTACH, dir, program, old->flags, -1);
	_cleanup_fd int first = by_id(old->ids[0]);
	if (first < 0)
		return first;
	r = change(BPF_PROG_ATTACH, dir, program, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, first);
	for (uint32_t i = 1; i < old->count && r == 0; i++)
		r = detach(dir, old->ids[i]);
	return r;
}

static bool allows_everything(const struct plan_device_rule *rules, size_t count)
{
	while (count--) {
		const struct plan_device_rule *rule = &rules[count];
		if (!rule->allow)
			return false;
		if (rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->access == 7)
			return true;
	}
	return false;
}

static int compile_and_attach(int dir, const struct plan_device_rule *rules, size_t count)
{
	size_t size = device_filter_most(count) * sizeof(struct bpf_insn);
	struct bpf_insn *program = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct attached old;

	if (program == MAP_FAILED)
		return -errno;
	_cleanup_fd int fd = load(program, device_filter_compile(rules, count, program));
	munmap(program, size);
	if (fd < 0)
		return fd;
	int r = query(dir, &old);
	return r < 0 ? r : replace(dir, fd, &old);
}

int device_filter_attach(int dir, const struct plan_device_rule *rules, size_t count, struct error *error)
{
	int r = compile_and_attach(dir, rules, count);

	if (r == -EPERM && allows_everything(rules, count))
		return 0;
	return r < 0 ? fail(error, -r, "cannot put the device rules in force on the container's cgroup") : 0;
}

int device_filter_apply(int dir, const struct plan_cgroup *plan, struct error *error)
{
	int r = device_filter_attach(dir, plan->device_rules, plan->device_rule_count, error);

	if (r < 0 && plan->devices_optional && error->code == EPERM) {
		*error = (struct error){ 0 };
		return 0;
	}
	return r;
}
