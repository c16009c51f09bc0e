/* Mounts: what each entry of the configuration becomes, in order. */
#include <string.h>
#include "base/arena.h"
#include "base/number.h"
#include "plan/mounts.h"

/* What may be put on single files of /proc: those that lxcfs fakes and two more (rule B.3.5). */
static const char *const inside_proc[] = {
	"/proc/cpuinfo",  "/proc/diskstats", "/proc/loadavg", "/proc/meminfo",
	"/proc/slabinfo", "/proc/stat",      "/proc/swaps",   "/proc/uptime",
	"/proc/sys/crypto/fips_enabled",     "/proc/sys/kernel/ns_last_pid",
};

/* One entry on its way. */
struct entry {
	struct planning *p;
	const struct spec_mount *spec;
	struct mount_options options;
	const char *lexical;     /* the destination with ".." taken literally, to compare with names */
	struct plan_mount *to;
};

static bool is_type(const struct entry *e, const char *type)
{
	return e->spec->type && !strcmp(e->spec->type, type);
}

static bool is_bind(const struct entry *e)
{
	return e->options.acts & (ACT_BIND | ACT_RBIND);
}

static int check_proc(const struct entry *e, struct error *error)
{
	const struct place *at = &e->spec->at;

	/* Both ways of reading "..": only names from the list below may begin with /proc/ when init looks at them. */
	if (e->options.acts & ACT_REMOUNT || (!plan_path_below(e->lexical, "/proc") && !plan_path_below(e->to->target, "/proc")))
		return 0;
	if (!strcmp(e->lexical, "/proc")) {
		e->to->target = e->lexical;
		/* A bind's source is looked at when it is opened: it must be a procfs. */
		if (is_bind(e) || is_type(e, "proc"))
			return 0;
		return fail_at(error, at, 0, "\"%s\" cannot be mounted because it is not of type proc", e->spec->destination);
	}
	for (size_t i = 0; i < sizeof(inside_proc) / sizeof(inside_proc[0]); i++)
		if (!strcmp(e->to->target, inside_proc[i]))
			return 0;
	return fail_at(error, at, 0, "\"%s\" cannot be mounted because it is inside /proc", e->spec->destination);
}

/* CVE-2019-19921, CVE-2023-27561: proc and sysfs go on real directories that lie directly in the root, nowhere else. */
static int check_kernel_view(struct entry *e, struct error *error)
{
	bool on_proc = !strcmp(e->lexical, "/proc");

	if (is_bind(e) && on_proc)
		e->to->procfs_only = e->to->real_directory = true;
	if (is_bind(e) || (!is_type(e, "proc") && !is_type(e, "sysfs")))
		return 0;
	if (strchr(e->lexical + 1, '/'))
		return fail_at(error, &e->spec->at, 0, "%s must be mounted on a directory directly below the root, '%s' is deeper",
			       e->spec->type, e->spec->destination);
	e->to->target = e->lexical;
	e->to->real_directory = true;
	return 0;
}

static int plan_idmap(struct entry *e, struct error *error)
{
	const struct spec_mount *spec = e->spec;
	const struct plan_namespaces *n = &e->p->plan->namespaces;
	bool given = spec->uid_mappings.count || spec->gid_mappings.count;

	if (!given && !(e->options.acts & (ACT_IDMAP | ACT_RIDMAP)))
		return 0;
	if (!is_bind(e))
		return fail_at(error, &spec->at, 0, "id-mapped mounts are only supported for bind-mounts");
	if (!spec->uid_mappings.count != !spec->gid_mappings.count)
		return fail_at(error, &spec->at, 0, "id-mapped mounts must have both uid and gid mappings specified");
	if (e->p->host->unprivileged) /* it takes the rights of who owns the file system, which is the host's (mount_setattr(2)) */
		return fail_at(error, &spec->at, 0, "id-mapped mounts are not supported for rootless containers");
	struct plan_id_map *map = arena_new(e->p->arena, struct plan_id_map);
	map->recursive = e->options.acts & ACT_RIDMAP;
	map->at = spec->at;
	e->to->id_map = map;
	if (given) {
		map->uid_map = plan_id_map_text(e->p, &spec->uid_mappings, "uidMappings", error);
		map->gid_map = map->uid_map ? plan_id_map_text(e->p, &spec->gid_mappings, "gidMappings", error) : NULL;
		return map->gid_map ? 0 : -1;
	}
	if (n->of[PLAN_NS_USER].mode == NS_INHERIT)
		return fail_at(error, &spec->at, 0,
			       "an id-mapped mount without uidMappings and gidMappings takes those of the container's user "
			       "namespace, and it has none");
	e->to->id_map_container = true;
	map->uid_map = n->uid_map;
	map->gid_map = n->gid_map;
	return 0;
}

