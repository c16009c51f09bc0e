/* The plan's chapters in order: what the runtime decides, read from top to bottom. */
#include "plan/build.h"

#include <stdarg.h>
#include "base/arena.h"
#include "base/format.h"

typedef int chapter(struct planning *p, struct error *error);

static chapter *const chapters[] = {
	plan_refuse_later,
	plan_namespaces,
	plan_net_devices,
	plan_root,
	plan_cgroup,     /* before mounts: a cgroup mount shows its directories */
	plan_mounts,
	plan_devices,    /* after mounts: whether /dev is ours depends on them */
	plan_paths,
	plan_sysctl,
	plan_process,
	plan_console,
	plan_seccomp,
	plan_hooks,
	plan_few_mounts,
};

/* Texts are copied: init maps the arena and nothing else of the runtime. */
void plan_begin(struct planning *p)
{
	struct plan *plan = p->plan;

	plan->id = arena_string(p->arena, p->request->id);
	plan->preserve_fds = p->request->preserve_fds;
	plan->socket = plan->cargo_socket = plan->listener = plan->trace = plan->procfs = plan->root.fd = plan->namespaces.container = -1;
}

int plan_build(struct planning *p, struct error *error)
{
	plan_begin(p);
	p->plan->bundle = arena_string(p->arena, p->request->bundle);
	p->plan->mount_label = p->spec->linux_ ? p->spec->linux_->mount_label : NULL;
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++)
		try(chapters[i](p, error));
	return 0;
}

struct place plan_place(struct planning *p, const struct place *at)
{
	struct place place = *at;

	place.path = at->path ? arena_string(p->arena, at->path) : NULL;
	place.file = at->file ? arena_string(p->arena, at->file) : NULL;
	return place;
}

void plan_warn(struct planning *p, const struct place *at, const char *message, ...)
{
	char text[512];
	va_list args;
	va_start(args, message);
	format_v(text, sizeof(text), message, args);
	va_end(args);

	struct plan_warning *warning = arena_new(plan_own(p), struct plan_warning);
	warning->text = arena_string(plan_own(p), text);
	if (at)
		warning->at = *at;
	warning->next = p->warnings;
	p->warnings = warning;
}
