/* The configurations that `caisson spec` writes, as structs (contract 6.12). */
#include "spec/template.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "spec/spec.h"

/* Lists as the decoder makes them: a NULL behind the words. */
#define WORDS(...)                                                                  \
	{                                                                           \
		.items = (const char *[]){ __VA_ARGS__, NULL },                     \
		.count = sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), \
		.given = true,                                                      \
	}
#define OBJECTS(array) { .items = (array), .count = array_length(array), .given = true }

static struct spec_mount mounts[] = {
	{ .destination = "/proc", .type = "proc", .source = "proc" },
	{ .destination = "/dev", .type = "tmpfs", .source = "tmpfs",
	  .options = WORDS("nosuid", "strictatime", "mode=755", "size=65536k") },
	{ .destination = "/dev/pts", .type = "devpts", .source = "devpts",
	  .options = WORDS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5") },
	{ .destination = "/dev/shm", .type = "tmpfs", .source = "shm",
	  .options = WORDS("nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ .destination = "/dev/mqueue", .type = "mqueue", .source = "mqueue", .options = WORDS("nosuid", "noexec", "nodev") },
	{ .destination = "/sys", .type = "sysfs", .source = "sysfs", .options = WORDS("nosuid", "noexec", "nodev", "ro") },
	{ .destination = "/sys/fs/cgroup", .type = "cgroup", .source = "cgroup",
	  .options = WORDS("nosuid", "noexec", "nodev", "relatime", "ro") },
};

/* A sysfs of one's own shows a network namespace of one's own; without the right to make one, the host's is bound. */
static const struct spec_mount sys_of_host = {
	.destination = "/sys", .type = "none", .source = "/sys", .options = WORDS("rbind", "nosuid", "noexec", "nodev", "ro"),
};

static const struct json_strings masked = WORDS("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
	"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware");
static const struct json_strings readonly = WORDS("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

#define FEW_CAPABILITIES WORDS("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")
static const struct spec_capabilities few_capabilities = {
	.bounding = FEW_CAPABILITIES, .effective = FEW_CAPABILITIES, .permitted = FEW_CAPABILITIES,
};

/* What engines give a container of which nothing else is said. */
#define DEFAULT_CAPABILITIES                                                                                                    \
	WORDS("CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",         \
	      "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT")
static const struct spec_capabilities default_capabilities = {
	.bounding = DEFAULT_CAPABILITIES, .effective = DEFAULT_CAPABILITIES, .permitted = DEFAULT_CAPABILITIES,
};

static struct spec_rlimit rlimits[] = { { .type = "RLIMIT_NOFILE", .hard = 1024, .soft = 1024 } };

static struct spec_device_rule deny_all[] = { { .allow = false, .access = "rwm" } };
static const struct spec_resources plain_resources = { .devices = OBJECTS(deny_all) };

static const int64_t example_memory = 536870912, example_quota = 50000, example_pids = 100;
static const uint64_t example_period = 100000;
static struct spec_memory memory_limit = { .limit = &example_memory };
static struct spec_cpu cpu_limit = { .quota = &example_quota, .period = &example_period };
static struct spec_pids pids_limit = { .limit = &example_pids };
static const struct spec_resources example_resources = {
	.devices = OBJECTS(deny_all), .memory = &memory_limit, .cpu = &cpu_limit, .pids = &pids_limit,
};

static const struct spec_process process = {
	.cwd = "/", .args = WORDS("sh"), .no_new_privileges = true, .rlimits = OBJECTS(rlimits),
	.env = WORDS("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"),
};

static bool namespace_wanted(const struct template_options *options, int type)
{
	switch ((enum namespace_type)type) {
	case NS_CGROUP:
		return options->kind == TEMPLATE_EXAMPLE || options->flags & TEMPLATE_CGROUP_NAMESPACE;
	case NS_NETWORK:
		return options->kind != TEMPLATE_ROOTLESS;
	case NS_USER:
		return options->kind == TEMPLATE_ROOTLESS;
	case NS_PID:
	case NS_IPC:
	case NS_UTS:
	case NS_MOUNT:
		return true;
	case NS_TIME:
	case NS_TYPES:
		break;
	}
	return false;
}

static struct json_objects template_namespaces(const struct template_options *options, struct arena *arena)
{
	static const int order[] = { NS_PID, NS_NETWORK, NS_IPC, NS_UTS, NS_MOUNT, NS_CGROUP, NS_USER };
	struct spec_namespace *list = arena_array(arena, struct spec_namespace, array_length(order));
	uint32_t count = 0;
	for (size_t i = 0; i < array_length(order); i++)
		if (namespace_wanted(options, order[i]))
			list[count++].type = order[i];
	return (struct json_objects){ .items = list, .count = count, .given = true };
}

/* One id and no more is mapped, so no other may own a mount: EINVAL from the kernel. */
static struct json_strings options_without_ids(const struct json_strings *options, struct arena *arena)
{
	struct json_strings kept = { .items = arena_array(arena, const char *, options->count + 1), .given = options->given };
	for (uint32_t i = 0; i < options->count; i++)
		if (strncmp(options->items[i], "uid=", 4) != 0 && strncmp(options->items[i], "gid=", 4) != 0)
			kept.items[kept.count++] = options->items[i];
	return kept;
}

static struct json_objects rootless_mounts(struct arena *arena)
{
	struct spec_mount *list = arena_array(arena, struct spec_mount, array_length(mounts));
	for (size_t i = 0; i < array_length(mounts); i++) {
		list[i] = !strcmp(mounts[i].destination, "/sys") ? sys_of_host : mounts[i];
		list[i].options = options_without_ids(&list[i].options, arena);
	}
	return (struct json_objects){ .items = list, .count = array_length(mounts), .given = true };
}

static struct json_objects one_id(uint32_t id, struct arena *arena)
{
	struct spec_id_mapping *map = arena_new(arena, struct spec_id_mapping);
	*map = (struct spec_id_mapping){ .container_id = 0, .host_id = id, .size = 1 };
	return (struct json_objects){ .items = map, .count = 1, .given = true };
}

/* What each kind has of its own; the rest is the same for all. */
static void template_fill(const struct template_options *options, struct spec *spec, struct arena *arena)
{
	struct spec_resources *resources = arena_new(arena, struct spec_resources);
	struct spec_seccomp *seccomp = arena_new(arena, struct spec_seccomp);
	struct spec_capabilities *capabilities = arena_new(arena, struct spec_capabilities);
	bool example = options->kind == TEMPLATE_EXAMPLE;

	*resources = example ? example_resources : plain_resources;
	*capabilities = example ? default_capabilities : few_capabilities;
	*seccomp = template_seccomp(options->machine);
	spec->process->terminal = !example;
	spec->process->capabilities = capabilities;
	spec->root->readonly = !example;
	spec->linux_->seccomp = example ? seccomp : NULL;
	spec->linux_->resources = options->kind == TEMPLATE_ROOTLESS ? NULL : resources;
	if (options->kind == TEMPLATE_ROOTLESS) {
		spec->mounts = rootless_mounts(arena);
		spec->linux_->uid_mappings = one_id(options->uid, arena);
		spec->linux_->gid_mappings = one_id(options->gid, arena);
	}
}

void template_config(const struct template_options *options, struct text *to)
{
	struct spec_process all_process = process;
	struct spec_root root = { .path = "rootfs" };
	struct spec_linux linux_ = {
		.namespaces = template_namespaces(options, to->arena), .masked_paths = masked, .readonly_paths = readonly,
	};
	struct spec spec = {
		.oci_version = OCI_VERSION, .process = &all_process, .root = &root, .hostname = "caisson",
		.mounts = OBJECTS(mounts), .linux_ = &linux_,
	};
	template_fill(options, &spec, to->arena);
	json_encode(&spec_table, &spec, JSON_TABS, to);
	text_add_char(to, '\n');
}
