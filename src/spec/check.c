/* What the specification demands of values together: the document, its process, its mounts and the Linux part. */
#include "spec/check.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "spec/limits.h"
#include "spec/spec.h"

/* Linux refuses more in setgroups(2). */
#define GROUPS_MOST 65536
/* struct winsize has 16 bits for each (rule B.9). */
#define CONSOLE_SIDE_MAX 65535
#define ID_END (ID_MAX + 1ull)

static int check_console(const struct spec_process *process, struct error *error)
{
	const struct spec_console_size *size = process->console_size;
	if (!process->terminal || !size || (size->height <= CONSOLE_SIDE_MAX && size->width <= CONSOLE_SIDE_MAX))
		return 0;
	return fail_at(error, &process->at, 0, "consoleSize is over %d", CONSOLE_SIDE_MAX);
}

static int check_rlimits(const struct spec_process *process, struct error *error)
{
	JSON_EACH(struct spec_rlimit, limit, &process->rlimits) {
		JSON_EACH(struct spec_rlimit, earlier, &process->rlimits) {
			if (earlier == limit)
				break;
			if (!strcmp(earlier->type, limit->type))
				return fail_at(error, &limit->at, 0, "duplicated rlimit type '%s'", limit->type);
		}
		if (limit->soft > limit->hard)
			return fail_at(error, &limit->at, 0, "the soft limit of '%s' is above the hard one", limit->type);
	}
	return 0;
}

static int check_cpu_list(const struct place *at, const char *name, const char *list, struct error *error)
{
	if (list && list[strspn(list, "0123456789, -")])
		return fail_at(error, at, 0, "'%s' is not a list of CPUs such as '0-3,7': '%s'", name, list);
	return 0;
}

int spec_check_process(const struct spec_process *process, struct error *error)
{
	const struct spec_cpu_affinity *affinity = process->exec_cpu_affinity;
	try(check_console(process, error));
	try(check_rlimits(process, error));
	if (process->user.additional_gids.count > GROUPS_MOST)
		return fail_at(error, &process->user.at, 0, "additionalGids has more than %d entries", GROUPS_MOST);
	if (affinity) {
		try(check_cpu_list(&affinity->at, "initial", affinity->initial, error));
		try(check_cpu_list(&affinity->at, "final", affinity->final, error));
	}
	return 0;
}

static bool ranges_meet(uint64_t a, uint64_t b, const struct spec_id_mapping *one, const struct spec_id_mapping *two)
{
	return a < b + two->size && b < a + one->size;
}

int spec_check_mappings(const struct json_objects *mappings, struct error *error)
{
	JSON_EACH(struct spec_id_mapping, map, mappings) {
		if (map->size == 0)
			return fail_at(error, &map->at, 0, "the size of an id mapping is 0");
		if (map->container_id + (uint64_t)map->size > ID_END || map->host_id + (uint64_t)map->size > ID_END)
			return fail_at(error, &map->at, 0, "an id mapping reaches beyond %u", ID_MAX);
		JSON_EACH(struct spec_id_mapping, earlier, mappings) {
			if (earlier == map)
				break;
			if (ranges_meet(map->container_id, earlier->container_id, map, earlier) ||
			    ranges_meet(map->host_id, earlier->host_id, map, earlier))
				return fail_at(error, &map->at, 0, "an id mapping overlaps '%s'", earlier->at.path);
		}
	}
	return 0;
}

static int check_mount(const struct spec_mount *mount, struct error *error)
{
	if (!mount->uid_mappings.count != !mount->gid_mappings.count)
		return fail_at(error, &mount->at, 0, "id-mapped mounts must have both uid and gid mappings specified: '%s' has one",
			       mount->destination);
	try(spec_check_mappings(&mount->uid_mappings, error));
	return spec_check_mappings(&mount->gid_mappings, error);
}

static int check_namespaces(const struct spec_linux *linux_, struct error *error)
{
	unsigned seen = 0;
	JSON_EACH(struct spec_namespace, ns, &linux_->namespaces) {
		if (seen & 1u << ns->type)
			return fail_at(error, &ns->at, 0, "duplicated namespace type '%s'", namespace_words[ns->type].word);
		seen |= 1u << ns->type;
	}
	return 0;
}

