/* rtnetlink(7), as far as network devices are moved between namespaces: looked up, moved and renamed, given their addresses, set up.
 *
 * A socket stays in the network namespace it was made in. -errno everywhere; ENODEV: there is no such device. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_NAME 16 /* IFNAMSIZ: of a device's name, with the NUL */
#define NETLINK_ROOM 256

/* One message to the kernel. */
struct netlink_request {
	size_t length;
	union { char data[NETLINK_ROOM]; uint32_t align; };
};

struct netlink_device {
	int32_t index, master;   /* its number; that of the bridge or bond it is a port of, 0: none */
	uint32_t flags;          /* IFF_* */
	char name[NETLINK_NAME];
	char kind[NETLINK_NAME]; /* "veth", "dummy"; empty: a piece of hardware, or loopback */
};

/* A socket in this process's network namespace. The caller's fd. */
int netlink_open(void);

/* The device of this name, or of this number if `name` is NULL. The kernel takes other names of a device for it as well: `to->name` is
 * its own. */
int netlink_find(int netlink, const char *name, int32_t index, struct netlink_device *to);

struct netlink_move {
	int32_t index;           /* which device */
	int to;                  /* the network namespace */
	const char *name;        /* there; with "%d" in it the kernel chooses */
	int32_t index_there;     /* its number there; -EBUSY: another has it */
};

/* One message moves and renames. A device that is up is set down; its addresses are gone then. A failure may come after the move, if the
 * name turns out to be taken: look for it there. */
int netlink_move(int netlink, const struct netlink_move *move);
void netlink_move_request(const struct netlink_move *move, struct netlink_request *to);

/* Sets it up. */
int netlink_up(int netlink, int32_t index);

/* Makes it a port of a bridge or bond. */
int netlink_enslave(int netlink, int32_t index, int32_t master);

/* Each address the device has that is permanent and of global scope (RFC 3549, 2.3.3.2), as the request that gives it again. */
int netlink_addresses(int netlink, int32_t index, void (*take)(void *to, const char *data, size_t length), void *to);

/* From one message of the kernel's; false: it is of another device, temporary, or of a narrower scope. */
bool netlink_address_request(const void *message, size_t length, int32_t index, struct netlink_request *to);

/* Gives all addresses noted by `netlink_addresses`, one after the other in `noted`, to a device. One it has already is no error.
 * -EINVAL: they are damaged. */
int netlink_add_addresses(int netlink, int32_t index, const char *noted, size_t length);
