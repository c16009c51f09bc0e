/* plan/mounts.c, mount_options.c, cgroup_mounts.c: what each option and each entry becomes, and what is refused. */
#include <setjmp.h>
#include <stdlib.h>
#include "plan/mount_options.h"
#include "planned_files.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define RO ABI_MOUNT_ATTR_RDONLY
#define NOSUID ABI_MOUNT_ATTR_NOSUID
#define NODEV ABI_MOUNT_ATTR_NODEV
#define NOEXEC ABI_MOUNT_ATTR_NOEXEC
#define NOATIME ABI_MOUNT_ATTR_NOATIME
#define STRICT ABI_MOUNT_ATTR_STRICTATIME
#define ATIMES ABI_MOUNT_ATTR__ATIME
#define NODIR ABI_MOUNT_ATTR_NODIRATIME
#define NOSYM ABI_MOUNT_ATTR_NOSYMFOLLOW

static const struct plan_mount *mount_of(const char *members)
{
	const char *top = arena_printf(&arena, ROOT ",\"mounts\":[{\"destination\":\"/mnt\",%s}]", members);
	make_plan(top, MOUNT_NS);
	if (*sentence)
		print_error("%s\n  %s\n", members, sentence);
	assert_string_equal(sentence, "");
	return &plan->mounts.items[0];
}

/* Options as in mount(8): with commas. */
static const struct plan_mount *bind_with(const char *options)
{
	return mount_of(arena_printf(&arena, "\"source\":\"/src\",\"options\":[\"rbind\",\"%s\"]", options));
}

static const struct {
	const char *options;
	uint64_t set, clear, r_set, r_clear;
} attributes[] = {
	{ "defaults", 0, 0, 0, 0 },
	{ "ro", RO, 0, 0, 0 },
	{ "rw", 0, RO, 0, 0 },
	{ "ro,rw", 0, RO, 0, 0 },
	{ "rw,ro", RO, 0, 0, 0 },
	{ "nosuid,nodev,noexec", NOSUID | NODEV | NOEXEC, 0, 0, 0 },
	{ "suid,dev,exec", 0, NOSUID | NODEV | NOEXEC, 0, 0 },
	{ "nosuid,suid", 0, NOSUID, 0, 0 },
	{ "nosymfollow", NOSYM, 0, 0, 0 },
	{ "symfollow", 0, NOSYM, 0, 0 },
	{ "nodiratime", NODIR, 0, 0, 0 },
	{ "diratime", 0, NODIR, 0, 0 },
	{ "noatime", NOATIME, ATIMES, 0, 0 },
	{ "noatime,atime", 0, ATIMES, 0, 0 },
	{ "atime", 0, ATIMES, 0, 0 },
	{ "relatime", 0, ATIMES, 0, 0 },
	{ "norelatime", 0, ATIMES, 0, 0 },
	{ "strictatime", STRICT, ATIMES, 0, 0 },
	{ "strictatime,nostrictatime", 0, ATIMES, 0, 0 },
	{ "noatime,strictatime", STRICT, ATIMES, 0, 0 },
	{ "noatime,norelatime", NOATIME, ATIMES, 0, 0 },
	{ "rro", 0, 0, RO, 0 },
	{ "rrw", 0, 0, 0, RO },
	{ "ro,rrw", RO, 0, 0, RO },
	{ "rnosuid,rnodev,rnoexec", 0, 0, NOSUID | NODEV | NOEXEC, 0 },
	{ "rsuid,rdev,rexec", 0, 0, 0, NOSUID | NODEV | NOEXEC },
	{ "rnosymfollow", 0, 0, NOSYM, 0 },
	{ "rsymfollow", 0, 0, 0, NOSYM },
	{ "rnodiratime", 0, 0, NODIR, 0 },
	{ "rdiratime", 0, 0, 0, NODIR },
	{ "rnoatime", 0, 0, NOATIME, ATIMES },
	{ "ratime", 0, 0, 0, ATIMES },
	{ "rrelatime", 0, 0, 0, ATIMES },
	{ "rnorelatime", 0, 0, 0, ATIMES },
	{ "rstrictatime", 0, 0, STRICT, ATIMES },
	{ "rnostrictatime", 0, 0, 0, ATIMES },
	{ "sync,dirsync,lazytime,mand,iversion,async,nolazytime,nomand,noiversion,silent,loud", 0, 0, 0, 0 },
};

