/* What is written into the directories of a new cgroup: controllers, limits, owners. */
#include "cgroup/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"

#define AGAIN_MOST 32

/* Bits of the controllers in a list such as "cpu io memory\n". */
static uint32_t named(const char *list)
{
	uint32_t bits = 0;

	while (*list) {
		size_t length = strcspn(list, " \n");
		for (int i = 0; i < CG_CONTROLLERS; i++)
			if (strncmp(cgroup_controller_names[i], list, length) == 0 && cgroup_controller_names[i][length] == '\0')
				bits |= 1u << i;
		list += length + (list[length] != '\0');
	}
	return bits;
}

static int enable_failed(int r, const char *path, const char *controller, struct error *error)
{
	if (r == -EBUSY)
		return fail(error, EBUSY, "cannot enable the controller '%s' below the cgroup '%s', which has processes of its own",
			    controller, path);
	return fail(error, -r, "cannot enable the controller '%s' below the cgroup '%s'", controller, path);
}

static int enable_one_by_one(int dir, const char *path, uint32_t missing, uint32_t needed, struct error *error)
{
	char text[32];

	for (int i = 0; i < CG_CONTROLLERS; i++) {
		if (!(missing & 1u << i))
			continue;
		format(text, sizeof(text), "+%s", cgroup_controller_names[i]);
		int r = file_write(dir, "cgroup.subtree_control", text);
		if (r < 0 && needed & 1u << i)
			return enable_failed(r, path, cgroup_controller_names[i], error);
	}
	return 0;
}

int rows_enable(int dir, const char *path, uint32_t wanted, uint32_t needed, struct error *error)
{
	char text[512];
	size_t length = 0;

	if (!(wanted | needed))
		return 0;
	/* A change takes 400 µs, finding out that there is none takes one. */
	ssize_t n = file_read(dir, "cgroup.subtree_control", text, sizeof(text));
	if (n < 0)
		return fail(error, (int)-n, "cannot read cgroup.subtree_control of the cgroup '%s'", path);
	uint32_t missing = (wanted | needed) & ~named(text);
	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (missing & 1u << i)
			length += format(text + length, sizeof(text) - length, "%s+%s", length ? " " : "",
					 cgroup_controller_names[i]);
	if (!missing || file_write(dir, "cgroup.subtree_control", text) == 0)
		return 0;
	return enable_one_by_one(dir, path, missing, needed, error);
}

uint32_t rows_controllers(int dir)
{
	char list[512];

	return file_read(dir, "cgroup.controllers", list, sizeof(list)) < 0 ? 0 : named(list);
}

uint32_t rows_needed(const struct plan_cgroup_directory *directory)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < directory->write_count; i++) {
		const char *file = directory->writes[i].file;
		size_t length = strcspn(file, ".");
		for (int k = 0; k < CG_CONTROLLERS; k++)
			/* perf_event is in every cgroup and cannot be enabled */
			if (k != CG_PERF_EVENT && strncmp(cgroup_controller_names[k], file, length) == 0 &&
			    cgroup_controller_names[k][length] == '\0')
				bits |= 1u << k;
	}
	return bits;
}

static const char *hint(const struct plan_write *write, int code)
{
	if (code == ENOENT)
		return ": this kernel has no such setting";
	if (code == ENODEV)
		return ": there is no such device";
	if (code == EPERM && strncmp(write->file, "devices.", 8) == 0)
		return ": the cgroup above does not allow it";
	if ((code == EACCES || code == EINVAL || code == ENOSPC || code == ERANGE) && strncmp(write->file, "cpuset.", 7) == 0)
		return ": the cgroup above, or this machine, does not have all of them";
	if (code == EBUSY && strncmp(write->file, "hugetlb.", 8) == 0)
		return ": the cgroup uses more than that already";
	return "";
}

/* A number of the kernel for a message. */
static void read_number(int dir, const char *file, char *to, size_t size)
{
	if (file_read(dir, file, to, size) < 0)
		format(to, size, "unknown");
	to[strcspn(to, "\n")] = '\0';
}

/* A legacy hierarchy gives up where v2 would kill (contract 14.3): what it says is that so much cannot be taken away. */
static int memory_busy(const struct plan_write *write, int dir, struct error *error)
{
	bool both = strncmp(write->file, "memory.memsw.", 13) == 0;
	char usage[32], peak[32];

	read_number(dir, both ? "memory.memsw.usage_in_bytes" : "memory.usage_in_bytes", usage, sizeof(usage));
	read_number(dir, both ? "memory.memsw.max_usage_in_bytes" : "memory.max_usage_in_bytes", peak, sizeof(peak));
	return fail_at(error, &write->at, 0, "unable to set memory%s limit to %s (current usage: %s, peak usage: %s)",
		       both ? "+swap" : "", write->value, usage, peak);
}

int rows_failed(const struct plan_cgroup *plan, const struct plan_write *write, int dir, int code, struct error *error)
{
	if (code == EBUSY && strncmp(write->file, "memory.", 7) == 0 && strstr(write->file, ".limit_in_bytes"))
		return memory_busy(write, dir, error);
	return fail_at(error, &write->at, code, "cannot write '%s' to %s of the cgroup '%s'%s", write->value, write->file,
		       plan->path, hint(write, code));
}

int rows_write(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	const struct plan_write *again[AGAIN_MOST];
	size_t again_count = 0;

	for (size_t i = 0; i < directory->write_count; i++) {
		const struct plan_write *write = &directory->writes[i];
		int r = file_write(dir, write->file, write->value);
		if (r == -ENOENT && (write->may_be_missing || write->or_next))
			continue;
		if (r == -EINVAL && again_count < AGAIN_MOST)
			again[again_count++] = write;
		else if (r < 0)
			return rows_failed(plan, write, dir, -r, error);
		i += write->or_next;
	}
	for (size_t i = 0; i < again_count; i++) {
		int r = file_write(dir, again[i]->file, again[i]->value);
		if (r < 0)
			return rows_failed(plan, again[i], dir, -r, error);
	}
	return directory->v2 ? rows_check_cpuset(plan, directory, dir, error) : 0;
}

static int inherit(int parent, int dir, const char *file)
{
	char value[4096];
	ssize_t n = file_read(dir, file, value, sizeof(value));

	if (n < 0)
		return (int)n;
	if (value[0] != '\n' && value[0] != '\0')
		return 0;
	n = file_read(parent, file, value, sizeof(value));
	if (n < 0)
		return (int)n;
	value[strcspn(value, "\n")] = '\0';
	return *value ? file_write(dir, file, value) : 0;
}

int rows_inherit_cpuset(int parent, int dir)
{
	int r = inherit(parent, dir, "cpuset.cpus");

	return r < 0 ? r : inherit(parent, dir, "cpuset.mems");
}

int rows_delegate(int dir, uid_t owner, struct error *error)
{
	char list[1024];

	if (file_read(AT_FDCWD, "/sys/kernel/cgroup/delegate", list, sizeof(list)) < 0)
		format(list, sizeof(list), "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
	if (fchown(dir, owner, (gid_t)-1) < 0)
		return fail(error, errno, "cannot hand the cgroup over to uid %u", owner);
	for (char *at = list; *at;) {
		size_t length = strcspn(at, "\n");
		bool last = at[length] == '\0';
		at[length] = '\0';
		if (length && !strchr(at, '/') && fchownat(dir, at, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return fail(error, errno, "cannot hand %s of the cgroup over to uid %u", at, owner);
		at += length + !last;
	}
	return 0;
}
