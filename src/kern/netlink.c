/* Network devices by rtnetlink: one request, one answer. The formats are the kernel's (linux/rtnetlink.h), which musl-gcc does not see. */
#include "kern/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/cleanup.h"

/* ---- the kernel's formats ---- */

struct address { uint16_t family, pad; uint32_t port, groups; };
struct head { uint32_t length; uint16_t type, flags; uint32_t sequence, port; };
struct link_part { uint8_t family, pad; uint16_t type; int32_t index; uint32_t flags, change; };
struct address_part { uint8_t family, prefix, flags, scope; int32_t index; };
struct attribute { uint16_t length, type; };

enum { FAMILY_ROUTE = 0, OPTION_LEVEL = 270, OPTION_SHORT_ACK = 10 };
enum { FLAG_REQUEST = 1, FLAG_ACK = 4, FLAG_DUMP = 0x300, FLAG_EXCLUSIVE = 0x200, FLAG_CREATE = 0x400 };
enum { TYPE_ERROR = 2, TYPE_DONE = 3, TYPE_NEW_LINK = 16, TYPE_GET_LINK = 18, TYPE_NEW_ADDRESS = 20, TYPE_GET_ADDRESS = 22 };
enum { LINK_NAME = 3, LINK_MASTER = 10, LINK_INFO = 18, LINK_INFO_KIND = 1, LINK_NAMESPACE = 28, LINK_NEW_INDEX = 49 };
enum { ADDRESS_ADDRESS = 1, ADDRESS_LOCAL = 2, ADDRESS_BROADCAST = 4, ADDRESS_LIFETIMES = 6, ADDRESS_FLAGS = 8, ADDRESS_METRIC = 9,
       ADDRESS_ORIGIN = 11 };
#define ATTRIBUTE_TYPE 0x3fff /* the rest are flags */

/* Which attributes an address is given again with: not its label, which has the device's old name in it. */
#define ADDRESS_KEPT                                                                                                               \
	(1u << ADDRESS_ADDRESS | 1u << ADDRESS_LOCAL | 1u << ADDRESS_BROADCAST | 1u << ADDRESS_LIFETIMES | 1u << ADDRESS_METRIC | \
	 1u << ADDRESS_ORIGIN)
#define PERMANENT 0x80u
#define SCOPE_UNIVERSE 0
/* Of its flags those that one may set: nodad, optimistic, home address, mngtmpaddr, noprefixroute, autojoin. The others tell a state. */
#define FLAGS_KEPT 0x716u

#define padded(length) (((length) + 3) & ~(size_t)3)

/* ---- writing a request ---- */

static void begin(struct netlink_request *request, uint16_t type, uint16_t flags, const void *part, size_t length)
{
	struct head head = { .type = type, .flags = FLAG_REQUEST | FLAG_ACK | flags };

	memset(request, 0, sizeof(*request));
	memcpy(request->data, &head, sizeof(head));
	memcpy(request->data + sizeof(head), part, length);
	request->length = sizeof(head) + length;
}

static void add(struct netlink_request *request, uint16_t type, const void *value, size_t length)
{
	struct attribute attribute = { .length = (uint16_t)(sizeof(attribute) + length), .type = type };

	if (request->length + sizeof(attribute) + padded(length) > sizeof(request->data))
		return; /* none of ours is that long */
	memcpy(request->data + request->length, &attribute, sizeof(attribute));
	memcpy(request->data + request->length + sizeof(attribute), value, length);
	request->length += sizeof(attribute) + padded(length);
}

static void end(struct netlink_request *request)
{
	uint32_t length = (uint32_t)request->length;

	memcpy(request->data + offsetof(struct head, length), &length, sizeof(length));
}

/* ---- reading an answer ---- */

/* The next attribute of what is left; NULL: no more, or they are damaged. */
static const char *next_attribute(const char **at, size_t *left, struct attribute *to)
{
	const char *value = *at + sizeof(*to);

	if (*left < sizeof(*to))
		return NULL;
	memcpy(to, *at, sizeof(*to));
	if (to->length < sizeof(*to) || to->length > *left)
		return NULL;
	size_t step = padded(to->length) < *left ? padded(to->length) : *left;
	*at += step;
	*left -= step;
	to->length -= sizeof(*to);
	to->type &= ATTRIBUTE_TYPE;
	return value;
}

