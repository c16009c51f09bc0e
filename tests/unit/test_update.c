/* New limits for a cgroup in use, for real: what is written, and that a failure leaves everything as it was. On plain files, then on
 * cgroups as this machine has them, then with a v2 tree alone. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "cgroup/cgroup.h"
#include "cgroup/rows.h"
#include "cgroup/update.h"
#include "plan/update.h"
#include "state/state.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct host host;
static struct error error;
static struct spec spec;
static struct plan *plan;
static struct cgroup cgroup = { .v2 = -1 };
static bool another; /* the directory of that name has come later */
static char base[64];

static bool legacy(void)
{
	return host.cgroup.layout != CGROUP_UNIFIED;
}

/* JSON is written with ' for ", to be readable in here. */
static char *quoted(const char *text)
{
	char *to = arena_string(&arena, text);

	for (char *at = to; *at; at++)
		if (*at == '\'')
			*at = '"';
	return to;
}

/* ---- plain files that stand in for a cgroup ---- */

static char directory_name[32];
static int directory;

static int make_directory(void **unused)
{
	(void)unused;
	memset(&error, 0, sizeof(error));
	snprintf(directory_name, sizeof(directory_name), "/tmp/caisson-update-XXXXXX");
	directory = mkdtemp(directory_name) ? open(directory_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return directory < 0;
}

static int drop_directory(void **unused)
{
	(void)unused;
	close(directory);
	pid_t pid = fork();
	if (pid == 0)
		execl("/bin/rm", "rm", "-r", directory_name, NULL);
	return waitpid(pid, NULL, 0) != pid;
}

static void put(const char *file, const char *text)
{
	assert_int_equal(file_replace(directory, file, text, strlen(text), 0644), 0);
}

static void holds(const char *file, const char *expected)
{
	char text[4096];

	assert_true(file_read(directory, file, text, sizeof(text)) >= 0);
	assert_string_equal(text, expected);
}

/* The file says `before`; a row writes `value`; what then has to be written to have it back. */
static const char *way_back(const char *file, const char *before, const char *value)
{
	struct plan_write write = { .file = file, .value = value };
	const struct plan_cgroup here = { .path = "/p" };
	const struct plan_cgroup_directory rows = { .writes = &write, .write_count = 1 };
	struct saved_rows saved = { .arena = &arena };

	put(file, before);
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	if (!saved.count)
		return "nothing";
	assert_string_equal(saved.items[saved.count - 1].file, file);
	assert_null(rows_restore(&saved));
	holds(file, before); /* it says so already: not written */
	put(file, "another thing\n");
	assert_null(rows_restore(&saved));
	return saved.items[saved.count - 1].value;
}

static void every_kind_of_file_has_its_way_back(void **unused)
{
	(void)unused;
	assert_string_equal(way_back("memory.max", "max\n", "1000"), "max");
	assert_string_equal(way_back("memory.max", "4096\n", "max"), "4096");
	assert_string_equal(way_back("cpu.max", "max 100000\n", "5000 20000"), "max 100000");
	assert_string_equal(way_back("cpu.max", "max 100000\n", "max 20000"), "max 100000");
	assert_string_equal(way_back("cpuset.cpus", "0-1,3\n", "2"), "0-1,3");
	assert_string_equal(way_back("cpuset.cpus", "\n", "2"), "\n");
	assert_string_equal(way_back("io.max", "8:0 rbps=5 wbps=max riops=max wiops=7\n8:16 rbps=1 wbps=max riops=max wiops=max\n",
				     "8:16 wbps=9"),
			    "8:16 rbps=1 wbps=max riops=max wiops=max");
	assert_string_equal(way_back("io.max", "8:16 rbps=1 wbps=max riops=max wiops=max\n", "8:1 wbps=9"),
			    "8:1 rbps=max wbps=max riops=max wiops=max");
	assert_string_equal(way_back("io.max", "", "8:1 wbps=9"), "8:1 rbps=max wbps=max riops=max wiops=max");
	assert_string_equal(way_back("io.weight", "default 100\n8:0 50\n", "200"), "default 100");
	assert_string_equal(way_back("io.weight", "default 100\n8:0 50\n", "8:0 200"), "8:0 50");
	assert_string_equal(way_back("io.bfq.weight", "default 100\n8:0 50\n", "8:16 200"), "8:16 default");
	assert_string_equal(way_back("blkio.bfq.weight", "100\n", "200"), "100");
	assert_string_equal(way_back("blkio.throttle.read_bps_device", "8:0 5\n", "8:0 9"), "8:0 5");
	assert_string_equal(way_back("blkio.throttle.read_bps_device", "8:0 5\n", "8:16 9"), "8:16 0");
	assert_string_equal(way_back("rdma.max", "mlx4_0 hca_handle=2 hca_object=max\n", "mlx4_0 hca_object=5"),
			    "mlx4_0 hca_handle=2 hca_object=max");
	assert_string_equal(way_back("net_prio.ifpriomap", "lo 0\neth0 5\n", "eth0 7"), "eth0 5");
	assert_string_equal(way_back("memory.oom_control", "oom_kill_disable 1\nunder_oom 0\noom_kill 3\n", "0"), "1");
	assert_string_equal(way_back("cgroup.subtree_control", "cpu io\n", "+memory -io +cpu"), "-memory +io +cpu");
	assert_string_equal(way_back("cgroup.subtree_control", "\n", "+cpuset"), "-cpuset");
	assert_string_equal(way_back("cgroup.subtree_control", "cpuset\n", "+cpu"), "-cpu");
	assert_string_equal(way_back("dmem.max", "drm/vram0 max\ndrm/vram1 5\n", "drm/vram1 9"), "drm/vram1 5");
	assert_string_equal(way_back("devices.allow", "", "c 1:3 rwm"), "nothing");
	assert_string_equal(way_back("memory.reclaim", "", "4096"), "nothing");
}

static void a_weight_comes_back_after_being_idle(void **unused)
{
	struct plan_write write = { .file = "cpu.idle", .value = "1" };
	const struct plan_cgroup here = { .path = "/p" };
	const struct plan_cgroup_directory rows = { .writes = &write, .write_count = 1 };
	struct saved_rows saved = { .arena = &arena };

	(void)unused;
	put("cpu.idle", "0\n");
	put("cpu.weight", "170\n");
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	put("cpu.idle", "1\n");
	put("cpu.weight", "0\n");
	assert_null(rows_restore(&saved));
	holds("cpu.idle", "0\n");
	holds("cpu.weight", "170");
	/* One that was idle had no weight to come back to. */
	put("cpu.idle", "1\n");
	put("cpu.weight", "0\n");
	saved = (struct saved_rows){ .arena = &arena };
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	assert_int_equal(saved.count, 1);
}

static void a_cpuset_without_cpus_gets_those_it_had(void **unused)
{
	struct plan_write write = { .file = "cpuset.cpus", .value = "1" };
	const struct plan_cgroup here = { .path = "/p" };
	const struct plan_cgroup_directory rows = { .writes = &write, .write_count = 1 };
	struct saved_rows saved = { .arena = &arena };

	(void)unused;
	put("cpuset.cpus", "\n");
	put("cpuset.cpus.effective", "0-3\n");
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	put("cpuset.cpus", "1\n");
	assert_null(rows_restore(&saved));
	holds("cpuset.cpus", "\n\n"); /* this file takes the empty list */
	assert_string_equal(saved.items[0].otherwise, "0-3");
	put("cpuset.cpus", "2\n");
	saved = (struct saved_rows){ .arena = &arena };
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	assert_null(saved.items[0].otherwise);
}

static void what_is_missing_is_told_before_anything_is_written(void **unused)
{
	static const struct place at = { .path = "hugepageLimits[0]", .line = 3, .column = 4 };
	struct plan_write writes[] = {
		{ .file = "pids.max", .value = "5" },
		{ .file = "none", .value = "1", .may_be_missing = true },
		{ .file = "io.bfq.weight", .value = "2", .or_next = true },
		{ .file = "io.weight", .value = "3" },
		{ .file = "hugetlb.7MB.max", .value = "4", .at = at },
	};
	const struct plan_cgroup here = { .path = "/p" };
	const struct plan_cgroup_directory rows = { .writes = writes, .write_count = 5 };
	struct saved_rows saved = { .arena = &arena };

	(void)unused;
	put("pids.max", "max\n");
	put("io.weight", "default 100\n");
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), -1);
	assert_string_equal(error.text, "cannot write '4' to hugetlb.7MB.max of the cgroup '/p': this kernel has no such setting");
	assert_string_equal(error.path, "hugepageLimits[0]");
	assert_int_equal(saved.count, 2);
	assert_string_equal(saved.items[1].file, "io.weight");
	/* With the first of two its second is not touched. */
	put("io.bfq.weight", "default 100\n");
	saved = (struct saved_rows){ .arena = &arena };
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), -1);
	assert_int_equal(saved.count, 2);
	assert_string_equal(saved.items[1].file, "io.bfq.weight");
}