static void attributes_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		const struct plan_mount *m = bind_with(attributes[i].options);
		if (m->attr_set != attributes[i].set || m->attr_clear != attributes[i].clear ||
		    m->recursive_set != attributes[i].r_set ||
		    m->recursive_clear != attributes[i].r_clear)
			fail_msg("%s: %#lx %#lx %#lx %#lx", attributes[i].options, (long)m->attr_set, (long)m->attr_clear,
				 (long)m->recursive_set, (long)m->recursive_clear);
		assert_int_equal(m->param_count, 0);
	}
}

static void propagation_words_stay_in_order(void **state)
{
	(void)state;
	const struct plan_mount *m = bind_with("shared,rslave,unbindable,rprivate,private,slave,rshared,runbindable");
	static const struct propagation wanted[] = {
		{ ABI_MS_SHARED, false }, { ABI_MS_SLAVE, true }, { ABI_MS_UNBINDABLE, false }, { ABI_MS_PRIVATE, true },
		{ ABI_MS_PRIVATE, false }, { ABI_MS_SLAVE, false }, { ABI_MS_SHARED, true }, { ABI_MS_UNBINDABLE, true },
	};
	assert_int_equal(m->propagation_count, 8);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(m->propagation[i].flag, wanted[i].flag);
		assert_int_equal(m->propagation[i].recursive, wanted[i].recursive);
	}
}

static void words_are_sorted(void **state)
{
	(void)state;
	size_t count = 0;
	for (const char *const *word = plan_mount_option_words; word[0] && word[1]; word++, count++)
		if (strcmp(word[0], word[1]) >= 0)
			fail_msg("'%s' stands before '%s'", word[0], word[1]);
	assert_true(count > 55);
}

static void a_file_systems_own_words(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":[\"nosuid,size=1k\","
					      "\"mode=1777\",\"noswap\",\"sync\",\"iversion\"]");
	assert_int_equal(m->kind, MOUNT_FILESYSTEM);
	assert_string_equal(m->type, "tmpfs");
	assert_string_equal(m->source, "shm");
	assert_int_equal(m->attr_set, NOSUID);
	assert_int_equal(m->param_count, 5);
	assert_string_equal(m->params[0].key, "size");
	assert_string_equal(m->params[0].value, "1k");
	assert_string_equal(m->params[1].value, "1777");
	assert_string_equal(m->params[2].key, "noswap");
	assert_null(m->params[2].value);
	assert_string_equal(m->params[3].key, "sync");
	assert_false(m->params[3].optional);
	assert_string_equal(m->params[4].key, "iversion");
	assert_true(m->params[4].optional);
	assert_false(m->mode_from_target);
	assert_false(m->readonly_late);
	assert_int_equal(plan->mounts.cargo, 0);
}

static void late_and_early(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"type\":\"tmpfs\",\"options\":[\"ro\",\"tmpcopyup\"]");
	assert_true(m->readonly_late && m->copy_up && m->mode_from_target);
	assert_true(mount_of("\"type\":\"tmpfs\",\"options\":[\"rro\"]")->readonly_late);
	assert_false(mount_of("\"type\":\"mqueue\",\"options\":[\"ro\"]")->readonly_late);
	assert_false(mount_of("\"type\":\"mqueue\"")->mode_from_target);
	/* A read-only block device needs the superblock's flag, too. */
	m = mount_of("\"type\":\"ext4\",\"source\":\"/dev/sdz\",\"options\":[\"ro\"]");
	assert_int_equal(m->param_count, 1);
	assert_string_equal(m->params[0].key, "ro");
	assert_int_equal(m->attr_set, RO);
}

static void binds(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"type\":\"tmpfs\",\"source\":\"a//./b/\",\"options\":[\"bind\"]");
	assert_int_equal(m->kind, MOUNT_TREE);
	assert_int_equal(m->tree, TREE_BIND);
	assert_false(m->recursive);
	assert_string_equal(m->source, "/bundle/a/b");
	assert_null(m->type);
	assert_int_equal(plan->mounts.cargo, 1);
	assert_true(bind_with("ro")->recursive);
}