static void take_name(char to[NETLINK_NAME], const char *value, size_t length)
{
	size_t end_at = strnlen(value, length < NETLINK_NAME ? length : NETLINK_NAME - 1);

	memcpy(to, value, end_at);
	to[end_at] = '\0';
}

static void read_kind(const char *at, size_t left, struct netlink_device *to)
{
	struct attribute attribute;

	for (const char *value; (value = next_attribute(&at, &left, &attribute));)
		if (attribute.type == LINK_INFO_KIND)
			take_name(to->kind, value, attribute.length);
}

/* Gets every message that is neither an error nor an end. */
struct taker {
	void (*take)(const struct taker *taker, const char *message, size_t length);
	struct netlink_device *device;
	int32_t index;
	void (*address)(void *to, const char *data, size_t length);
	void *to;
};

static void take_device(const struct taker *taker, const char *message, size_t length)
{
	struct netlink_device *to = taker->device;
	struct attribute attribute;
	struct link_part part;
	struct head head;

	memcpy(&head, message, sizeof(head));
	if (head.type != TYPE_NEW_LINK || length < sizeof(head) + sizeof(part))
		return;
	memcpy(&part, message + sizeof(head), sizeof(part));
	*to = (struct netlink_device){ .index = part.index, .flags = part.flags };
	const char *at = message + sizeof(head) + sizeof(part);
	size_t left = length - sizeof(head) - sizeof(part);
	for (const char *value; (value = next_attribute(&at, &left, &attribute));) {
		if (attribute.type == LINK_NAME)
			take_name(to->name, value, attribute.length);
		if (attribute.type == LINK_MASTER && attribute.length == sizeof(to->master))
			memcpy(&to->master, value, sizeof(to->master));
		if (attribute.type == LINK_INFO)
			read_kind(value, attribute.length, to);
	}
}

/* ---- talking ---- */

