/* Network devices of the host that go into the container: which, under which name, in which order (config-linux.md, "Network Devices"). */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"

#define NAME_MOST 15 /* IFNAMSIZ, without the NUL */
#define RETURN_THEM "io.caisson.netDevices.return"

/* As the kernel has it (dev_valid_name): anything but these; and no control characters, which only confuse. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '/' || *c == ':' || *c == 0x7f)
			return false;
	return length > 0 && length <= NAME_MOST && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* "eth%d": the kernel takes the first number that is free. */
static bool is_template(const char *name)
{
	size_t length = strlen(name);

	return length > 2 && strchr(name, '%') == name + length - 2 && name[length - 1] == 'd';
}

static int plan_one(struct planning *p, const struct spec_net_device *s, struct plan_net_device *to, struct error *error)
{
	const char *name = s->name && *s->name ? s->name : s->key;

	if (!is_name(s->key) || strchr(s->key, '%'))
		return fail_at(error, &s->at, 0, "'%.80s' is no name of a network device", s->key);
	if (!strcmp(s->key, "lo"))
		return fail_at(error, &s->at, 0, "the loopback device cannot leave its network namespace");
	if (!is_name(name) || (strchr(name, '%') && !is_template(name)))
		return fail_at(error, &s->at, 0,
			       "'%.80s' is no name for a network device: at most %d bytes, without '/', ':', blanks, and '%%' as \"%%d\" "
			       "at the end alone", name, NAME_MOST);
	for (size_t i = 0; i < p->plan->net_device_count; i++)
		if (!strcmp(p->plan->net_devices[i].name, name) && !is_template(name))
			return fail_at(error, &s->at, 0, "network devices '%s' and '%s' cannot both be '%s' in the container",
				       p->plan->net_devices[i].host, s->key, name);
	*to = (struct plan_net_device){ .at = s->at, .host = s->key, .name = name, .numbered = is_template(name) };
	p->plan->net_device_count++;
	return 0;
}

static int plan_return(struct planning *p, struct error *error)
{
	const struct json_map *map = &p->spec->annotations;

	for (uint32_t i = 0; i < map->count; i++) {
		const struct json_pair *pair = &map->items[i];
		if (strcmp(pair->key, RETURN_THEM) != 0)
			continue;
		p->plan->net_devices_return = !strcmp(pair->value, "true");
		if (!p->plan->net_devices_return && strcmp(pair->value, "false") != 0)
			return fail_at(error, &pair->at, 0, RETURN_THEM " is true or false");
	}
	return 0;
}

int plan_net_devices(struct planning *p, struct error *error)
{
	const struct json_objects *devices = &p->spec->linux_->net_devices;
	const struct plan_namespace *network = &p->plan->namespaces.of[PLAN_NS_NETWORK];
	const struct spec_net_device *first = devices->items;

	try(plan_return(p, error));
	if (!devices->count)
		return 0;
	if (network->mode == NS_INHERIT)
		return fail_at(error, &first->at, 0, "netDevices need a network namespace, and linux.namespaces has none");
	if (p->host->unprivileged)
		return fail_at(error, &first->at, 0, "netDevices need CAP_SYS_ADMIN and CAP_NET_ADMIN, which an ordinary user has not got");
	struct plan_net_device *list = arena_array(p->arena, struct plan_net_device, devices->count);
	p->plan->net_devices = list;
	/* Those with numbers last: the kernel must not give one the name that another asks for. */
	for (int numbered = 0; numbered < 2; numbered++)
		JSON_EACH(struct spec_net_device, s, devices)
			if (is_template(s->name && *s->name ? s->name : s->key) == numbered)
				try(plan_one(p, s, &list[p->plan->net_device_count], error));
	return 0;
}

void show_net_devices(const struct plan *plan, struct text *out)
{
	for (size_t i = 0; i < plan->net_device_count; i++) {
		text_add(out, "  ");
		text_add_visible(out, plan->net_devices[i].host);
		text_add(out, " -> ");
		text_add_visible(out, plan->net_devices[i].name);
		text_add(out, plan->net_devices_return ? "   (brought back by delete)\n" : "\n");
	}
}