static void what_cannot_be_put_back_is_named(void **unused)
{
	struct plan_write writes[] = { { .file = "a", .value = "1" }, { .file = "b", .value = "1" }, { .file = "c", .value = "1" } };
	const struct plan_cgroup here = { .path = "/p" };
	const struct plan_cgroup_directory rows = { .writes = writes, .write_count = 3 };
	struct saved_rows saved = { .arena = &arena };

	(void)unused;
	put("a", "old\n");
	put("b", "old\n");
	put("c", "old\n");
	assert_int_equal(rows_save(&here, &rows, directory, &saved, &error), 0);
	assert_int_equal(rows_write(&here, &rows, directory, &error), 0);
	assert_int_equal(unlinkat(directory, "b", 0), 0);
	assert_string_equal(rows_restore(&saved), "b");
	holds("a", "old\n");
	holds("c", "old\n");
}

/* ---- real cgroups ---- */

static struct plan_update update;
static const struct request request = { .id = "x", .bundle = "/b" };

static int read_spec(const char *resources)
{
	char *text = quoted(arena_printf(&arena, "{'ociVersion':'1.3.0','root':{'path':'r'},'linux':{'cgroupsPath':'/%s/box',"
						 "'resources':{%s}}}", base, resources));

	memset(&error, 0, sizeof(error));
	return spec_read("config.json", text, strlen(text), &arena, &spec, NULL, &error);
}

