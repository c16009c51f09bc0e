/* The root, the mounts and what belongs to them as lines for `explain`. */
#include <string.h>
#include <sys/stat.h>
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

static const struct { uint64_t flag; const char *set, *clear; } attributes[] = {
	{ ABI_MOUNT_ATTR_RDONLY, "ro", "rw" },             { ABI_MOUNT_ATTR_NOSUID, "nosuid", "suid" },
	{ ABI_MOUNT_ATTR_NODEV, "nodev", "dev" },          { ABI_MOUNT_ATTR_NOEXEC, "noexec", "exec" },
	{ ABI_MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime" }, { ABI_MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow" },
};

static const struct { uint64_t flag; const char *name; } propagations[] = {
	{ ABI_MS_PRIVATE, "private" }, { ABI_MS_SLAVE, "slave" }, { ABI_MS_SHARED, "shared" }, { ABI_MS_UNBINDABLE, "unbindable" },
};

/* Words with commas between them. */
struct words {
	struct text *out;
	const char *before;  /* what stands before the first one */
	bool any;
};

static void begin_word(struct words *w)
{
	text_add(w->out, w->any ? "," : w->before);
	w->any = true;
}

static void add_word(struct words *w, const char *prefix, const char *word)
{
	begin_word(w);
	text_add(w->out, prefix);
	text_add(w->out, word);
}

static void add_attributes(struct words *w, const char *prefix, uint64_t set, uint64_t clear)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (set & attributes[i].flag)
			add_word(w, prefix, attributes[i].set);
		if (clear & attributes[i].flag)
			add_word(w, prefix, attributes[i].clear);
	}
	if (set & ABI_MOUNT_ATTR_NOATIME)
		add_word(w, prefix, "noatime");
	else if (set & ABI_MOUNT_ATTR_STRICTATIME)
		add_word(w, prefix, "strictatime");
	else if (clear & ABI_MOUNT_ATTR__ATIME)
		add_word(w, prefix, "relatime");
}

static const char *propagation_name(uint64_t flag)
{
	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++)
		if (propagations[i].flag == flag)
			return propagations[i].name;
	return "?";
}

static void add_params(struct text *out, const struct mount_param *params, size_t count)
{
	struct words w = { .out = out, .before = "   " };

	for (size_t i = 0; i < count; i++) {
		begin_word(&w);
		text_add_visible(out, params[i].key);
		if (params[i].value) {
			text_add_char(out, '=');
			text_add_visible(out, params[i].value);
		}
	}
}

static void add_overlay(struct text *out, const char *indent, const struct plan_overlay *overlay)
{
	for (size_t i = 0; i < overlay->lower_count; i++) {
		text_printf(out, "%slower ", indent);
		text_add_visible(out, overlay->lower[i]);
		text_add_char(out, '\n');
	}
	if (overlay->ephemeral)
		text_printf(out, "%supper on a tmpfs that vanishes with the container\n", indent);
	if (overlay->upper) {
		text_printf(out, "%supper ", indent);
		text_add_visible(out, overlay->upper);
		text_printf(out, "\n%swork  ", indent);
		text_add_visible(out, overlay->work);
		text_add_char(out, '\n');
	}
}

void show_root(const struct plan *plan, struct text *out)
{
	const struct plan_root *root = &plan->root;

	text_add(out, "  ");
	text_add_visible(out, root->path);
	text_add(out, root->overlay ? "   overlay" : "");
	text_add(out, root->readonly ? "   read-only" : "");
	text_add(out, root->pivot ? "   pivot_root" : "   chroot");
	if (root->bound)
		text_printf(out, "   %s%s", root->propagation_recursive ? "r" : "", propagation_name(root->propagation));
	text_add_char(out, '\n');
	if (root->overlay)
		add_overlay(out, "    ", root->overlay);
}

static void add_tree(struct text *out, const struct plan_mount *m)
{
	switch (m->tree) {
	case TREE_NONE:
		break;
	case TREE_BIND:
		text_add(out, m->recursive ? "rbind " : "bind ");
		text_add_visible(out, m->source);
		break;
	case TREE_OVERLAY:
		text_add(out, "overlay");
		break;
	case TREE_CGROUP:
		text_add(out, "cgroup");
		break;
	case TREE_READINESS:
		text_add(out, "the directory for NOTIFY_SOCKET");
		break;
	}
}

