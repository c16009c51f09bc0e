/* Network devices between two network namespaces. */
#include "run/network.h"

#include <errno.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "kern/namespaces.h"
#include "run/visit.h"

#define SOCKET_MS 10000
#define TRIES 10000

static int make_socket(void *data, int *fd, struct error *error)
{
	int r = namespace_join(*(const int *)data, ABI_CLONE_NEWNET);

	if (r == 0)
		r = *fd = netlink_open();
	return r < 0 ? fail(error, -r, "cannot enter the container's network namespace") : 0;
}

/* A child enters it: we might not be allowed back. */
int network_socket_in(int namespace, struct error *error)
{
	const struct visit visit = {
		.run = make_socket, .data = &namespace, .keep = &namespace, .keep_count = 1, .deadline = clock_ms() + SOCKET_MS,
	};
	int fd;

	return visit_pay(&visit, &fd, error) < 0 ? -1 : fd;
}

int network_free_index(int netlink, int32_t wanted)
{
	struct netlink_device there;

	for (int32_t i = 0; i < TRIES && wanted <= INT32_MAX - TRIES; i++) {
		int r = netlink_find(netlink, NULL, wanted + i, &there);
		if (r == -ENODEV)
			return wanted + i;
		if (r < 0)
			return r;
	}
	return -EBUSY;
}

static void take_name(void *to, const char *name, size_t length)
{
	text_add_bytes(to, name, length);
	text_add_char(to, '\0');
}

int network_names(int netlink, int32_t index, struct text *to)
{
	return netlink_names(netlink, index, take_name, to);
}

int network_readdress(int netlink, int32_t index, const struct json_uints *addresses, enum netlink_refused refused,
		      struct arena *arena)
{
	char *noted = arena_alloc(arena, addresses->count + 1);

	for (uint32_t i = 0; i < addresses->count; i++)
		noted[i] = (char)addresses->items[i];
	return netlink_add_addresses(netlink, index, noted, addresses->count, refused);
}
