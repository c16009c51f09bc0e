/* Network devices come back from a network namespace in which nobody of the container lives any more. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "kern/namespaces.h"
#include "run/network.h"

#define TAKEN "dev"
#define TAKEN_NAME TAKEN "%d" /* as the kernel does when hardware comes back */
#define TRIES 4
#define PAUSE_NS 2000000L /* after the first try; twice as long after each other */

/* Where from, where to, and by which note. */
struct journey {
	struct network_way way;
	const struct state_dir *state;
	struct network_note note;
	struct arena *arena;
};

/* One of those that are noted. */
struct coming {
	struct network_device *device; /* the note's */
	bool moved;                  /* we have asked the kernel for it */
	int32_t index;               /* here; 0: it has not been brought */
	struct netlink_device here;  /* as it has arrived */
};

/* Something on its way or at home. 0, or -errno: the same can be asked again. */
typedef int step(const struct journey *journey, struct coming *one);

/* What the kernel has refused for want of memory, it may do the next time; and the device that nobody asks for again is lost. */
static int patiently(step *once, const struct journey *journey, struct coming *one)
{
	int r = once(journey, one);

	for (int i = 0; i < TRIES - 1 && r < 0; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS << i }, NULL);
		r = once(journey, one);
	}
	return r;
}

static bool is_text(const char *noted, const char *found)
{
	return strcmp(noted ? noted : "", found) == 0;
}

/* ---- on its way ---- */

/* A name that somebody has taken meanwhile, as a name or as another one, is no reason to lose the device. 1, 0, or -errno. */
static int is_taken(int netlink, const char *name)
{
	struct netlink_device here;
	int r = netlink_find(netlink, name, 0, &here);

	return r == -ENODEV ? 0 : r == 0 ? 1 : r;
}

static bool is_noted(const struct network_device *device, const char *name)
{
	for (uint32_t i = 0; i < device->names.count; i++)
		if (strcmp(device->names.items[i], name) == 0)
			return true;
	return false;
}

/* Of the other names that it has in there those that were given it there would be names of the host's, and with one that another device
 * has here the kernel refuses it. */
static int drop_name(const struct journey *journey, const struct network_device *device, const char *name)
{
	int taken = is_noted(device, name) ? is_taken(journey->way.to, name) : 1;

	if (taken <= 0)
		return taken;
	try(netlink_drop_name(journey->way.from, device->index_inside, name));
	if (is_noted(device, name))
		log_warning("network device '%s' comes back without its other name '%s': that is taken", device->host, name);
	return 0;
}

static int drop_names(const struct journey *journey, const struct network_device *device)
{
	struct text names = text_in(journey->arena);
	int r = network_names(journey->way.from, device->index_inside, &names);

	for (size_t at = 0; r == 0 && at < names.length; at += strlen(names.data + at) + 1)
		r = drop_name(journey, device, names.data + at);
	return r;
}

/* Should we be killed, whoever comes after us looks for it there. Where there is no room for a note it is asked for all the same. */
static void note_asked(const struct journey *journey, struct coming *one, int32_t index)
{
	struct error error = { 0 };

	one->device->asked = index;
	network_save(journey->state, &journey->note, journey->arena, &error);
	one->moved = true;
}

static int bring(const struct journey *journey, struct coming *one)
{
	const struct network_device *device = one->device;
	struct netlink_move back = { .index = device->index_inside, .to = journey->way.to_namespace };
	int taken;

	try(taken = is_taken(journey->way.to, device->host));
	back.name = taken ? TAKEN_NAME : device->host;
	try(back.index_there = network_free_index(journey->way.to, device->index));
	try(drop_names(journey, device));
	note_asked(journey, one, back.index_there);
	try(netlink_move(journey->way.from, &back));
	one->index = back.index_there;
	return 0;
}

/* 1, 0, or -errno. */
static int has_gone(int netlink, const struct network_device *device)
{
	struct netlink_device here;
	int r = netlink_find(netlink, device->host, 0, &here);

	return r == -ENODEV || (r == 0 && here.index != device->index) ? 1 : r;
}

