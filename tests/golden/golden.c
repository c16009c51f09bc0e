/* Prints the plan of a configuration as `caisson explain` does, but for a host that is always the same, so that the text can be
 * compared. The file's name tells the host: NAME.json is a cgroup v2 host, NAME.hybrid.json and NAME.legacy.json have v1 controllers,
 * NAME.user.json is an ordinary user's, NAME.lsm.json has AppArmor and SELinux, for NAME.systemd.json systemd owns the cgroup, for
 * NAME.console.json there is a console socket. An error is printed as its sentence: refusals are golden too. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "cmd/explain.h"
#include "plan/build.h"
#include "plan/exec.h"
#include "run/score.h"

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

/* What only the host's side follows, and init never. */
static bool is_hosts(const struct plan *plan, const void *at)
{
	const struct plan_seccomp *seccomp = plan->seccomp;
	const struct { const void *from; size_t size; } members[] = {
		{ &plan->cgroup, sizeof(plan->cgroup) },
		{ &plan->hooks.of[HOOK_PRESTART], sizeof(plan->hooks.of[0]) },
		{ &plan->hooks.of[HOOK_CREATE_RUNTIME], sizeof(plan->hooks.of[0]) },
		{ &plan->hooks.of[HOOK_POSTSTART], sizeof(plan->hooks.of[0]) },
		{ &plan->hooks.of[HOOK_POSTSTOP], sizeof(plan->hooks.of[0]) },
		{ seccomp ? &seccomp->architectures : NULL, sizeof(seccomp->architectures) },
		{ seccomp ? &seccomp->rules : NULL, sizeof(seccomp->rules) },
		{ seccomp ? &seccomp->listener_path : NULL, sizeof(seccomp->listener_path) },
		{ seccomp ? &seccomp->listener_metadata : NULL, sizeof(seccomp->listener_metadata) },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if ((uintptr_t)at - (uintptr_t)members[i].from < members[i].size)
			return true;
	return false;
}

/* init maps the shared arena and nothing else of the runtime: a pointer in the plan to one of our constants, or into the arena that is the
 * runtime's own, would be a trap. Any word that plan wrote and that could be one counts. */
static int check_pointers(const struct plan *plan, const struct arena *own, const char *from, const char *to, struct error *error)
{
	extern const char __executable_start[], _end[];

	for (const char *at = from; at + sizeof(uintptr_t) <= to; at += sizeof(uintptr_t)) {
		uintptr_t word = *(const uintptr_t *)at;
		if (word >= (uintptr_t)__executable_start && word < (uintptr_t)_end)
			return fail(error, 0, "the plan points at a constant of the runtime: '%.40s'", (const char *)word);
		if (word - (uintptr_t)own->base < own->used && !is_hosts(plan, at))
			return fail(error, 0, "the plan points at what init cannot see: '%.40s'", (const char *)word);
	}
	return 0;
}

/* The same of what both sides ask of it: which rows are wanted. */
static int ask_without(const struct plan *plan, const struct arena *own, struct error *error)
{
	unsigned wanted = 0;

	if (mprotect(own->base, own->size, PROT_NONE) < 0)
		return fail(error, errno, "cannot take the runtime's own arena away");
	for (unsigned i = 0; i < create_score.count; i++)
		wanted += !create_score.rows[i].wanted || create_score.rows[i].wanted(plan);
	mprotect(own->base, own->size, PROT_READ | PROT_WRITE);
	return wanted ? 0 : fail(error, 0, "no row is wanted");
}

/* Nor is there anything in it that is the host's alone: the configurations have this word in no other places. */
static int check_secrets(const struct arena *arena, const char *word, struct error *error)
{
	const char *found = memmem(arena->base, arena->used, word, strlen(word));

	return found ? fail(error, 0, "init would see '%.60s'", found) : 0;
}

/* One more process in a container of that configuration: what of it init gets. That there can be none is no fault here. */
static int check_exec(const char *text, size_t length, const struct host *host, struct error *error)
{
	static const char *const args[] = { "true", NULL };
	const struct exec_request request = { .id = "golden", .args = args, .detached = true };
	struct error refused = { 0 };
	struct arena arena, own;

	if (arena_open(&arena) < 0 || arena_open(&own) < 0)
		return fail(error, errno, "no memory");
	const struct json_homes homes = { .arena = &arena, .own = &own, .apart = FIELD_HOST | FIELD_MAKING };
	struct planning p = { .host = host, .arena = &arena, .own = &own, .plan = arena_new(&arena, struct plan) };
	struct spec *spec = arena_new(&own, struct spec);
	p.spec = spec;
	int r = spec_read_into("config.json", text, length, &homes, spec, NULL, error);
	size_t before = (arena.used + 15) & ~(size_t)15;
	if (r == 0 && plan_exec(&p, &request, &refused) == 0) {
		r = check_pointers(p.plan, &own, (const char *)p.plan, (const char *)(p.plan + 1), error);
		if (r == 0)
			r = check_pointers(p.plan, &own, arena.base + before, arena.base + arena.used, error);
	}
	if (r == 0)
		r = check_secrets(&arena, "host-only", error);
	if (r == 0)
		r = check_secrets(&arena, "making-only", error);
	arena_close(&arena);
	arena_close(&own);
	return r;
}

static int explain(const char *file, struct arena *arena, struct arena *own, struct text *out, struct error *error)
{
	struct plan *plan = arena_new(arena, struct plan);
	const struct json_homes homes = { .arena = arena, .own = own, .apart = FIELD_HOST };
	struct request request = { .id = "golden", .bundle = "/bundle", .detached = true,
				   .systemd_cgroup = strstr(file, ".systemd."),
				   .console_socket = strstr(file, ".console.") ? "/console.sock" : NULL };
	struct host host = host_for(file);
	struct spec spec;

	into_arena(&host.cgroup, own);
	char *text = arena_alloc(own, 1 << 20);

	ssize_t length = file_read(AT_FDCWD, file, text, 1 << 20);
	if (length < 0)
		return fail(error, (int)-length, "cannot read %s", file);
	try(spec_read_into("config.json", text, (size_t)length, &homes, &spec, NULL, error));
	size_t before = (arena->used + 15) & ~(size_t)15;
	struct planning p = { .spec = &spec, .host = &host, .request = &request, .arena = arena, .own = own, .plan = plan };
	int r = plan_build(&p, error);
	for (const struct plan_warning *warning = p.warnings; warning; warning = warning->next)
		text_printf(out, "warning: %s\n", warning->text);
	if (r < 0)
		return r;
	try(check_pointers(plan, own, (const char *)plan, (const char *)(plan + 1), error));
	try(check_pointers(plan, own, arena->base + before, arena->base + arena->used, error));
	try(check_secrets(arena, "host-only", error));
	try(ask_without(plan, own, error));
	try(check_exec(text, (size_t)length, &host, error));
	explain_plan(plan, out);
	return 0;
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct arena arena, own;
	char sentence[1024];

	if (argc != 2 || arena_open(&arena) < 0 || arena_open(&own) < 0)
		return 2;
	struct text out = text_in(&own);
	if (explain(argv[1], &arena, &own, &out, &error) < 0) {
		error_sentence(&error, sentence, sizeof(sentence));
		text_printf(&out, "error: %s\n", sentence);
	}
	fputs(out.data ? out.data : "", stdout);
	return 0;
}
