/* The host's network devices go into the container (config-linux.md, "Network Devices"): all are looked at before one is moved. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/text.h"
#include "kern/namespaces.h"
#include "run/network.h"
#include "run/stage.h"

static int open_namespace(const struct stage *stage, struct error *error)
{
	const struct plan_namespace *network = &stage->plan->namespaces.of[PLAN_NS_NETWORK];
	const struct place *at = &stage->plan->net_devices[0].at;
	char path[32];

	if (network->own)
		return fail_at(error, at, 0, "netDevices need a network namespace of the container's: '%s' is the runtime's own",
			       network->path);
	/* init is in it by now, whether it is new or joined. */
	format(path, sizeof(path), "%d/ns/net", (int)stage->pid);
	int fd = again_openat(stage->procfs, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail_at(error, at, errno, "cannot open the container's network namespace") : fd;
}

static void take_bytes(void *to, const char *data, size_t length)
{
	struct text *text = to;

	if (data)
		text_add_bytes(text, data, length);
	else
		text->length = 0;
}

static int note_addresses(struct stage *stage, int from, struct network_device *device, const struct place *at, struct error *error)
{
	struct text text = text_in(stage->arena);
	int r = netlink_addresses(from, device->index, take_bytes, &text);

	if (r < 0)
		return fail_at(error, at, -r, "cannot read the addresses of network device '%s'", device->host);
	uint64_t *bytes = arena_array(stage->arena, uint64_t, text.length);
	for (size_t i = 0; i < text.length; i++)
		bytes[i] = (unsigned char)text.data[i];
	device->addresses = (struct json_uints){ .items = bytes, .count = (uint32_t)text.length, .given = true };
	return 0;
}

/* A note is JSON. */
#define NOT_TO_NOTE(what) what " is not UTF-8, and could not be given back"

static int note_names(struct stage *stage, int from, struct network_device *device, const struct place *at, struct error *error)
{
	struct text text = text_in(stage->arena);
	int r = network_names(from, device->index, &text);
	size_t count = 0;

	if (r < 0)
		return fail_at(error, at, -r, "cannot read the other names of network device '%s'", device->host);
	for (size_t i = 0; i < text.length; i++)
		count += !text.data[i];
	if (count > NETWORK_NAMES_MOST)
		return fail_at(error, at, 0, "network device '%s' has more than %d other names", device->host, NETWORK_NAMES_MOST);
	const char **names = arena_array(stage->arena, const char *, count + 1);
	for (size_t i = 0, begin = 0; i < count; begin += strlen(names[i++]) + 1) {
		names[i] = text.data + begin;
		if (!utf8_valid(names[i], strlen(names[i])))
			return fail_at(error, at, 0, NOT_TO_NOTE("another name of network device '%s'"), device->host);
	}
	device->names = (struct json_strings){ .items = names, .count = (uint32_t)count, .given = true };
	return 0;
}

static int note_master(struct stage *stage, int from, struct network_device *device, const struct place *at, struct error *error)
{
	struct netlink_device master;
	int r = device->master ? netlink_find(from, NULL, device->master, &master) : 0;

	if (r < 0)
		return fail_at(error, at, -r, "cannot look at what network device '%s' is a port of", device->host);
	if (device->master && !utf8_valid(master.name, strlen(master.name)))
		return fail_at(error, at, 0, NOT_TO_NOTE("the name of what network device '%s' is a port of"), device->host);
	device->master_name = device->master ? arena_string(stage->arena, master.name) : NULL;
	return 0;
}

static const char *if_any(struct stage *stage, const char *text)
{
	return *text ? arena_string(stage->arena, text) : NULL;
}

/* Whether it can go, and what has to be known to bring it back. */
static int look_here(struct stage *stage, int from, const struct plan_net_device *plan, struct network_device *to, struct error *error)
{
	struct netlink_device found;
	int r = netlink_find(from, plan->host, 0, &found);

	if (r == -ENODEV)
		return fail_at(error, &plan->at, 0, "there is no network device '%s' here", plan->host);
	if (r < 0)
		return fail_at(error, &plan->at, -r, "cannot look at network device '%s'", plan->host);
	if (strcmp(found.name, plan->host) != 0)
		return fail_at(error, &plan->at, 0, "'%s' is another name of network device '%s'", plan->host, found.name);
	if (found.flags & IFF_LOOPBACK)
		return fail_at(error, &plan->at, 0, "network device '%s' is a loopback device: it cannot leave its network namespace",
			       plan->host);
	*to = (struct network_device){
		.host = plan->host,
		.index = found.index,
		.master = found.master,
		.kind = if_any(stage, found.kind),
		.hardware = if_any(stage, found.hardware),
		.permanent = if_any(stage, found.permanent),
		.link = found.link,
		.link_namespace = found.link_namespace,
		.up = found.flags & IFF_UP,
	};
	try(note_names(stage, from, to, &plan->at, error));
	try(note_master(stage, from, to, &plan->at, error));
	return note_addresses(stage, from, to, &plan->at, error);
}