static bool is_taken_name(const char *name)
{
	uint32_t number;

	return strncmp(name, TAKEN, strlen(TAKEN)) == 0 && number_u32(name + strlen(TAKEN), INT32_MAX, &number) == 0;
}

/* It was asked for, and the answer has not reached us, or not whoever was killed in our place: the kernel moves none to a number that
 * another has. That was a moment ago, or else somebody may have got that number since. */
static int find_arrived(const struct journey *journey, struct coming *one)
{
	const struct network_device *device = one->device;
	struct netlink_device here;
	int r = device->asked ? netlink_find(journey->way.to, NULL, device->asked, &here) : -ENODEV;

	if (r == 0 && is_text(device->kind, here.kind) && (one->moved || strcmp(here.name, device->host) == 0 || is_taken_name(here.name)))
		one->index = device->asked;
	else if (r == 0 || r == -ENODEV)
		log_warning("network device '%s' is lost: the container has no longer had it", device->host);
	return r == -ENODEV ? 0 : r;
}

/* The container may have deleted it, and made another with its number: then what is there is not ours. */
static int bring_if_gone(const struct journey *journey, struct coming *one)
{
	struct netlink_device there;
	int r = one->device->asked ? 1 : has_gone(journey->way.to, one->device);

	if (r <= 0)
		return r;
	r = netlink_find(journey->way.from, NULL, one->device->index_inside, &there);
	if (r == -ENODEV || (r == 0 && !is_text(one->device->kind, there.kind)))
		return find_arrived(journey, one);
	return r < 0 ? r : bring(journey, one);
}

/* ---- home ---- */

/* Number and kind anybody can choose who may make devices in there, and the address; but not where the other end of it is. Another veth,
 * whose other end he keeps, would connect him with whatever the host connects it to. */
static bool is_the_same(const struct network_device *device, const struct netlink_device *here)
{
	return is_text(device->permanent, here->permanent) && (device->permanent || is_text(device->hardware, here->hardware)) &&
	       device->link == here->link && device->link_namespace == here->link_namespace;
}

static int readdress(const struct journey *journey, struct coming *one)
{
	return network_readdress(journey->way.to, one->index, &one->device->addresses, NETLINK_STOP, journey->arena);
}

static int readdress_rest(const struct journey *journey, struct coming *one)
{
	return network_readdress(journey->way.to, one->index, &one->device->addresses, NETLINK_GO_ON, journey->arena);
}

static int enslave(const struct journey *journey, struct coming *one)
{
	const struct network_device *device = one->device;
	struct netlink_device master;

	if (!device->master)
		return 0;
	int r = netlink_find(journey->way.to, NULL, device->master, &master);
	if (r == 0 && is_text(device->master_name, master.name))
		return netlink_enslave(journey->way.to, one->index, device->master);
	if (r < 0 && r != -ENODEV)
		return r;
	log_warning("network device '%s' is no port any more: its bridge or bond '%s' is gone", device->host, device->master_name);
	return 0;
}

static int bring_up(const struct journey *journey, struct coming *one)
{
	return one->device->up ? netlink_up(journey->way.to, one->index) : 0;
}

/* What belongs to it here. The first failure is told, and keeps nothing else from being done. */
static int settle(const struct journey *journey, struct coming *one)
{
	static step *const steps[] = { enslave, bring_up };
	int first = patiently(readdress, journey, one);

	if (first < 0)
		readdress_rest(journey, one);
	for (size_t i = 0; i < array_length(steps); i++) {
		int r = patiently(steps[i], journey, one);
		first = first ? first : r;
	}
	return first;
}

static int look(const struct journey *journey, struct coming *one)
{
	return netlink_find(journey->way.to, NULL, one->index, &one->here);
}

/* Its name is not the host's, and the kernel's choice at best: that it had inside, say, if its own was taken in the moment of the move. */
static int take_other_name(const struct journey *journey, struct coming *one)
{
	if (!is_taken_name(one->here.name) || strcmp(one->here.name, one->device->host) == 0)
		try(netlink_rename(journey->way.to, one->index, TAKEN_NAME));
	return look(journey, one);
}

