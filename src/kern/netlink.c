/* Network devices by rtnetlink: one request, one answer. The formats are the kernel's (linux/rtnetlink.h), which musl-gcc does not see. */
#include "kern/netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"

/* ---- the kernel's formats ---- */

struct address { uint16_t family, pad; uint32_t port, groups; };
struct head { uint32_t length; uint16_t type, flags; uint32_t sequence, port; };
struct link_part { uint8_t family, pad; uint16_t type; int32_t index; uint32_t flags, change; };
struct address_part { uint8_t family, prefix, flags, scope; int32_t index; };
struct attribute { uint16_t length, type; };

enum { FAMILY_ROUTE = 0, OPTION_LEVEL = 270, OPTION_SHORT_ACK = 10 };
enum { FLAG_REQUEST = 1, FLAG_ACK = 4, FLAG_DISTURBED = 0x10, FLAG_DUMP = 0x300, FLAG_EXCLUSIVE = 0x200, FLAG_CREATE = 0x400 };
enum { TYPE_ERROR = 2, TYPE_DONE = 3, TYPE_NEW_LINK = 16, TYPE_GET_LINK = 18, TYPE_NEW_ADDRESS = 20, TYPE_GET_ADDRESS = 22,
       TYPE_DELETE_PROPERTY = 109 };
enum { LINK_HARDWARE = 1, LINK_NAME = 3, LINK_LINK = 5, LINK_MASTER = 10, LINK_INFO = 18, LINK_INFO_KIND = 1, LINK_NAMESPACE = 28,
       LINK_LINK_NAMESPACE = 37, LINK_NEW_INDEX = 49, LINK_PROPERTIES = 52, LINK_OTHER_NAME = 53, LINK_PERMANENT = 54 };
enum { ADDRESS_ADDRESS = 1, ADDRESS_LOCAL = 2, ADDRESS_BROADCAST = 4, ADDRESS_LIFETIMES = 6, ADDRESS_FLAGS = 8, ADDRESS_METRIC = 9,
       ADDRESS_ORIGIN = 11 };
#define ATTRIBUTE_TYPE 0x3fff /* the rest are flags */
#define ATTRIBUTE_NESTED 0x8000
#define ANSWER_MOST (128u << 10) /* a device's other names may take 64 KiB, and somebody else may have given it them */
#define DUMP_TRIES 16
#define DISTURBED (-EINTR)

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

static void end(struct netlink_request *request, uint32_t sequence)
{
	uint32_t length = (uint32_t)request->length;

	memcpy(request->data + offsetof(struct head, length), &length, sizeof(length));
	memcpy(request->data + offsetof(struct head, sequence), &sequence, sizeof(sequence));
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

static void take_hardware(char to[NETLINK_HARDWARE], const char *value, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < length && at + 2 < NETLINK_HARDWARE; i++) {
		to[at++] = digits[(unsigned char)value[i] >> 4];
		to[at++] = digits[(unsigned char)value[i] & 0xf];
	}
	to[at] = '\0';
}

static void take_number(int32_t *to, const char *value, size_t length)
{
	if (length == sizeof(*to))
		memcpy(to, value, sizeof(*to));
}

/* Gets every message that is neither an error nor an end. */
struct taker {
	void (*take)(const struct taker *taker, const char *message, size_t length);
	struct netlink_device *device;
	int32_t index;
	void (*some)(void *to, const char *data, size_t length); /* of a list: one */
	void *to;
};

/* What stands after the head of a message about a device; NULL: it is about something else. */
static const char *device_attributes(const char *message, size_t length, struct link_part *part, size_t *left)
{
	struct head head;

	memcpy(&head, message, sizeof(head));
	if (head.type != TYPE_NEW_LINK || length < sizeof(head) + sizeof(*part))
		return NULL;
	memcpy(part, message + sizeof(head), sizeof(*part));
	*left = length - sizeof(head) - sizeof(*part);
	return message + sizeof(head) + sizeof(*part);
}