int netlink_open(void)
{
	const struct address kernel = { .family = AF_NETLINK };
	const int on = 1;

	_cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, FAMILY_ROUTE);
	if (fd < 0)
		return -errno;
	/* To the kernel, and from nobody else. */
	if (connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
	    setsockopt(fd, OPTION_LEVEL, OPTION_SHORT_ACK, &on, sizeof(on)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* What one datagram holds. 1: there is more to come; 0, or -errno: that was the end. */
static int read_messages(const char *data, size_t left, const struct taker *taker)
{
	struct head head;
	int32_t code = 0;

	for (; left >= sizeof(head); data += padded(head.length), left -= padded(head.length)) {
		memcpy(&head, data, sizeof(head));
		if (head.length < sizeof(head) || head.length > left)
			return -EBADMSG;
		if (head.type == TYPE_ERROR || head.type == TYPE_DONE) {
			if (head.length >= sizeof(head) + sizeof(code))
				memcpy(&code, data + sizeof(head), sizeof(code));
			return code;
		}
		if (taker)
			taker->take(taker, data, head.length);
		if (padded(head.length) >= left)
			break;
	}
	return 1;
}

static int exchange(int netlink, struct netlink_request *request, const struct taker *taker)
{
	union { char data[32768]; uint32_t align; } answer; /* no message of the kernel's is longer */
	int r;

	end(request);
	if (send(netlink, request->data, request->length, MSG_NOSIGNAL) < 0)
		return -errno;
	do {
		ssize_t length = recv(netlink, answer.data, sizeof(answer.data), 0);
		if (length < 0 && errno == EINTR)
			r = 1;
		else if (length <= 0)
			return length < 0 ? -errno : -ECONNRESET;
		else
			r = read_messages(answer.data, (size_t)length, taker);
	} while (r == 1);
	return r;
}

int netlink_find(int netlink, const char *name, int32_t index, struct netlink_device *to)
{
	const struct link_part part = { .index = name ? 0 : index };
	struct netlink_device found = { 0 };
	const struct taker taker = { .take = take_device, .device = &found };
	struct netlink_request request;

	begin(&request, TYPE_GET_LINK, 0, &part, sizeof(part));
	if (name)
		add(&request, LINK_NAME, name, strlen(name) + 1);
	int r = exchange(netlink, &request, &taker);
	if (r == 0 && !found.index)
		r = -ENODEV;
	if (r == 0)
		*to = found;
	return r;
}

/* ---- moving ---- */

void netlink_move_request(const struct netlink_move *move, struct netlink_request *to)
{
	const struct link_part part = { .index = move->index };
	const int32_t namespace = move->to;

	begin(to, TYPE_NEW_LINK, 0, &part, sizeof(part));
	add(to, LINK_NAMESPACE, &namespace, sizeof(namespace));
	add(to, LINK_NAME, move->name, strlen(move->name) + 1);
	add(to, LINK_NEW_INDEX, &move->index_there, sizeof(move->index_there));
	end(to);
}

int netlink_move(int netlink, const struct netlink_move *move)
{
	struct netlink_request request;

	netlink_move_request(move, &request);
	return exchange(netlink, &request, NULL);
}

int netlink_up(int netlink, int32_t index)
{
	const struct link_part part = { .index = index, .flags = IFF_UP, .change = IFF_UP };
	struct netlink_request request;

	begin(&request, TYPE_NEW_LINK, 0, &part, sizeof(part));
	return exchange(netlink, &request, NULL);
}

int netlink_enslave(int netlink, int32_t index, int32_t master)
{
	const struct link_part part = { .index = index };
	struct netlink_request request;

	begin(&request, TYPE_NEW_LINK, 0, &part, sizeof(part));
	add(&request, LINK_MASTER, &master, sizeof(master));
	return exchange(netlink, &request, NULL);
}

/* ---- addresses ---- */

bool netlink_address_request(const void *message, size_t length, int32_t index, struct netlink_request *to)
{
	struct attribute attribute;
	struct address_part part;
	struct head head;

	if (length < sizeof(head) + sizeof(part))
		return false;
	memcpy(&head, message, sizeof(head));
	memcpy(&part, (const char *)message + sizeof(head), sizeof(part));
	if (head.type != TYPE_NEW_ADDRESS || part.index != index || part.scope != SCOPE_UNIVERSE)
		return false;
	uint32_t flags = part.flags; /* older kernels have the lower eight here alone */
	part.flags = 0;
	begin(to, TYPE_NEW_ADDRESS, FLAG_CREATE | FLAG_EXCLUSIVE, &part, sizeof(part));
	const char *at = (const char *)message + sizeof(head) + sizeof(part);
	size_t left = length - sizeof(head) - sizeof(part);
	for (const char *value; (value = next_attribute(&at, &left, &attribute));) {
		if (attribute.type == ADDRESS_FLAGS && attribute.length == sizeof(flags))
			memcpy(&flags, value, sizeof(flags));
		else if (attribute.type < 32 && (ADDRESS_KEPT >> attribute.type & 1))
			add(to, attribute.type, value, attribute.length);
	}
	const uint32_t kept = flags & FLAGS_KEPT;
	add(to, ADDRESS_FLAGS, &kept, sizeof(kept));
	end(to);
	return flags & PERMANENT;
}

static void take_address(const struct taker *taker, const char *message, size_t length)
{
	struct netlink_request request;

	if (netlink_address_request(message, length, taker->index, &request))
		taker->address(taker->to, request.data, request.length);
}

int netlink_addresses(int netlink, int32_t index, void (*take)(void *to, const char *data, size_t length), void *to)
{
	const struct taker taker = { .take = take_address, .index = index, .address = take, .to = to };
	const struct address_part part = { 0 };
	struct netlink_request request;

	begin(&request, TYPE_GET_ADDRESS, FLAG_DUMP, &part, sizeof(part));
	return exchange(netlink, &request, &taker);
}

int netlink_add_addresses(int netlink, int32_t index, const char *noted, size_t length)
{
	const size_t least = sizeof(struct head) + sizeof(struct address_part);
	struct netlink_request request;
	struct head head;

	for (size_t at = 0; at < length; at += head.length) {
		if (length - at < least)
			return -EINVAL;
		memcpy(&head, noted + at, sizeof(head));
		if (head.length < least || head.length > length - at || head.length > sizeof(request.data) || head.type != TYPE_NEW_ADDRESS)
			return -EINVAL;
		memcpy(request.data, noted + at, head.length);
		memcpy(request.data + sizeof(head) + offsetof(struct address_part, index), &index, sizeof(index));
		request.length = head.length;
		int r = exchange(netlink, &request, NULL);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}
