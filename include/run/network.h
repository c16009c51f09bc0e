/* Network devices on their way into a container's network namespace, and back. */
#pragma once

#include <stdint.h>
#include "base/error.h"
#include "kern/netlink.h"
#include "state/network.h"

struct arena;
struct text;

/* From one network namespace to another. */
struct network_way {
	int from, to;          /* rtnetlink sockets in them */
	int to_namespace;
};

/* An rtnetlink socket in another network namespace, made by a child that enters it. The caller's fd; -1 with the error filled. */
int network_socket_in(int namespace, struct error *error);

/* A number that no device of the namespace has, `wanted` if that is free. -errno. */
int network_free_index(int netlink, int32_t wanted);

/* Gives a device the addresses that were noted (kern/netlink.h). -errno. */
int network_readdress(int netlink, int32_t index, const struct json_uints *addresses, enum netlink_refused refused, struct arena *arena);

/* The other names of a device, each with its NUL. -errno. */
int network_names(int netlink, int32_t index, struct text *to);

/* Brings back every device that is noted in the container's state directory, under its name, with its addresses, to the network namespace
 * it was taken from; then forgets them. What cannot be brought back is a warning; -1 with the error filled, and nothing forgotten, if
 * somebody else, or we later, could. For a container whose processes have all ended. */
int network_return(const struct state_dir *state, struct arena *arena, struct error *error);