static void made(const char *resources)
{
	plan = arena_new(&arena, struct plan);
	struct planning planning = { .spec = &spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };

	if (read_spec(resources) < 0 || plan_cgroup(&planning, &error) < 0 || cgroup_make(&plan->cgroup, &cgroup, &error) < 0)
		printf("%s: %s: %s (%d)\n", resources, error.path, error.text, error.code);
	assert_string_equal(error.text, "");
}

static int clean(void **unused)
{
	struct record_cgroup list[CGROUP_DIRECTORIES_MOST];

	(void)unused;
	for (size_t i = 0; plan && i < plan->cgroup.directory_count; i++)
		list[i] = (struct record_cgroup){ plan->cgroup.directories[i].mount, plan->cgroup.directories[i].v2 };
	cgroup_close(&cgroup);
	if (plan)
		cgroup_remove(&(struct cgroup_at){ plan->cgroup.path, list, plan->cgroup.directory_count }, "");
	plan = NULL;
	return 0;
}

/* Every file of the container's cgroup that root may write and that says something lasting. */
static const char *all_settings(void)
{
	struct text out = text_in(&arena);
	char line[4096];

	for (size_t i = 0; i < plan->cgroup.directory_count; i++) {
		const char *command = arena_printf(&arena,
						   "cd %s%s && for f in *; do [ -f $f ] && [ -w $f ] || continue; case $f in *pressure*|"
						   "cgroup.procs|tasks|cgroup.threads|*usage*|*peak*|*stat|*.events) continue;; esac; "
						   "echo \"$f $(cat $f 2>/dev/null)\"; done; cat devices.list 2>/dev/null",
						   plan->cgroup.directories[i].mount, plan->cgroup.path);
		FILE *files = popen(command, "r");
		assert_non_null(files);
		while (fgets(line, sizeof(line), files))
			text_add(&out, line);
		pclose(files);
	}
	assert_true(out.length > 100);
	return out.data;
}

static int kept, keep_result, begun, begin_result, settled_count;
static struct undo way_home;

static int begin(void *data, struct undo *undo, struct error *e)
{
	begun++;
	assert_ptr_equal(data, &update);
	way_home = *undo;
	return begin_result < 0 ? (fail)(e, 0, "cannot note it") : 0;
}

static void settled(void *data)
{
	assert_ptr_equal(data, &update);
	settled_count++;
}

