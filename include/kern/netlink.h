/* rtnetlink(7), as far as network devices are moved between namespaces: looked up, moved and renamed, given their addresses, set up.
 *
 * A socket stays in the network namespace it was made in. -errno everywhere; ENODEV: there is no such device; EBADMSG: the answer is
 * damaged, or too long. Not for two threads at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_NAME 16 /* IFNAMSIZ: of a device's name, with the NUL */
#define NETLINK_ROOM 256
#define NETLINK_HARDWARE 65 /* MAX_ADDR_LEN bytes as hexadecimal digits, with the NUL */

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
	char hardware[NETLINK_HARDWARE], permanent[NETLINK_HARDWARE]; /* its address, and that it was made with; empty: none */
	int32_t link;            /* the number of what it hangs on: a veth's other end, the device below; 0: of none */
	int32_t link_namespace;  /* ... which is in this network namespace: 0; else the number that has in this one, and 1 */
};

/* A socket in this process's network namespace. The caller's fd. */
int netlink_open(void);

/* The device of this name, or of this number if `name` is NULL. The kernel takes other names of a device for it as well: `to->name` is
 * its own. */
int netlink_find(int netlink, const char *name, int32_t index, struct netlink_device *to);

/* Its other names (IFLA_ALT_IFNAME), one by one; `name` has no NUL. They move with it. */
int netlink_names(int netlink, int32_t index, void (*take)(void *to, const char *name, size_t length), void *to);
int netlink_drop_name(int netlink, int32_t index, const char *name);

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

/* For one that is down. With "%d" in it the kernel chooses. */
int netlink_rename(int netlink, int32_t index, const char *name);

/* Sets it up. */
int netlink_up(int netlink, int32_t index);

/* Makes it a port of a bridge or bond. */
int netlink_enslave(int netlink, int32_t index, int32_t master);

/* Each address the device has that is permanent and of global scope (RFC 3549, 2.3.3.2), as the request that gives it again. `take` gets
 * NULL first, and again where all has to be asked once more: what it was given before is void. -EAGAIN: they change all the time. */
int netlink_addresses(int netlink, int32_t index, void (*take)(void *to, const char *data, size_t length), void *to);

/* From one message of the kernel's; false: it is of another device, temporary, or of a narrower scope. */
bool netlink_address_request(const void *message, size_t length, int32_t index, struct netlink_request *to);

/* Gives all addresses noted by `netlink_addresses`, one after the other in `noted`, to a device. One it has already is no error.
 * -EINVAL: they are damaged. An address is secondary to those of its network that came before: where the same is to be asked again, the
 * first that is refused is the end. */
enum netlink_refused { NETLINK_STOP, NETLINK_GO_ON };
int netlink_add_addresses(int netlink, int32_t index, const char *noted, size_t length, enum netlink_refused refused);
