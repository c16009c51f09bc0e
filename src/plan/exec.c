/* One more process in a container: what is asked for, what it takes from the container, and the chapters of the plan it has. */
#include "plan/exec.h"

#include <string.h>
#include "base/arena.h"
#include "base/number.h"

#define ID_MOST 4294967294u /* the one above means "no change" to the kernel (rule B.17) */

/* init sees the arena alone: a command line's texts are copied. */
static struct json_strings joined(struct arena *arena, const struct json_strings *one, const struct exec_list *more)
{
	struct json_strings all = { .items = arena_array(arena, const char *, one->count + more->count + 1), .given = true };

	for (uint32_t i = 0; i < one->count; i++)
		all.items[all.count++] = one->items[i];
	for (size_t i = 0; i < more->count; i++)
		all.items[all.count++] = arena_string(arena, more->items[i]);
	return all;
}

/* Numbers alone: names are those of the container's /etc/passwd, which is not for us to believe (case C61). */
static int change_user(struct planning *p, const char *text, struct spec_user *user, struct error *error)
{
	const char *colon = strchr(text, ':');
	const char *uid = colon ? arena_copy(p->arena, text, (size_t)(colon - text)) : text;
	uint32_t number;

	if (number_u32(uid, ID_MOST, &number) < 0)
		return fail(error, 0, "bad uid: --user '%s' is not UID or UID:GID in numbers", text);
	user->uid = number;
	if (colon && number_u32(colon + 1, ID_MOST, &number) < 0)
		return fail(error, 0, "bad gid: --user '%s' is not UID or UID:GID in numbers", text);
	if (colon)
		user->gid = number;
	return 0;
}

static int add_groups(struct planning *p, const struct exec_list *more, struct spec_user *user, struct error *error)
{
	struct json_uints all = { .items = arena_array(p->arena, uint64_t, user->additional_gids.count + more->count), .given = true };

	for (uint32_t i = 0; i < user->additional_gids.count; i++)
		all.items[all.count++] = user->additional_gids.items[i];
	for (size_t i = 0; i < more->count; i++) {
		uint32_t gid;
		if (number_u32(more->items[i], ID_MOST, &gid) < 0)
			return fail(error, 0, "bad gid: --additional-gids '%s' is not a number", more->items[i]);
		all.items[all.count++] = gid;
	}
	user->additional_gids = all;
	return 0;
}

static bool has(const struct json_strings *list, const char *word)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

/* To those that count at once; to the ambient set only what is inheritable, as the kernel wants it (capabilities(7)). */
static void add_capabilities(struct arena *arena, const struct exec_list *more, struct spec_process *process)
{
	static const struct spec_capabilities none;
	struct spec_capabilities *all = arena_new(arena, struct spec_capabilities);
	struct exec_list ambient = { .items = NULL };

	*all = process->capabilities ? *process->capabilities : none;
	all->at = (struct place){ .line = 0 };
	const char **kept = arena_array(arena, const char *, more->count);
	for (size_t i = 0; i < more->count; i++)
		if (has(&all->inheritable, more->items[i]))
			kept[ambient.count++] = more->items[i];
	ambient.items = kept;
	all->bounding = joined(arena, &all->bounding, more);
	all->effective = joined(arena, &all->effective, more);
	all->permitted = joined(arena, &all->permitted, more);
	all->ambient = joined(arena, &all->ambient, &ambient);
	process->capabilities = all;
}

/* What the command line says is not at a line of the configuration. */
static void forget_places(const struct exec_request *r, struct spec_process *process)
{
	static const struct place nowhere;

	process->args_at = nowhere;
	if (r->cwd)
		process->cwd_at = nowhere;
	if (r->env.count)
		process->env_at = nowhere;
	if (r->user || r->groups.count)
		process->user.at = nowhere;
	if (r->apparmor)
		process->apparmor_profile_at = nowhere;
	if (r->label)
		process->selinux_label_at = nowhere;
}

static int by_options(struct planning *p, const struct exec_request *r, struct spec_process *process, struct error *error)
{
	static const struct json_strings none;
	const struct exec_list args = { r->args, 0 };
	struct exec_list counted = args;

	while (counted.items[counted.count])
		counted.count++;
	forget_places(r, process);
	process->args = joined(p->arena, &none, &counted);
	process->env = joined(p->arena, &process->env, &r->env);
	process->terminal = r->terminal;
	process->console_size = NULL;
	if (r->no_new_privileges)
		process->no_new_privileges = *r->no_new_privileges;
	if (!process->cwd || r->cwd)
		process->cwd = arena_string(p->arena, r->cwd ? r->cwd : "/");
	if (r->apparmor)
		process->apparmor_profile = arena_string(p->arena, r->apparmor);
	if (r->label)
		process->selinux_label = arena_string(p->arena, r->label);
	if (r->capabilities.count)
		add_capabilities(p->arena, &r->capabilities, process);
	if (r->user)
		try(change_user(p, r->user, &process->user, error));
	return add_groups(p, &r->groups, &process->user, error);
}

/* What a document leaves out and is the container's to say (contract 6.6); not no_new_privileges, the user, or the environment. */
static void by_document(const struct spec_process *container, struct spec_process *process)
{
	if (!process->rlimits.given)
		process->rlimits = container->rlimits;
	if (!process->capabilities)
		process->capabilities = container->capabilities;
	if (!process->apparmor_profile) {
		process->apparmor_profile = container->apparmor_profile;
		process->apparmor_profile_at = container->apparmor_profile_at;
	}
	if (!process->selinux_label) {
		process->selinux_label = container->selinux_label;
		process->selinux_label_at = container->selinux_label_at;
	}
	if (!process->oom_score_adj) { /* else it would be the engine's (rule B.6.2) */
		process->oom_score_adj = container->oom_score_adj;
		process->oom_score_adj_at = container->oom_score_adj_at;
	}
	if (!process->scheduler)
		process->scheduler = container->scheduler;
	if (!process->io_priority)
		process->io_priority = container->io_priority;
	if (!process->exec_cpu_affinity)
		process->exec_cpu_affinity = container->exec_cpu_affinity;
	if (!process->user.umask)
		process->user.umask = container->user.umask;
}

int plan_exec(struct planning *p, const struct exec_request *r, struct error *error)
{
	static const struct spec_process nothing;
	const struct spec_process *container = p->spec->process ? p->spec->process : &nothing;
	struct request *request = arena_new(plan_own(p), struct request);
	struct spec_process *process = arena_new(plan_own(p), struct spec_process);
	struct spec *spec = arena_new(plan_own(p), struct spec);

	*request = (struct request){ .id = r->id, .detached = r->detached, .preserve_fds = r->preserve_fds,
				     .console_socket = r->console_socket };
	p->request = request;
	p->plan->kind = PLAN_EXEC;
	plan_begin(p);
	*process = r->document ? *r->document : *container;
	if (r->document)
		by_document(container, process);
	else
		try(by_options(p, r, process, error));
	*spec = *p->spec;
	spec->process = process;
	p->container = p->spec->process;
	p->spec = spec;
	plan_entered(p);
	try(plan_process(p, error));
	try(plan_console(p, error));
	return plan_seccomp(p, error);
}
