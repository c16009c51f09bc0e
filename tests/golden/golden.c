/* Prints the plan of a configuration as `caisson explain` does, but for a host that is always the same, so that the text can be
 * compared. The file's name tells the host: NAME.json is a cgroup v2 host, NAME.hybrid.json and NAME.legacy.json have v1 controllers,
 * NAME.user.json is an ordinary user's, NAME.lsm.json has AppArmor and SELinux, for NAME.systemd.json systemd owns the cgroup, for
 * NAME.console.json there is a console socket. An error is printed as its sentence: refusals are golden too. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/explain.h"
#include "plan/build.h"

static struct host unified_host(void)
{
	return (struct host){
		.kernel = KERNEL_VERSION_OF(6, 18),
		.kcore = true,
		.last_capability = 40,
		.capabilities = (1ull << 41) - 1,
		.cgroup = {
			.layout = CGROUP_UNIFIED,
			.v2 = "/sys/fs/cgroup",
			.v2_controllers = 1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_MEMORY | 1u << CG_IO | 1u << CG_PIDS |
					  1u << CG_HUGETLB | 1u << CG_RDMA,
		},
	};
}

/* The real probe's text is in the arena, too. */
static void into_arena(struct host_cgroup *cgroup, struct arena *arena)
{
	cgroup->v2 = cgroup->v2 ? arena_string(arena, cgroup->v2) : NULL;
	for (int i = 0; i < CG_CONTROLLERS; i++)
		cgroup->v1[i] = cgroup->v1[i] ? arena_string(arena, cgroup->v1[i]) : NULL;
}

static struct host host_for(const char *file)
{
	struct host host = unified_host();

	if (strstr(file, ".lsm."))
		host.apparmor = host.selinux = true;
	host.systemd = strstr(file, ".systemd.");
	if (strstr(file, ".user.")) {
		host.unprivileged = true;
		host.euid = host.egid = 1000;
	}
	if (!strstr(file, ".hybrid.") && !strstr(file, ".legacy."))
		return host;
	host.cgroup.layout = strstr(file, ".hybrid.") ? CGROUP_HYBRID : CGROUP_LEGACY;
	host.cgroup.v2 = strstr(file, ".hybrid.") ? "/sys/fs/cgroup/unified" : NULL;
	host.cgroup.v2_controllers = 0;
	host.cgroup.v1[CG_CPU] = host.cgroup.v1[CG_CPUACCT] = "/sys/fs/cgroup/cpu,cpuacct";
	host.cgroup.v1[CG_CPUSET] = "/sys/fs/cgroup/cpuset";
	host.cgroup.v1[CG_MEMORY] = "/sys/fs/cgroup/memory";
	host.cgroup.v1[CG_IO] = "/sys/fs/cgroup/blkio";
	host.cgroup.v1[CG_PIDS] = "/sys/fs/cgroup/pids";
	host.cgroup.v1[CG_DEVICES] = "/sys/fs/cgroup/devices";
	host.cgroup.v1[CG_FREEZER] = "/sys/fs/cgroup/freezer";
	host.cgroup.memory_v1_swap = true;
	return host;
}

/* init maps the arena and nothing else of the runtime: a pointer in the plan to one of our constants would be a trap. Any word that
 * plan wrote and that could be one counts. */
static int check_pointers(const char *from, const char *to, struct error *error)
{
	extern const char __executable_start[], _end[];

	for (const char *at = from; at + sizeof(uintptr_t) <= to; at += sizeof(uintptr_t)) {
		uintptr_t word = *(const uintptr_t *)at;
		if (word >= (uintptr_t)__executable_start && word < (uintptr_t)_end)
			return fail(error, 0, "the plan points at a constant of the runtime: '%.40s'", (const char *)word);
	}
	return 0;
}

static int explain(const char *file, struct arena *arena, struct text *out, struct error *error)
{
	struct plan *plan = arena_new(arena, struct plan);
	struct plan_warning *warnings = NULL;
	struct request request = { .id = "golden", .bundle = "/bundle", .detached = true,
				   .systemd_cgroup = strstr(file, ".systemd."),
				   .console_socket = strstr(file, ".console.") ? "/console.sock" : NULL };
	struct host host = host_for(file);
	struct spec spec;

	into_arena(&host.cgroup, arena);
	char *text = arena_alloc(arena, 1 << 20);

	ssize_t length = file_read(AT_FDCWD, file, text, 1 << 20);
	if (length < 0)
		return fail(error, (int)-length, "cannot read %s", file);
	try(spec_read("config.json", text, (size_t)length, arena, &spec, NULL, error));
	size_t before = (arena->used + 15) & ~(size_t)15;
	int r = plan_build(&spec, &host, &request, arena, plan, &warnings, error);
	for (const struct plan_warning *warning = warnings; warning; warning = warning->next)
		text_printf(out, "warning: %s\n", warning->text);
	if (r < 0)
		return r;
	try(check_pointers((const char *)plan, (const char *)(plan + 1), error));
	try(check_pointers(arena->base + before, arena->base + arena->used, error));
	explain_plan(plan, out);
	return 0;
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct arena arena;
	char sentence[1024];

	if (argc != 2 || arena_open(&arena) < 0)
		return 2;
	struct text out = text_in(&arena);
	if (explain(argv[1], &arena, &out, &error) < 0) {
		error_sentence(&error, sentence, sizeof(sentence));
		text_printf(&out, "error: %s\n", sentence);
	}
	fputs(out.data ? out.data : "", stdout);
	return 0;
}