/* It is not to pass for the other. */
static int make_stranger(const struct journey *journey, struct coming *one)
{
	struct text names = text_in(journey->arena);
	int r = network_names(journey->way.to, one->index, &names);

	for (size_t at = 0; r == 0 && at < names.length; at += strlen(names.data + at) + 1)
		r = netlink_drop_name(journey->way.to, one->index, names.data + at);
	int renamed = take_other_name(journey, one);
	return r ? r : renamed;
}

static int settle_stranger(const struct journey *journey, struct coming *one)
{
	int r = patiently(make_stranger, journey, one);

	if (r == 0)
		log_warning("network device '%s' is not the one that went into the container, or its address or other end is another now: "
			    "it is back as '%s', down, without addresses, and no port", one->device->host, one->here.name);
	return r;
}

static int settle_name(const struct journey *journey, struct coming *one)
{
	const char *host = one->device->host;
	int r = strcmp(one->here.name, host) == 0 ? 0 : patiently(take_other_name, journey, one);

	if (r == 0 && strcmp(one->here.name, host) != 0)
		log_warning("network device '%s' is back as '%s': the name is taken", host, one->here.name);
	return r;
}

/* Once all are back: one may be the other end of another. */
static void settle_one(const struct journey *journey, struct coming *one)
{
	const char *host = one->device->host;

	if (!one->index)
		return;
	int r = patiently(look, journey, one);
	if (r == 0 && !is_the_same(one->device, &one->here)) {
		r = settle_stranger(journey, one);
	} else if (r == 0) {
		r = settle_name(journey, one);
		int rest = settle(journey, one);
		r = r ? r : rest;
	}
	if (r < 0)
		log_warning("network device '%s' does not come back as it was: %s", host, errno_text(-r));
}

static void return_all(const struct journey *journey)
{
	const uint32_t count = journey->note.devices.count;
	struct coming *all = arena_array(journey->arena, struct coming, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		all[i].device = (struct network_device *)journey->note.devices.items + i;
		int r = patiently(bring_if_gone, journey, &all[i]);
		if (r < 0)
			log_warning("network device '%s' does not come back: %s", all[i].device->host, errno_text(-r));
	}
	for (uint32_t i = 0; i < count; i++)
		settle_one(journey, &all[i]);
}

/* ---- from where to where ---- */

/* A create that was killed early has moved none, and may not even have kept the namespaces; that they are kept where we cannot see it is
 * another matter. */
static int not_kept(const struct state_dir *state, const struct network_note *note, struct error *error)
{
	pid_t keeper = network_keeper(note);
	bool gone = false;

	if (keeper < 0)
		return fail(error, -keeper, "cannot look for the mount namespace that container '%s' was made in", state->id);
	if (keeper)
		return fail(error, 0, "the network devices of container '%s' can be brought back only from the mount namespace that it was "
			    "made in: delete it there (nsenter --mount=/proc/%d/ns/mnt)", state->id, (int)keeper);
	_cleanup_fd int here = netlink_open();
	JSON_EACH(struct network_device, device, &note->devices)
		gone = gone || has_gone(here, device) != 0; /* what cannot be asked may have */
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
	struct journey journey = { .way = { -1, -1, -1 }, .state = state, .arena = arena };
	struct network_way *way = &journey.way;
	struct error found = { 0 };

	int r = network_load(state, arena, &journey.note, &found);
	if (r == 0)
		return 0;
	if (r > 0)
		r = open_way(state, &journey.note, way, &found);
	else if (r == STATE_DAMAGED || !found.code)
		r = damaged(&found);
	if (r > 0)
		return_all(&journey);
	close_fd(&way->from);
	close_fd(&way->to);
	close_fd(&way->to_namespace);
	if (r >= 0)
		network_forget(state);
	else
		*error = found;
	return r < 0 ? -1 : 0;
}
