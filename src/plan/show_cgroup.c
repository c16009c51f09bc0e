/* The cgroup as lines for `explain`. */
#include "plan/show.h"
#include <inttypes.h>
#include <string.h>
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

static void show_number(uint64_t number, struct text *out)
{
	if (number == UINT64_MAX)
		text_add(out, "infinity");
	else
		text_printf(out, "%" PRIu64, number);
}

static void show_strings(const struct plan_property *property, struct text *out)
{
	if (!property->count)
		text_add(out, "(empty)");
	for (size_t i = 0; i < property->count; i++) {
		bool second = strcmp(property->signature, "a(ss)") == 0 && i % 2;
		text_add(out, second ? " " : i ? ", " : "");
		text_add_visible(out, property->strings[i]);
		if (!property->numbers)
			continue;
		text_add_char(out, ' ');
		show_number(property->numbers[i], out);
	}
}

static void show_value(const struct plan_property *property, struct text *out)
{
	char type = property->signature[0];

	if (type == 'b')
		text_add(out, property->number ? "yes" : "no");
	else if (type == 's' || (type == 'a' && property->signature[1] != 'y'))
		show_strings(property, out);
	else if (type == 'a')
		for (size_t i = 0; i < property->byte_count; i++)
			text_printf(out, "%s%02x", i ? " " : "", property->bytes[i]);
	else if (strchr("nix", type))
		text_printf(out, "%" PRId64, (int64_t)property->number);
	else
		show_number(property->number, out);
}

static void show_unit(const struct plan_unit *unit, struct text *out)
{
	text_add(out, "  unit ");
	text_add_visible(out, unit->name);
	text_add(out, " in ");
	text_add_visible(out, unit->slice);
	text_add(out, unit->user ? ", of the user's manager\n" : "\n");
	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *property = &unit->properties[i];
		text_printf(out, "    %s = ", property->name);
		show_value(property, out);
		if (property->since)
			text_printf(out, "  (systemd %u or newer)", property->since);
		text_add_char(out, '\n');
	}
}

void show_cgroup(const struct plan *plan, struct text *out)
{
	const struct plan_cgroup *cgroup = &plan->cgroup;
	char text[DEVICE_RULE_TEXT];

	if (!cgroup->path)
		return;
	if (cgroup->unit)
		show_unit(cgroup->unit, out);
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
