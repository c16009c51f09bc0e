/* Which namespaces are made, joined or shared with the host; their id maps, clock offsets and names. */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"

/* user_namespaces(7): since Linux 4.15; and one write(2) of less than a page. */
#define ID_MAP_LINES_MOST 340
#if defined(__x86_64__)
#define ID_MAP_TEXT_MOST 4095
#else
#define ID_MAP_TEXT_MOST 65535
#endif

static const struct { uint64_t flag; const char *name; } kinds[PLAN_NS_TYPES] = {
	[PLAN_NS_USER] = { ABI_CLONE_NEWUSER, "user" },       [PLAN_NS_MOUNT] = { ABI_CLONE_NEWNS, "mount" },
	[PLAN_NS_PID] = { ABI_CLONE_NEWPID, "pid" },          [PLAN_NS_NETWORK] = { ABI_CLONE_NEWNET, "network" },
	[PLAN_NS_IPC] = { ABI_CLONE_NEWIPC, "ipc" },          [PLAN_NS_UTS] = { ABI_CLONE_NEWUTS, "uts" },
	[PLAN_NS_CGROUP] = { ABI_CLONE_NEWCGROUP, "cgroup" }, [PLAN_NS_TIME] = { ABI_CLONE_NEWTIME, "time" },
};
_Static_assert((int)PLAN_NS_TIME == (int)NS_TIME && (int)PLAN_NS_UTS == (int)NS_UTS, "one order of namespaces everywhere");

/* The ranges themselves were checked by spec (rule B.10). */
const char *plan_id_map_text(struct planning *p, const struct json_objects *mappings, const char *what, struct error *error)
{
	struct text text = text_in(p->arena);
	const struct spec_id_mapping *first = mappings->items;

	if (mappings->count > ID_MAP_LINES_MOST) {
		fail_at(error, &first->at, 0, "%s has %u lines, the kernel takes at most %d", what, mappings->count, ID_MAP_LINES_MOST);
		return NULL;
	}
	JSON_EACH(struct spec_id_mapping, m, mappings)
		text_printf(&text, "%u %u %u\n", m->container_id, m->host_id, m->size);
	if (text.length <= ID_MAP_TEXT_MOST)
		return text.data ? text.data : "";
	fail_at(error, &first->at, 0, "%s, as lines of text, has %zu bytes, and the kernel takes at most %d: use fewer ranges", what,
		text.length, ID_MAP_TEXT_MOST);
	return NULL;
}

uint32_t plan_map_id(const struct json_objects *mappings, uint32_t container_id)
{
	JSON_EACH(struct spec_id_mapping, m, mappings)
		if (container_id >= m->container_id && container_id - m->container_id < m->size)
			return m->host_id + (container_id - m->container_id);
	return (uint32_t)-1;
}

/* Who sets the container up is its root. Where 0 is not mapped, an id must stand in that is: no other can own a file. */
static uint32_t setup_id(const struct json_objects *mappings)
{
	const struct spec_id_mapping *first = mappings->items;
	return plan_map_id(mappings, 0) != (uint32_t)-1 ? 0 : first->container_id;
}

/* Init maps the arena alone: the texts in a place are the reader's, and for the runtime's errors. */
static const struct place *places_of(struct planning *p, const struct json_objects *mappings)
{
	struct place *places = arena_array(p->arena, struct place, mappings->count);
	size_t count = 0;

	JSON_EACH(struct spec_id_mapping, m, mappings)
		places[count++] = m->at;
	return places;
}

static bool is_only(const struct json_objects *mappings, uint32_t id)
{
	const struct spec_id_mapping *first = mappings->items;
	return mappings->count == 1 && first->size == 1 && first->host_id == id;
}

