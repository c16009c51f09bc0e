/* Cgroups made, entered, killed and removed for real: once as this machine has them, once with a v2 tree alone. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/mount_table.h"
#include "cgroup/rows.h"
#include "cgroup/tree.h"
#include "plan/build.h"
#include "state/state.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct host host;
static struct plan *plan;
static struct error error;
static struct cgroup cgroup = { .v2 = -1 };
static struct record_cgroup hierarchies[CGROUP_DIRECTORIES_MOST];
static char base[64]; /* the one directory below which all of this happens */

static bool legacy(void)
{
	return host.cgroup.layout != CGROUP_UNIFIED;
}

static const char *path_of(size_t directory, const char *below)
{
	return arena_printf(&arena, "%s/%s", hierarchies[directory].mount, below);
}

/* Plans a container in BASE/NAME with these resources. */
static int decide(const char *name, const char *resources)
{
	static char text[4096];
	static struct spec spec;
	static const struct request request = { .id = "x", .bundle = "/b" };
	struct planning planning = { .spec = &spec, .host = &host, .request = &request, .arena = &arena };

	memset(&error, 0, sizeof(error));
	plan = planning.plan = arena_new(&arena, struct plan);
	int length = snprintf(text, sizeof(text),
			      "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"cgroupsPath\":\"/%s/%s\","
			      "\"resources\":{%s}}}",
			      base, name, resources);
	if (spec_read("config.json", text, (size_t)length, &arena, &spec, NULL, &error) < 0 || plan_cgroup(&planning, &error) < 0)
		return -1;
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		hierarchies[i] = (struct record_cgroup){ plan->cgroup.directories[i].mount, plan->cgroup.directories[i].v2 };
	return 0;
}

static int make(const char *name, const char *resources)
{
	int r = decide(name, resources);

	if (r == 0)
		r = cgroup_make(&plan->cgroup, &cgroup, &error);
	for (size_t i = 0; r == 0 && i < cgroup.count; i++)
		hierarchies[i].inode = cgroup.inode[i];
	return r;
}

static void made(const char *name, const char *resources)
{
	if (make(name, resources) < 0)
		printf("%s: %s: %s (%d)\n", name, error.path, error.text, error.code);
	assert_string_equal(error.text, "");
	assert_int_equal(cgroup.count, plan->cgroup.directory_count);
}

static int gone(const char *name)
{
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		if (access(path_of(i, arena_printf(&arena, "%s/%s", base, name)), F_OK) == 0)
			return 0;
	return 1;
}

static int kill_it(int timeout_ms)
{
	return cgroup_kill(&(struct cgroup_at){ plan->cgroup.path, hierarchies, plan->cgroup.directory_count }, timeout_ms);
}

static int remove_it(void)
{
	return cgroup_remove(&(struct cgroup_at){ plan->cgroup.path, hierarchies, plan->cgroup.directory_count }, NULL);
}

/* The directory that has this file; NULL if there is none. */
static int directory_with(const char *file)
{
	for (size_t i = 0; i < cgroup.count; i++)
		if (faccessat(cgroup.fd[i], file, F_OK, 0) == 0)
			return cgroup.fd[i];
	return -1;
}

static void says(const char *file, const char *expected)
{
	char value[4096];
	ssize_t length = file_read(directory_with(file), file, value, sizeof(value));

	assert_true(length >= 0);
	value[strcspn(value, "\n")] = '\0';
	assert_string_equal(value, expected);
}