static int keep(void *data, struct error *e)
{
	kept++;
	assert_ptr_equal(data, &update);
	return keep_result < 0 ? (fail)(e, 0, "cannot keep it") : 0;
}

static struct cgroup_at here(struct record_cgroup hierarchies[CGROUP_DIRECTORIES_MOST])
{
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		hierarchies[i] = (struct record_cgroup){ .mount = plan->cgroup.directories[i].mount, .v2 = plan->cgroup.directories[i].v2,
							 .inode = another ? 1 : cgroup.inode[i] };
	return (struct cgroup_at){ plan->cgroup.path, hierarchies, plan->cgroup.directory_count };
}

static int change(const char *resources)
{
	struct spec_resources new, *current = spec.linux_->resources;
	char *text = quoted(arena_printf(&arena, "{%s}", resources));
	struct planning planning = { .spec = &spec, .host = &host, .arena = &arena };

	memset(&error, 0, sizeof(error));
	kept = begun = settled_count = 0;
	if (spec_resources_read("change.json", text, strlen(text), &arena, &new, NULL, &error) < 0)
		return -1;
	const struct update_request asked = { .current = current, .change = &new, .path = plan->cgroup.path };
	if (plan_update(&planning, &asked, &update, &error) < 0)
		return -1;
	struct record_cgroup hierarchies[CGROUP_DIRECTORIES_MOST] = { 0 };
	const struct cgroup_at at = here(hierarchies);
	const struct cgroup_change todo = {
		.to = &update.to, .back = &update.back, .of = &at, .arena = &arena,
		.begin = begin, .keep = keep, .settled = settled, .data = &update,
	};
	int r = cgroup_update(&todo, &error);
	if (r == 0)
		*current = update.resources;
	return r;
}

static void changed(const char *resources)
{
	if (change(resources) < 0)
		printf("%s: %s: %s (%d)\n", resources, error.path, error.text, error.code);
	assert_string_equal(error.text, "");
	assert_int_equal(kept, 1);
}

static void says(const char *file, const char *expected)
{
	char value[4096];
	ssize_t length = -1;

	for (size_t i = 0; i < cgroup.count && length < 0; i++)
		length = file_read(cgroup.fd[i], file, value, sizeof(value));
	assert_true(length >= 0);
	value[strcspn(value, "\n")] = '\0';
	assert_string_equal(value, expected);
}

static const char *usual(void)
{
	return legacy() ? "'memory':{'limit':67108864},'cpu':{'shares':512,'quota':50000,'period':100000,'cpus':'0'},'pids':{'limit':10}"
			: "'unified':{'cgroup.max.depth':'3'}";
}

static void new_values_are_in_force(void **unused)
{
	(void)unused;
	made(usual());
	if (legacy()) {
		changed("'memory':{'limit':33554432},'cpu':{'shares':700,'quota':20000,'burst':5000},'pids':{'limit':-1}");
		says("memory.limit_in_bytes", "33554432");
		says("cpu.shares", "700");
		says("cpu.cfs_quota_us", "20000");
		says("cpu.cfs_period_us", "100000");
		says("cpu.cfs_burst_us", "5000");
		says("cpuset.cpus", "0");
		says("pids.max", "max");
		/* Burst and quota shrink together: the order does not matter. */
		changed("'cpu':{'quota':3000,'burst':2000}");
		says("cpu.cfs_quota_us", "3000");
		says("cpu.cfs_burst_us", "2000");
		changed("'memory':{'disableOOMKiller':true}");
		says("memory.oom_control", "oom_kill_disable 1");
		changed("'memory':{'disableOOMKiller':false}");
		says("memory.oom_control", "oom_kill_disable 0");
	} else {
		changed("'unified':{'cgroup.max.depth':'4','cgroup.max.descendants':'max'}");
		says("cgroup.max.depth", "4");
	}
}