static int plan_maps(struct planning *p, struct error *error)
{
	const struct spec_linux *linux_ = p->spec->linux_;
	struct plan_namespaces *n = &p->plan->namespaces;
	const struct plan_namespace *user = &n->of[PLAN_NS_USER];
	bool given = linux_->uid_mappings.count || linux_->gid_mappings.count;

	n->root_uid = p->host->euid;
	n->root_gid = p->host->egid;
	if (user->mode == NS_INHERIT) {
		const struct spec_id_mapping *first = linux_->uid_mappings.count ? linux_->uid_mappings.items : linux_->gid_mappings.items;
		return given ? fail_at(error, &first->at, 0,
				       "uidMappings and gidMappings need a user namespace, and linux.namespaces has none")
			     : 0;
	}
	if (user->mode == NS_NEW && (!linux_->uid_mappings.count || !linux_->gid_mappings.count))
		return fail_at(error, &user->at, 0, "a new user namespace needs both uidMappings and gidMappings");
	if (!given)
		return 0;
	if (!linux_->uid_mappings.count || !linux_->gid_mappings.count)
		return fail_at(error, &user->at, 0, "of a joined user namespace both uidMappings and gidMappings are named, or none");
	n->uid_map = plan_id_map_text(p, &linux_->uid_mappings, "uidMappings", error);
	n->gid_map = n->uid_map ? plan_id_map_text(p, &linux_->gid_mappings, "gidMappings", error) : NULL;
	if (!n->gid_map)
		return -1;
	n->uid_map_at = places_of(p, &linux_->uid_mappings);
	n->gid_map_at = places_of(p, &linux_->gid_mappings);
	n->deny_setgroups = n->ahead && !p->host->sets_ids && is_only(&linux_->gid_mappings, p->host->egid);
	n->setup_uid = setup_id(&linux_->uid_mappings);
	n->setup_gid = setup_id(&linux_->gid_mappings);
	n->root_uid = plan_map_id(&linux_->uid_mappings, n->setup_uid);
	n->root_gid = plan_map_id(&linux_->gid_mappings, n->setup_gid);
	return 0;
}

/* One line a clock, in the form of time_namespaces(7). */
static void offset_line(struct text *text, const char *clock, const struct spec_time_offset *offset)
{
	if (offset)
		text_printf(text, "%s %lld %u\n", clock, (long long)(offset->secs ? *offset->secs : 0),
			    offset->nanosecs ? *offset->nanosecs : 0);
}

static int plan_time(struct planning *p, struct error *error)
{
	const struct spec_time_offsets *offsets = p->spec->linux_->time_offsets;
	struct plan_namespaces *n = &p->plan->namespaces;
	struct text text = text_in(p->arena);

	n->unshare_time = n->of[PLAN_NS_TIME].mode == NS_NEW;
	if (!offsets)
		return 0;
	if (!n->unshare_time)
		return fail_at(error, &offsets->at, 0, "timeOffsets need a new time namespace in linux.namespaces");
	offset_line(&text, "monotonic", offsets->monotonic);
	offset_line(&text, "boottime", offsets->boottime);
	n->time_offsets = text.data;
	n->time_offsets_at = offsets->at;
	n->offsets_by_host = n->time_offsets && (n->user_late || n->of[PLAN_NS_USER].mode == NS_JOIN);
	return n->offsets_by_host && p->host->unprivileged
		       ? fail_at(error, &offsets->at, 0, "an ordinary user cannot set clocks in a user namespace that is joined")
		       : 0;
}

/* Engines in Go write members that were never given as empty ones. */
static const char *if_any(const char *text)
{
	return text && *text ? text : NULL;
}

static int plan_names(struct planning *p, struct error *error)
{
	struct plan_namespaces *n = &p->plan->namespaces;
	const struct spec *spec = p->spec;

	n->hostname = if_any(spec->hostname);
	n->domainname = if_any(spec->domainname);
	if (n->of[PLAN_NS_UTS].mode == NS_INHERIT && n->hostname)
		return fail_at(error, &spec->hostname_at, 0, "unable to set hostname without a private UTS namespace");
	if (n->of[PLAN_NS_UTS].mode == NS_INHERIT && n->domainname)
		return fail_at(error, &spec->domainname_at, 0, "unable to set domainname without a private UTS namespace");
	if (n->hostname && strlen(n->hostname) > 64)
		return fail_at(error, &spec->hostname_at, 0, "a hostname has at most 64 bytes");
	if (n->domainname && strlen(n->domainname) > 64)
		return fail_at(error, &spec->domainname_at, 0, "a domainname has at most 64 bytes");
	n->loopback = n->of[PLAN_NS_NETWORK].mode == NS_NEW;
	return 0;
}

/* Those that are joined belong to another user namespace than a new one, which has no rights in them: it has to wait for the joins. But
 * not for an ordinary user's, who has rights nowhere else (rule B.11). */
static bool user_is_late(const struct planning *p)
{
	const struct plan_namespaces *n = &p->plan->namespaces;
	bool joins = false;

	for (int i = 0; i < PLAN_NS_TYPES; i++)
		joins = joins || (n->of[i].mode == NS_JOIN && i != PLAN_NS_PID);
	return joins && n->of[PLAN_NS_USER].mode == NS_NEW && !p->host->unprivileged;
}

