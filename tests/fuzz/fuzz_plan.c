/* libFuzzer: any bytes as a config.json become a plan or a refusal with words, for a cgroup v2 host, a legacy one,
 * and with systemd as the owner of cgroups. */
#include "base/arena.h"
#include "plan/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNIFIED, LEGACY, SYSTEMD, KINDS };

static struct host host_of(unsigned kind)
{
	struct host host = { .kernel = KERNEL_VERSION_OF(6, 18), .kcore = true, .last_capability = 40, .capabilities = (1ull << 41) - 1 };

	host.systemd = kind == SYSTEMD;
	if (kind == LEGACY) {
		host.cgroup.layout = CGROUP_LEGACY;
		host.cgroup.v1[CG_CPU] = host.cgroup.v1[CG_CPUACCT] = "/sys/fs/cgroup/cpu,cpuacct";
		host.cgroup.v1[CG_CPUSET] = "/sys/fs/cgroup/cpuset";
		host.cgroup.v1[CG_MEMORY] = "/sys/fs/cgroup/memory";
		host.cgroup.v1[CG_IO] = "/sys/fs/cgroup/blkio";
		host.cgroup.v1[CG_PIDS] = "/sys/fs/cgroup/pids";
		host.cgroup.v1[CG_DEVICES] = "/sys/fs/cgroup/devices";
	} else {
		host.cgroup.layout = CGROUP_UNIFIED;
		host.cgroup.v2 = "/sys/fs/cgroup";
		host.cgroup.v2_controllers = 1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_MEMORY | 1u << CG_IO | 1u << CG_PIDS;
	}
	return host;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request = { .id = "fuzzed", .bundle = "/bundle", .detached = true };

	for (unsigned kind = 0; kind < KINDS; kind++) {
		request.systemd_cgroup = kind == SYSTEMD;
		struct arena arena;
		struct spec spec;
		struct error error = { 0 };
		struct host host = host_of(kind);
		if (arena_open(&arena) < 0)
			return 0;
		if (spec_read("config.json", (const char *)data, size, &arena, &spec, NULL, &error) == 0) {
			struct planning p = { .spec = &spec, .host = &host, .request = &request, .arena = &arena,
					      .plan = arena_new(&arena, struct plan) };
			if (plan_build(&p, &error) < 0 && !error.text[0])
				__builtin_trap();
		} else if (!error.text[0]) {
			__builtin_trap();
		}
		arena_close(&arena);
	}
	return 0;
}