static void memory_and_swap_grow_and_shrink(void **unused)
{
	(void)unused;
	if (!legacy() || !host.cgroup.memory_v1_swap)
		skip();
	made("'memory':{'limit':67108864,'swap':100663296}");
	changed("'memory':{'limit':167772160,'swap':268435456}");
	says("memory.limit_in_bytes", "167772160");
	says("memory.memsw.limit_in_bytes", "268435456");
	changed("'memory':{'limit':33554432,'swap':33554432}");
	says("memory.limit_in_bytes", "33554432");
	says("memory.memsw.limit_in_bytes", "33554432");
	const char *before = all_settings();
	assert_int_equal(change("'memory':{'limit':43554432}"), -1);
	assert_string_equal(error.path, "memory.limit");
	assert_string_equal(all_settings(), before);
	changed("'memory':{'limit':-1}");
	says("memory.limit_in_bytes", "9223372036854771712");
	says("memory.memsw.limit_in_bytes", "9223372036854771712");
	/* From nothing to something the way back has the other order. */
	before = all_settings();
	keep_result = -1;
	assert_int_equal(change("'memory':{'limit':33554432,'swap':33554432}"), -1);
	keep_result = 0;
	assert_string_equal(all_settings(), before);
}

static void refused(const char *resources, const char *path, const char *words)
{
	const char *before = all_settings();

	assert_int_equal(change(resources), -1);
	if (strcmp(error.path, path) != 0 || !strstr(error.text, words))
		printf("of %s got: %s: %s\n", resources, error.path, error.text);
	assert_string_equal(error.path, path);
	assert_non_null(strstr(error.text, words));
	assert_null(strstr(error.text, "put back"));
	assert_int_equal(kept, 0);
	assert_int_equal(settled_count, begun);
	assert_string_equal(all_settings(), before);
}

static void a_refusal_by_the_kernel_leaves_everything_as_it_was(void **unused)
{
	(void)unused;
	made(usual());
	if (!legacy()) {
		refused("'unified':{'cgroup.max.depth':'7','cgroup.max.descendants':'many'}", "unified[\"cgroup.max.descendants\"]",
			"cannot write 'many' to cgroup.max.descendants");
		refused("'unified':{'cgroup.max.depth':'7','cgroup.nosuch':'1'}", "unified[\"cgroup.nosuch\"]", "no such setting");
		return;
	}
	/* cpu comes first, then cpuset, memory, io, pids: the last one is what fails. */
	refused("'cpu':{'shares':300,'quota':20000,'period':50000,'burst':1000},'memory':{'limit':33554432,'swappiness':7},"
		"'pids':{'limit':77},'blockIO':{'throttleReadBpsDevice':[{'major':4095,'minor':7,'rate':5}]}",
		"blockIO.throttleReadBpsDevice[0]", "no such device");
	refused("'cpu':{'shares':300,'cpus':'4000'},'memory':{'limit':33554432}", "cpu.cpus", "this machine");
	refused("'cpu':{'idle':1,'mems':'900'},'memory':{'limit':33554432}", "cpu.mems", "this machine");
	refused("'cpu':{'shares':300},'hugepageLimits':[{'pageSize':'7MB','limit':5}]", "hugepageLimits[0].limit", "hugetlb");
	says("cpu.shares", "512");
}

static void what_cannot_be_kept_is_taken_back(void **unused)
{
	(void)unused;
	made(usual());
	const char *before = all_settings();
	keep_result = -1;
	int r = change(legacy() ? "'cpu':{'shares':300,'idle':1,'cpus':'0-1'},'memory':{'limit':33554432,'disableOOMKiller':true},"
				  "'pids':{'limit':77},'devices':[{'allow':true,'type':'c','major':10,'minor':232,'access':'rw'}]"
				: "'unified':{'cgroup.max.depth':'7'}");
	keep_result = 0;
	assert_int_equal(r, -1);
	assert_int_equal(kept, 1);
	assert_int_equal(settled_count, 1);
	assert_string_equal(error.text, "cannot keep it");
	assert_string_equal(all_settings(), before);
}

