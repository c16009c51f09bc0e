/* /proc/PID/status of a process compared with the plan: ids, groups, capability sets, no_new_privs, umask, signals, filters (debug
 * builds). */
#include <string.h>
#include "base/number.h"
#include "base/read_back.h"
#include "run/read_back_parts.h"

#define ALL_CAPS ((UINT64_C(1) << (ABI_CAP_LAST + 1)) - 1)
#define GROUPS_MOST 1024

bool status_value(const char *text, const char *key, char *to, size_t size)
{
	size_t length = strlen(key);

	for (; text && *text; text = strchr(text, '\n'), text += text != NULL) {
		if (strncmp(text, key, length) != 0 || text[length] != ':')
			continue;
		text += length + 1;
		text += strspn(text, " \t");
		format(to, size, "%.*s", (int)strcspn(text, "\n"), text);
		return true;
	}
	return false;
}

static uint64_t hexadecimal(const char *text)
{
	uint64_t value = 0;

	for (; *text && *text != '\n'; text++)
		value = value << 4 | (uint64_t)(*text <= '9' ? *text - '0' : (*text | 0x20) - 'a' + 10);
	return value;
}

static bool next_number(const char **at, uint64_t *to)
{
	char digits[24];

	*at += strspn(*at, " \t\n");
	size_t length = strspn(*at, "0123456789");
	format(digits, sizeof(digits), "%.*s", (int)length, *at);
	*at += length;
	return length && number_u64(digits, to) == 0;
}

/* ---- ids: procfs tells ours, the plan has the container's ---- */

struct map { struct { uint64_t inside, outside, count; } lines[340]; size_t count; };

static int read_map(const struct read_back *b, const char *name, struct map *map)
{
	ssize_t n = read_back_file(b, b->pid, name);
	const char *at = b->room;

	map->count = 0;
	while (n > 0 && map->count < 340 && next_number(&at, &map->lines[map->count].inside) &&
	       next_number(&at, &map->lines[map->count].outside) && next_number(&at, &map->lines[map->count].count))
		map->count++;
	return n < 0 ? (int)n : 0;
}

/* UINT64_MAX: none, which no id is. */
static uint64_t outside(const struct map *map, uint64_t id)
{
	for (size_t i = 0; i < map->count; i++)
		if (id >= map->lines[i].inside && id - map->lines[i].inside < map->lines[i].count)
			return map->lines[i].outside + (id - map->lines[i].inside);
	return UINT64_MAX;
}

static int compare_ids(const char *text, const char *what, uint64_t asked, struct error *error)
{
	static const char *const names[] = { "real", "effective", "saved", "file system" };
	char field[60];
	uint64_t found;

	for (int i = 0; i < 4; i++) {
		format(field, sizeof(field), "%s %s, as the runtime sees it", names[i], what);
		if (!next_number(&text, &found))
			return read_back_differs(error, field, "a number", text);
		try(read_back_number(error, field, asked, found));
	}
	return 0;
}

