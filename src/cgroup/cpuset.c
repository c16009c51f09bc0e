/* Whether a v2 cgroup really has the CPUs and memory nodes it was given. */
#include <string.h>
#include "base/file.h"
#include "base/number.h"
#include "cgroup/rows.h"

#define MEMBERS_MOST 8192
#define LIST_MOST 32768 /* every second one of 8192 in a list */

static int read_set(int dir, const char *file, uint64_t *set)
{
	static char list[LIST_MOST];
	ssize_t n = file_read(dir, file, list, sizeof(list));

	if (n < 0)
		return (int)n;
	list[strcspn(list, "\n")] = '\0';
	return number_list(list, set, MEMBERS_MOST);
}

/* The kernel takes a list that the cgroups above, or the machine, have only in part, and gives what there is; of one that they have
 * nothing of it gives all they have (Documentation/admin-guide/cgroup-v2.rst, "Cpuset Interface Files"). */
static int check(const struct plan_cgroup *plan, const struct plan_write *write, int dir, const char *effective, struct error *error)
{
	uint64_t wanted[MEMBERS_MOST / 64] = { 0 }, given[MEMBERS_MOST / 64] = { 0 };

	if (read_set(dir, effective, given) < 0 || number_list(write->value, wanted, MEMBERS_MOST) < 0)
		return 0; /* not to be found out */
	for (size_t i = 0; i < MEMBERS_MOST / 64; i++)
		if (wanted[i] & ~given[i])
			return fail_at(error, &write->at, 0,
				       "cannot give '%s' to the cgroup '%s': the cgroup above, or this machine, does not have all of them",
				       write->value, plan->path);
	return 0;
}

int rows_check_cpuset(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	for (size_t i = 0; i < directory->write_count; i++) {
		const struct plan_write *write = &directory->writes[i];
		if (strcmp(write->file, "cpuset.cpus") == 0)
			try(check(plan, write, dir, "cpuset.cpus.effective", error));
		else if (strcmp(write->file, "cpuset.mems") == 0)
			try(check(plan, write, dir, "cpuset.mems.effective", error));
	}
	return 0;
}
