/* The namespaces of a process compared with the plan: its own, the joined ones, or ours; and the maps of its user namespace (debug
 * builds). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/number.h"
#include "base/read_back.h"
#include "kern/namespaces.h"
#include "run/read_back_parts.h"

#define LINES_MOST 340 /* the kernel's own limit */

static const char *const files[PLAN_NS_TYPES] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };

/* The namespace to be joined, as its link in /proc would read. False: it is not known any more. */
static bool joined(const struct read_back *b, int i, char *to, size_t size)
{
	const struct plan_namespace *ns = &b->plan->namespaces.of[i];
	char name[16];
	struct stat info;

	format(name, sizeof(name), "ns/%s", files[i]);
	if (b->plan->kind == PLAN_EXEC)
		return b->container && read_back_link(b, b->container, name, to, size) > 0;
	if (ns->own)
		return read_back_link(b, 0, name, to, size) > 0;
	_cleanup_fd int fd = namespace_open(ns->path, ns->flag); /* the one before went with init */
	if (fd < 0 || fstat(fd, &info) < 0)
		return false;
	format(to, size, "%s:[%llu]", files[i], (unsigned long long)info.st_ino);
	return true;
}

static int compare_one(const struct read_back *b, int i, struct error *error)
{
	const struct plan_namespace *ns = &b->plan->namespaces.of[i];
	char name[16], found[64], own[64], asked[64], field[40];

	format(name, sizeof(name), "ns/%s", files[i]);
	format(field, sizeof(field), "%s namespace", files[i]);
	ssize_t n = read_back_link(b, b->pid, name, found, sizeof(found));
	if (n == -EACCES || n == -EPERM || n == -ENOENT) /* an ordinary user's, or a kernel without it */
		return 0;
	if (n < 0 || read_back_link(b, 0, name, own, sizeof(own)) < 0)
		return read_back_unreadable(error, field, n < 0 ? (int)-n : EACCES);
	switch (ns->mode) {
	case NS_INHERIT:
		return read_back_text(error, field, own, found);
	case NS_NEW:
		return strcmp(own, found) == 0 ? read_back_differs(error, field, "another than the runtime's", found) : 0;
	case NS_JOIN:
		return joined(b, i, asked, sizeof(asked)) ? read_back_text(error, field, asked, found) : 0;
	}
	return 0;
}

/* ---- maps ---- */

struct lines { uint64_t of[LINES_MOST][3]; size_t count; };

static void read_lines(const char *text, struct lines *lines)
{
	char digits[24];
	size_t numbers = 0;

	for (; *text && numbers < sizeof(lines->of) / sizeof(lines->of[0][0]); numbers++) {
		text += strspn(text, " \t\n");
		size_t length = strcspn(text, " \t\n");
		format(digits, sizeof(digits), "%.*s", (int)length, text);
		text += length;
		if (number_u64(digits, &lines->of[numbers / 3][numbers % 3]) < 0)
			break;
	}
	lines->count = numbers / 3;
}

static bool has_line(const struct lines *lines, const uint64_t line[3])
{
	for (size_t i = 0; i < lines->count; i++)
		if (memcmp(lines->of[i], line, sizeof(lines->of[i])) == 0)
			return true;
	return false;
}

/* More than five lines come back sorted. */
static int compare_map(const struct read_back *b, const char *name, const char *asked, struct error *error)
{
	static struct lines wanted, found;
	ssize_t n = asked ? read_back_file(b, b->pid, name) : 0;

	if (!asked)
		return 0;
	if (n < 0)
		return read_back_unreadable(error, name, (int)-n);
	if (read_back_breaks(b->plan->process.env, name))
		b->room[0] = '\0';
	read_lines(asked, &wanted);
	read_lines(b->room, &found);
	for (size_t i = 0; i < wanted.count; i++)
		if (!has_line(&found, wanted.of[i]))
			return read_back_differs(error, name, asked, b->room);
	return read_back_number(error, name, wanted.count, found.count);
}

static int compare_setgroups(const struct read_back *b, struct error *error)
{
	ssize_t n = b->plan->namespaces.deny_setgroups ? read_back_file(b, b->pid, "setgroups") : 0;

	if (n <= 0)
		return n < 0 ? read_back_unreadable(error, "setgroups", (int)-n) : 0;
	return read_back_text(error, "setgroups", "deny\n", b->room);
}

int read_back_namespaces(const struct read_back *b, struct error *error)
{
	const struct plan_namespaces *n = &b->plan->namespaces;

	for (int i = 0; i < PLAN_NS_TYPES; i++)
		try(compare_one(b, i, error));
	if (n->of[PLAN_NS_USER].mode != NS_NEW)
		return 0;
	try(compare_map(b, "uid_map", n->uid_map, error));
	try(compare_map(b, "gid_map", n->gid_map, error));
	return compare_setgroups(b, error);
}