static void take_recursive(struct entry *e)
{
	e->to->recursive_set = e->options.recursive_set;
	e->to->recursive_clear = e->options.recursive_clear;
}

static int plan_bind(struct entry *e, struct error *error)
{
	if (e->options.first_own)
		return fail_at(error, &e->spec->at, 0, "bind mounts cannot have any filesystem-specific options applied: '%s'",
			       e->options.first_own);
	if (!e->spec->source || !*e->spec->source)
		return fail_at(error, &e->spec->at, 0, "the bind mount at '%s' has no source", e->spec->destination);
	e->to->kind = MOUNT_TREE;
	e->to->tree = TREE_BIND;
	e->to->recursive = e->options.acts & ACT_RBIND;
	e->to->source = plan_host_path(e->p, e->spec->source);
	take_recursive(e);
	/* Below the host's /sys lie its cgroups: read-only means them too (CVE-2023-25809). */
	if (e->to->recursive && e->p->plan->in_user_namespace && !strcmp(e->to->source, "/sys"))
		e->to->recursive_set |= e->options.set & ABI_MOUNT_ATTR_RDONLY;
	return plan_idmap(e, error);
}

#define AS_SYSFS (ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC)

/* The host's own, with all that is mounted in it and whatever was asked for: read-only (CVE-2023-25809, contract 16.16). */
static int plan_host_sysfs(struct entry *e)
{
	if (!((e->options.set | e->options.recursive_set) & ABI_MOUNT_ATTR_RDONLY))
		plan_warn(e->p, &e->spec->at, "'%s' is the host's /sys, read-only: the network namespace is not the container's own",
			  e->spec->destination);
	e->to->kind = MOUNT_TREE;
	e->to->tree = TREE_BIND;
	e->to->recursive = true;
	e->to->source = arena_string(e->p->arena, "/sys");
	e->to->attr_clear = 0;
	e->to->recursive_set = AS_SYSFS;
	return 0;
}

static int plan_remount(struct entry *e, struct error *error)
{
	if (is_bind(e) && e->options.first_own)
		return fail_at(error, &e->spec->at, 0, "a bind mount has no filesystem-specific options to remount with: '%s'",
			       e->options.first_own);
	e->to->kind = MOUNT_REMOUNT;
	e->to->params = e->options.params;
	/* "bind,remount" is for the mount alone. */
	e->to->param_count = is_bind(e) ? 0 : e->options.param_count;
	take_recursive(e);
	return 0;
}

static int plan_overlay_mount(struct entry *e, struct error *error)
{
	struct plan_overlay *overlay = e->options.overlay;

	overlay->params = e->options.params;
	overlay->param_count = e->options.param_count;
	e->to->kind = MOUNT_TREE;
	e->to->tree = TREE_OVERLAY;
	e->to->overlay = overlay;
	take_recursive(e);
	return overlay_check(e->p, overlay, &e->spec->at, error);
}

static void add_param(struct entry *e, struct mount_param param)
{
	size_t count = e->to->param_count;
	struct mount_param *params = arena_array(e->p->arena, struct mount_param, count + 1);

	if (count)
		memcpy(params, e->to->params, count * sizeof(*params));
	param.key = arena_string(e->p->arena, param.key); /* init has other constants than we */
	params[count] = param;
	e->to->params = params;
	e->to->param_count = count + 1;
}