static bool has(const uint64_t *list, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* As sets; longer lists by their length alone. A namespace that denies setgroups(2) keeps what there is. */
static int compare_groups(const struct read_back *b, const char *text, const struct map *map, struct error *error)
{
	const struct plan_process *process = &b->plan->process;
	uint64_t found[GROUPS_MOST], one;
	size_t count = 0;

	for (; next_number(&text, &one); count++)
		if (count < GROUPS_MOST)
			found[count] = one;
	if (process->group_count == 0 && b->plan->in_user_namespace && count)
		return 0;
	for (size_t i = 0; i < process->group_count && count <= GROUPS_MOST; i++)
		if (!has(found, count, outside(map, process->groups[i])))
			return fail(error, 0, "read back: additional groups: asked for %u, found without it", process->groups[i]);
	for (size_t i = 0; i < count && count <= GROUPS_MOST; i++) {
		bool asked = false;
		for (size_t k = 0; k < process->group_count; k++)
			asked = asked || outside(map, process->groups[k]) == found[i];
		if (!asked)
			return read_back_number(error, "additional groups, as the runtime sees them", UINT64_MAX, found[i]);
	}
	return count > GROUPS_MOST ? read_back_number(error, "number of additional groups", process->group_count, count) : 0;
}

/* The kernel's text of one line, which must be there. */
static int line_of(const char *status, const char *key, char *to, size_t size, struct error *error)
{
	return status_value(status, key, to, size) ? 0 : fail(error, 0, "read back: %s: /proc/PID/status does not tell", key);
}

/* The maps are read first: they take the room that the status is then in. */
static int compare_user(const struct read_back *b, struct error *error)
{
	static struct map uids, gids;
	static char groups[GROUPS_MOST * 11];
	char ids[80];

	int r = read_map(b, "uid_map", &uids);
	if (r == 0)
		r = read_map(b, "gid_map", &gids);
	if (r == 0)
		r = (int)read_back_file(b, b->pid, "status");
	if (r < 0)
		return read_back_unreadable(error, "ids", -r);
	try(line_of(b->room, "Uid", ids, sizeof(ids), error));
	try(compare_ids(ids, "uid", outside(&uids, b->plan->process.uid), error));
	try(line_of(b->room, "Gid", ids, sizeof(ids), error));
	try(compare_ids(ids, "gid", outside(&gids, b->plan->process.gid), error));
	return status_value(b->room, "Groups", groups, sizeof(groups)) ? compare_groups(b, groups, &gids, error) : 0;
}

/* ---- capabilities ---- */

/* A new user namespace gives all of them back, and so does one that is entered; else what we have not the process has not. */
static uint64_t bound(const struct read_back *b, const char *own)
{
	char text[40];
	uint64_t asked = b->plan->process.caps.bounding;

	if (b->plan->namespaces.of[PLAN_NS_USER].mode != NS_INHERIT || !status_value(own, "CapBnd", text, sizeof(text)))
		return asked;
	return asked & hexadecimal(text);
}

/* After the exec the permitted and effective sets are the file's and the user's business; the others do not grow. */
static int compare_caps(const struct read_back *b, const char *status, const char *own, enum read_back_when when, struct error *error)
{
	const struct plan_capabilities *caps = &b->plan->process.caps;
	const struct { const char *key, *name; uint64_t asked; bool stays; } sets[] = {
		{ "CapBnd", "bounding capabilities", bound(b, own), true },
		{ "CapInh", "inheritable capabilities", caps->inheritable, true },
		{ "CapPrm", "permitted capabilities", caps->permitted, false },
		{ "CapEff", "effective capabilities", caps->effective, false },
		{ "CapAmb", "ambient capabilities", caps->ambient, false },
	};
	char text[40];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (when == AFTER_EXEC && !sets[i].stays)
			continue;
		try(line_of(status, sets[i].key, text, sizeof(text), error));
		try(read_back_number(error, sets[i].name, sets[i].asked & ALL_CAPS, hexadecimal(text) & ALL_CAPS));
	}
	return 0;
}

/* ---- the rest ---- */

static uint64_t number_of(const char *status, const char *key)
{
	char text[40];
	uint64_t value = 0;

	if (status_value(status, key, text, sizeof(text)))
		number_u64(text, &value);
	return value;
}

static int compare_umask(const struct plan *plan, const char *status, struct error *error)
{
	char found[16], asked[16];

	try(line_of(status, "Umask", found, sizeof(found), error));
	format(asked, sizeof(asked), "%04o", plan->process.umask & 07777);
	return read_back_text(error, "umask", asked, found);
}

static int compare_signals(const char *status, struct error *error)
{
	static const char *const keys[] = { "SigBlk", "SigIgn", "SigCgt" };
	char text[40], field[40];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		try(line_of(status, keys[i], text, sizeof(text), error));
		format(field, sizeof(field), "signals (%s)", keys[i]);
		try(read_back_number(error, field, 0, hexadecimal(text)));
	}
	return 0;
}

/* What we are under ourselves the process is under as well. */
static int compare_filters(const struct plan *plan, const char *status, const char *own, enum read_back_when when, struct error *error)
{
	bool loaded = plan->seccomp && plan->has_process && (when == AFTER_EXEC || plan->seccomp->early);

	try(read_back_number(error, "number of seccomp filters", number_of(own, "Seccomp_filters") + loaded,
			     number_of(status, "Seccomp_filters")));
	return loaded ? read_back_number(error, "seccomp mode", 2, number_of(status, "Seccomp")) : 0;
}

int read_back_status(const struct read_back *b, enum read_back_when when, struct error *error)
{
	static char own[16384];
	const struct plan_process *process = &b->plan->process;

	if (when == BEFORE_EXEC)
		try(compare_user(b, error));
	ssize_t n = read_back_file(b, 0, "status");
	if (n < 0)
		return read_back_unreadable(error, "our own status", (int)-n);
	format(own, sizeof(own), "%s", b->room);
	n = read_back_file(b, b->pid, "status");
	if (n < 0)
		return read_back_unreadable(error, "status", (int)-n);
	try(compare_caps(b, b->room, own, when, error));
	uint64_t no_new_privs = process->no_new_privileges || number_of(own, "NoNewPrivs");
	try(read_back_number(error, "no_new_privs", no_new_privs, number_of(b->room, "NoNewPrivs")));
	try(compare_umask(b->plan, b->room, error));
	try(compare_signals(b->room, error));
	return compare_filters(b->plan, b->room, own, when, error);
}