static void add_source(struct text *out, const struct plan_mount *m)
{
	switch (m->kind) {
	case MOUNT_FILESYSTEM:
		text_add_visible(out, m->type);
		break;
	case MOUNT_REMOUNT:
		text_add(out, "remount");
		break;
	case MOUNT_CGROUP_V1:
		text_add(out, "cgroup (legacy)");
		break;
	case MOUNT_TREE:
		add_tree(out, m);
		break;
	}
}

static void add_propagation(struct words *w, const struct plan_mount *m)
{
	for (size_t i = 0; i < m->propagation_count; i++)
		add_word(w, m->propagation[i].recursive ? "r" : "", propagation_name(m->propagation[i].flag));
}

static void show_mount(const struct plan_mount *m, const char *indent, struct text *out)
{
	struct words w = { .out = out, .before = "   " };

	text_add(out, indent);
	text_add_visible(out, m->target);
	text_add(out, "   ");
	add_source(out, m);
	add_attributes(&w, "", m->attr_set, m->attr_clear);
	add_attributes(&w, "r", m->recursive_set, m->recursive_clear);
	add_propagation(&w, m);
	if (m->id_map)
		add_word(&w, m->id_map->recursive ? "r" : "", m->id_map_container ? "idmap (the container's)" : "idmap");
	if (m->copy_up)
		add_word(&w, "", "tmpcopyup");
	add_params(out, m->params, m->param_count);
	text_add_char(out, '\n');
	if (m->overlay)
		add_overlay(out, "    ", m->overlay);
	for (size_t i = 0; i < m->inside_count; i++)
		show_mount(&m->inside[i], "    ", out);
}

void show_mounts(const struct plan *plan, struct text *out)
{
	for (size_t i = 0; i < plan->mounts.count; i++)
		show_mount(&plan->mounts.items[i], "  ", out);
}

static void show_device(const struct plan_device *device, struct text *out)
{
	text_add(out, "  ");
	text_add_visible(out, device->path);
	if (S_ISFIFO(device->mode))
		text_add(out, "   p");
	else
		text_printf(out, "   %c %u:%u", S_ISBLK(device->mode) ? 'b' : 'c', device->major, device->minor);
	if (device->bind)
		text_add(out, "   bind of the host's node\n");
	else
		text_printf(out, "   %04o   %u:%u\n", device->mode & 07777, device->uid, device->gid);
}

void show_devices(const struct plan *plan, struct text *out)
{
	for (size_t i = 0; i < plan->mounts.device_count; i++)
		show_device(&plan->mounts.devices[i], out);
	for (size_t i = 0; i < plan->mounts.link_count; i++)
		text_printf(out, "  %s -> %s\n", plan->mounts.links[i].path, plan->mounts.links[i].target);
}

static void show_list(const char *const *list, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		text_add(out, "  ");
		text_add_visible(out, list[i]);
		text_add_char(out, '\n');
	}
}

void show_masked(const struct plan *plan, struct text *out)
{
	show_list(plan->mounts.masked, plan->mounts.masked_count, out);
}

void show_readonly(const struct plan *plan, struct text *out)
{
	show_list(plan->mounts.readonly, plan->mounts.readonly_count, out);
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (plan->mounts.items[i].readonly_late) {
			text_add(out, "  ");
			text_add_visible(out, plan->mounts.items[i].target);
			text_add(out, "   (the mount)\n");
		}
	if (plan->root.readonly)
		text_add(out, "  /   (the root)\n");
}

void show_sysctl(const struct plan *plan, struct text *out)
{
	for (size_t i = 0; i < plan->sysctl_count; i++) {
		text_add(out, "  ");
		text_add_visible(out, plan->sysctls[i].path);
		text_add(out, " = ");
		text_add_visible(out, plan->sysctls[i].value);
		text_add_char(out, '\n');
	}
}