static void take_attribute(struct netlink_device *to, const struct attribute *attribute, const char *value)
{
	int32_t elsewhere = -1;

	switch (attribute->type) {
	case LINK_NAME:
		take_name(to->name, value, attribute->length);
		break;
	case LINK_HARDWARE:
		take_hardware(to->hardware, value, attribute->length);
		break;
	case LINK_PERMANENT:
		take_hardware(to->permanent, value, attribute->length);
		break;
	case LINK_MASTER:
		take_number(&to->master, value, attribute->length);
		break;
	case LINK_LINK:
		take_number(&to->link, value, attribute->length);
		break;
	case LINK_LINK_NAMESPACE:
		take_number(&elsewhere, value, attribute->length);
		to->link_namespace = elsewhere < 0 || elsewhere == INT32_MAX ? INT32_MAX : elsewhere + 1;
		break;
	case LINK_INFO:
		read_kind(value, attribute->length, to);
		break;
	}
}

static void take_device(const struct taker *taker, const char *message, size_t length)
{
	struct attribute attribute;
	struct link_part part;
	size_t left;
	const char *at = device_attributes(message, length, &part, &left);

	if (!at)
		return;
	*taker->device = (struct netlink_device){ .index = part.index, .flags = part.flags };
	for (const char *value; (value = next_attribute(&at, &left, &attribute));)
		take_attribute(taker->device, &attribute, value);
}