static void remounts(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"options\":[\"remount\",\"ro\",\"size=5k\",\"nolazytime\"]");
	assert_int_equal(m->kind, MOUNT_REMOUNT);
	assert_int_equal(m->attr_set, RO);
	assert_int_equal(m->param_count, 2);
	assert_string_equal(m->params[1].key, "nolazytime");
	assert_int_equal(mount_of("\"options\":[\"remount\",\"bind\",\"ro\",\"sync\"]")->param_count, 0);
	assert_int_equal(plan->mounts.cargo, 0);
}

static void destinations(void **state)
{
	(void)state;
	make_plan(ROOT ",\"mounts\":[{\"destination\":\"a//b/./c/\",\"type\":\"tmpfs\"},{\"destination\":\"/../../x\","
		       "\"type\":\"tmpfs\"},"
		  "{\"destination\":\"/sys/../proc\",\"type\":\"proc\"},{\"destination\":\"/sys\",\"type\":\"sysfs\"}]", MOUNT_NS);
	assert_string_equal(sentence, "");
	assert_int_equal(warning_count, 1);
	assert_string_equal(plan->mounts.items[0].target, "/a/b/c");
	assert_string_equal(plan->mounts.items[1].target, "/../../x");
	assert_string_equal(plan->mounts.items[2].target, "/proc");
	assert_true(plan->mounts.items[2].real_directory);
	assert_true(plan->mounts.items[3].real_directory);
	make_plan(ROOT ",\"mounts\":[{\"destination\":\"/proc\",\"source\":\"/proc\",\"options\":[\"rbind\"]},"
		  "{\"destination\":\"/proc/meminfo\",\"source\":\"m\",\"options\":[\"bind\"]}]", MOUNT_NS);
	assert_string_equal(sentence, "");
	assert_true(plan->mounts.items[0].procfs_only && plan->mounts.items[0].real_directory);
}

static void overlays(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"type\":\"overlay\","
					      "\"options\":[\"lowerdir=/a\\\\:b:c\\\\,d:/e\\\\\\\\f,"
					      "upperdir=u\\\\,p,workdir=/w,metacopy=on,ro\"]");
	assert_int_equal(m->tree, TREE_OVERLAY);
	assert_int_equal(m->overlay->lower_count, 3);
	assert_string_equal(m->overlay->lower[0], "/a:b");
	assert_string_equal(m->overlay->lower[1], "/bundle/c,d");
	assert_string_equal(m->overlay->lower[2], "/e\\f");
	assert_string_equal(m->overlay->upper, "/bundle/u,p");
	assert_string_equal(m->overlay->work, "/w");
	assert_int_equal(m->overlay->param_count, 1);
	assert_string_equal(m->overlay->params[0].key, "metacopy");
	assert_int_equal(m->attr_set, RO);
	assert_false(m->overlay->detached);
	host.kernel = KERNEL_VERSION_OF(6, 15);
	m = mount_of("\"type\":\"overlay\",\"options\":[\"lowerdir+=/a:b\",\"lowerdir+=/c\"]");
	assert_int_equal(m->overlay->lower_count, 2);
	assert_string_equal(m->overlay->lower[0], "/a:b");
	assert_true(m->overlay->detached);
	usual_host();
}

static void id_maps(void **state)
{
	(void)state;
	const struct plan_mount *m = mount_of("\"source\":\"/s\",\"options\":[\"bind\"],"
					      "\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":2}],"
					      "\"gidMappings\":[{\"containerID\":1,\"hostID\":6,\"size\":3}]");
	assert_string_equal(m->id_map->uid_map, "0 5 2\n");
	assert_string_equal(m->id_map->gid_map, "1 6 3\n");
	assert_false(m->id_map->recursive || m->id_map_container);
	make_plan(ROOT ",\"mounts\":[{\"destination\":\"/m\",\"source\":\"/s\",\"options\":[\"rbind\",\"ridmap\"]}]", USER_NS);
	assert_string_equal(sentence, "");
	m = &plan->mounts.items[0];
	assert_true(m->id_map->recursive && m->id_map_container);
	assert_string_equal(m->id_map->uid_map, "0 1000 10\n");
}

