/* The process: arguments, working directory, user, labels, keyring. */
#include "plan/process.h"

#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

#define UMASK_DEFAULT 022 /* contract 7.6: whatever the caller's */

/* execve(2): one string has at most 32 pages, and all together three quarters of the 8 MiB a stack starts with. The rest (the page
 * size, the stack's limit) only the kernel knows. */
#define ALL_STRINGS_MOST (6ull << 20)
#if defined(__x86_64__)
#define ONE_STRING_MOST (32u << 12)
#else
#define ONE_STRING_MOST (32u << 16)
#endif

static int weigh(char *const *strings, const char *what, const struct place *at, uint64_t *all, struct error *error)
{
	for (; *strings; strings++) {
		size_t size = strlen(*strings) + 1;
		if (size > ONE_STRING_MOST)
			return fail_at(error, at, 0, "%s, '%.20s...', is longer than execve takes: it has %zu bytes of %u", what,
				       *strings, size, ONE_STRING_MOST);
		*all += size + sizeof(char *);
	}
	return 0;
}

static int plan_args(struct planning *p, struct error *error)
{
	const struct spec_process *spec = p->spec->process;
	struct plan_process *process = &p->plan->process;
	uint64_t all = 0;

	process->args_at = spec->args_at;
	if (!spec->args.count)
		return fail_at(error, spec->args.given ? &spec->args_at : &spec->at, 0, "args must not be empty");
	process->args = (char *const *)spec->args.items;
	try(weigh(process->args, "an argument", &spec->args_at, &all, error));
	try(weigh(process->env, "an environment variable", &spec->env_at, &all, error));
	if (all > ALL_STRINGS_MOST)
		return fail_at(error, &spec->args_at, 0, "args and env have %llu bytes, execve takes at most %llu",
			       (unsigned long long)all, ALL_STRINGS_MOST);
	return 0;
}

static int plan_cwd(struct planning *p, struct error *error)
{
	const struct spec_process *spec = p->spec->process;

	if (!spec->cwd || !*spec->cwd)
		return fail_at(error, spec->cwd ? &spec->cwd_at : &spec->at, 0, "Cwd property must not be empty");
	if (*spec->cwd != '/')
		return fail_at(error, &spec->cwd_at, 0, "Cwd must be an absolute path");
	p->plan->process.cwd = spec->cwd;
	p->plan->process.cwd_at = spec->cwd_at;
	return 0;
}

static bool unmapped(const struct json_objects *mappings, uint64_t id)
{
	return mappings->count && plan_map_id(mappings, (uint32_t)id) == (uint32_t)-1;
}

static int plan_groups(struct planning *p, struct error *error)
{
	const struct spec_user *user = &p->spec->process->user;
	const struct spec_linux *linux_ = p->spec->linux_;
	gid_t *groups = arena_array(p->arena, gid_t, user->additional_gids.count);

	if (user->additional_gids.count && p->plan->namespaces.deny_setgroups)
		return fail_at(error, &user->at, 0, "cannot set any additional groups in a rootless container: setgroups(2) is denied "
			       "where one maps one's own group alone");
	for (uint32_t i = 0; i < user->additional_gids.count; i++) {
		groups[i] = (gid_t)user->additional_gids.items[i];
		if (linux_ && unmapped(&linux_->gid_mappings, groups[i]))
			return fail_at(error, &user->at, 0,
				       "cannot set the additional group %u: it is not mapped in the user namespace", groups[i]);
	}
	p->plan->process.groups = groups;
	p->plan->process.group_count = user->additional_gids.count;
	return 0;
}

static int plan_user(struct planning *p, struct error *error)
{
	const struct spec_user *user = &p->spec->process->user;
	const struct spec_linux *linux_ = p->spec->linux_;
	struct plan_process *process = &p->plan->process;

	if (linux_ && unmapped(&linux_->uid_mappings, user->uid))
		return fail_at(error, &user->at, 0, "cannot setuid to unmapped uid %u in user namespace", user->uid);
	if (linux_ && unmapped(&linux_->gid_mappings, user->gid))
		return fail_at(error, &user->at, 0, "cannot setgid to unmapped gid %u in user namespace", user->gid);
	process->uid = user->uid;
	process->gid = user->gid;
	process->user_at = user->at;
	process->umask = user->umask ? (mode_t)*user->umask : UMASK_DEFAULT;
	return plan_groups(p, error);
}

