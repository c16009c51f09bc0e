/* Mounts of type cgroup: the container's own directories, never made anew (a fresh cgroup2 mount outside a cgroup namespace waits
 * for an RCU grace period, 10 ms), always clones of the host's mounts. */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

static const struct plan_cgroup_directory *v2_directory(const struct plan_cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->directory_count; i++)
		if (cgroup->directories[i].v2)
			return &cgroup->directories[i];
	return NULL;
}

static void as_tree(const struct plan_cgroup *cgroup, const struct plan_cgroup_directory *directory, struct plan_mount *mount)
{
	mount->kind = MOUNT_TREE;
	mount->tree = TREE_CGROUP;
	mount->cgroup = (unsigned)(directory - cgroup->directories);
}

/* "cpu,cpuacct" is one hierarchy with three names. */
static size_t add_links(struct planning *p, const char *label, struct plan_link *links)
{
	size_t count = 0;

	if (!strchr(label, ','))
		return 0;
	while (*label) {
		size_t length = strcspn(label, ",");
		links[count++] = (struct plan_link){ .path = arena_copy(p->arena, label, length) };
		label += length + (label[length] == ',');
	}
	return count;
}

static size_t names_in(const char *label)
{
	size_t count = 1;
	for (; *label; label++)
		count += *label == ',';
	return count;
}

/* Legacy hierarchies: a tmpfs with a directory for each. Read-only unless "rw" is said (contract 14.7). */
static void as_legacy(struct planning *p, const struct mount_options *options, struct plan_mount *mount)
{
	const struct plan_cgroup *cgroup = &p->plan->cgroup;
	struct plan_mount *inside = arena_array(p->arena, struct plan_mount, cgroup->directory_count);
	size_t room = 0, links = 0;

	mount->attr_clear = 0;
	if (!options->writable)
		mount->attr_set |= ABI_MOUNT_ATTR_RDONLY;
	for (size_t i = 0; i < cgroup->directory_count; i++)
		room += names_in(cgroup->directories[i].label ? cgroup->directories[i].label : "");
	struct plan_link *link = arena_array(p->arena, struct plan_link, room);
	for (size_t i = 0; i < cgroup->directory_count; i++) {
		const struct plan_cgroup_directory *directory = &cgroup->directories[i];
		const char *label = arena_string(p->arena, directory->label ? directory->label : "unified");
		inside[i] = (struct plan_mount){ .at = mount->at, .target = label };
		inside[i].attr_set = mount->attr_set;
		inside[i].attr_clear = options->clear;
		as_tree(cgroup, directory, &inside[i]);
		for (size_t end = links + add_links(p, label, link + links); links < end; links++)
			link[links].target = label;
	}
	mount->kind = MOUNT_CGROUP_V1;
	mount->type = mount->source = arena_string(p->arena, "tmpfs");
	mount->inside = inside;
	mount->inside_count = cgroup->directory_count;
	mount->links = link;
	mount->link_count = links;
}

/* The container has no cgroup, by request or because its user may make none: nothing of the caller's is shown in its place. */
static void as_nothing(struct planning *p, struct plan_mount *mount)
{
	mount->kind = MOUNT_FILESYSTEM;
	mount->type = mount->source = arena_string(p->arena, "tmpfs");
	mount->attr_set |= ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC;
	mount->attr_clear = 0;
}

int plan_cgroup_mount(struct planning *p, const struct spec_mount *spec, const struct mount_options *options,
		      struct plan_mount *mount, struct error *error)
{
	const struct plan_cgroup *cgroup = &p->plan->cgroup;
	const struct plan_cgroup_directory *v2 = v2_directory(cgroup);

	if (options->first_own)
		return fail_at(error, &spec->at, 0, "a cgroup mount has no options of its own: '%s'", options->first_own);
	if (p->request->no_cgroup || (cgroup->rootless && !cgroup->path)) {
		as_nothing(p, mount);
		return 0;
	}
	if (!cgroup->directory_count)
		return fail_at(error, &spec->at, 0, "there is no cgroup to mount at '%s'", spec->destination);
	mount->recursive_set = options->recursive_set;
	mount->recursive_clear = options->recursive_clear;
	if (!strcmp(spec->type, "cgroup2") || p->host->cgroup.layout == CGROUP_UNIFIED) {
		if (!v2)
			return fail_at(error, &spec->at, 0, "this host has no cgroup v2 to mount at '%s'", spec->destination);
		as_tree(cgroup, v2, mount);
		return 0;
	}
	as_legacy(p, options, mount);
	return 0;
}
