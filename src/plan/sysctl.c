/* Kernel parameters: those that belong to a namespace the container does not share with the host (rule B.4.5). */
#include <string.h>
#include "base/arena.h"
#include "plan/build.h"

/* A name that ends with '/' stands for all below it. */
static const struct { const char *name; enum plan_ns ns; } allowed[] = {
	{ "kernel/msgmax", PLAN_NS_IPC },     { "kernel/msgmnb", PLAN_NS_IPC },     { "kernel/msgmni", PLAN_NS_IPC },
	{ "kernel/sem", PLAN_NS_IPC },        { "kernel/shmall", PLAN_NS_IPC },     { "kernel/shmmax", PLAN_NS_IPC },
	{ "kernel/shmmni", PLAN_NS_IPC },     { "kernel/shm_rmid_forced", PLAN_NS_IPC },
	{ "fs/mqueue/", PLAN_NS_IPC },        { "net/", PLAN_NS_NETWORK },          { "user/", PLAN_NS_USER },
	{ "kernel/domainname", PLAN_NS_UTS },
};

/* sysctl.d(5): if the first separator is a '/', dots stand for themselves; else dots separate, and a '/' after one is a dot in a
 * name ("net.ipv4.conf.eth0/1.forwarding"). */
static char *as_path(struct arena *arena, const char *key)
{
	char *path = arena_string(arena, key);
	size_t first = strcspn(path, "./");

	if (path[first] == '.')
		for (char *c = path; *c; c++)
			*c = (char)(*c == '.' ? '/' : *c == '/' ? '.' : *c);
	return path;
}

/* Letters of interfaces may be upper case; everything else that could lead elsewhere is refused. */
static bool is_plain(const char *path)
{
	const char *at = path;

	if (strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/:@") != strlen(path))
		return false;
	for (;;) {
		size_t part = strcspn(at, "/");
		if (part == 0 || (part == 1 && at[0] == '.') || (part == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += part;
		if (!*at)
			return true;
		at++;
	}
}

static bool matches(const char *path, const char *name)
{
	size_t length = strlen(name);
	return name[length - 1] == '/' ? strncmp(path, name, length) == 0 : strcmp(path, name) == 0;
}

static int check(const struct planning *p, const struct json_pair *pair, const char *path, struct error *error)
{
	if (!is_plain(path) || strlen(path) > 255)
		return fail_at(error, &pair->at, 0, "'%.80s' is no name of a sysctl", pair->key);
	if (!strcmp(path, "kernel/hostname"))
		return fail_at(error, &pair->at, 0,
			       "sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field");
	if (!strcmp(path, "kernel/domainname") && p->spec->domainname)
		return fail_at(error, &pair->at, 0,
			       "sysctl \"kernel.domainname\" is not allowed as it conflicts with the OCI \"domainname\" field");
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (!matches(path, allowed[i].name))
			continue;
		const struct plan_namespace *ns = &p->plan->namespaces.of[allowed[i].ns];
		if (ns->mode == NS_INHERIT)
			return fail_at(error, &pair->at, 0,
				       "sysctl \"%s\" is not in a separate kernel namespace: it needs a %s namespace in "
				       "linux.namespaces", pair->key, ns->name);
		return 0;
	}
	return fail_at(error, &pair->at, 0, "sysctl \"%s\" is not in a separate kernel namespace: it would change the host",
		       pair->key);
}

int plan_sysctl(struct planning *p, struct error *error)
{
	const struct json_map *map = &p->spec->linux_->sysctl;
	struct plan_sysctl *list = arena_array(p->arena, struct plan_sysctl, map->count);

	for (uint32_t i = 0; i < map->count; i++) {
		const struct json_pair *pair = &map->items[i];
		const char *path = as_path(p->arena, pair->key);
		try(check(p, pair, path, error));
		/* One write(2) of at most a page: what is longer would be cut (proc_sys_write). */
		if (strlen(pair->value) >= 4096)
			return fail_at(error, &pair->at, 0, "the value of sysctl \"%s\" is longer than a page", pair->key);
		list[i] = (struct plan_sysctl){ .path = path, .value = pair->value, .at = pair->at };
	}
	p->plan->sysctls = list;
	p->plan->sysctl_count = map->count;
	return 0;
}
