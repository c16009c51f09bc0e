/* Where the container's cgroup is and which directories it has; what goes into them is decided in the files beside this one. */
#include "plan/cgroup.h"

#include <stdarg.h>
#include <string.h>
#include "base/arena.h"
#include "base/format.h"

void cgroup_row(struct cgroup_rows *rows, const struct place *at, int flags, const char *file, const char *format, ...)
{
	va_list args;

	if (rows->count == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 8;
		rows->items = arena_grow(rows->arena, rows->items, rows->room * sizeof(*rows->items), room * sizeof(*rows->items));
		rows->room = room;
	}
	va_start(args, format);
	size_t length = format_v(NULL, 0, format, args);
	va_end(args);
	char *to = arena_alloc(rows->arena, length + 1);
	va_start(args, format);
	format_v(to, length + 1, format, args);
	va_end(args);
	rows->items[rows->count++] = (struct plan_write){
		.file = arena_string(rows->arena, file),
		.value = to,
		.at = *at,
		.may_be_missing = flags & ROW_MAY_BE_MISSING,
		.or_next = flags & ROW_OR_NEXT,
	};
}

struct place cgroup_field(const struct cgroup_planning *c, const struct place *object, const char *field)
{
	struct place place = *object;

	place.path = object->path ? arena_printf(c->p->arena, "%s.%s", object->path, field) : field;
	return place;
}

static size_t add_directory(struct cgroup_planning *c, const char *mount, bool v2)
{
	const char *slash = strrchr(mount, '/');

	c->directories[c->count] = (struct plan_cgroup_directory){ .mount = mount, .v2 = v2 };
	if (!v2)
		c->directories[c->count].label = slash ? slash + 1 : mount;
	c->rows[c->count] = (struct cgroup_rows){ .arena = c->p->arena };
	return c->count++;
}

static size_t find_v1(struct cgroup_planning *c, const char *mount)
{
	for (size_t i = 0; i < c->count; i++)
		if (!c->directories[i].v2 && strcmp(c->directories[i].mount, mount) == 0)
			return i;
	return add_directory(c, mount, false);
}

/* v2 first: init is born in that one. */
void cgroup_list_directories(struct cgroup_planning *c)
{
	if (c->host->v2)
		add_directory(c, c->host->v2, true);
	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (c->host->v1[i])
			c->directories[find_v1(c, c->host->v1[i])].controllers |= 1u << i;
}

struct cgroup_rows *cgroup_home(struct cgroup_planning *c, enum cgroup_controller controller, bool *v2)
{
	*v2 = c->host->v2 && c->host->v2_controllers & 1u << controller;
	if (*v2)
		return &c->rows[0];
	return c->host->v1[controller] ? &c->rows[find_v1(c, c->host->v1[controller])] : NULL;
}

/* The cgroup may be handed to the container's user only where the container cannot see beyond it and is given it to write
 * (config-linux.md#cgroup-ownership), and never on v1. */
static uid_t owner(const struct planning *p)
{
	const struct spec *spec = p->spec;
	const struct plan_namespace *of = p->plan->namespaces.of;

	if (p->host->cgroup.layout != CGROUP_UNIFIED || of[PLAN_NS_CGROUP].mode != NS_NEW || of[PLAN_NS_USER].mode != NS_NEW ||
	    !spec->process)
		return (uid_t)-1;
	JSON_EACH(struct spec_mount, mount, &spec->mounts) {
		if (!mount->source || strcmp(mount->source, "cgroup") != 0 || !mount->destination ||
		    strcmp(mount->destination, "/sys/fs/cgroup") != 0)
			continue;
		for (uint32_t i = 0; i < mount->options.count; i++)
			if (strcmp(mount->options.items[i], "ro") == 0)
				return (uid_t)-1;
		return plan_map_id(&spec->linux_->uid_mappings, spec->process->user.uid);
	}
	return (uid_t)-1;
}