/* Asked for and not there is an error, never a silent skip (rule B.4.4). An empty text asks for nothing. */
static int plan_labels(struct planning *p, struct error *error)
{
	const struct spec_process *spec = p->spec->process;
	struct plan_process *process = &p->plan->process;

	if (spec->apparmor_profile && *spec->apparmor_profile) {
		if (!p->host->apparmor)
			return fail_at(error, &spec->apparmor_profile_at, 0,
				       "apparmor profile is specified in config, but AppArmor is disabled or not supported");
		process->apparmor = arena_printf(p->arena, "exec %s", spec->apparmor_profile);
		process->apparmor_at = spec->apparmor_profile_at;
	}
	if (spec->selinux_label && *spec->selinux_label) {
		if (!p->host->selinux)
			return fail_at(error, &spec->selinux_label_at, 0,
				       "selinux label is specified in config, but SELinux (selinux) is disabled or not supported");
		process->selinux = spec->selinux_label;
		process->selinux_at = spec->selinux_label_at;
	}
	return 0;
}

int plan_process(struct planning *p, struct error *error)
{
	const struct spec_process *spec = p->spec->process;
	struct plan_process *process = &p->plan->process;

	process->detached = p->request->detached;
	process->keyring = p->request->no_new_keyring ? NULL : arena_printf(p->arena, "_ses.%s", p->request->id);
	p->plan->has_process = spec != NULL;
	if (!spec) /* allowed until start, which refuses (config.md#process) */
		return 0;
	process->at = spec->at;
	process->no_new_privileges = spec->no_new_privileges;
	try(plan_environment(p, error));
	try(plan_args(p, error));
	try(plan_cwd(p, error));
	try(plan_user(p, error));
	try(plan_capabilities(p, error));
	try(plan_rlimits(p, error));
	try(plan_scheduling(p, error));
	try(plan_labels(p, error));
	if (spec->oom_score_adj) {
		int *score = arena_new(p->arena, int);
		*score = (int)*spec->oom_score_adj;
		process->oom_score_adj = score;
		process->oom_score_at_birth = !p->plan->in_user_namespace;
		process->oom_score_adj_at = spec->oom_score_adj_at;
	}
	return 0;
}

/* ---- as lines for `explain` ---- */

void show_user(const struct plan *plan, struct text *out)
{
	const struct plan_process *process = &plan->process;

	text_printf(out, "  uid      %u\n  gid      %u\n", process->uid, process->gid);
	if (process->group_count)
		text_add(out, "  groups  ");
	for (size_t i = 0; i < process->group_count; i++)
		text_printf(out, " %u", process->groups[i]);
	if (process->group_count)
		text_add(out, "\n");
	show_capabilities(plan, out);
	text_add(out, "  cwd      ");
	text_add_visible(out, process->cwd);
	text_add_char(out, '\n');
}

void show_labels(const struct plan *plan, struct text *out)
{
	const struct plan_process *process = &plan->process;
	const struct { const char *name, *value; } lines[] = { { "apparmor", process->apparmor }, { "selinux", process->selinux } };

	for (int i = 0; i < 2; i++) {
		if (!lines[i].value)
			continue;
		text_printf(out, "  %-8s ", lines[i].name);
		text_add_visible(out, lines[i].value);
		text_add_char(out, '\n');
	}
}

void show_program(const struct plan *plan, struct text *out)
{
	const struct plan_process *process = &plan->process;

	text_add(out, "  args    ");
	for (char *const *arg = process->args; *arg; arg++) {
		text_add_char(out, ' ');
		text_add_json(out, *arg);
	}
	text_add(out, "\n");
	for (size_t i = 0; i < process->env_count; i++) {
		text_add(out, "  env      ");
		text_add_visible(out, process->env[i]);
		text_add_char(out, '\n');
	}
	if (process->wants_home)
		text_add(out, "  env      HOME= from the container's passwd file\n");
	text_printf(out, "  umask    %04o\n", process->umask);
	if (process->no_new_privileges)
		text_add(out, "  no_new_privs\n");
}
