/* Device nodes and links: those every container has, and those it asks for. */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "base/arena.h"
#include "plan/mounts.h"

static const struct { const char *path; unsigned major, minor; } defaults[] = {
	{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 }, { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 },
	{ "/dev/tty", 5, 0 },
};
#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

static const struct plan_link default_links[] = {
	{ "/proc/self/fd", "/dev/fd" },        { "/proc/self/fd/0", "/dev/stdin" }, { "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" }, { "pts/ptmx", "/dev/ptmx" },         { "/proc/kcore", "/dev/core" },
};
#define LINKS (sizeof(default_links) / sizeof(default_links[0]))

#define MAJOR_MOST ((1 << 12) - 1)
#define MINOR_MOST ((1 << 20) - 1)

enum dev { DEV_IMAGE, DEV_OURS, DEV_FOREIGN };

/* What lies on /dev in the end: nothing, a fresh tmpfs, or something of the host's (a bind, devtmpfs): there we make nothing. */
static enum dev kind_of_dev(struct planning *p)
{
	const struct plan_mounts *mounts = &p->plan->mounts;
	enum dev kind = DEV_IMAGE;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct plan_mount *m = &mounts->items[i];
		if (m->kind == MOUNT_REMOUNT || strcmp(plan_lexical_path(p, m->target), "/dev") != 0)
			continue;
		bool foreign = (m->kind == MOUNT_TREE && m->tree == TREE_BIND) || (m->type && !strcmp(m->type, "devtmpfs"));
		kind = foreign ? DEV_FOREIGN : m->type && !strcmp(m->type, "tmpfs") ? DEV_OURS : DEV_IMAGE;
	}
	return kind;
}

static int device_type(const struct spec_device *spec, mode_t *type, struct error *error)
{
	if (spec->type && spec->type[0] && !spec->type[1]) {
		switch (spec->type[0]) {
		case 'c':
		case 'u': /* mknod(1): an unbuffered one is a character device */
			*type = S_IFCHR;
			return 0;
		case 'b':
			*type = S_IFBLK;
			return 0;
		case 'p':
			*type = S_IFIFO;
			return 0;
		}
	}
	return fail_at(error, &spec->at, 0, "the device type '%s' is not one of c, b, u, p", spec->type ? spec->type : "");
}

static int device_numbers(const struct spec_device *spec, struct plan_device *to, struct error *error)
{
	if (S_ISFIFO(to->mode))
		return 0;
	if (!spec->major || !spec->minor)
		return fail_at(error, &spec->at, 0, "the device '%s' needs major and minor numbers", to->path);
	if (*spec->major < 0 || *spec->major > MAJOR_MOST || *spec->minor < 0 || *spec->minor > MINOR_MOST)
		return fail_at(error, &spec->at, 0, "the device '%s' has numbers out of range: major is 0 to %d, minor 0 to %d",
			       to->path, MAJOR_MOST, MINOR_MOST);
	to->major = (unsigned)*spec->major;
	to->minor = (unsigned)*spec->minor;
	return 0;
}

static bool has_dots(const char *path)
{
	for (; *path; path++)
		if (path[0] == '/' && path[1] == '.' && path[2] == '.' && (path[3] == '/' || !path[3]))
			return true;
	return false;
}

static int plan_device(struct planning *p, const struct spec_device *spec, struct plan_device *to, struct error *error)
{
	mode_t type = 0;

	if (!spec->path || spec->path[0] != '/')
		return fail_at(error, &spec->at, 0, "the device path '%s' is not absolute", spec->path ? spec->path : "");
	to->at = spec->at;
	to->path = plan_inside_path(p, spec->path);
	if (has_dots(to->path) || !strcmp(to->path, "/") || !strcmp(to->path, "/dev"))
		return fail_at(error, &spec->at, 0, "the device path '%s' is not that of a file below the root", spec->path);
	try(device_type(spec, &type, error));
	/* Some callers put the type into the mode as well; it is the type property that counts. */
	to->mode = type | (spec->file_mode ? *spec->file_mode & 07777 : 0666);
	to->uid = spec->uid ? *spec->uid : 0;
	to->gid = spec->gid ? *spec->gid : 0;
	to->bind = p->plan->in_user_namespace && !S_ISFIFO(to->mode);
	return device_numbers(spec, to, error);
}

static bool same(const struct plan_device *a, const struct plan_device *b)
{
	return a->mode == b->mode && a->major == b->major && a->minor == b->minor && a->uid == b->uid && a->gid == b->gid;
}

/* One path, one device: a configured one takes the place of a default one; said twice it must be the same. */
static int add_device(struct plan_device *list, size_t *count, const struct plan_device *device, struct error *error)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(list[i].path, device->path) != 0)
			continue;
		if (list[i].at.line && !same(&list[i], device))
			return fail_at(error, &device->at, 0, "the device '%s' is already another one at line %u", device->path,
				       list[i].at.line);
		list[i] = *device;
		return 0;
	}
	list[(*count)++] = *device;
	return 0;
}

static int add_configured(struct planning *p, enum dev dev, struct plan_device *list, size_t *count, struct error *error)
{
	JSON_EACH(struct spec_device, spec, &p->spec->linux_->devices) {
		struct plan_device device = { 0 };
		try(plan_device(p, spec, &device, error));
		/* Engines name it among all the host's devices that a privileged container gets: ours is the link into its own devpts. */
		if (!strcmp(device.path, "/dev/ptmx"))
			continue;
		if (dev == DEV_FOREIGN && plan_path_below(device.path, "/dev")) {
			plan_warn(p, &spec->at, "the device '%s' is left to what is mounted on /dev", device.path);
			continue;
		}
		try(add_device(list, count, &device, error));
	}
	return 0;
}

static void plan_links(struct planning *p)
{
	struct plan_mounts *plan = &p->plan->mounts;

	struct plan_link *links = arena_array(p->arena, struct plan_link, LINKS);

	/* In the arena, text and all: init has other constants than we. */
	for (size_t i = 0; i < LINKS; i++)
		links[i] = (struct plan_link){ .target = arena_string(p->arena, default_links[i].target),
					       .path = arena_string(p->arena, default_links[i].path) };
	plan->links = links;
	plan->link_count = p->host->kcore ? LINKS : LINKS - 1;
}

int plan_devices(struct planning *p, struct error *error)
{
	struct plan_mounts *plan = &p->plan->mounts;
	enum dev dev = kind_of_dev(p);
	struct plan_device *list = arena_array(p->arena, struct plan_device, DEFAULTS + p->spec->linux_->devices.count);
	size_t count = 0;

	for (size_t i = 0; dev != DEV_FOREIGN && i < DEFAULTS; i++)
		list[count++] = (struct plan_device){ .path = arena_string(p->arena, defaults[i].path), .mode = S_IFCHR | 0666,
						      .major = defaults[i].major, .minor = defaults[i].minor,
						      .bind = p->plan->in_user_namespace };
	try(add_configured(p, dev, list, &count, error));
	plan->devices = list;
	plan->device_count = count;
	plan->dev_is_ours = dev == DEV_OURS;
	if (dev != DEV_FOREIGN)
		plan_links(p);
	for (size_t i = 0; i < count; i++)
		plan->cargo += list[i].bind;
	if (plan->cargo && !p->plan->root.bound)
		return fail_at(error, &p->plan->root.at, 0,
			       "device nodes in a user namespace are bind mounts and need a mount namespace too");
	return 0;
}
