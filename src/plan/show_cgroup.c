/* The cgroup as lines for `explain`. */
#include "plan/show.h"
#include "base/text.h"
#include "plan/cgroup.h"

static void show_directory(const struct plan_cgroup *cgroup, const struct plan_cgroup_directory *directory, struct text *out)
{
	text_add(out, "  ");
	text_add_visible(out, directory->mount);
	text_add_visible(out, cgroup->path);
	text_add(out, directory->v2 ? "  (v2)\n" : "\n");
	for (size_t i = 0; i < directory->write_count; i++) {
		const struct plan_write *write = &directory->writes[i];
		text_add(out, "    ");
		text_add_visible(out, write->file);
		text_add(out, " = ");
		text_add_visible(out, write->value);
		text_add(out, write->or_next          ? "  (if there is this file, else)\n"
			      : write->may_be_missing ? "  (if there is this file)\n"
						      : "\n");
	}
}

void show_cgroup(const struct plan *plan, struct text *out)
{
	const struct plan_cgroup *cgroup = &plan->cgroup;
	char text[DEVICE_RULE_TEXT];

	if (!cgroup->path)
		return;
	for (size_t i = 0; i < cgroup->directory_count; i++)
		show_directory(cgroup, &cgroup->directories[i], out);
	if (cgroup->owner_uid != (uid_t)-1)
		text_printf(out, "  handed over to uid %u\n", cgroup->owner_uid);
	if (!cgroup->devices_v2)
		return; /* the rows of the devices hierarchy have told it */
	text_add(out, "  devices, by a BPF program; the last rule that fits decides\n");
	for (size_t i = 0; i < cgroup->device_rule_count; i++) {
		device_rule_text(&cgroup->device_rules[i], text);
		text_printf(out, "    %-5s %s\n", cgroup->device_rules[i].allow ? "allow" : "deny", text);
	}
}