static const char *param_value(const struct entry *e, const char *key)
{
	for (size_t i = 0; i < e->to->param_count; i++)
		if (!strcmp(e->to->params[i].key, key))
			return e->to->params[i].value ? e->to->params[i].value : "";
	return NULL;
}

static bool is_labelled(const struct entry *e)
{
	return is_type(e, "tmpfs") || is_type(e, "devpts") || is_type(e, "mqueue");
}

/* The kernel answers EINVAL to an id that the user namespace does not map, and does not say why. */
static int check_owner(const struct entry *e, const char *key, const struct json_objects *mappings, struct error *error)
{
	const char *text = param_value(e, key);
	uint32_t id;

	if (!text || e->p->plan->namespaces.of[PLAN_NS_USER].mode != NS_NEW || (!is_type(e, "devpts") && !is_type(e, "tmpfs")))
		return 0;
	if (number_u32(text, UINT32_MAX, &id) < 0 || plan_map_id(mappings, id) != (uint32_t)-1)
		return 0;
	return fail_at(error, &e->spec->at, 0, "%s=%s of the %s at '%s' is not mapped in the container's user namespace", key, text,
		       e->spec->type, e->spec->destination);
}

static int plan_filesystem(struct entry *e, struct error *error)
{
	struct plan_mount *to = e->to;

	to->kind = MOUNT_FILESYSTEM;
	to->type = e->spec->type;
	to->why_refused = mount_why_refused(e->p, to->type);
	to->source = e->spec->source && *e->spec->source ? e->spec->source : NULL;
	if (to->source && strlen(to->source) > 255)
		return fail_at(error, &e->spec->at, 0, "the source of a file system is longer than the 255 bytes the kernel takes");
	to->params = e->options.params;
	to->param_count = e->options.param_count;
	/* A mount of its own has nothing below it: recursive words are plain ones. */
	to->attr_set = (to->attr_set & ~e->options.recursive_clear) | e->options.recursive_set;
	to->attr_clear = 0;
	bool readonly = to->attr_set & ABI_MOUNT_ATTR_RDONLY;
	/* A block device that is read-only cannot be mounted for writing at all. */
	if (readonly && to->source && to->source[0] == '/')
		add_param(e, (struct mount_param){ .key = "ro" });
	if (is_labelled(e) && e->p->plan->mount_label && *e->p->plan->mount_label)
		add_param(e, (struct mount_param){ .key = "context", .value = e->p->plan->mount_label });
	/* Later mounts lie in a tmpfs, devices in /dev: both are written to after they are mounted. */
	to->readonly_late = readonly && (is_type(e, "tmpfs") || !strcmp(e->lexical, "/dev"));
	to->copy_up = e->options.acts & ACT_COPY_UP;
	to->mode_from_target = is_type(e, "tmpfs") && !param_value(e, "mode");
	try(check_owner(e, "uid", &e->p->spec->linux_->uid_mappings, error));
	return check_owner(e, "gid", &e->p->spec->linux_->gid_mappings, error);
}

static int plan_kind(struct entry *e, struct error *error)
{
	const struct spec_mount *spec = e->spec;

	if ((e->options.acts & ACT_COPY_UP) && (is_bind(e) || !is_type(e, "tmpfs")))
		return fail_at(error, &spec->at, 0, "tmpcopyup is for mounts of type tmpfs");
	if (e->options.acts & ACT_REMOUNT)
		return plan_remount(e, error);
	if (is_bind(e))
		return plan_bind(e, error);
	try(plan_idmap(e, error));
	if (!spec->type || !*spec->type)
		return fail_at(error, &spec->at, 0, "the mount at '%s' has no type and is no bind mount", spec->destination);
	if (is_type(e, "bind") || is_type(e, "none"))
		return fail_at(error, &spec->at, 0, "a mount of type '%s' needs the option 'bind' or 'rbind'", spec->type);
	if (is_type(e, "overlay"))
		return plan_overlay_mount(e, error);
	if (is_type(e, "cgroup") || is_type(e, "cgroup2"))
		return plan_cgroup_mount(e->p, spec, &e->options, e->to, error);
	if (is_type(e, "sysfs") && !mount_may_show_network(e->p))
		return plan_host_sysfs(e);
	return plan_filesystem(e, error);
}

