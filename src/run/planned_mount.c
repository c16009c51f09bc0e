/* Parameters and attributes of a mount, as the plan has them. Compiled into both executables. */
#include "run/planned_mount.h"

#include <errno.h>
#include "kern/mount.h"

int planned_parameters(int context, const struct plan_mount *m)
{
	for (size_t i = 0; i < m->param_count; i++) {
		int r = mount_parameter(context, m->params[i].key, m->params[i].value);
		if (r < 0 && !m->params[i].optional)
			return r;
	}
	return 0;
}

int planned_attributes(const struct plan_mount *m, int tree, struct error *error)
{
	int r = 0;

	if (m->attr_set || m->attr_clear)
		r = mount_attributes(tree, m->attr_set, m->attr_clear, 0);
	if (r == 0 && (m->recursive_set || m->recursive_clear))
		r = mount_attributes(tree, m->recursive_set, m->recursive_clear, MOUNT_RECURSIVE);
	if (r == -EPERM)
		return fail_at(error, &m->at, -r, "cannot change the flags of the mount for '%s': the source mount is locked",
			       m->target);
	if (r == -EINVAL && m->kind == MOUNT_REMOUNT)
		return fail_at(error, &m->at, -r, "cannot remount '%s': nothing is mounted there", m->target);
	return r < 0 ? fail_at(error, &m->at, -r, "cannot set the flags of the mount for '%s'", m->target) : 0;
}