static void a_limit_below_the_usage_is_rejected_if_that_is_asked_for(void **unused)
{
	(void)unused;
	if (!legacy())
		skip();
	made("'memory':{'limit':67108864,'checkBeforeUpdate':true}");
	pid_t pid = fork();
	if (pid == 0) { /* some 16 MiB that nobody can take away */
		char text[24];
		snprintf(text, sizeof(text), "%d", (int)getpid());
		for (size_t i = 0; i < cgroup.count; i++)
			if (faccessat(cgroup.fd[i], "memory.limit_in_bytes", F_OK, 0) == 0)
				file_write(cgroup.fd[i], "cgroup.procs", text);
		char *memory = malloc(16 << 20);
		memset(memory, 7, 16 << 20);
		kill(getpid(), SIGSTOP);
		_exit(memory[5]);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	refused("'memory':{'limit':8388608},'pids':{'limit':3}", "memory.limit", "rejecting memory limit 8388608 <= usage ");
	changed("'memory':{'limit':67108864}");
	changed("'memory':{'limit':50331648}");
	/* Without the check it is the kernel that says no. */
	refused("'memory':{'limit':8388608,'checkBeforeUpdate':false},'cpu':{'shares':7}", "memory.limit",
		"unable to set memory limit to 8388608 (current usage: ");
	assert_non_null(strstr(error.text, ", peak usage: "));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void a_cgroup_that_is_gone_is_an_error(void **unused)
{
	(void)unused;
	made("");
	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		rmdir(arena_printf(&arena, "%s%s", plan->cgroup.directories[i].mount, plan->cgroup.path));
	assert_int_equal(change(legacy() ? "'pids':{'limit':5}" : "'unified':{'cgroup.max.depth':'7'}"), -1);
	assert_non_null(strstr(error.text, "any more"));
	/* Nothing to write, nothing to miss. */
	assert_int_equal(change("'memory':{'limit':0}"), 0);
}

static void a_later_cgroup_of_the_name_is_left_alone(void **unused)
{
	(void)unused;
	made("");
	const char *before = all_settings();
	another = true;
	int r = change(legacy() ? "'pids':{'limit':5}" : "'unified':{'cgroup.max.depth':'7'}");
	another = false;
	assert_int_equal(r, -1);
	assert_non_null(strstr(error.text, "any more"));
	assert_string_equal(all_settings(), before);
}

/* ---- killed ---- */

static int drop_both(void **unused)
{
	return clean(unused) || drop_directory(unused);
}

/* As the next update does, from what the killed one has left on the disk. */
static int undone(const struct state_dir *state)
{
	struct record_cgroup hierarchies[CGROUP_DIRECTORIES_MOST] = { 0 };
	const struct cgroup_at at = here(hierarchies);
	struct undo undo;

	memset(&error, 0, sizeof(error));
	assert_int_equal(undo_load(state, &arena, &undo, &error), 1);
	int r = cgroup_undo(&undo, &at, &arena, &error);
	if (r < 0)
		printf("%s\n", error.text);
	return r;
}

static void what_a_killed_update_has_changed_is_undone_by_its_note(void **unused)
{
	const struct state_dir state = { .dir = directory, .id = "x" };

	(void)unused;
	made(legacy() ? "'memory':{'limit':67108864},'cpu':{'shares':512}" : "'unified':{'cgroup.max.depth':'3'}");
	const char *before = all_settings();
	/* Limits that there were, limits that there were not, and device rules. */
	changed(legacy() ? "'memory':{'limit':33554432},'cpu':{'idle':1,'quota':20000,'cpus':'0'},'pids':{'limit':77},"
			   "'devices':[{'allow':true,'type':'c','major':10,'minor':232,'access':'rw'}]"
			 : "'unified':{'cgroup.max.depth':'7','cgroup.max.descendants':'5'}");
	assert_int_equal(begun, 1);
	assert_int_equal(settled_count, 1);
	assert_string_not_equal(all_settings(), before);
	assert_int_equal(undo_save(&state, &way_home, &arena, &error), 0);
	/* In what the container has made itself devices.* take no new default. */
	const char *mount = host.cgroup.v1[CG_DEVICES] ? host.cgroup.v1[CG_DEVICES] : host.cgroup.v2;
	assert_int_equal(mkdir(arena_printf(&arena, "%s%s/inner", mount, plan->cgroup.path), 0755), 0);
	assert_int_equal(undone(&state), 0);
	assert_string_equal(all_settings(), before);
	/* Once more it does nothing, nor if nothing had been written yet. */
	assert_int_equal(undone(&state), 0);
	assert_string_equal(all_settings(), before);
	undo_forget(&state);
	assert_int_equal(undo_load(&state, &arena, &way_home, &error), 0);
}

static void a_note_is_void_once_the_new_resources_are_kept(void **unused)
{
	const struct state_dir state = { .dir = directory, .id = "x" };
	struct undo undo = { .unit = "u" };

	(void)unused;
	for (int i = 0; i < 3; i++) {
		memset(&error, 0, sizeof(error));
		assert_int_equal(undo_save(&state, &undo, &arena, &error), 0);
		assert_int_equal(undo_load(&state, &arena, &undo, &error), 1);
		put(STATE_RESOURCES, "{}");
		assert_int_equal(undo_load(&state, &arena, &undo, &error), 0);
	}
	put(STATE_UPDATING, "{\"resources\":0,\"rows\":[{}]}");
	assert_int_equal(undo_load(&state, &arena, &undo, &error), -1);
	assert_non_null(strstr(error.path, "rows[0]"));
	put(STATE_UPDATING, "");
	assert_int_equal(undo_load(&state, &arena, &undo, &error), -1);
}

static void a_note_keeps_everything(void **unused)
{
	static const char *names[] = { "/dev/block/8:0", "/dev/block/8:16" };
	uint64_t numbers[] = { 5, UINT64_MAX }, bytes[] = { 255, 0, 3 };
	const struct state_dir state = { .dir = directory, .id = "x" };
	struct undo_row rows[] = { { "/cg", true, "cpuset.cpus", "1", "\n", "0-3", 5 },
				   { "/cg/pids", false, "pids.max", "7", "max", NULL, 6 } };
	struct undo_row devices[] = { { "/cg/devices", false, "devices.deny", NULL, "c 1:3 w", NULL, 7 } };
	struct undo_rule rules[] = { { false, "a", -1, -1, 7 }, { true, "c", 1, 3, 6 } };
	struct undo_property properties[] = {
		{ "IOReadBandwidthMax", "a(st)", 0, { names, 2, true }, { numbers, 2, true }, { NULL, 0, false }, 0 },
		{ "AllowedCPUs", "ay", 0, { NULL, 0, false }, { NULL, 0, false }, { bytes, 3, true }, 244 },
		{ "TasksMax", "t", UINT64_MAX, { NULL, 0, false }, { NULL, 0, false }, { NULL, 0, false }, 0 },
	};
	struct undo read, undo = { 0, { rows, 2, true }, { devices, 1, true }, "c 1:3 rwm\n", { rules, 2, true }, "a.scope", true,
				   { properties, 3, true } };

	(void)unused;
	assert_int_equal(undo_save(&state, &undo, &arena, &error), 0);
	assert_int_equal(undo_load(&state, &arena, &read, &error), 1);
	const struct undo_row *row = read.rows.items, *device = read.devices.items;
	const struct undo_rule *rule = read.rules.items;
	const struct undo_property *property = read.properties.items;
	assert_int_equal(read.rows.count, 2);
	assert_true(row->v2 && !row[1].v2 && !row[1].otherwise);
	assert_string_equal(row->mount, "/cg");
	assert_string_equal(row->file, "cpuset.cpus");
	assert_string_equal(row->over, "1");
	assert_string_equal(row->value, "\n");
	assert_string_equal(row->otherwise, "0-3");
	assert_string_equal(device->value, "c 1:3 w");
	assert_string_equal(read.devices_list, "c 1:3 rwm\n");
	assert_true(!rule->allow && rule->major == -1 && rule[1].allow && rule[1].minor == 3 && rule[1].access == 6);
	assert_string_equal(rule[1].type, "c");
	assert_true(read.user_unit);
	assert_string_equal(read.unit, "a.scope");
	assert_string_equal(property->strings.items[1], names[1]);
	assert_true(property->numbers.items[1] == UINT64_MAX);
	assert_true(property[1].bytes.count == 3 && property[1].bytes.items[2] == 3 && property[1].since == 244);
	assert_true(property[2].number == UINT64_MAX);
}

static void without_its_note_nothing_is_written(void **unused)
{
	(void)unused;
	made(usual());
	const char *before = all_settings();
	begin_result = -1;
	int r = change(legacy() ? "'pids':{'limit':77}" : "'unified':{'cgroup.max.depth':'7'}");
	begin_result = 0;
	assert_int_equal(r, -1);
	assert_string_equal(error.text, "cannot note it");
	assert_int_equal(kept, 0);
	assert_int_equal(settled_count, 0);
	assert_string_equal(all_settings(), before);
}

/* ---- device programs of v2 ---- */

static uint32_t programs(uint32_t *first)
{
	uint32_t ids[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup.v2;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = 64;
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)), 0);
	*first = ids[0];
	return attr.query.prog_cnt;
}