/* When each new namespace is made: by clone3 where that is right, else by init (cgroup: once it is in its cgroup; time: its
 * offsets are written before anyone is in it; all: after a user namespace that clone3 does not make, so that it owns them). */
static void plan_moments(const struct planning *p, struct plan_namespaces *n)
{
	uint64_t fresh = 0;
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		if (n->of[i].mode == NS_NEW && i != PLAN_NS_CGROUP && i != PLAN_NS_TIME)
			fresh |= n->of[i].flag;
	n->unshare_cgroup = n->of[PLAN_NS_CGROUP].mode == NS_NEW;
	n->user_late = user_is_late(p);
	if (n->born_ahead)
		n->at_birth = fresh & ~ABI_CLONE_NEWUSER;
	else if (n->user_late || n->of[PLAN_NS_USER].mode == NS_JOIN)
		n->after_user = fresh & ~ABI_CLONE_NEWUSER;
	else
		n->at_birth = fresh;
	/* The root of its message queues belongs to whoever makes it: not before he is root. */
	if (n->born_ahead || n->at_birth & ABI_CLONE_NEWUSER) {
		n->after_user = n->at_birth & ABI_CLONE_NEWIPC;
		n->at_birth &= ~ABI_CLONE_NEWIPC;
	}
	/* With rights that do not depend on who its owner is. */
	n->network_beside = n->at_birth & ABI_CLONE_NEWNET && !(n->at_birth & ABI_CLONE_NEWUSER) && !p->host->unprivileged &&
			    !p->host->in_user_namespace && p->host->cpus > 1;
}

/* Whoever has no rights outside gets them in a user namespace of his own, and nowhere else. */
static int plan_ahead(struct planning *p, struct error *error)
{
	struct plan_namespaces *n = &p->plan->namespaces;

	n->ahead = p->host->unprivileged && n->of[PLAN_NS_USER].mode != NS_INHERIT;
	n->born_ahead = n->ahead && n->of[PLAN_NS_USER].mode == NS_NEW;
	if (!p->host->unprivileged || n->ahead)
		return 0;
	return fail(error, 0, "rootless container requires user namespaces: without CAP_SYS_ADMIN there must be one in linux.namespaces "
		    "('caisson spec --rootless' writes such a configuration)");
}

/* What a new user namespace can never do with namespaces that are not its own. */
static int check_rights(const struct plan_namespaces *n, struct error *error)
{
	const struct plan_namespace *mount = &n->of[PLAN_NS_MOUNT];

	if (n->of[PLAN_NS_USER].mode != NS_NEW || mount->mode != NS_JOIN)
		return 0;
	return fail_at(error, &mount->at, 0, "a new user namespace may not mount in a mount namespace that is joined: join its user "
		       "namespace as well, or make both");
}

/* The names are copied: init maps the arena, not our constants. */
static void inherit_all(struct planning *p)
{
	for (int i = 0; i < PLAN_NS_TYPES; i++)
		p->plan->namespaces.of[i] = (struct plan_namespace){
			.mode = NS_INHERIT, .flag = kinds[i].flag, .name = arena_string(p->arena, kinds[i].name), .fd = -1,
		};
}

/* Whatever the container was given of its own, or joined itself. */
void plan_entered(struct planning *p)
{
	struct plan_namespaces *n = &p->plan->namespaces;

	inherit_all(p);
	JSON_EACH(struct spec_namespace, s, &p->spec->linux_->namespaces) {
		n->of[s->type].mode = NS_JOIN;
		n->of[s->type].at = s->at;
	}
	p->plan->in_user_namespace = n->of[PLAN_NS_USER].mode != NS_INHERIT || p->host->in_user_namespace;
}

int plan_namespaces(struct planning *p, struct error *error)
{
	struct plan_namespaces *n = &p->plan->namespaces;

	inherit_all(p);
	JSON_EACH(struct spec_namespace, s, &p->spec->linux_->namespaces) {
		n->of[s->type].mode = s->path ? NS_JOIN : NS_NEW;
		n->of[s->type].path = s->path;
		n->of[s->type].at = s->at;
	}
	try(plan_ahead(p, error));
	try(check_rights(n, error));
	plan_moments(p, n);
	p->plan->in_user_namespace = n->of[PLAN_NS_USER].mode != NS_INHERIT || p->host->in_user_namespace;
	try(plan_maps(p, error));
	try(plan_time(p, error));
	return plan_names(p, error);
}
