/* Network devices come back from a network namespace in which nobody of the container lives any more. */
#include <errno.h>
#include <string.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "kern/namespaces.h"
#include "run/network.h"

#define TAKEN_NAME "dev%d" /* as the kernel does when hardware comes back */

/* One of those that are noted. */
struct coming {
	const struct network_device *device;
	int32_t index;  /* here; 0: it has not been brought */
};

static bool is_text(const char *noted, const char *found)
{
	return strcmp(noted ? noted : "", found) == 0;
}

/* ---- on its way ---- */

/* A name that somebody has taken meanwhile is no reason to lose the device. */
static const char *name_here(const struct network_way *way, const struct network_device *device)
{
	struct netlink_device here;

	return netlink_find(way->to, device->host, 0, &here) == -ENODEV ? device->host : TAKEN_NAME;
}

static bool is_noted(const struct network_device *device, const char *name)
{
	for (uint32_t i = 0; i < device->names.count; i++)
		if (strcmp(device->names.items[i], name) == 0)
			return true;
	return false;
}

/* Names that were given it inside would be names of the host's. All go for a stranger (`device` is NULL). */
static int drop_names(int netlink, int32_t index, const struct network_device *device, struct arena *arena)
{
	struct text names = text_in(arena);
	int r = network_names(netlink, index, &names);

	for (size_t at = 0; r == 0 && at < names.length; at += strlen(names.data + at) + 1)
		if (!device || !is_noted(device, names.data + at))
			r = netlink_drop_name(netlink, index, names.data + at);
	return r;
}

static int bring(const struct network_way *way, struct coming *one, struct arena *arena)
{
	const struct network_device *device = one->device;
	int32_t index = network_free_index(way->to, device->index);
	const struct netlink_move back = {
		.index = device->index_inside, .to = way->to_namespace, .name = name_here(way, device), .index_there = index,
	};

	int r = index < 0 ? index : drop_names(way->from, device->index_inside, device, arena);
	if (r == 0)
		r = netlink_move(way->from, &back);
	if (r == 0)
		one->index = index;
	return r;
}

static bool has_gone(int netlink, const struct network_device *device)
{
	struct netlink_device here;

	return netlink_find(netlink, device->host, 0, &here) < 0 || here.index != device->index;
}

/* The container may have deleted it, and made another with its number: then what is there is not ours. */
static void bring_if_gone(const struct network_way *way, struct coming *one, struct arena *arena)
{
	const struct network_device *device = one->device;
	struct netlink_device there;

	if (!has_gone(way->to, device))
		return;
	int r = netlink_find(way->from, NULL, device->index_inside, &there);
	if (r == -ENODEV || (r == 0 && !is_text(device->kind, there.kind)))
		log_warning("network device '%s' is lost: the container has no longer had it", device->host);
	else if (r == 0)
		r = bring(way, one, arena);
	if (r < 0 && r != -ENODEV)
		log_warning("network device '%s' does not come back: %s", device->host, errno_text(-r));
}

/* ---- home ---- */

/* Number and kind anybody can choose who may make devices in there, and the address; but not where the other end of it is. Another veth,
 * whose other end he keeps, would connect him with whatever the host connects it to. */
static bool is_the_same(const struct network_device *device, const struct netlink_device *here)
{
	return is_text(device->permanent, here->permanent) && (device->permanent || is_text(device->hardware, here->hardware)) &&
	       device->link == here->link && device->link_namespace == here->link_namespace;
}

static int enslave(int netlink, int32_t index, const struct network_device *device)
{
	struct netlink_device master;

	if (netlink_find(netlink, NULL, device->master, &master) == 0 && is_text(device->master_name, master.name))
		return netlink_enslave(netlink, index, device->master);
	log_warning("network device '%s' is no port any more: its bridge or bond '%s' is gone", device->host, device->master_name);
	return 0;
}

/* What belongs to it here. The first failure is told, and keeps nothing else from being done. */
static int settle(const struct network_way *way, const struct coming *one, struct arena *arena)
{
	const struct network_device *device = one->device;
	const int results[] = {
		network_readdress(way->to, one->index, &device->addresses, arena),
		device->master ? enslave(way->to, one->index, device) : 0,
		device->up ? netlink_up(way->to, one->index) : 0,
	};

	for (size_t i = 0; i < array_length(results); i++)
		try(results[i]);
	return 0;
}