/* `u` is the same as `c` to mknod(1). */
static mode_t device_format(const char *type)
{
	return !strcmp(type, "b") ? S_IFBLK : !strcmp(type, "p") ? S_IFIFO : S_IFCHR;
}

static int check_device(const struct spec_device *device, struct error *error)
{
	if (strlen(device->type) != 1 || !strchr("cbup", device->type[0]))
		return fail_at(error, &device->at, 0, "the type of a device is one of c, b, u and p, not '%s'", device->type);
	if (device->type[0] != 'p' && (!device->major || !device->minor))
		return fail_at(error, &device->at, 0, "major and minor are required for a device of type '%s'", device->type);
	mode_t format = device->file_mode ? *device->file_mode & S_IFMT : 0;
	if (format && format != device_format(device->type))
		return fail_at(error, &device->at, 0, "fileMode says another type of file than type '%s'", device->type);
	return 0;
}

static int check_rdt(const struct spec_intel_rdt *rdt, struct error *error)
{
	if (rdt->l3_cache_schema && strchr(rdt->l3_cache_schema, '\n'))
		return fail_at(error, &rdt->at, 0, "l3CacheSchema has a newline");
	if (rdt->mem_bw_schema && (strncmp(rdt->mem_bw_schema, "MB:", 3) != 0 || strchr(rdt->mem_bw_schema, '\n')))
		return fail_at(error, &rdt->at, 0, "memBwSchema must start with 'MB:' and be one line");
	for (uint32_t i = 0; i < rdt->schemata.count; i++)
		if (strchr(rdt->schemata.items[i], '\n'))
			return fail_at(error, &rdt->at, 0, "schemata[%u] has a newline", i);
	return 0;
}

/* The specification names four; the recursive forms are what engines write (contract 11.7). */
static int check_propagation(const struct spec_linux *linux_, struct error *error)
{
	static const char *const words[] = {
		"shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable",
	};
	if (!linux_->rootfs_propagation || !*linux_->rootfs_propagation)
		return 0;
	for (size_t i = 0; i < array_length(words); i++)
		if (!strcmp(words[i], linux_->rootfs_propagation))
			return 0;
	return fail_at(error, &linux_->rootfs_propagation_at, 0,
		       "rootfsPropagation=%s is not supported: there are [r]shared, [r]slave, [r]private and [r]unbindable",
		       linux_->rootfs_propagation);
}

static int check_paths(const struct json_strings *paths, const struct place *at, struct error *error)
{
	for (uint32_t i = 0; i < paths->count; i++)
		if (paths->items[i][0] != '/')
			return fail_at(error, at, 0, "the path '%s' is not absolute", paths->items[i]);
	return 0;
}

static int check_linux(const struct spec_linux *linux_, struct error *error)
{
	try(check_namespaces(linux_, error));
	try(spec_check_mappings(&linux_->uid_mappings, error));
	try(spec_check_mappings(&linux_->gid_mappings, error));
	JSON_EACH(struct spec_device, device, &linux_->devices)
		try(check_device(device, error));
	try(check_propagation(linux_, error));
	try(check_paths(&linux_->masked_paths, &linux_->masked_paths_at, error));
	try(check_paths(&linux_->readonly_paths, &linux_->readonly_paths_at, error));
	if (linux_->personality && linux_->personality->flags.count)
		return fail_at(error, &linux_->personality->at, 0, "unknown personality flag '%s': there are none",
			       linux_->personality->flags.items[0]);
	if (linux_->intel_rdt)
		try(check_rdt(linux_->intel_rdt, error));
	if (linux_->resources)
		try(spec_check_resources(linux_->resources, error));
	return linux_->seccomp ? spec_check_seccomp(linux_->seccomp, error) : 0;
}

int spec_check_mounts(const struct json_objects *mounts, struct error *error)
{
	JSON_EACH(struct spec_mount, mount, mounts)
		try(check_mount(mount, error));
	return 0;
}

int spec_check(const struct spec *spec, struct error *error)
{
	if (!spec->root)
		return fail(error, 0, "root must be specified: the configuration has no 'root'");
	try(spec_check_mounts(&spec->mounts, error));
	if (spec->process)
		try(spec_check_process(spec->process, error));
	return spec->linux_ ? check_linux(spec->linux_, error) : 0;
}