static void take_names(const struct taker *taker, const char *message, size_t length)
{
	struct attribute attribute, name;
	struct link_part part;
	size_t left;
	const char *at = device_attributes(message, length, &part, &left);

	for (const char *list; at && (list = next_attribute(&at, &left, &attribute));) {
		size_t within = attribute.type == LINK_PROPERTIES ? attribute.length : 0;
		for (const char *value; (value = next_attribute(&list, &within, &name));)
			if (name.type == LINK_OTHER_NAME)
				taker->some(taker->to, value, strnlen(value, name.length));
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
	if (again_connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
	    setsockopt(fd, OPTION_LEVEL, OPTION_SHORT_ACK, &on, sizeof(on)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* One request and what comes back for it. */
struct talk {
	uint32_t sequence;
	bool disturbed;             /* a dump: what it lists has changed on the way */
	const struct taker *taker;
};

/* What one datagram holds. 1: there is more to come; 0, or -errno: that was the end. */
static int read_messages(struct talk *talk, const char *data, size_t left)
{
	struct head head;
	int32_t code = 0;

	for (size_t step; left >= sizeof(head); data += step, left -= step) {
		memcpy(&head, data, sizeof(head));
		if (head.length < sizeof(head) || head.length > left)
			return -EBADMSG;
		step = padded(head.length) < left ? padded(head.length) : left;
		if (head.sequence != talk->sequence) /* of an exchange that was given up */
			continue;
		talk->disturbed |= head.flags & FLAG_DISTURBED;
		if (head.type == TYPE_ERROR || head.type == TYPE_DONE) {
			if (head.length >= sizeof(head) + sizeof(code))
				memcpy(&code, data + sizeof(head), sizeof(code));
			return code == 0 && talk->disturbed ? DISTURBED : code;
		}
		if (talk->taker)
			talk->taker->take(talk->taker, data, head.length);
	}
	return 1;
}

static int receive(int netlink, struct talk *talk)
{
	static union { char data[ANSWER_MOST]; uint32_t align; } answer; /* too much for a child's stack */

	ssize_t length = again_recv(netlink, answer.data, sizeof(answer.data), MSG_TRUNC);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ECONNRESET;
	return (size_t)length > sizeof(answer.data) ? -EBADMSG : read_messages(talk, answer.data, (size_t)length);
}

static int exchange(int netlink, struct netlink_request *request, const struct taker *taker)
{
	static uint32_t last;
	struct talk talk = { .sequence = ++last, .taker = taker };
	int r;

	end(request, talk.sequence);
	if (again_send(netlink, request->data, request->length, MSG_NOSIGNAL) < 0)
		return -errno;
	do
		r = receive(netlink, &talk);
	while (r == 1);
	return r;
}

int netlink_find(int netlink, const char *name, int32_t index, struct netlink_device *to)
{
	const struct link_part part = { .index = name ? 0 : index };
	struct netlink_device found = { 0 };
	const struct taker taker = { .take = take_device, .device = &found };
	struct netlink_request request;

	begin(&request, TYPE_GET_LINK, 0, &part, sizeof(part));
	if (name) /* the kernel looks for either in all names, and takes nothing longer in the first */
		add(&request, strlen(name) < NETLINK_NAME ? LINK_NAME : LINK_OTHER_NAME, name, strlen(name) + 1);
	int r = exchange(netlink, &request, &taker);
	if (r == 0 && !found.index)
		r = -ENODEV;
	if (r == 0)
		*to = found;
	return r;
}

int netlink_names(int netlink, int32_t index, void (*take)(void *to, const char *name, size_t length), void *to)
{
	const struct link_part part = { .index = index };
	const struct taker taker = { .take = take_names, .some = take, .to = to };
	struct netlink_request request;

	begin(&request, TYPE_GET_LINK, 0, &part, sizeof(part));
	return exchange(netlink, &request, &taker);
}

int netlink_drop_name(int netlink, int32_t index, const char *name)
{
	const struct link_part part = { .index = index };
	struct netlink_request request, list = { 0 };

	add(&list, LINK_OTHER_NAME, name, strlen(name) + 1);
	begin(&request, TYPE_DELETE_PROPERTY, 0, &part, sizeof(part));
	add(&request, LINK_PROPERTIES | ATTRIBUTE_NESTED, list.data, list.length);
	return exchange(netlink, &request, NULL);
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
	end(to, 0);
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

int netlink_rename(int netlink, int32_t index, const char *name)
{
	const struct link_part part = { .index = index };
	struct netlink_request request;

	begin(&request, TYPE_NEW_LINK, 0, &part, sizeof(part));
	add(&request, LINK_NAME, name, strlen(name) + 1);
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
	end(to, 0);
	return flags & PERMANENT;
}

static void take_address(const struct taker *taker, const char *message, size_t length)
{
	struct netlink_request request;

	if (netlink_address_request(message, length, taker->index, &request))
		taker->some(taker->to, request.data, request.length);
}

/* The kernel lists piece by piece; it tells if addresses came or went meanwhile, and one may be missing or be there twice. */
int netlink_addresses(int netlink, int32_t index, void (*take)(void *to, const char *data, size_t length), void *to)
{
	const struct taker taker = { .take = take_address, .index = index, .some = take, .to = to };
	const struct address_part part = { 0 };
	struct netlink_request request;
	int r = DISTURBED;

	for (int i = 0; i < DUMP_TRIES && r == DISTURBED; i++) {
		take(to, NULL, 0);
		begin(&request, TYPE_GET_ADDRESS, FLAG_DUMP, &part, sizeof(part));
		r = exchange(netlink, &request, &taker);
	}
	return r == DISTURBED ? -EAGAIN : r;
}

int netlink_add_addresses(int netlink, int32_t index, const char *noted, size_t length, enum netlink_refused refused)
{
	const size_t least = sizeof(struct head) + sizeof(struct address_part);
	struct netlink_request request;
	struct head head;
	int first = 0;

	for (size_t at = 0; at < length && (first == 0 || refused == NETLINK_GO_ON); at += head.length) {
		if (length - at < least)
			return -EINVAL;
		memcpy(&head, noted + at, sizeof(head));
		if (head.length < least || head.length > length - at || head.length > sizeof(request.data) || head.type != TYPE_NEW_ADDRESS)
			return -EINVAL;
		memcpy(request.data, noted + at, head.length);
		memcpy(request.data + sizeof(head) + offsetof(struct address_part, index), &index, sizeof(index));
		request.length = head.length;
		int r = exchange(netlink, &request, NULL);
		if (first == 0 && r < 0 && r != -EEXIST)
			first = r;
	}
	return first;
}