static void cgroup_mounts(void **state)
{
	(void)state;
	static const struct plan_cgroup_directory all[] = {
		{ .mount = "/sys/fs/cgroup/unified", .v2 = true }, { .mount = "/sys/fs/cgroup/cpu,cpuacct",
								    .label = "cpu,cpuacct" },
		{ .mount = "/sys/fs/cgroup/pids", .label = "pids" },
	};
	directories = all;
	directory_count = 3;
	const struct plan_mount *m = mount_of("\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"nosuid\",\"ro\"]");
	assert_int_equal(m->kind, MOUNT_TREE);
	assert_int_equal(m->tree, TREE_CGROUP);
	assert_int_equal(m->attr_set, RO | NOSUID);
	assert_int_equal(plan->mounts.cargo, 1);
	host.cgroup.layout = CGROUP_HYBRID;
	m = mount_of("\"type\":\"cgroup\",\"options\":[\"nosuid\"]");
	assert_int_equal(m->kind, MOUNT_CGROUP_V1);
	assert_int_equal(m->attr_set, RO | NOSUID);
	assert_int_equal(m->inside_count, 3);
	assert_int_equal(plan->mounts.cargo, 3);
	assert_string_equal(m->inside[0].target, "unified");
	assert_string_equal(m->inside[1].target, "cpu,cpuacct");
	assert_int_equal(m->inside[2].attr_set, RO | NOSUID);
	assert_int_equal(m->inside[2].cgroup, 2);
	assert_int_equal(m->link_count, 2);
	assert_string_equal(m->links[0].path, "cpu");
	assert_string_equal(m->links[1].path, "cpuacct");
	assert_string_equal(m->links[1].target, "cpu,cpuacct");
	m = mount_of("\"type\":\"cgroup\",\"options\":[\"rw\"]");
	assert_int_equal(m->inside[0].attr_set, 0);
	m = mount_of("\"type\":\"cgroup2\",\"options\":[\"rw\"]");
	assert_int_equal(m->kind, MOUNT_TREE);
	assert_int_equal(m->cgroup, 0);
	usual_host();
}

static void labels(void **state)
{
	(void)state;
	host.selinux = true;
	make_plan(ROOT ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\"},{\"destination\":\"/b\",\"type\":\"sysfs\"}]",
		  MOUNT_NS ",\"mountLabel\":\"u:r:t:s0:c1,c2\"");
	assert_string_equal(sentence, "");
	assert_int_equal(plan->mounts.items[0].param_count, 1);
	assert_string_equal(plan->mounts.items[0].params[0].key, "context");
	assert_string_equal(plan->mounts.items[0].params[0].value, "u:r:t:s0:c1,c2");
	assert_int_equal(plan->mounts.items[1].param_count, 0);
	usual_host();
	assert_int_equal(make_plan(ROOT, MOUNT_NS ",\"mountLabel\":\"l\""), -1);
	assert_non_null(strstr(sentence, "selinux is disabled or not supported"));
}

