/* Network devices come back from a network namespace in which nobody lives any more. */
#include <errno.h>
#include <string.h>
#include "base/abi.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "kern/namespaces.h"
#include "run/network.h"

#define TAKEN_NAME "dev%d" /* as the kernel does when hardware comes back */

static bool same_kind(const struct network_device *device, const struct netlink_device *there)
{
	return strcmp(device->kind ? device->kind : "", there->kind) == 0;
}

/* A name that somebody has taken meanwhile is no reason to lose the device. */
static const char *name_here(const struct network_way *way, const struct network_device *device)
{
	struct netlink_device here;

	return netlink_find(way->to, device->host, 0, &here) == -ENODEV ? device->host : TAKEN_NAME;
}

/* What belongs to it here. The first failure is told, and keeps nothing else from being done. */
static int settle(const struct network_way *way, const struct network_device *device, int32_t index, struct arena *arena)
{
	const int results[] = {
		network_readdress(way->to, index, &device->addresses, arena),
		device->master ? netlink_enslave(way->to, index, device->master) : 0,
		device->up ? netlink_up(way->to, index) : 0,
	};

	for (size_t i = 0; i < array_length(results); i++)
		try(results[i]);
	return 0;
}

static int bring(const struct network_way *way, const struct network_device *device, struct arena *arena)
{
	int32_t index = network_free_index(way->to, device->index);
	struct netlink_device here;
	const struct netlink_move back = {
		.index = device->index_inside, .to = way->to_namespace, .name = name_here(way, device), .index_there = index,
	};

	int r = index < 0 ? index : netlink_move(way->from, &back);
	if (r < 0)
		return r;
	r = settle(way, device, index, arena);
	if (netlink_find(way->to, NULL, index, &here) == 0 && strcmp(here.name, device->host) != 0)
		log_warning("network device '%s' is back as '%s': the name is taken", device->host, here.name);
	return r;
}

static bool has_gone(const struct network_way *way, const struct network_device *device)
{
	struct netlink_device here;

	return netlink_find(way->to, device->host, 0, &here) < 0 || here.index != device->index;
}

/* The container may have deleted it, and made another with its number: then what is there is not ours. */
static void return_one(const struct network_way *way, const struct network_device *device, struct arena *arena)
{
	struct netlink_device there;

	if (!has_gone(way, device))
		return;
	int r = netlink_find(way->from, NULL, device->index_inside, &there);
	if (r == -ENODEV || (r == 0 && !same_kind(device, &there)))
		log_warning("network device '%s' is lost: the container has no longer had it", device->host);
	else if (r == 0)
		r = bring(way, device, arena);
	if (r < 0 && r != -ENODEV)
		log_warning("network device '%s' does not come back as it was: %s", device->host, errno_text(-r));
}

static int open_here(struct network_way *way, struct error *error)
{
	way->to = netlink_open();
	way->to_namespace = namespace_open("/proc/self/ns/net", ABI_CLONE_NEWNET);
	return way->to < 0 || way->to_namespace < 0 ? fail(error, EIO, "cannot open the runtime's own network namespace") : 0;
}

static int open_there(const struct state_dir *state, struct network_way *way, struct error *error)
{
	_cleanup_fd int kept = network_kept(state);

	if (kept < 0)
		return fail(error, -kept, "the container's network namespace is not kept any more");
	way->from = network_socket_in(kept, error);
	return way->from < 0 ? -1 : 0;
}

/* A create that was killed early has moved none, or not even kept the namespace. */
static int return_all(const struct state_dir *state, const struct network_note *note, struct network_way *way, struct arena *arena,
		      struct error *error)
{
	bool gone = false;

	try(open_here(way, error));
	JSON_EACH(struct network_device, device, &note->devices)
		gone = gone || has_gone(way, device);
	if (!gone)
		return 0;
	try(open_there(state, way, error));
	JSON_EACH(struct network_device, device, &note->devices)
		return_one(way, device, arena);
	return 0;
}

void network_return(const struct state_dir *state, struct arena *arena)
{
	struct network_way way = { -1, -1, -1 };
	struct network_note note;
	struct error error = { 0 };
	char sentence[1024];

	int r = network_load(state, arena, &note, &error);
	if (r == 0)
		return;
	if (r < 0 || return_all(state, &note, &way, arena, &error) < 0) {
		error_sentence(&error, sentence, sizeof(sentence));
		log_warning("network devices do not come back: %s", sentence);
	}
	close_fd(&way.from);
	close_fd(&way.to);
	close_fd(&way.to_namespace);
	network_forget(state);
}