/* It is not to pass for the other. */
static int settle_stranger(const struct network_way *way, const struct coming *one, struct arena *arena)
{
	struct netlink_device here;
	int r = drop_names(way->to, one->index, NULL, arena);

	try(netlink_rename(way->to, one->index, TAKEN_NAME));
	try(netlink_find(way->to, NULL, one->index, &here));
	log_warning("network device '%s' is not the one that went into the container, or its address or other end is another now: it is "
		    "back as '%s', down, without addresses, and no port", one->device->host, here.name);
	return r;
}

/* Once all are back: one may be the other end of another. */
static void settle_one(const struct network_way *way, const struct coming *one, struct arena *arena)
{
	const char *host = one->device->host;
	struct netlink_device here;

	if (!one->index)
		return;
	int r = netlink_find(way->to, NULL, one->index, &here);
	if (r == 0 && !is_the_same(one->device, &here)) {
		r = settle_stranger(way, one, arena);
	} else if (r == 0) {
		if (strcmp(here.name, host) != 0)
			log_warning("network device '%s' is back as '%s': the name is taken", host, here.name);
		r = settle(way, one, arena);
	}
	if (r < 0)
		log_warning("network device '%s' does not come back as it was: %s", host, errno_text(-r));
}

static void return_all(const struct network_way *way, const struct network_note *note, struct arena *arena)
{
	struct coming *all = arena_array(arena, struct coming, note->devices.count + 1), *one = all;

	JSON_EACH(struct network_device, device, &note->devices) {
		one->device = device;
		bring_if_gone(way, one++, arena);
	}
	for (const struct coming *back = all; back < one; back++)
		settle_one(way, back, arena);
}

/* ---- from where to where ---- */

/* A create that was killed early has moved none, and may not even have kept the namespaces; that they are kept where we cannot see it is
 * another matter. */
static int not_kept(const struct state_dir *state, const struct network_note *note, struct error *error)
{
	pid_t keeper = network_keeper(note);
	bool gone = false;

	if (keeper)
		return fail(error, 0, "the network devices of container '%s' can be brought back only from the mount namespace that it was "
			    "made in: delete it there (nsenter --mount=/proc/%d/ns/mnt)", state->id, (int)keeper);
	_cleanup_fd int here = netlink_open();
	JSON_EACH(struct network_device, device, &note->devices)
		gone = gone || has_gone(here, device);
	if (gone)
		log_warning("network devices do not come back: the container's network namespace is not kept any more");
	return 0;
}

/* 1: it is open; 0: there is nothing to be done; -1 with the error filled. */
static int open_way(const struct state_dir *state, const struct network_note *note, struct network_way *way, struct error *error)
{
	_cleanup_fd int container = network_kept(state, STATE_NETWORK_NAMESPACE);
	if (container == -ENOENT || container == -ENOTTY)
		return not_kept(state, note, error);
	_cleanup_fd int home = network_kept(state, STATE_NETWORK_HOME);
	if (home == -ENOENT || home == -ENOTTY) /* given up by a create that was killed then */
		home = namespace_open("/proc/self/ns/net", ABI_CLONE_NEWNET);
	if (container < 0 || home < 0)
		return fail(error, container < 0 ? -container : -home,
			    "cannot open the network namespaces that are kept for container '%s'", state->id);
	way->from = network_socket_in(container, error);
	way->to = way->from < 0 ? -1 : network_socket_in(home, error);
	way->to_namespace = take_fd(&home);
	return way->to < 0 ? -1 : 1;
}

/* A note that cannot be understood is of no use to anybody. */
static int damaged(const struct error *error)
{
	char sentence[1024];

	error_sentence(error, sentence, sizeof(sentence));
	log_warning("network devices do not come back: %s", sentence);
	return 0;
}

int network_return(const struct state_dir *state, struct arena *arena, struct error *error)
{
	struct network_way way = { -1, -1, -1 };
	struct network_note note;
	struct error found = { 0 };

	int r = network_load(state, arena, &note, &found);
	if (r == 0)
		return 0;
	if (r > 0)
		r = open_way(state, &note, &way, &found);
	else if (!found.code)
		r = damaged(&found);
	if (r > 0)
		return_all(&way, &note, arena);
	close_fd(&way.from);
	close_fd(&way.to);
	close_fd(&way.to_namespace);
	if (r >= 0)
		network_forget(state);
	else
		*error = found;
	return r < 0 ? -1 : 0;
}