/* The number is chosen here: it tells the device from others there, whatever the kernel or the container calls it. */
static int look_there(const struct network_way *way, const struct plan_net_device *plan, struct network_device *devices, size_t at,
		      struct error *error)
{
	int32_t wanted = devices[at].index;
	struct netlink_device there;
	int r = plan->numbered ? -ENODEV : netlink_find(way->to, plan->name, 0, &there);

	if (r == 0)
		return fail_at(error, &plan->at, 0, "there is a network device '%s' in the container's network namespace already",
			       plan->name);
	if (r == -ENODEV)
		r = network_free_index(way->to, wanted);
	for (size_t i = 0; i < at && r > 0; i++)
		if (devices[i].index_inside == r) {
			r = network_free_index(way->to, r + 1);
			i = (size_t)-1;
		}
	if (r < 0)
		return fail_at(error, &plan->at, -r, "cannot look at the container's network devices");
	devices[at].index_inside = r;
	return 0;
}

static const struct { int code; const char *why; } reasons[] = {
	{ EINVAL, " (a device of this kind stays in its network namespace)" },
	{ EPERM, " (that takes CAP_NET_ADMIN in both network namespaces)" },
	{ ENFILE, " (no number is left for its name)" },
};

/* A bond gives its ports an address of its own, and takes it back when they leave: by the other one it is known again. */
static int note_hardware(struct stage *stage, int netlink, struct network_device *device)
{
	struct netlink_device inside;

	try(netlink_find(netlink, NULL, device->index_inside, &inside));
	device->hardware = if_any(stage, inside.hardware);
	return 0;
}

static int move(struct stage *stage, const struct network_way *way, const struct plan_net_device *plan, struct network_device *device,
		struct error *error)
{
	const struct netlink_move there = {
		.index = device->index, .to = way->to_namespace, .name = plan->name, .index_there = device->index_inside,
	};
	const char *why = "";

	/* No need to set it down first: whoever moves it does. */
	int r = netlink_move(way->from, &there);
	if (r == 0 && device->master)
		r = note_hardware(stage, way->to, device);
	if (r == 0)
		r = network_readdress(way->to, device->index_inside, &device->addresses, NETLINK_STOP, stage->arena);
	if (r == 0)
		r = netlink_up(way->to, device->index_inside);
	for (size_t i = 0; i < array_length(reasons); i++)
		if (reasons[i].code == -r)
			why = reasons[i].why;
	return r < 0 ? fail_at(error, &plan->at, -r, "cannot move network device '%s' into the container%s", plan->host, why) : 0;
}

static int keep_namespaces(struct stage *stage, int container, struct error *error)
{
	_cleanup_fd int home = namespace_open("/proc/self/ns/net", ABI_CLONE_NEWNET);

	if (home < 0)
		return fail(error, -home, "cannot open the runtime's own network namespace");
	try(network_keep(&stage->state, STATE_NETWORK_HOME, home, error));
	return network_keep(&stage->state, STATE_NETWORK_NAMESPACE, container, error);
}

/* Written down before it is done, and the namespaces kept: so whoever destroys the container can bring them back. */
int host_net_devices(struct stage *stage, struct error *error)
{
	const struct plan *plan = stage->plan;
	struct network_device *devices = arena_array(stage->arena, struct network_device, plan->net_device_count);
	const struct network_note note = { { .items = devices, .count = (uint32_t)plan->net_device_count, .given = true } };

	_cleanup_fd int namespace = open_namespace(stage, error);
	_cleanup_fd int from = namespace < 0 ? -1 : netlink_open();
	_cleanup_fd int to = from < 0 ? -1 : network_socket_in(namespace, error);
	const struct network_way way = { from, to, namespace };
	if (namespace < 0 || (from >= 0 && to < 0))
		return -1;
	if (from < 0)
		return fail(error, -from, "cannot ask for network devices");
	for (size_t i = 0; i < note.devices.count; i++) {
		try(look_here(stage, from, &plan->net_devices[i], &devices[i], error));
		try(look_there(&way, &plan->net_devices[i], devices, i, error));
	}
	try(network_save(&stage->state, &note, stage->arena, error));
	try(keep_namespaces(stage, namespace, error));
	for (size_t i = 0; i < note.devices.count; i++) {
		try(move(stage, &way, &plan->net_devices[i], &devices[i], error));
		if (devices[i].master)
			try(network_save(&stage->state, &note, stage->arena, error));
	}
	return 0;
}

/* The specification has it so: they belong to the namespace, whose end is not ours to manage. */
int host_net_devices_stay(struct stage *stage, struct error *error)
{
	(void)error;
	network_forget(&stage->state);
	return 0;
}
