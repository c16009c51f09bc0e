/* Whether init needs the host's mount tree: whether it asks for anything there by its name, before the root is the container's. */
#include <string.h>
#include "base/abi.h"
#include "plan/build.h"

/* File systems that come from nowhere: no device, no directory of the host. */
static const char *const from_nowhere[] = { "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup2", "ramfs" };

static bool comes_from_nowhere(const char *type)
{
	for (size_t i = 0; i < sizeof(from_nowhere) / sizeof(from_nowhere[0]); i++)
		if (type && strcmp(type, from_nowhere[i]) == 0)
			return true;
	return false;
}

/* Trees are opened by the runtime. What tmpcopyup copies is found through the host's /proc. */
static bool mounts_do_without(const struct plan_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		const struct plan_mount *m = &mounts->items[i];
		if (m->copy_up || (m->kind == MOUNT_FILESYSTEM && !comes_from_nowhere(m->type)))
			return false;
	}
	return true;
}

/* Those that run before the pivot may enter the mount namespace of the process they are told of (nsenter -t PID -m), and expect the host's
 * files there; in the small one they would find the image's. */
static bool hooks_do_without(const struct plan_hooks *hooks)
{
	return !hooks->count[HOOK_PRESTART] && !hooks->count[HOOK_CREATE_RUNTIME] && !hooks->count[HOOK_CREATE_CONTAINER];
}

/* From here on the search, which looks at no more processes than there are mounts, costs less than they do. */
#define MANY 256

int plan_few_mounts(struct planning *p, struct error *error)
{
	const struct plan *plan = p->plan;
	const struct plan_namespaces *n = &plan->namespaces;
	/* In another user namespace than the host's nobody may enter the kernel's, nor find the way to it. */
	const bool may = n->of[PLAN_NS_USER].mode == NS_INHERIT && !p->host->unprivileged && !p->host->in_user_namespace;

	(void)error;
	if (may && p->host->mounts >= MANY && n->at_birth & ABI_CLONE_NEWNS && plan->root.bound && plan->root.pivot &&
	    mounts_do_without(&plan->mounts) && hooks_do_without(&plan->hooks))
		p->plan->namespaces.few_mounts = p->host->mounts;
	return 0;
}