/* Whether a process in there may open a device for reading; 0, or an errno. */
static int opens(const char *device)
{
	struct abi_clone_args args = { .exit_signal = SIGCHLD, .flags = ABI_CLONE_INTO_CGROUP, .cgroup = (uint64_t)cgroup.v2 };
	int status;
	pid_t pid = (pid_t)syscall(ABI_SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(open(device, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_device_program_is_replaced_and_comes_back(void **unused)
{
	uint32_t first, second, third;

	(void)unused;
	if (legacy())
		skip();
	made("'devices':[{'allow':false,'access':'rwm'}]");
	assert_int_equal(programs(&first), 1);
	assert_int_equal(opens("/dev/null"), 0);
	assert_int_equal(opens("/dev/kmsg"), EPERM);
	changed("'unified':{'cgroup.max.depth':'4'}");
	assert_int_equal(programs(&second), 1);
	assert_int_equal(second, first); /* not touched */
	changed("'devices':[{'allow':false,'access':'rwm'},{'allow':true,'type':'c','major':1,'minor':11,'access':'r'}]");
	assert_int_equal(programs(&second), 1);
	assert_int_not_equal(second, first);
	assert_int_equal(opens("/dev/kmsg"), 0);
	assert_int_equal(opens("/dev/null"), 0);
	keep_result = -1;
	assert_int_equal(change("'devices':[{'allow':false,'access':'rwm'}],'unified':{'cgroup.max.depth':'5'}"), -1);
	keep_result = 0;
	assert_int_equal(programs(&third), 1);
	assert_int_equal(opens("/dev/kmsg"), 0);
	says("cgroup.max.depth", "4");
	changed("'devices':[]");
	assert_int_equal(opens("/dev/kmsg"), EPERM);
	assert_int_equal(programs(&third), 1);
	/* Killed right after that: */
	struct record_cgroup hierarchies[CGROUP_DIRECTORIES_MOST] = { 0 };
	const struct cgroup_at at = here(hierarchies);
	assert_int_equal(cgroup_undo(&way_home, &at, &arena, &error), 0);
	assert_int_equal(opens("/dev/kmsg"), 0);
	assert_int_equal(programs(&third), 1);
}

static int run(const char *view)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_of_file_has_its_way_back, make_directory, drop_directory),
		cmocka_unit_test_setup_teardown(a_weight_comes_back_after_being_idle, make_directory, drop_directory),
		cmocka_unit_test_setup_teardown(a_cpuset_without_cpus_gets_those_it_had, make_directory, drop_directory),
		cmocka_unit_test_setup_teardown(what_is_missing_is_told_before_anything_is_written, make_directory, drop_directory),
		cmocka_unit_test_setup_teardown(what_cannot_be_put_back_is_named, make_directory, drop_directory),
		cmocka_unit_test_teardown(new_values_are_in_force, clean),
		cmocka_unit_test_teardown(memory_and_swap_grow_and_shrink, clean),
		cmocka_unit_test_teardown(a_refusal_by_the_kernel_leaves_everything_as_it_was, clean),
		cmocka_unit_test_teardown(what_cannot_be_kept_is_taken_back, clean),
		cmocka_unit_test_teardown(a_limit_below_the_usage_is_rejected_if_that_is_asked_for, clean),
		cmocka_unit_test_teardown(a_cgroup_that_is_gone_is_an_error, clean),
		cmocka_unit_test_teardown(a_later_cgroup_of_the_name_is_left_alone, clean),
		cmocka_unit_test_setup_teardown(what_a_killed_update_has_changed_is_undone_by_its_note, make_directory, drop_both),
		cmocka_unit_test_setup_teardown(a_note_is_void_once_the_new_resources_are_kept, make_directory, drop_directory),
		cmocka_unit_test_setup_teardown(a_note_keeps_everything, make_directory, drop_directory),
		cmocka_unit_test_teardown(without_its_note_nothing_is_written, clean),
		cmocka_unit_test_teardown(a_device_program_is_replaced_and_comes_back, clean),
	};

	if (arena_open(&arena) < 0)
		return 1;
	snprintf(base, sizeof(base), "caisson-update-%d", (int)getpid());
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
