/* The environment: the configuration's, each name once, the last one wins. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "plan/build.h"
#include "plan/process.h"

/* For a program that is looked for without any PATH (execvp(3) has a default too). */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Names seen so far, as a hash table of the entries themselves: 65536 of them are allowed, too many to look at pairwise. */
struct names {
	const char **slots;
	size_t room; /* a power of two, more than twice what goes in */
};

static bool same_name(const char *a, const char *b)
{
	while (*a == *b && *a != '=')
		a++, b++;
	return *a == '=' && *b == '=';
}

/* Whether the name of "NAME=value" is new. */
static bool add_name(struct names *names, const char *entry)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (const char *c = entry; *c != '='; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	size_t at = (hash ^ hash >> 32) & (names->room - 1);
	for (; names->slots[at]; at = (at + 1) & (names->room - 1))
		if (same_name(names->slots[at], entry))
			return false;
	names->slots[at] = entry;
	return true;
}

static struct names names_for(struct arena *arena, size_t count)
{
	struct names names = { .room = 16 };
	while (names.room <= count * 2)
		names.room *= 2;
	names.slots = arena_array(arena, const char *, names.room);
	return names;
}

static int check_entry(const struct planning *p, const char *entry, struct error *error)
{
	const struct place *at = &p->spec->process->env_at;
	if (!strchr(entry, '='))
		return fail_at(error, at, 0, "invalid environment variable: missing '=': '%s'", entry);
	if (*entry == '=')
		return fail_at(error, at, 0, "invalid environment variable: the name is empty: '%s'", entry);
	return 0;
}

#define OURS_MOST 4

/* What we pass on, so the values are ours and not the configuration's: sockets of socket activation (sd_listen_fds(3)), and where to tell
 * that one is ready (sd_notify(3)). In the arena: init has no other part of our memory. */
static size_t add_ours(const struct planning *p, const char **all, size_t count)
{
	const struct request *request = p->request;

	if (request->listen_fds) {
		all[count++] = arena_printf(p->arena, "LISTEN_FDS=%u", request->listen_fds);
		all[count++] = arena_string(p->arena, "LISTEN_PID=1");
	}
	if (request->listen_fds && request->listen_names)
		all[count++] = arena_printf(p->arena, "LISTEN_FDNAMES=%s", request->listen_names);
	if (p->plan->readiness)
		all[count++] = arena_string(p->arena, "NOTIFY_SOCKET=" PLAN_READINESS_TARGET "/" PLAN_READINESS_SOCKET);
	return count;
}

/* init sees the plan read-only and, under the container's limits, may get no memory any more: so the room is made here, on pages of
 * its own that init takes private, since what else is on a page would then miss what the runtime writes later (a compiled filter).
 * Pages that nobody touches cost nothing. */
static char *home_room(struct arena *arena)
{
	char *room = arena_alloc(arena, (size_t)2 * PLAN_HOME_ROOM);
	room += PLAN_HOME_ROOM - (uintptr_t)room % PLAN_HOME_ROOM;
	memcpy(room, "HOME=/", sizeof("HOME=/"));
	return room;
}

/* Fills the list from its end; what is after that stays NULL. */
static void keep_last(struct planning *p, const char *const *all, size_t count)
{
	struct plan_process *process = &p->plan->process;
	struct names names = names_for(p->arena, count);
	char **kept = arena_array(p->arena, char *, count + 2);
	size_t at = count;

	process->wants_home = true;
	while (count-- > 0) {
		const char *entry = all[count];
		if (!add_name(&names, entry))
			continue;
		if (!strncmp(entry, "PATH=", 5))
			process->path = entry + 5;
		if (!strncmp(entry, "HOME=", 5))
			process->wants_home = !entry[5];
		if (strcmp(entry, "HOME=") != 0) /* an empty one is as good as none */
			kept[--at] = (char *)entry;
	}
	process->env = kept + at;
	while (process->env[process->env_count])
		process->env_count++;
	if (process->wants_home)
		kept[at + process->env_count] = home_room(p->arena);
}

int plan_environment(struct planning *p, struct error *error)
{
	const struct json_strings *env = &p->spec->process->env;
	const char **all = arena_array(p->arena, const char *, env->count + OURS_MOST);
	size_t count = 0;

	for (uint32_t i = 0; i < env->count; i++) {
		try(check_entry(p, env->items[i], error));
		all[count++] = env->items[i];
	}
	count = add_ours(p, all, count);
	p->plan->process.path = arena_string(p->arena, PATH_DEFAULT);
	p->plan->process.env_count = 0;
	keep_last(p, all, count);
	return 0;
}