static const struct { const char *mount, *linux_, *error; } refused[] = {
	{ "{\"destination\":\"/\",\"type\":\"tmpfs\"}", MOUNT_NS, "on the top of rootfs" },
	{ "{\"destination\":\"/a/..\",\"type\":\"tmpfs\"}", MOUNT_NS, "on the top of rootfs" },
	{ "{\"destination\":\"/a\"}", MOUNT_NS, "has no type" },
	{ "{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/b\"}", MOUNT_NS, "needs the option 'bind'" },
	{ "{\"destination\":\"/a\",\"options\":[\"bind\"]}", MOUNT_NS, "has no source" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\"}", "", "need a mount namespace" },
	{ "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"size=5k\"]}", MOUNT_NS,
	  "bind mounts cannot have any filesystem-specific options applied: 'size=5k'" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\",\"source\":\"/b\",\"options\":[\"bind\",\"lowerdir=/x\"]}", MOUNT_NS,
	 "'lowerdir=/x'" },
	{ "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"remount\",\"size=5k\"]}", MOUNT_NS, "'size=5k'" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"uid=0,,gid=0\"]}", MOUNT_NS, "an empty mount option" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"\"]}", MOUNT_NS, "an empty mount option" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"=5\"]}", MOUNT_NS, "has no name" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"size=1k,context=u:r:t\"]}", MOUNT_NS, "linux.mountLabel" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"rootcontext=u:r:t\"]}", MOUNT_NS, "linux.mountLabel" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"X-mount.owner=root\"]}", MOUNT_NS, "X-mount.owner=root" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"x-systemd.automount\"]}", MOUNT_NS, "mount(8)" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"source=/etc\"]}", MOUNT_NS, "its own property" },
	{ "{\"destination\":\"/a\",\"type\":\"proc\",\"options\":[\"tmpcopyup\"]}", MOUNT_NS, "tmpcopyup is for" },
	{ "{\"destination\":\"/a/b\",\"type\":\"proc\"}", MOUNT_NS, "directly below the root" },
	{ "{\"destination\":\"/x/sys\",\"type\":\"sysfs\"}", MOUNT_NS, "directly below the root" },
	{ "{\"destination\":\"/proc\",\"type\":\"tmpfs\"}", MOUNT_NS,
	 "\"/proc\" cannot be mounted because it is not of type proc" },
	{ "{\"destination\":\"/proc/sys\",\"type\":\"tmpfs\"}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"//proc/./sys\",\"source\":\"/b\",\"options\":[\"bind\"]}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"/x/../proc/sys/net\",\"source\":\"/b\",\"options\":[\"bind\"]}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"/proc/../x/sys\",\"source\":\"/b\",\"options\":[\"bind\"]}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"/proc/../proc/meminfo\",\"source\":\"/b\",\"options\":[\"bind\"]}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"/proc/meminfo2\",\"source\":\"/b\",\"options\":[\"bind\"]}", MOUNT_NS, "is inside /proc" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\",\"options\":[\"lowerdir=/x\"]}", MOUNT_NS, "one lower directory" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\",\"options\":[\"lowerdir=/x::/y\"]}", MOUNT_NS, "empty name" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\",\"options\":[\"lowerdir=/x\",\"upperdir=/u\"]}", MOUNT_NS,
	 "the work directory is missing" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\"}", MOUNT_NS, "needs a lower directory" },
	{ "{\"destination\":\"/a\",\"type\":\"overlay\",\"options\":[\"lowerdir=/x:/y\",\"datadir+=/z\"]}", MOUNT_NS, "data-only" },
	{ "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"idmap\"]}", MOUNT_NS,
	 "id-mapped mounts are only supported for bind-mounts" },
	{ "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"idmap\"]}", MOUNT_NS, "it has none" },
	{ "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\"],\"uidMappings\":[{\"containerID\":0,"
	  "\"hostID\":5,\"size\":2}]}", MOUNT_NS,
	  "must have both uid and gid mappings specified" },
	{ "{\"destination\":\"/a\",\"type\":\"cgroup\"}", MOUNT_NS, "there is no cgroup" },
	{ "{\"destination\":\"/a\",\"type\":\"devpts\",\"options\":[\"gid=5\",\"uid=50\"]}", USER_NS, "uid=50" },
	{ "{\"destination\":\"/a\",\"type\":\"devpts\",\"options\":[\"gid=10\"]}", USER_NS, "is not mapped" },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *top = arena_printf(&arena, ROOT ",\"mounts\":[%s]", refused[i].mount);
		if (make_plan(top, refused[i].linux_) != -1 || !strstr(sentence, refused[i].error))
			fail_msg("%s\n  wanted: %s\n  got: %s", refused[i].mount, refused[i].error, sentence);
	}
}

static void long_options_are_refused(void **state)
{
	(void)state;
	char *option = arena_alloc(&arena, 65536);
	memset(option, 'a', 65535);
	assert_int_equal(make_plan(arena_printf(&arena,
						ROOT ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\","
						     "\"options\":[\"%s\"]}]", option),
				   MOUNT_NS), -1);
	assert_non_null(strstr(sentence, "255 bytes"));
}

/* init maps the arena and has other constants than we: nothing it reads may lie elsewhere. */
static void inside(const void *pointer)
{
	if (pointer && ((const char *)pointer < arena.base || (const char *)pointer >= arena.base + arena.used))
		fail_msg("outside the arena: %s", (const char *)pointer);
}

static void all_inside(const struct plan_mount *m)
{
	const void *const all[] = { m, m->at.path, m->target, m->type, m->source, m->overlay, m->params, m->propagation, m->id_map,
				   m->inside, m->links };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		inside(all[i]);
	for (size_t i = 0; i < m->param_count; i++) {
		inside(m->params[i].key);
		inside(m->params[i].value);
	}
	for (size_t i = 0; i < m->link_count; i++) {
		inside(m->links[i].path);
		inside(m->links[i].target);
	}
	for (size_t i = 0; i < m->inside_count; i++)
		all_inside(&m->inside[i]);
}

