/* Which cgroup hierarchies this host has, and where (contract section 14.1). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/number.h"
#include "cgroup/cgroup.h"
#include "cgroup/mount_table.h"

#define MOUNTS "/sys/fs/cgroup"

/* A hierarchy that cannot be seen for want of memory is no hierarchy that is not there: a container would be in none of it. What is hidden,
 * or not there, is not. 0, or the -errno. */
static int trouble(ssize_t r)
{
	return r >= 0 || r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -ELOOP || r == -ENAMETOOLONG ? 0 : (int)r;
}

/* 1, 0; or -errno. */
static int mounted(const char *path, uint32_t magic)
{
	struct statfs fs;

	const int r = again_statfs(path, &fs) < 0 ? -errno : 0;
	return r < 0 ? trouble(r) : (uint32_t)fs.f_type == magic;
}

static int read_v2_controllers(struct host_cgroup *host, struct arena *arena)
{
	char list[512];

	ssize_t r = file_read(AT_FDCWD, arena_printf(arena, "%s/cgroup.controllers", host->v2), list, sizeof(list));
	if (r < 0)
		return trouble(r);
	for (const char *at = list; *at;) {
		size_t length = strcspn(at, " \n");
		for (int i = 0; i < CG_CONTROLLERS; i++)
			if (strlen(cgroup_controller_names[i]) == length && strncmp(cgroup_controller_names[i], at, length) == 0)
				host->v2_controllers |= 1u << i;
		at += length + (at[length] != '\0');
	}
	return 0;
}

/* The usual place is one statfs(2); the mount table takes hundreds of times longer where there are many mounts. Of hierarchies
 * with several controllers, "cpu" is a link to "cpu,cpuacct". */
static int find_v1(const char *name, struct arena *arena, const char **path)
{
	const char *usual = arena_printf(arena, MOUNTS "/%s", name);
	char target[256];

	int there = mounted(usual, ABI_CGROUP_SUPER_MAGIC);
	if (there <= 0) {
		*path = NULL;
		return there < 0 ? there : mount_table_find_v1(name, arena, path);
	}
	ssize_t length = readlink(usual, target, sizeof(target));
	bool simple = length > 0 && length < (ssize_t)sizeof(target) && !memchr(target, '/', (size_t)length);
	*path = simple ? arena_printf(arena, MOUNTS "/%.*s", (int)length, target) : usual;
	return 0;
}

/* One word of a line, ended in place. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, "\t ");

	*at = word + strcspn(word, "\t ");
	if (**at)
		*(*at)++ = '\0';
	return word;
}

struct found {
	uint32_t hierarchy[CG_CONTROLLERS];
};

/* "cpu	3	54	1": name, number of the hierarchy (0: the v2 tree, or none), cgroups, enabled. */
static int read_line(struct host_cgroup *host, char *line, struct found *found, struct arena *arena)
{
	const char *name = next_word(&line);
	uint32_t hierarchy;
	int r = 0;

	if (number_u32(next_word(&line), UINT32_MAX, &hierarchy) < 0 || hierarchy == 0)
		return 0;
	for (int i = 0; i < CG_CONTROLLERS; i++) {
		if (strcmp(cgroup_controller_v1_names[i], name) != 0)
			continue;
		/* Controllers mounted together have one number, and shall have one path too. */
		for (int k = 0; k < CG_CONTROLLERS && !host->v1[i]; k++)
			if (found->hierarchy[k] == hierarchy)
				host->v1[i] = host->v1[k];
		if (!host->v1[i])
			r = find_v1(name, arena, &host->v1[i]);
		if (host->v1[i])
			found->hierarchy[i] = hierarchy;
	}
	return r;
}

static int read_v1(struct host_cgroup *host, struct arena *arena)
{
	struct found found = { .hierarchy = { 0 } };
	char list[4096];

	ssize_t r = file_read(AT_FDCWD, "/proc/cgroups", list, sizeof(list));
	if (r < 0)
		return trouble(r);
	for (char *line = list; *line;) {
		size_t length = strcspn(line, "\n");
		char *next = line + length + (line[length] != '\0');
		line[length] = '\0';
		r = read_line(host, line, &found, arena);
		if (r < 0)
			return (int)r;
		line = next;
	}
	if (host->v1[CG_MEMORY])
		host->memory_v1_swap =
			access(arena_printf(arena, "%s/memory.memsw.limit_in_bytes", host->v1[CG_MEMORY]), F_OK) == 0;
	return 0;
}

static bool any_v1(const struct host_cgroup *host)
{
	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (host->v1[i])
			return true;
	return false;
}

/* "0::/user.slice/session-1.scope" */
static const char *own_path(char *list)
{
	while (*list) {
		size_t length = strcspn(list, "\n");
		bool last = !list[length];

		list[length] = '\0';
		if (strncmp(list, "0::/", 4) == 0)
			return list + 3;
		list += length + !last;
	}
	return NULL;
}

/* What is delegated to a user is his to write: the directory, and its cgroup.procs, through which processes come and go (cgroups(7)). */
void cgroup_probe_beside(struct host_cgroup *host, struct arena *arena)
{
	char list[4096];

	if (host->layout != CGROUP_UNIFIED || file_read(AT_FDCWD, "/proc/self/cgroup", list, sizeof(list)) < 0)
		return;
	const char *own = own_path(list);
	const char *slash = own ? strrchr(own, '/') : NULL;
	if (!slash)
		return;
	const char *parent = arena_copy(arena, own, (size_t)(slash - own));
	if (faccessat(AT_FDCWD, arena_printf(arena, "%s%s", host->v2, parent), W_OK, AT_EACCESS) == 0 &&
	    faccessat(AT_FDCWD, arena_printf(arena, "%s%s/cgroup.procs", host->v2, parent), W_OK, AT_EACCESS) == 0)
		host->beside = parent;
}

static int probe_several(struct host_cgroup *host, struct arena *arena)
{
	int beside = mounted(MOUNTS "/unified", ABI_CGROUP2_SUPER_MAGIC);
	int r = beside < 0 ? beside : read_v1(host, arena);

	if (beside > 0)
		host->v2 = MOUNTS "/unified";
	host->layout = host->v2 ? CGROUP_HYBRID : any_v1(host) ? CGROUP_LEGACY : CGROUP_NONE;
	return r;
}

int cgroup_probe(struct host_cgroup *host, struct arena *arena)
{
	int r = mounted(MOUNTS, ABI_CGROUP2_SUPER_MAGIC);

	*host = (struct host_cgroup){ .layout = CGROUP_NONE };
	if (r > 0) {
		host->layout = CGROUP_UNIFIED;
		host->v2 = MOUNTS;
	} else if (r == 0) {
		r = probe_several(host, arena);
	}
	return r < 0 || !host->v2 ? r : read_v2_controllers(host, arena);
}
