/* Which devices the container may use: one list of rules, the last that fits decides (contract section 14.4). */
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/format.h"
#include "plan/cgroup.h"

enum { MKNOD = 1, READ = 2, WRITE = 4, ANY = -1 };

/* Making a node is harmless where opening it is not allowed, and programs that unpack archives do it. */
static const struct plan_device_rule defaults[] = {
	{ true, 'c', ANY, ANY, MKNOD },
	{ true, 'b', ANY, ANY, MKNOD },
	{ true, 'c', 1, 3, MKNOD | READ | WRITE },     /* null */
	{ true, 'c', 1, 5, MKNOD | READ | WRITE },     /* zero */
	{ true, 'c', 1, 7, MKNOD | READ | WRITE },     /* full */
	{ true, 'c', 1, 8, MKNOD | READ | WRITE },     /* random */
	{ true, 'c', 1, 9, MKNOD | READ | WRITE },     /* urandom */
	{ true, 'c', 5, 0, MKNOD | READ | WRITE },     /* tty */
	{ true, 'c', 136, ANY, MKNOD | READ | WRITE }, /* pts/N */
	{ true, 'c', 5, 2, MKNOD | READ | WRITE },     /* ptmx */
	{ true, 'c', 10, 200, MKNOD | READ | WRITE },  /* net/tun: VPNs in containers rely on it */
};

static unsigned access_bits(const char *access)
{
	if (!access)
		return MKNOD | READ | WRITE;
	return (strchr(access, 'm') ? MKNOD : 0u) | (strchr(access, 'r') ? READ : 0u) | (strchr(access, 'w') ? WRITE : 0u);
}

static struct plan_device_rule user_rule(const struct spec_device_rule *rule)
{
	return (struct plan_device_rule){
		.allow = rule->allow,
		.type = (char)(rule->type ? rule->type[0] : 'a'),
		.major = rule->major ? *rule->major : ANY,
		.minor = rule->minor ? *rule->minor : ANY,
		.access = access_bits(rule->access),
	};
}

/* What the configuration makes in /dev may be used, unless a rule of the caller's is about this very device (`--device X:r` of an engine);
 * a FIFO is no device. */
static bool node_rule(const struct spec_device *device, const struct json_objects *user, struct plan_device_rule *node)
{
	if (device->type[0] == 'p' || !device->major || !device->minor)
		return false;
	*node = (struct plan_device_rule){ true, device->type[0] == 'b' ? 'b' : 'c', *device->major, *device->minor,
					   MKNOD | READ | WRITE };
	JSON_EACH(struct spec_device_rule, rule, user) {
		struct plan_device_rule said = user_rule(rule);
		if (said.type == node->type && said.major == node->major && said.minor == node->minor)
			return false;
	}
	return true;
}

struct plan_device_rules device_rules_list(const struct planning *p)
{
	static const struct json_objects none;
	const struct spec_linux *linux_ = p->spec->linux_;
	const struct json_objects *user = linux_ && linux_->resources ? &linux_->resources->devices : &none;
	const struct json_objects *nodes = linux_ ? &linux_->devices : &none;
	size_t most = 1 + user->count + sizeof(defaults) / sizeof(defaults[0]) + nodes->count;
	struct plan_device_rules rules = { arena_array(p->arena, struct plan_device_rule, most), 0 };

	rules.items[rules.count++] = (struct plan_device_rule){ false, 'a', ANY, ANY, MKNOD | READ | WRITE };
	JSON_EACH(struct spec_device_rule, rule, user)
		rules.items[rules.count++] = user_rule(rule);
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		rules.items[rules.count++] = defaults[i];
	JSON_EACH(struct spec_device, device, nodes)
		rules.count += node_rule(device, user, &rules.items[rules.count]);
	return rules;
}

static size_t number(char *to, size_t size, int64_t value)
{
	return value < 0 ? format(to, size, "*") : format(to, size, "%" PRId64, value);
}

void device_rule_text(const struct plan_device_rule *rule, char *to)
{
	char major[12], minor[12];

	number(major, sizeof(major), rule->major);
	number(minor, sizeof(minor), rule->minor);
	format(to, DEVICE_RULE_TEXT, "%c %s:%s %s%s%s", rule->type, major, minor, rule->access & READ ? "r" : "",
	       rule->access & WRITE ? "w" : "", rule->access & MKNOD ? "m" : "");
}

/* By devices.* where there is that hierarchy, else by a program on the v2 directory. Never neither: with CAP_MKNOD in the container
 * these rules are the only barrier (rule B.8). */
int cgroup_plan_devices(struct cgroup_planning *c, struct error *error)
{
	struct plan_cgroup *plan = &c->p->plan->cgroup;
	struct plan_device_rules rules = device_rules_list(c->p);
	const struct spec_device_rule *first = c->resources->devices.items;
	struct place at = first ? first->at : c->resources->at;
	bool v2;
	struct cgroup_rows *rows = cgroup_home(c, CG_DEVICES, &v2);

	plan->device_rules = rules.items;
	plan->device_rule_count = rules.count;
	plan->devices_v2 = !rows && c->host->v2;
	if (rows)
		return device_rules_v1(&rules, &at, rows, error);
	if (!c->host->v2)
		return fail_at(error, &at, 0, "device rules need the cgroup controller 'devices', which this host does not have");
	return 0;
}