static void the_plan_lies_in_the_arena(void **state)
{
	(void)state;
	static const struct plan_cgroup_directory one[] = { { .mount = "/cg", .label = "cpu,cpuacct" } };
	directories = one;
	directory_count = 1;
	host.cgroup.layout = CGROUP_LEGACY;
	host.selinux = true;
	make_plan(ROOT ",\"mounts\":[{\"destination\":\"/a\",\"type\":\"cgroup\"},{\"destination\":\"/b\","
		       "\"type\":\"tmpfs\",\"options\":[\"sync,shared\"]},"
		  "{\"destination\":\"/c\",\"type\":\"ext4\",\"source\":\"/dev/x\",\"options\":[\"ro\"]},"
		  "{\"destination\":\"/d\",\"source\":\"/x\",\"options\":[\"rbind\"]}]",
		  MOUNT_NS ",\"mountLabel\":\"l\",\"maskedPaths\":[\"/m\"],\"sysctl\":{},"
			   "\"devices\":[{\"path\":\"/dev/x\",\"type\":\"p\"}]");
	assert_string_equal(sentence, "");
	for (size_t i = 0; i < plan->mounts.count; i++)
		all_inside(&plan->mounts.items[i]);
	for (size_t i = 0; i < plan->mounts.device_count; i++)
		inside(plan->mounts.devices[i].path);
	for (size_t i = 0; i < plan->mounts.link_count; i++) {
		inside(plan->mounts.links[i].path);
		inside(plan->mounts.links[i].target);
	}
	inside(plan->mounts.masked[0]);
	inside(plan->root.path);
	usual_host();
}

static void readiness_is_the_last_mount(void **state)
{
	(void)state;
	request.readiness = true;
	mount_of("\"type\":\"tmpfs\"");
	assert_int_equal(plan->mounts.count, 2);
	assert_int_equal(plan->mounts.cargo, 1);
	const struct plan_mount *m = &plan->mounts.items[1];
	assert_int_equal(m->tree, TREE_READINESS);
	assert_string_equal(m->target, "/run/notify");
	assert_int_equal(m->attr_set, RO | NOSUID | NODEV | NOEXEC);
	assert_true(plan->readiness);
	make_plan(ROOT, MOUNT_NS);
	assert_int_equal(plan->mounts.count, 1);
	assert_int_equal(make_plan(ROOT, ""), 0); /* no mount namespace: nothing can be mounted */
	assert_int_equal(plan->mounts.count, 0);
	assert_false(plan->readiness);
	assert_int_equal(warning_count, 1);
	usual_host();
	make_plan(ROOT, MOUNT_NS);
	assert_int_equal(plan->mounts.count, 0);
}

typedef int chapter_of_mounts(struct planning *p, const struct json_objects *mounts, struct error *error);

/* A list on its own, for a container with `linux_`; what it says is wrong goes into `sentence`. */
static int change_mounts(chapter_of_mounts *chapter, const char *list, const char *linux_)
{
	struct spec *spec = arena_new(&arena, struct spec);
	const char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\"," ROOT ",\"linux\":{%s}}", linux_);
	struct error error = { 0 };
	struct json_objects mounts;

	plan = arena_new(&arena, struct plan);
	struct planning p = { .spec = spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };
	assert_int_equal(spec_read("config.json", document, strlen(document), &arena, spec, NULL, &error), 0);
	int r = spec_mounts_read("more.json", list, strlen(list), &arena, &mounts, NULL, &error);
	if (r == 0)
		r = chapter(&p, &mounts, &error);
	sentence[0] = '\0';
	if (r < 0)
		error_sentence(&error, sentence, sizeof(sentence));
	return r;
}

