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
};

/* Texts are copied: init maps the arena and nothing else of the runtime. */
void plan_begin(struct planning *p)
{
	struct plan *plan = p->plan;

	plan->id = arena_string(p->arena, p->request->id);
	plan->preserve_fds = p->request->preserve_fds;
	plan->socket = plan->cargo_socket = plan->listener = plan->trace = plan->procfs = plan->root.fd = plan->namespaces.container = -1;
}

int plan_build(const struct spec *spec, const struct host *host, const struct request *request, struct arena *arena, struct plan *plan,
	       struct plan_warning **warnings, struct error *error)
{
	struct planning p = { .spec = spec, .host = host, .request = request, .arena = arena, .plan = plan };
	int result = 0;

	plan_begin(&p);
	plan->bundle = arena_string(arena, request->bundle);
	plan->mount_label = spec->linux_ ? spec->linux_->mount_label : NULL;
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]) && result == 0; i++)
		result = chapters[i](&p, error);
	if (warnings)
		*warnings = p.warnings;
	return result;
}

void plan_warn(struct planning *p, const struct place *at, const char *message, ...)
{
	char text[512];
	va_list args;
	va_start(args, message);
	format_v(text, sizeof(text), message, args);
	va_end(args);

	struct plan_warning *warning = arena_new(p->arena, struct plan_warning);
	warning->text = arena_string(p->arena, text);
	if (at)
		warning->at = *at;
	warning->next = p->warnings;
	p->warnings = warning;
}
