/* libFuzzer: texts of the kernel about cgroups, where the container may have made the names in them: /proc/PID/cgroup, /proc/cgroups,
 * cgroup.events, and the settings that an update reads in order to put them back. */
#include <sys/vfs.h>
#include "fuzz.h"

/* What is below asks no host. */
static int no_host(const char *path) { (void)path; return -1; }
#define statfs(path, to) no_host(path)
#define readlink(path, to, size) no_host(path)

#include "../../src/cgroup/join.c"
#include "../../src/cgroup/probe.c"

#undef statfs
#undef readlink
#include "../../src/cgroup/saved_rows.c"

int mount_table_find_v1(const char *name, struct arena *arena, const char **path)
{
	*path = arena_printf(arena, "/elsewhere/%s", name);
	return 0;
}

/* ---- by the book ---- */

/* The line "0::PATH" of /proc/PID/cgroup. */
static char *v2_by_book(const char *lines, struct arena *arena)
{
	char *copy = arena_string(arena, lines), *rest = copy;

	for (char *line; (line = strsep(&rest, "\n"));)
		if (strncmp(line, "0::", 3) == 0)
			return line + 3;
	return NULL;
}

static void try_own_path(struct input *in, struct arena *arena)
{
	const char *text = take_text(in, arena), *above = take_text(in, arena), *wanted = v2_by_book(text, arena), *rest;
	const char *found = path_in(arena_string(arena, text), true), *own = own_path(arena_string(arena, text));

	must(!path_in(arena_string(arena, text), false) || strstr(text, "freezer"));
	must(found ? wanted && strcmp(found, wanted) == 0 : !wanted);
	must(!own || *own == '/');
	if (wanted && *wanted == '/')
		must(own && strcmp(own, wanted) == 0);
	rest = found ? below(found, above) : NULL;
	if (!rest)
		return;
	/* Below by whole names (rule B.2.6). */
	must(strcmp(found, *rest || found[strlen(above)] ? arena_printf(arena, "%s/%s", above, rest) : above) == 0);
	if (tree_path_valid(rest)) {
		const char *component = rest;
		for (; *component; component += strcspn(component, "/"), component += *component == '/')
			must(!(strncmp(component, "..", 2) == 0 && (component[2] == '/' || !component[2])));
	}
}

static void try_controllers(struct input *in, struct arena *arena)
{
	struct host_cgroup host = { .layout = CGROUP_NONE };
	struct found found = { .hierarchy = { 0 } }, before;
	bool twice = false; /* which the kernel never says */

	for (char *lines = take_text(in, arena), *line; (line = strsep(&lines, "\n"));) {
		before = found;
		read_line(&host, line, &found, arena);
		for (int i = 0; i < CG_CONTROLLERS; i++)
			twice |= before.hierarchy[i] && before.hierarchy[i] != found.hierarchy[i];
	}
	for (int i = 0; i < CG_CONTROLLERS; i++) {
		must(!host.v1[i] == !found.hierarchy[i]);
		for (int k = 0; k < i && !twice; k++) /* mounted together: one place */
			must(!found.hierarchy[i] || found.hierarchy[i] != found.hierarchy[k] || host.v1[i] == host.v1[k]);
	}
}

static void try_way_back(struct input *in, struct arena *arena)
{
	static const char *const files[] = {
		"cgroup.subtree_control", "memory.oom_control", "io.max", "io.weight", "memory.max", "cpuset.cpus", "blkio.weight_device",
		"net_prio.ifpriomap", "misc.max", "rdma.max",
	};
	const char *file = files[take_below(in, array_length(files))];
	const char *value = take_text(in, arena), *text = take_text(in, arena);
	const char *back = way_back(file, text, value, arena);

	must(back);
	/* One write puts one setting back. */
	must(!none_of(file) || !strchr(value, ' ') || strchr(value, '\n') || strcmp(back, "\n") == 0 || !strchr(back, '\n'));
}

/* "controllers:path" or "path", as --cgroup has them. */
static void try_wishes(struct input *in, struct arena *arena)
{
	static const struct record_cgroup hierarchies[] = {
		{ .mount = "/sys/fs/cgroup/unified", .v2 = true }, { .mount = "/sys/fs/cgroup/cpu,cpuacct" },
		{ .mount = "/sys/fs/cgroup/pids" },
	};
	const struct cgroup_at at = { .path = "/box", .hierarchies = hierarchies, .count = array_length(hierarchies) };
	const char *items[] = { take_text(in, arena), take_text(in, arena) };
	const struct cgroup_wishes wishes = { items, array_length(items), false };
	struct error error = { 0 };
	int r = check_wishes(&at, &wishes, &error);

	must_tell(r, &error);
	for (size_t i = 0; r == 0 && i < at.count; i++) {
		const char *path = wish_for(&wishes, &hierarchies[i]);
		must(!path || !*path || strcmp(path, "/") == 0 || tree_path_valid(path));
	}
}

static void try_events(struct input *in)
{
	int frozen, populated;

	put_file(own_directory(), "cgroup.events", in->data, in->size);
	frozen = tree_event(own_directory(), "frozen 1");
	populated = tree_event(own_directory(), "populated 0");
	if (in->size < 256 && !memchr(in->data, 0, in->size)) {
		must(!frozen || memmem(in->data, in->size, "frozen 1\n", 9));
		must(!populated || memmem(in->data, in->size, "populated 0\n", 12));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct arena arena;

	must(arena_open(&arena) == 0);
	switch (take_below(&in, 5)) {
	case 0: try_own_path(&in, &arena); break;
	case 1: try_controllers(&in, &arena); break;
	case 2: try_way_back(&in, &arena); break;
	case 3: try_wishes(&in, &arena); break;
	default: try_events(&in); break;
	}
	arena_close(&arena);
	return 0;
}
