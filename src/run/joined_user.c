/* The maps of a joined user namespace, and whether the plan fits them, before anything is made. */
#include "run/joined_user.h"

#include <errno.h>
#include <fcntl.h>
#include "base/arena.h"
#include "run/id_ranges.h"
#include "run/idmap.h"
#include "run/stage.h"

struct maps { char uid[ID_RANGES_TEXT_MOST], gid[ID_RANGES_TEXT_MOST]; };

static int compare(const struct plan_namespaces *n, const struct maps *maps, struct error *error)
{
	const struct plan_namespace *user = &n->of[PLAN_NS_USER];
	const char *differs = !n->uid_map || id_ranges_same(n->uid_map, maps->uid) ? NULL : "uidMappings";

	if (n->gid_map && !id_ranges_same(n->gid_map, maps->gid))
		differs = "gidMappings";
	return differs ? fail_at(error, &user->at, 0, "%s are not those of the joined user namespace '%s'", differs, user->path) : 0;
}

static int check_process(const struct plan_process *process, const struct maps *maps, struct error *error)
{
	const struct place *at = &process->user_at;

	if (id_ranges_find(maps->uid, process->uid) == (uint32_t)-1)
		return fail_at(error, at, 0, "cannot setuid to unmapped uid %u in user namespace", process->uid);
	if (id_ranges_find(maps->gid, process->gid) == (uint32_t)-1)
		return fail_at(error, at, 0, "cannot setgid to unmapped gid %u in user namespace", process->gid);
	for (size_t i = 0; i < process->group_count; i++)
		if (id_ranges_find(maps->gid, process->groups[i]) == (uint32_t)-1)
			return fail_at(error, at, 0, "cannot set the additional group %u: it is not mapped in the user namespace",
				       process->groups[i]);
	return 0;
}

/* Root, or where 0 is not mapped the first id that is. */
static uint32_t setup_id(const char *map, uint32_t *outside)
{
	struct id_range first = { 0, (uint32_t)-1, 0 };

	if (id_ranges_find(map, 0) == (uint32_t)-1)
		id_ranges_next(&map, &first);
	*outside = id_ranges_find(map, (uint32_t)first.inside);
	return (uint32_t)first.inside;
}

int joined_user_check(struct stage *stage, struct error *error)
{
	struct plan_namespaces *n = &stage->plan->namespaces;
	const struct plan_namespace *user = &n->of[PLAN_NS_USER];
	struct maps *maps = arena_new(stage->arena, struct maps);
	int r = idmap_read(stage->procfs, user->fd, maps->uid, maps->gid, sizeof(maps->uid));

	if (r < 0)
		return fail_at(error, &user->at, -r, "cannot enter the user namespace '%s'", user->path);
	if (!*maps->uid || !*maps->gid)
		return fail_at(error, &user->at, 0, "the user namespace '%s' has no id maps yet", user->path);
	try(compare(n, maps, error));
	if (stage->plan->has_process)
		try(check_process(&stage->plan->process, maps, error));
	stage->joined_user = fcntl(user->fd, F_DUPFD_CLOEXEC, 3); /* init takes its own, and closes it */
	if (stage->joined_user < 0)
		return fail(error, errno, "cannot keep the user namespace open");
	n->setup_uid = setup_id(maps->uid, &n->root_uid);
	n->setup_gid = setup_id(maps->gid, &n->root_gid);
	return 0;
}