static void mounts_are_added_by_the_same_rules(void **state)
{
	static const struct { const char *list, *linux_, *says; } failing[] = {
		{ "{}", MOUNT_NS, "more.json:1:1: mounts: expected an array, found an object" },
		{ "[1]", MOUNT_NS, "more.json:1:2: mounts[0]" },
		{ "[{}]", MOUNT_NS, "more.json:1:2: mounts[0].destination" },
		{ "[{\"destination\":\"/\",\"type\":\"tmpfs\"}]", MOUNT_NS, "on the top of rootfs" },
		{ "[{\"destination\":\"/proc/x\",\"type\":\"tmpfs\"}]", MOUNT_NS, "inside /proc" },
		{ "[{\"destination\":\"/proc\",\"type\":\"proc\"}]", MOUNT_NS, "mounted by create alone" },
		{ "[{\"destination\":\"/proc\",\"source\":\"/proc\",\"options\":[\"bind\"]}]", MOUNT_NS, "mounted by create alone" },
		{ "[{\"destination\":\"/x\",\"type\":\"ext4\",\"source\":\"/dev/sdz\"}]", MOUNT_NS, "mounted on the host first" },
		{ "[{\"destination\":\"/x\",\"options\":[\"remount\"]}]", MOUNT_NS, "remove and add it" },
		{ "[{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"tmpcopyup\"]}]", MOUNT_NS, "tmpcopyup" },
		{ "[{\"destination\":\"/x\",\"type\":\"tmpfs\"}]", "", "has no mount namespace" },
	};

	(void)state;
	usual_host();
	for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
		assert_int_equal(change_mounts(plan_more_mounts, failing[i].list, failing[i].linux_), -1);
		if (!strstr(sentence, failing[i].says))
			print_error("%s: %s\n", failing[i].list, sentence);
		assert_non_null(strstr(sentence, failing[i].says));
	}
	assert_int_equal(change_mounts(plan_more_mounts, "[{\"destination\":\"x\",\"source\":\"y\",\"options\":[\"bind\",\"ro\"]}]",
				       MOUNT_NS), 0);
	assert_int_equal(plan->mounts.count, 1);
	assert_string_equal(plan->mounts.items[0].source, "/bundle/y");
	assert_int_equal(plan->mounts.items[0].attr_set, RO);
	assert_int_equal(change_mounts(plan_more_mounts, "[]", MOUNT_NS), 0);
	assert_int_equal(plan->mounts.count, 0);
}

static void what_confines_is_not_removed(void **state)
{
	static const char *const kept[] = { "/", "/..", "/proc", "/proc/kcore", "/sys/firmware", "//dev", "/x/../dev/pts", "proc" };

	(void)state;
	usual_host();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_int_equal(change_mounts(plan_fewer_mounts, arena_printf(&arena, "[{\"destination\":\"%s\"}]", kept[i]),
					       MOUNT_NS), -1);
	assert_int_equal(change_mounts(plan_fewer_mounts, "[{\"destination\":\"/processes\"},{\"destination\":\"/mnt/proc\"}]",
				       MOUNT_NS ",\"maskedPaths\":[\"/etc/secret\"],\"readonlyPaths\":[\"/etc/fixed\"]"), 0);
	assert_int_equal(plan->mounts.count, 2);
	assert_string_equal(plan->mounts.items[1].target, "/mnt/proc");
	assert_int_equal(plan->mounts.masked_count, 1); /* so that they are known by their mounts */
	assert_int_equal(plan->mounts.readonly_count, 1);
	assert_int_equal(change_mounts(plan_fewer_mounts, "[]", ""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_by_table),
		cmocka_unit_test(propagation_words_stay_in_order),
		cmocka_unit_test(words_are_sorted),
		cmocka_unit_test(a_file_systems_own_words),
		cmocka_unit_test(late_and_early),
		cmocka_unit_test(binds),
		cmocka_unit_test(remounts),
		cmocka_unit_test(destinations),
		cmocka_unit_test(overlays),
		cmocka_unit_test(id_maps),
		cmocka_unit_test(cgroup_mounts),
		cmocka_unit_test(labels),
		cmocka_unit_test(refused_by_table),
		cmocka_unit_test(long_options_are_refused),
		cmocka_unit_test(the_plan_lies_in_the_arena),
		cmocka_unit_test(readiness_is_the_last_mount),
		cmocka_unit_test(mounts_are_added_by_the_same_rules),
		cmocka_unit_test(what_confines_is_not_removed),
	};
	return cmocka_run_group_tests_name("plan_mounts", tests, open_arena, close_arena);
}