void cgroup_hand_over(struct cgroup_planning *c)
{
	struct plan_cgroup *plan = &c->p->plan->cgroup;

	for (size_t i = 0; i < c->count; i++) {
		c->directories[i].writes = c->rows[i].items;
		c->directories[i].write_count = c->rows[i].count;
		plan->legacy = plan->legacy || !c->directories[i].v2;
	}
	/* A host that is all v2 gets every controller, so that the container can be measured too. In a hybrid one the v2 tree's few
	 * belong to whoever set it up so: only what is asked for. */
	if (c->host->v2)
		c->directories[0].controllers = c->host->layout == CGROUP_UNIFIED ? c->host->v2_controllers : c->v2_needed;
	struct plan_cgroup_directory *all = arena_array(c->p->arena, struct plan_cgroup_directory, c->count);
	memcpy(all, c->directories, c->count * sizeof(*all));
	plan->directories = all;
	plan->directory_count = c->count;
}

/* Without any cgroup a container can still run, if nothing was asked of one. */
static int no_cgroups(struct cgroup_planning *c, const char *why, struct error *error)
{
	static const struct host_cgroup none = { .layout = CGROUP_NONE };
	const struct spec_linux *linux_ = c->p->spec->linux_;

	c->host = &none;
	if (linux_ && linux_->cgroups_path && linux_->cgroups_path[0])
		return fail_at(error, &linux_->cgroups_path_at, 0, "%s", why);
	if (c->resources->devices.count) {
		const struct spec_device_rule *first = c->resources->devices.items;
		return fail_at(error, &first->at, 0, "device rules need cgroups: %s", why);
	}
	try(cgroup_plan_resources(c, error));
	try(cgroup_plan_unified(c, error));
	plan_warn(c->p, NULL, "%s: the container runs without limits and device rules; with CAP_MKNOD it reaches all devices", why);
	return 0;
}

/* An ordinary user, or root in a user namespace: not whoever may do everything here. */
static bool has_few_rights(const struct planning *p)
{
	return p->host->unprivileged || p->host->in_user_namespace;
}

/* Who may make no cgroup and asks nothing of one does without (contract 14.6). In a user namespace nobody makes device nodes, whatever the
 * rules about them. */
static bool does_without(const struct cgroup_planning *c)
{
	const struct planning *p = c->p;
	const struct spec_linux *linux_ = p->spec->linux_;

	return has_few_rights(p) && p->request->rootless != ROOTLESS_NO && !p->host->cgroup.beside &&
	       !(linux_ && linux_->cgroups_path && linux_->cgroups_path[0]);
}

static int without(struct cgroup_planning *c, struct error *error)
{
	static const struct host_cgroup none = { .layout = CGROUP_NONE };

	c->host = &none;
	c->denied = true;
	try(cgroup_plan_resources(c, error));
	return cgroup_plan_unified(c, error);
}

static int decide(struct planning *p, struct error *error)
{
	static const struct spec_resources none;
	const struct spec_linux *linux_ = p->spec->linux_;
	struct cgroup_planning c = { .p = p, .host = &p->host->cgroup };

	c.resources = linux_ && linux_->resources ? linux_->resources : &none;
	p->plan->cgroup = (struct plan_cgroup){ .owner_uid = (uid_t)-1 };
	if (p->request->no_cgroup)
		return no_cgroups(&c, "--cgroup-manager is disabled", error);
	p->plan->cgroup.devices_optional = has_few_rights(p);
	p->plan->cgroup.rootless = has_few_rights(p) && p->request->rootless != ROOTLESS_NO;
	if (!p->request->systemd_cgroup && does_without(&c))
		return without(&c, error);
	if (p->request->systemd_cgroup)
		try(cgroup_plan_unit(&c, error));
	else if (!c.host->v2 && c.host->layout != CGROUP_HYBRID && c.host->layout != CGROUP_LEGACY)
		return no_cgroups(&c, "this host has no cgroups", error);
	cgroup_list_directories(&c);
	if (!c.unit)
		try(cgroup_plan_path(&c, error));
	try(cgroup_plan_devices(&c, error));
	try(cgroup_plan_resources(&c, error));
	try(cgroup_plan_unified(&c, error));
	if (c.unit)
		try(cgroup_plan_unit_properties(&c, c.unit, error));
	p->plan->cgroup.owner_uid = owner(p);
	cgroup_hand_over(&c);
	return 0;
}

/* All of it is done by the host, none by init. */
int plan_cgroup(struct planning *p, struct error *error)
{
	struct planning own = *p;

	own.arena = plan_own(p);
	int r = decide(&own, error);
	p->warnings = own.warnings;
	return r;
}
