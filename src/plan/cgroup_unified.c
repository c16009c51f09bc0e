/* linux.resources.unified: the v2 tree's files by their own names, written last so that they override. */
#include <string.h>
#include "base/arena.h"
#include "plan/cgroup.h"

/* These act on processes and are no settings: a pid in cgroup.procs would fetch any process of the host into the container's
 * cgroup, and a frozen cgroup would hang whoever creates the container. */
static const char *const action_words[] = { "cgroup.procs", "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.type" };

/* CTRL.PARAM, and nothing a path could be made of. */
static int check_key(const struct json_pair *pair, struct error *error)
{
	size_t prefix = strspn(pair->key, "abcdefghijklmnopqrstuvwxyz_");

	if (prefix == 0 || pair->key[prefix] != '.' || pair->key[prefix + 1] == '\0' || strlen(pair->key) > 255)
		return fail_at(error, &pair->at, 0, "'%s' is not the name of a cgroup v2 file, CONTROLLER.PARAMETER", pair->key);
	for (const char *at = pair->key; *at; at++)
		if (*at == '/' || (unsigned char)*at <= 0x20 || *at == 0x7f)
			return fail_at(error, &pair->at, 0,
				       "'%s' is not the name of a cgroup v2 file: it has a '/' or a control character", pair->key);
	for (size_t i = 0; i < sizeof(action_words) / sizeof(action_words[0]); i++)
		if (strcmp(pair->key, action_words[i]) == 0)
			return fail_at(error, &pair->at, 0, "'%s' is no setting, and belongs to the runtime", pair->key);
	return 0;
}

/* perf_event is in every v2 cgroup without being listed; "cgroup" is the core, no controller. */
static int need_controller(struct cgroup_planning *c, const struct json_pair *pair, struct error *error)
{
	size_t prefix = strcspn(pair->key, ".");

	if (strncmp(pair->key, "cgroup.", prefix + 1) == 0 || strncmp(pair->key, "perf_event.", prefix + 1) == 0)
		return 0;
	for (int i = 0; i < CG_CONTROLLERS; i++)
		if (strncmp(cgroup_controller_names[i], pair->key, prefix) == 0 && cgroup_controller_names[i][prefix] == '\0' &&
		    c->host->v2_controllers & 1u << i) {
			c->v2_needed |= 1u << i;
			return 0;
		}
	return fail_at(error, &pair->at, 0, "%sthis needs the cgroup v2 controller '%.*s'%s", c->denied ? CGROUP_ROOTLESS ": " : "",
		       (int)prefix, pair->key, c->denied ? "" : ", which this host does not have");
}

/* A write of nothing never reaches the kernel; and with no process at all there would be nobody to begin with. */
static int check_value(const struct json_pair *pair, struct error *error)
{
	static const char zeros[] = " \t\n0";

	if (!pair->value[strspn(pair->value, " \t\n")])
		return fail_at(error, &pair->at, 0, "'%s' has no value", pair->key);
	if (strcmp(pair->key, "pids.max") == 0 && !pair->value[strspn(pair->value, zeros)])
		return fail_at(error, &pair->at, 0, "with 'pids.max' 0 not even the first process could be made: 1 lets it make no others");
	return 0;
}

/* The kernel takes one line a write. */
static void add_lines(struct cgroup_rows *rows, const struct json_pair *pair)
{
	const char *at = pair->value;

	while (*at) {
		size_t length = strcspn(at, "\n");
		if (length)
			cgroup_row(rows, &pair->at, ROW_PLAIN, pair->key, "%.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
}

int cgroup_plan_unified(struct cgroup_planning *c, struct error *error)
{
	const struct json_map *unified = &c->resources->unified;

	if (unified->count && !c->host->v2)
		return fail_at(error, &unified->items[0].at, 0, "%s",
			       c->denied ? CGROUP_ROOTLESS : "invalid configuration: cannot use unified on cgroup v1");
	for (uint32_t i = 0; i < unified->count; i++) {
		try(check_key(&unified->items[i], error));
		try(check_value(&unified->items[i], error));
		try(need_controller(c, &unified->items[i], error));
		add_lines(&c->rows[0], &unified->items[i]);
	}
	return 0;
}