/* A process as the runtime makes one: born in the v2 directory, put into the legacy ones. It sleeps, or runs `run`. */
static pid_t enter(void (*run)(void))
{
	struct abi_clone_args args = { .exit_signal = SIGCHLD };
	int go[2];

	if (cgroup.v2 >= 0) {
		args.flags = ABI_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup.v2;
	}
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t pid = (pid_t)syscall(ABI_SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		char c;
		if (read(go[0], &c, 1) == 1 && run)
			run();
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_int_equal(cgroup_join_legacy(&plan->cgroup, &cgroup, pid, &error), 0);
	assert_int_equal(write(go[1], "x", 1), 1);
	close(go[0]);
	close(go[1]);
	return pid;
}

static int reap(void)
{
	int count = 0;

	while (waitpid(-1, NULL, 0) > 0)
		count++;
	return count;
}

static void nap(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

/* Whatever a test leaves: killed, closed, removed. */
static int clean(void **unused)
{
	(void)unused;
	cgroup_close(&cgroup);
	for (size_t i = 0; plan && i < plan->cgroup.directory_count; i++) {
		hierarchies[i].inode = 0; /* what follows is about the directory above */
		assert_int_equal(cgroup_kill(&(struct cgroup_at){ base, &hierarchies[i], 1 }, 5000), 0);
		reap();
		assert_int_equal(cgroup_remove(&(struct cgroup_at){ base, &hierarchies[i], 1 }, NULL), 0);
	}
	plan = NULL;
	return 0;
}

static void the_probe_finds_what_is_there(void **unused)
{
	struct statfs fs;

	(void)unused;
	if (host.cgroup.v2) {
		assert_int_equal(statfs(host.cgroup.v2, &fs), 0);
		assert_int_equal(fs.f_type, ABI_CGROUP2_SUPER_MAGIC);
	}
	const char *found;
	for (int i = 0; i < CG_CONTROLLERS; i++) {
		if (!host.cgroup.v1[i])
			continue;
		assert_int_equal(statfs(host.cgroup.v1[i], &fs), 0);
		assert_int_equal(fs.f_type, ABI_CGROUP_SUPER_MAGIC);
		assert_false(host.cgroup.v2_controllers & 1u << i);
		assert_int_equal(mount_table_find_v1(cgroup_controller_v1_names[i], &arena, &found), 0);
		if (found) /* libmount may not be there */
			assert_string_equal(found, host.cgroup.v1[i]);
	}
	assert_int_equal(mount_table_find_v1("nosuch", &arena, &found), 0);
	assert_null(found);
	assert_true((host.cgroup.layout == CGROUP_UNIFIED) == (host.cgroup.v2 && strcmp(host.cgroup.v2, "/sys/fs/cgroup") == 0));
}

static void limits_are_in_force(void **unused)
{
	(void)unused;
	made("a/b", legacy() ? "\"memory\":{\"limit\":67108864,\"reservation\":33554432},\"cpu\":{\"shares\":512,\"quota\":50000,"
			       "\"period\":100000,\"cpus\":\"0\",\"mems\":\"0\"},\"pids\":{\"limit\":10}"
			     : "\"unified\":{\"cgroup.max.depth\":\"3\"}");
	assert_true(cgroup.made);
	if (legacy()) {
		says("memory.limit_in_bytes", "67108864");
		says("memory.soft_limit_in_bytes", "33554432");
		says("cpu.shares", "512");
		says("cpu.cfs_quota_us", "50000");
		says("cpuset.cpus", "0");
		says("pids.max", "10");
		says("devices.list", "c *:* m");
	} else {
		says("cgroup.max.depth", "3");
	}
	pid_t pid = enter(NULL);
	char text[4096];
	assert_true(file_read(AT_FDCWD, arena_printf(&arena, "/proc/%d/cgroup", (int)pid), text, sizeof(text)) > 0);
	int inside = 0;
	for (const char *at = text; (at = strstr(at, arena_printf(&arena, "/%s/a/b\n", base))); at++)
		inside++;
	assert_int_equal(inside, plan->cgroup.directory_count);
	assert_int_equal(remove_it(), -EBUSY);
	assert_int_equal(kill_it(3000), 0);
	assert_int_equal(reap(), 1);
	assert_int_equal(remove_it(), 0);
	assert_true(gone("a/b"));
	assert_false(gone("a"));
	assert_int_equal(remove_it(), 0);
	assert_int_equal(kill_it(0), 0);
}

static void swap_is_counted(void **unused)
{
	(void)unused;
	if (!legacy() || !host.cgroup.memory_v1_swap)
		skip();
	made("swap", "\"memory\":{\"limit\":67108864,\"swap\":100663296}");
	says("memory.memsw.limit_in_bytes", "100663296");
	/* Raised in a cgroup that was there: the other order is needed, and found. */
	cgroup_close(&cgroup);
	made("swap", "\"memory\":{\"limit\":167772160,\"swap\":268435456}");
	says("memory.limit_in_bytes", "167772160");
	says("memory.memsw.limit_in_bytes", "268435456");
}

static void one_that_is_empty_is_used(void **unused)
{
	(void)unused;
	made("a", "");
	assert_true(cgroup.made);
	cgroup_close(&cgroup);
	assert_int_equal(cgroup.v2, -1);
	made("a", ""); /* what a container of ours had made goes on to the next one */
	assert_true(cgroup.made);
	cgroup_close(&cgroup);
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		assert_int_equal(mkdir(path_of(i, arena_printf(&arena, "%s/b", base)), 0755), 0);
	made("b", "");
	assert_false(cgroup.made);
}

static void one_with_processes_is_refused(void **unused)
{
	(void)unused;
	made("a", "");
	pid_t pid = enter(NULL);
	/* Only the last hierarchy keeps it: what was made in the others goes again. */
	made("b", "");
	struct cgroup first = cgroup;
	char text[24];
	snprintf(text, sizeof(text), "%d", (int)pid);
	assert_int_equal(file_write(cgroup.fd[cgroup.count - 1], "cgroup.procs", text), 0);
	cgroup_close(&first);
	for (size_t i = 0; i + 1 < plan->cgroup.directory_count; i++)
		rmdir(path_of(i, arena_printf(&arena, "%s/b", base)));
	assert_int_equal(make("b", ""), -1);
	assert_string_equal(error.text, "container's cgroup is not empty: 1 process(es) found");
	assert_string_equal(error.path, "linux.cgroupsPath");
	assert_int_equal(kill(pid, 0), 0);
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		assert_int_equal(access(path_of(i, arena_printf(&arena, "%s/b", base)), F_OK),
				 i + 1 < plan->cgroup.directory_count ? -1 : 0);
	assert_int_equal(cgroup.count, 0);
	/* Below it counts too. */
	assert_int_equal(make("b", ""), -1);
	assert_non_null(strstr(error.text, "1 process(es)"));
}

static void one_that_is_frozen_is_refused(void **unused)
{
	(void)unused;
	made("a", "");
	const char *file = legacy() ? "freezer.state" : "cgroup.freeze";
	int dir = directory_with(file);
	if (dir < 0)
		skip();
	assert_int_equal(cgroup_frozen(&(struct cgroup_at){ plan->cgroup.path, hierarchies, plan->cgroup.directory_count }), 0);
	assert_int_equal(file_write(dir, file, legacy() ? "FROZEN" : "1"), 0);
	assert_int_equal(cgroup_frozen(&(struct cgroup_at){ plan->cgroup.path, hierarchies, plan->cgroup.directory_count }), 1);
	cgroup_close(&cgroup);
	assert_int_equal(make("a", ""), -1);
	assert_string_equal(error.text, "container's cgroup unexpectedly frozen");
	/* A new one below it would be frozen too. */
	assert_int_equal(make("a/new", ""), -1);
	assert_string_equal(error.text, "container's cgroup unexpectedly frozen");
	assert_true(gone("a/new"));
}

static void a_failure_leaves_nothing(void **unused)
{
	(void)unused;
	made("kept", "");
	cgroup_close(&cgroup);
	assert_int_equal(
		make("kept/x/y/z", legacy() ? "\"cpu\":{\"cpus\":\"4000\"}" : "\"unified\":{\"cgroup.max.depth\":\"many\"}"), -1);
	assert_true(error.code != 0);
	assert_string_equal(error.path, legacy() ? "linux.resources.cpu.cpus" : "linux.resources.unified[\"cgroup.max.depth\"]");
	assert_non_null(
		strstr(error.text, legacy() ? "cannot write '4000' to cpuset.cpus" : "cannot write 'many' to cgroup.max.depth"));
	assert_true(gone("kept/x"));
	assert_false(gone("kept"));
	assert_int_equal(
		make("kept/x", legacy() ? "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":4095,\"minor\":7,\"rate\":5}]}"
					: "\"unified\":{\"cgroup.nosuch\":\"1\"}"),
		-1);
	assert_non_null(strstr(error.text, legacy() ? "no such device" : "no such setting"));
	assert_true(gone("kept/x"));
}

static void what_leads_astray_is_refused(void **unused)
{
	static const char *const paths[] = { "", "/", "//", ".", "/./", "..", "/..", "/a/../..", "/a/..", "../x" };

	(void)unused;
	made("a", "");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(cgroup_kill(&(struct cgroup_at){ paths[i], hierarchies, 1 }, 0), -EINVAL);
		assert_int_equal(cgroup_remove(&(struct cgroup_at){ paths[i], hierarchies, 1 }, NULL), -EINVAL);
		assert_int_equal(cgroup_frozen(&(struct cgroup_at){ paths[i], hierarchies, 1 }), 0);
		struct plan_cgroup astray = plan->cgroup;
		struct cgroup none;
		astray.path = paths[i];
		memset(&error, 0, sizeof(error));
		assert_int_equal(cgroup_make(&astray, &none, &error), -1);
	}
	assert_int_equal(cgroup_kill(&(struct cgroup_at){ NULL, hierarchies, 1 }, 0), -EINVAL);
	/* A hierarchy that is something else by now is no hierarchy. */
	assert_int_equal(tree_root("/proc", true), -ENODEV);
	assert_int_equal(tree_root(host.cgroup.v2 ? host.cgroup.v2 : "/", false), -ENODEV);
	assert_int_equal(cgroup_remove(&(struct cgroup_at){ "/x", &(struct record_cgroup){ "/proc", true }, 1 }, NULL), 0);
}

static void breed(void)
{
	for (int i = 0; i < 6; i++)
		fork();
}

static void a_family_is_killed(void **unused)
{
	(void)unused;
	made("a", legacy() ? "\"pids\":{\"limit\":100}" : "");
	enter(breed);
	for (int i = 0; i < 100 && tree_count(cgroup.fd[0]) != 64; i++)
		nap(50);
	assert_int_equal(tree_count(cgroup.fd[0]), 64);
	assert_int_equal(kill_it(5000), 0);
	for (size_t i = 0; i < cgroup.count; i++)
		assert_int_equal(tree_count(cgroup.fd[i]), 0);
	assert_int_equal(reap(), 1);
}

static void bomb(void)
{
	for (;;)
		fork();
}

static void a_fork_bomb_is_killed(void **unused)
{
	(void)unused;
	if (!legacy())
		skip(); /* no pids controller here to keep it in bounds */
	made("a", "\"pids\":{\"limit\":400}");
	enter(bomb);
	nap(200);
	assert_int_equal(kill_it(5000), 0);
	assert_int_equal(tree_count(directory_with("pids.max")), 0);
	assert_int_equal(reap(), 1);
	assert_int_equal(remove_it(), 0);
}

/* Without the v2 tree's cgroup.kill: freeze, kill each, thaw. */
static void a_fork_bomb_is_killed_by_legacy_means(void **unused)
{
	(void)unused;
	if (!legacy())
		skip();
	made("a", "\"pids\":{\"limit\":400}");
	enter(bomb);
	nap(200);
	size_t from = plan->cgroup.directories[0].v2;
	struct cgroup_at legacy = { plan->cgroup.path, hierarchies + from, plan->cgroup.directory_count - from };
	assert_int_equal(cgroup_kill(&legacy, 5000), 0);
	assert_int_equal(tree_count(directory_with("pids.max")), 0);
	says("freezer.state", "THAWED");
	assert_int_equal(reap(), 1);
	/* And where there is no freezer either, at least what does not fork. */
	enter(breed);
	nap(100);
	size_t pids = from;
	while (!strstr(hierarchies[pids].mount, "pids"))
		pids++;
	assert_int_equal(cgroup_kill(&(struct cgroup_at){ plan->cgroup.path, &hierarchies[pids], 1 }, 5000), 0);
	assert_int_equal(reap(), 1);
}

static void what_is_frozen_is_killed(void **unused)
{
	(void)unused;
	for (int v2 = 0; v2 < 2; v2++) {
		const char *file = v2 ? "cgroup.freeze" : "freezer.state";
		made("a", "");
		int dir = directory_with(file);
		if (dir >= 0) {
			mkdirat(dir, "own", 0755);
			pid_t pid = enter(breed), child = enter(NULL);
			char text[64];
			nap(50);
			snprintf(text, sizeof(text), "%d", (int)child);
			assert_int_equal(file_write(dir, "own/cgroup.procs", text), 0);
			assert_int_equal(file_write(dir, arena_printf(&arena, "own/%s", file), v2 ? "1" : "FROZEN"), 0);
			assert_int_equal(file_write(dir, file, v2 ? "1" : "FROZEN"), 0);
			nap(50);
			assert_int_equal(kill(pid, 0), 0);
			assert_int_equal(kill_it(5000), 0);
			assert_int_equal(reap(), 2);
		}
		cgroup_close(&cgroup);
		assert_int_equal(remove_it(), 0);
	}
}

static void kill_gives_up_in_time(void **unused)
{
	(void)unused;
	if (!legacy())
		skip();
	/* A member that cannot be killed: held by a freezer that is not in the list. */
	made("a", "");
	enter(NULL);
	int freezer = directory_with("freezer.state");
	assert_int_equal(file_write(freezer, "freezer.state", "FROZEN"), 0);
	nap(20);
	assert_int_equal(cgroup_kill(&(struct cgroup_at){ plan->cgroup.path, hierarchies, 1 }, 150), -ETIMEDOUT);
	assert_int_equal(kill_it(3000), 0);
	assert_int_equal(reap(), 1);
}

/* What a payload may do below its own (C81): deep, wide, odd names, processes in them. */
static int count_directory(int dir, void *data)
{
	(void)dir;
	++*(int *)data;
	return 0;
}

/* Deeper than there are descriptors, and beside it many that have a child each: all are seen once. */
static void any_depth_is_walked(void **unused)
{
	struct rlimit before, few = { 64, 64 };
	char name[32];
	int seen = 0;

	(void)unused;
	made("a", "");
	int dir = cgroup.fd[cgroup.count - 1], at = dup(dir);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "side%d", i);
		assert_int_equal(mkdirat(dir, name, 0755), 0);
		snprintf(name, sizeof(name), "side%d/below", i);
		assert_int_equal(mkdirat(dir, name, 0755), 0);
	}
	for (int i = 0; i < 700; i++) {
		assert_int_equal(mkdirat(at, "d", 0755), 0);
		int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	pid_t pid = enter(NULL);
	snprintf(name, sizeof(name), "%d", (int)pid);
	assert_int_equal(file_write(at, "cgroup.procs", name), 0);
	close(at);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(tree_each(dir, count_directory, &seen), 0);
	assert_int_equal(seen, 1 + 300 + 700);
	assert_int_equal(tree_count(dir), 1);
	assert_int_equal(kill_it(5000), 0);
	assert_int_equal(reap(), 1);
	assert_int_equal(remove_it(), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(gone("a"));
}

/* The name is all that a later cgroup may share with ours. */
static void another_one_of_the_name_is_left_alone(void **unused)
{
	(void)unused;
	made("a", "");
	cgroup_close(&cgroup);
	struct cgroup_at at = { plan->cgroup.path, hierarchies, plan->cgroup.directory_count };
	assert_int_equal(cgroup_whose(&at), CGROUP_OURS);
	for (size_t i = 0; i < at.count; i++) {
		assert_int_equal(rmdir(path_of(i, plan->cgroup.path)), 0);
		assert_int_equal(i == 0 ? cgroup_whose(&at) : CGROUP_GONE, CGROUP_GONE);
		assert_int_equal(mkdir(path_of(i, plan->cgroup.path), 0755), 0);
	}
	assert_int_equal(cgroup_whose(&at), CGROUP_OTHERS);
	cgroup.fd[0] = open(path_of(0, plan->cgroup.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cgroup.count = 1;
	if (hierarchies[0].v2)
		cgroup.v2 = cgroup.fd[0];
	pid_t pid = enter(NULL);
	assert_int_equal(kill_it(1000), 0);
	assert_int_equal(remove_it(), 0);
	assert_int_equal(tree_count(cgroup.fd[0]), 1);
	assert_int_equal(kill(pid, 0), 0);
	hierarchies[0].inode = 0; /* one that was never noted, and somebody is in it */
	assert_int_equal(cgroup_whose(&at), CGROUP_OTHERS);
	assert_int_equal(remove_it(), 0);
	assert_int_equal(tree_count(cgroup.fd[0]), 1);
}

static void a_forest_is_removed(void **unused)
{
	(void)unused;
	made("a", "");
	int dir = cgroup.fd[cgroup.count - 1];
	int at = dup(dir);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(mkdirat(at, "deep", 0755), 0);
		int next = openat(at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = next;
	}
	pid_t pid = enter(NULL);
	char text[64];
	snprintf(text, sizeof(text), "%d", (int)pid);
	assert_int_equal(file_write(at, "cgroup.procs", text), 0);
	close(at);
	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "..x %d", i);
		assert_int_equal(mkdirat(dir, text, 0755), 0);
		snprintf(text, sizeof(text), "..x %d/...", i);
		if (i % 2)
			assert_int_equal(mkdirat(dir, text, 0755), 0);
	}
	assert_int_equal(tree_count(dir), 1);
	assert_int_equal(remove_it(), -EBUSY);
	assert_int_equal(kill_it(5000), 0);
	assert_int_equal(reap(), 1);
	assert_int_equal(remove_it(), 0);
	assert_true(gone("a"));
}

static void a_tree_can_be_cloned(void **unused)
{
	struct statfs fs;

	(void)unused;
	made("a", "");
	for (unsigned i = 0; i < plan->cgroup.directory_count; i++) {
		int tree = cgroup_tree(&plan->cgroup, i, false, &error), all = cgroup_tree(&plan->cgroup, i, true, &error);
		assert_true(tree >= 0 && all >= 0);
		assert_int_equal(fstatfs(tree, &fs), 0);
		assert_int_equal(fs.f_type, hierarchies[i].v2 ? ABI_CGROUP2_SUPER_MAGIC : ABI_CGROUP_SUPER_MAGIC);
		assert_int_equal(faccessat(all, base, F_OK, 0), 0);
		assert_int_equal(faccessat(tree, base, F_OK, 0), -1);
		assert_true(fcntl(tree, F_GETFD) & FD_CLOEXEC);
		close(tree);
		close(all);
	}
	assert_int_equal(cgroup_tree(&plan->cgroup, 99, false, &error), -1);
}

static void it_can_be_handed_over(void **unused)
{
	struct stat at;

	(void)unused;
	if (!host.cgroup.v2)
		skip();
	made("a", "");
	assert_int_equal(rows_delegate(cgroup.v2, 12345, &error), 0);
	assert_int_equal(fstat(cgroup.v2, &at), 0);
	assert_int_equal(at.st_uid, 12345);
	assert_int_equal(fstatat(cgroup.v2, "cgroup.procs", &at, 0), 0);
	assert_int_equal(at.st_uid, 12345);
	assert_int_equal(fstatat(cgroup.v2, "cgroup.max.depth", &at, 0), 0);
	assert_int_equal(at.st_uid, 0);
}

/* Plain files in the place of a cgroup's: what is on already is not written again. */
static void controllers_are_enabled_once(void **unused)
{
	char directory[] = "/tmp/caisson-enable-XXXXXX", text[256];

	(void)unused;
	assert_non_null(mkdtemp(directory));
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(&error, 0, sizeof(error));
	assert_int_equal(rows_enable(dir, "/p", 0, 0, &error), 0);
	assert_int_equal(rows_enable(dir, "/p", 1u << CG_PIDS, 0, &error), -1);
	assert_int_equal(error.code, ENOENT);
	assert_int_equal(file_replace(dir, "cgroup.subtree_control", "cpu cpuset pids\n", 16, 0644), 0);
	assert_int_equal(rows_enable(dir, "/p", 1u << CG_CPU | 1u << CG_PIDS, 1u << CG_CPUSET, &error), 0);
	assert_true(file_read(dir, "cgroup.subtree_control", text, sizeof(text)) > 0);
	assert_string_equal(text, "cpu cpuset pids\n");
	assert_int_equal(rows_enable(dir, "/p", 1u << CG_CPU | 1u << CG_IO, 1u << CG_MEMORY, &error), 0);
	assert_true(file_read(dir, "cgroup.subtree_control", text, sizeof(text)) > 0);
	assert_memory_equal(text, "+memory +io", 11);
	unlinkat(dir, "cgroup.subtree_control", 0);
	close(dir);
	rmdir(directory);
}

/* Kernels differ in their files: what may be missing, what stands in for what, and what may not be dropped. */
static void files_may_be_missing(void **unused)
{
	static const struct plan_write writes[] = {
		{ .file = "gone", .value = "1", .may_be_missing = true }, { .file = "gone", .value = "2", .or_next = true },
		{ .file = "first", .value = "3" },			  { .file = "second", .value = "4", .or_next = true },
		{ .file = "gone", .value = "5" },			  { .file = "gone", .value = "6" },
	};
	const struct plan_cgroup here = { .path = "/p" };
	struct plan_cgroup_directory directory = { .writes = writes, .write_count = 5 };
	char name[] = "/tmp/caisson-rows-XXXXXX", text[16];

	(void)unused;
	assert_non_null(mkdtemp(name));
	int dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(&error, 0, sizeof(error));
	assert_int_equal(file_replace(dir, "first", "0", 1, 0644), 0);
	assert_int_equal(file_replace(dir, "second", "0", 1, 0644), 0);
	assert_int_equal(rows_write(&here, &directory, dir, &error), 0);
	assert_true(file_read(dir, "first", text, sizeof(text)) == 1 && text[0] == '3');
	assert_true(file_read(dir, "second", text, sizeof(text)) == 1 && text[0] == '4');
	directory.write_count = 6;
	assert_int_equal(rows_write(&here, &directory, dir, &error), -1);
	assert_string_equal(error.text, "cannot write '6' to gone of the cgroup '/p': this kernel has no such setting");
	unlinkat(dir, "first", 0);
	unlinkat(dir, "second", 0);
	close(dir);
	rmdir(name);
}

static int run(const char *view)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_probe_finds_what_is_there, clean),
		cmocka_unit_test_teardown(limits_are_in_force, clean),
		cmocka_unit_test_teardown(swap_is_counted, clean),
		cmocka_unit_test_teardown(one_that_is_empty_is_used, clean),
		cmocka_unit_test_teardown(one_with_processes_is_refused, clean),
		cmocka_unit_test_teardown(one_that_is_frozen_is_refused, clean),
		cmocka_unit_test_teardown(a_failure_leaves_nothing, clean),
		cmocka_unit_test_teardown(what_leads_astray_is_refused, clean),
		cmocka_unit_test_teardown(a_family_is_killed, clean),
		cmocka_unit_test_teardown(a_fork_bomb_is_killed, clean),
		cmocka_unit_test_teardown(a_fork_bomb_is_killed_by_legacy_means, clean),
		cmocka_unit_test_teardown(what_is_frozen_is_killed, clean),
		cmocka_unit_test_teardown(kill_gives_up_in_time, clean),
		cmocka_unit_test_teardown(any_depth_is_walked, clean),
		cmocka_unit_test_teardown(another_one_of_the_name_is_left_alone, clean),
		cmocka_unit_test_teardown(a_forest_is_removed, clean),
		cmocka_unit_test_teardown(a_tree_can_be_cloned, clean),
		cmocka_unit_test_teardown(it_can_be_handed_over, clean),
		cmocka_unit_test(controllers_are_enabled_once),
		cmocka_unit_test(files_may_be_missing),
	};

	if (arena_open(&arena) < 0)
		return 1;
	snprintf(base, sizeof(base), "caisson-test-%d", (int)getpid());
	cgroup_probe(&host.cgroup, &arena);
	if (geteuid() != 0 || host.cgroup.layout == CGROUP_NONE) {
		printf("1..0 # skip: %s\n", geteuid() ? "needs root" : "no cgroups here");
		return 0;
	}
	/* Controllers of a v2 tree would have to be enabled in its root, which is not ours to change. */
	host.cgroup.v2_controllers = 0;
	int failed = _cmocka_run_group_tests(view, tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
	arena_close(&arena);
	return failed;
}

/* The same machine with a v2 tree and nothing else, in a mount namespace of our own. */
static int run_unified(void)
{
	struct statfs fs;
	int status;

	if (geteuid() != 0 || (statfs("/sys/fs/cgroup", &fs) == 0 && (uint32_t)fs.f_type == ABI_CGROUP2_SUPER_MAGIC))
		return 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) < 0)
			_exit(0);
		exit(run("unified"));
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int main(void)
{
	int failed = run("as it is");

	return run_unified() || failed;
}
