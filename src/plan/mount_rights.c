/* What a user namespace may mount: file systems that show a namespace ask for rights in that one (user_namespaces(7)). */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

#define COVERED ": something covers a part of the one that is mounted where the runtime runs, and a new one would show it"
#define ELSEWHERE " namespace belongs to another user namespace than the container's"

static const struct { const char *type; enum plan_ns shows; const char *others, *own; } views[] = {
	{ "proc", PLAN_NS_PID, ": the pid" ELSEWHERE, COVERED },
	{ "sysfs", PLAN_NS_NETWORK, ": the network" ELSEWHERE, COVERED },
	{ "mqueue", PLAN_NS_IPC, ": the ipc" ELSEWHERE, "" },
};

static bool is_for_all(const char *type)
{
	static const char *const types[] = { "tmpfs", "ramfs", "devpts", "fuse" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

const char *mount_why_refused(const struct planning *p, const char *type)
{
	const char *why = ": only root of the host may mount this type, whose mounts can be bound";

	if (!p->plan->in_user_namespace || is_for_all(type))
		return NULL;
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (!strcmp(type, views[i].type))
			why = p->plan->namespaces.of[views[i].shows].mode == NS_NEW ? views[i].own : views[i].others;
	return arena_string(p->arena, why);
}

/* Where both are joined, the kernel alone knows whose the one is. */
bool mount_may_show_network(const struct planning *p)
{
	const struct plan_namespace *of = p->plan->namespaces.of;

	if (!p->plan->in_user_namespace || of[PLAN_NS_NETWORK].mode == NS_NEW)
		return true;
	if (of[PLAN_NS_NETWORK].mode == NS_JOIN)
		return of[PLAN_NS_USER].mode != NS_NEW;
	return of[PLAN_NS_USER].mode == NS_INHERIT && p->host->owns_network;
}