static int plan_entry(struct entry *e, struct error *error)
{
	struct planning *p = e->p;
	const struct spec_mount *spec = e->spec;

	if (!spec->destination || !*spec->destination)
		return fail_at(error, &spec->at, 0, "a mount has no destination");
	if (spec->destination[0] != '/')
		plan_warn(p, &spec->at, "the mount destination '%s' is relative: taken below '/'", spec->destination);
	e->to->at = spec->at;
	e->to->target = plan_inside_path(p, spec->destination);
	e->lexical = plan_lexical_path(p, spec->destination);
	try(mount_options_read(p, spec, &e->options, error));
	if (!strcmp(e->lexical, "/") && !(e->options.acts & ACT_REMOUNT))
		return fail_at(error, &spec->at, 0, "\"%s\" cannot be mounted because it is on the top of rootfs",
			       spec->destination);
	e->to->attr_set = e->options.set;
	e->to->attr_clear = e->options.clear;
	e->to->propagation = e->options.propagation;
	e->to->propagation_count = e->options.propagation_count;
	try(check_proc(e, error));
	try(check_kernel_view(e, error));
	return plan_kind(e, error);
}

static int check_label(const struct planning *p, struct error *error)
{
	const char *label = p->plan->mount_label;

	if (!label || !*label)
		return 0;
	if (!p->host->selinux)
		return fail_at(error, &p->spec->linux_->mount_label_at, 0,
			       "selinux label is specified in config, but selinux is disabled or not supported");
	if (strlen(label) > 255)
		return fail_at(error, &p->spec->linux_->mount_label_at, 0,
			       "the mount label is longer than the 255 bytes the kernel takes");
	return 0;
}

static size_t trees(const struct plan_mount *mount)
{
	return mount->kind == MOUNT_TREE ? 1 : mount->kind == MOUNT_CGROUP_V1 ? mount->inside_count : 0;
}

/* Last, so that no other mount hides it. The directory and not the socket: `start` makes a socket of its own in it. */
static void add_readiness(struct planning *p, struct plan_mount *to)
{
	if (!p->plan->root.bound) {
		plan_warn(p, NULL, "without a mount namespace the program cannot tell the service manager that it is ready: "
				   "NOTIFY_SOCKET is ignored");
		return;
	}
	*to = (struct plan_mount){
		.kind = MOUNT_TREE,
		.tree = TREE_READINESS,
		.source = arena_string(p->arena, PLAN_READINESS_DIR),
		.target = arena_string(p->arena, PLAN_READINESS_TARGET),
		.attr_set = ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC,
	};
	p->plan->mounts.count++;
	p->plan->mounts.cargo++;
	p->plan->readiness = true;
}

/* Masks go where the container looks: not below a sysfs that a bind of the host's /sys lies on. */
static void choose_views(struct plan_mount *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		items[i].view = items[i].real_directory;
		for (uint32_t j = i + 1; j < count && items[i].view; j++)
			items[i].view = items[j].kind == MOUNT_REMOUNT || strcmp(items[i].target, items[j].target) != 0;
	}
}

int plan_mounts(struct planning *p, struct error *error)
{
	const struct json_objects *mounts = &p->spec->mounts;
	struct plan_mounts *plan = &p->plan->mounts;

	try(check_label(p, error));
	const struct spec_mount *spec = mounts->items;
	if (mounts->count && !p->plan->root.bound)
		return fail_at(error, &spec->at, 0, "mounts need a mount namespace in linux.namespaces");
	struct plan_mount *items = arena_array(p->arena, struct plan_mount, mounts->count + 1);
	for (uint32_t i = 0; i < mounts->count; i++) {
		struct entry entry = { .p = p, .spec = &spec[i], .to = &items[i] };
		try(plan_entry(&entry, error));
		plan->cargo += trees(&items[i]);
	}
	choose_views(items, mounts->count);
	plan->items = items;
	plan->count = mounts->count;
	if (p->request->readiness)
		add_readiness(p, &items[plan->count]);
	return 0;
}
