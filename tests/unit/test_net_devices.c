/* plan/net_devices.c: which devices, names and order; kern/netlink.c: the messages, against the kernel's own headers; state/network.c. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/rtnetlink.h>
#include "kern/netlink.h"
#include "planned_files.h"
#include "state/network.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define SPACES "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}]"

#define USER_SPACES "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"user\"}]," \
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"

/* ---- the plan ---- */

static int with(const char *spaces, const char *devices)
{
	return make_plan(ROOT, arena_printf(&arena, "%s,\"netDevices\":%s", spaces, devices));
}

static void numbered_devices_come_last(void **state)
{
	(void)state;
	assert_int_equal(with(SPACES, "{\"a\":{\"name\":\"eth%d\"},\"b\":{},\"c\":{\"name\":\"eth0\"},"
				      "\"d\":{\"name\":\"eth%d\"},\"e\":{\"name\":\"\"}}"), 0);
	assert_int_equal(plan->net_device_count, 5);
	static const char *const expected[][2] = { { "b", "b" }, { "c", "eth0" }, { "e", "e" }, { "a", "eth%d" }, { "d", "eth%d" } };
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(plan->net_devices[i].host, expected[i][0]);
		assert_string_equal(plan->net_devices[i].name, expected[i][1]);
		assert_int_equal(plan->net_devices[i].numbered, i > 2);
	}
	assert_false(plan->net_devices_return);
}

static void the_annotation_is_true_or_false(void **state)
{
	(void)state;
	assert_int_equal(make_plan(ROOT ",\"annotations\":{\"io.caisson.netDevices.return\":\"true\"}", MOUNT_NS), 0);
	assert_true(plan->net_devices_return);
	assert_int_equal(make_plan(ROOT ",\"annotations\":{\"io.caisson.netDevices.return\":\"false\"}", MOUNT_NS), 0);
	assert_false(plan->net_devices_return);
	assert_int_equal(make_plan(ROOT ",\"annotations\":{\"io.caisson.netDevices.return\":\"1\"}", MOUNT_NS), -1);
	assert_non_null(strstr(sentence, "is true or false"));
}

static void no_devices_need_no_namespace(void **state)
{
	(void)state;
	assert_int_equal(with(MOUNT_NS, "{}"), 0);
	assert_int_equal(plan->net_device_count, 0);
}

static const struct { const char *devices, *error; } refused[] = {
	{ "{\"lo\":{}}", "netDevices.lo: the loopback device" },
	{ "{\"eth0123456789abc\":{}}", "is no name of a network device" },
	{ "{\"eth%d\":{}}", "is no name of a network device" },
	{ "{\"a/b\":{}}", "is no name of a network device" },
	{ "{\"a\":{\"name\":\"0123456789abcdef\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\".\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"..\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x:y\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x/y\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x y\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x\\ty\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x\\u007f\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"%d\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"%dx\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x%i\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x%%d\"}}", "is no name for a network device" },
	{ "{\"a\":{\"name\":\"x\"},\"b\":{\"name\":\"x\"}}", "netDevices.b: network devices 'a' and 'b' cannot both be 'x'" },
	{ "{\"b\":{},\"a\":{\"name\":\"b\"}}", "cannot both be 'b'" },
};

static void refused_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (with(SPACES, refused[i].devices) != -1 || !strstr(sentence, refused[i].error))
			fail_msg("%s\n  wanted: %s\n  got: %s", refused[i].devices, refused[i].error, sentence);
	assert_int_equal(with(MOUNT_NS, "{\"a\":{}}"), -1);
	assert_non_null(strstr(sentence, "need a network namespace"));
	assert_int_equal(with(SPACES, "{\"a\":{\"name\":\"0123456789abcde\"}}"), 0);
	host.unprivileged = true;
	assert_int_equal(with(USER_SPACES, "{\"a\":{}}"), -1);
	assert_non_null(strstr(sentence, "need CAP_SYS_ADMIN and CAP_NET_ADMIN"));
	assert_int_equal(with(USER_SPACES, "{}"), 0);
	usual_host();
}

/* ---- the messages ---- */

static const struct rtattr *find(const struct rtattr *at, int left, unsigned short type)
{
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if ((at->rta_type & NLA_TYPE_MASK) == type)
			return at;
	return NULL;
}

static void a_move_is_one_message(void **state)
{
	(void)state;
	struct netlink_request request_;
	const struct netlink_move move = { .index = 7, .to = 42, .name = "0123456789abcde", .index_there = 9 };
	netlink_move_request(&move, &request_);

	const struct nlmsghdr *head = (const void *)request_.data;
	assert_int_equal(head->nlmsg_len, request_.length);
	assert_int_equal(head->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(head->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	const struct ifinfomsg *part = NLMSG_DATA(head);
	assert_int_equal(part->ifi_index, 7);
	assert_int_equal(part->ifi_change, 0);
	int left = (int)IFLA_PAYLOAD(head);
	assert_int_equal(*(int *)RTA_DATA(find(IFLA_RTA(part), left, IFLA_NET_NS_FD)), 42);
	assert_int_equal(*(int *)RTA_DATA(find(IFLA_RTA(part), left, IFLA_NEW_IFINDEX)), 9);
	const struct rtattr *name = find(IFLA_RTA(part), left, IFLA_IFNAME);
	assert_int_equal(RTA_PAYLOAD(name), 16);
	assert_string_equal(RTA_DATA(name), "0123456789abcde");
}

struct given { struct nlmsghdr head; struct ifaddrmsg part; char room[128]; };

static void put(struct given *to, unsigned short type, const void *value, size_t length)
{
	struct rtattr *at = (struct rtattr *)((char *)to + NLMSG_ALIGN(to->head.nlmsg_len));
	at->rta_type = type;
	at->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(at), value, length);
	to->head.nlmsg_len = NLMSG_ALIGN(to->head.nlmsg_len) + RTA_ALIGN(at->rta_len);
}

static struct given an_address(uint32_t flags, unsigned char scope, int index)
{
	struct given given = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)), .nlmsg_type = RTM_NEWADDR },
			       .part = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = (unsigned char)flags, .ifa_scope = scope,
					 .ifa_index = (unsigned)index } };
	put(&given, IFA_ADDRESS, "\x0a\x09\x00\x01", 4);
	put(&given, IFA_LOCAL, "\x0a\x09\x00\x02", 4);
	put(&given, IFA_LABEL, "old0:1", 7);
	put(&given, IFA_FLAGS, &flags, 4);
	return given;
}

static void permanent_global_addresses_are_given_again(void **state)
{
	(void)state;
	struct netlink_request again;
	struct given given = an_address(IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY | IFA_F_TENTATIVE, RT_SCOPE_UNIVERSE, 3);

	assert_true(netlink_address_request(&given, given.head.nlmsg_len, 3, &again));
	const struct nlmsghdr *head = (const void *)again.data;
	assert_int_equal(head->nlmsg_len, again.length);
	assert_int_equal(head->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(head->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	const struct ifaddrmsg *part = NLMSG_DATA(head);
	assert_int_equal(part->ifa_prefixlen, 24);
	int left = (int)IFA_PAYLOAD(head);
	assert_memory_equal(RTA_DATA(find(IFA_RTA(part), left, IFA_LOCAL)), "\x0a\x09\x00\x02", 4);
	assert_memory_equal(RTA_DATA(find(IFA_RTA(part), left, IFA_ADDRESS)), "\x0a\x09\x00\x01", 4);
	assert_int_equal(*(unsigned *)RTA_DATA(find(IFA_RTA(part), left, IFA_FLAGS)), IFA_F_NOPREFIXROUTE);
	assert_null(find(IFA_RTA(part), left, IFA_LABEL));
}

static void other_addresses_are_not(void **state)
{
	(void)state;
	struct netlink_request again;
	struct given temporary = an_address(IFA_F_NOPREFIXROUTE, RT_SCOPE_UNIVERSE, 3);
	struct given narrow = an_address(IFA_F_PERMANENT, RT_SCOPE_LINK, 3);
	struct given good = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);

	assert_false(netlink_address_request(&temporary, temporary.head.nlmsg_len, 3, &again));
	assert_false(netlink_address_request(&narrow, narrow.head.nlmsg_len, 3, &again));
	assert_false(netlink_address_request(&good, good.head.nlmsg_len, 4, &again));
	assert_false(netlink_address_request(&good, sizeof(struct nlmsghdr) + 4, 3, &again));
	good.head.nlmsg_type = RTM_DELADDR;
	assert_false(netlink_address_request(&good, good.head.nlmsg_len, 3, &again));
}

/* Cut anywhere, or with lengths that are wrong: nothing is read beyond the end (the sanitizers would tell). */
static void broken_messages_are_survived(void **state)
{
	(void)state;
	struct netlink_request again;
	const struct given good = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);

	for (size_t length = 0; length <= good.head.nlmsg_len; length++)
		for (int wrong = 0; wrong < 2; wrong++) {
			char *copy = malloc(length ? length : 1);
			memcpy(copy, &good, length);
			if (wrong && length > 26)
				memset(copy + 24, 0xff, 2);
			again.length = 0;
			netlink_address_request(copy, length, 3, &again);
			assert_true(again.length <= sizeof(again.data));
			free(copy);
		}
}

static void damaged_notes_are_refused(void **state)
{
	(void)state;
	struct given good = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);
	const size_t length = good.head.nlmsg_len;

	assert_int_equal(netlink_add_addresses(-1, 1, NULL, 0, NETLINK_STOP), 0);
	assert_int_equal(netlink_add_addresses(-1, 1, (const char *)&good, 10, NETLINK_GO_ON), -EINVAL);
	assert_int_equal(netlink_add_addresses(-1, 1, (const char *)&good, length - 1, NETLINK_GO_ON), -EINVAL);
	assert_int_equal(netlink_add_addresses(-1, 1, (const char *)&good, length, NETLINK_GO_ON), -EBADF);
	good.head.nlmsg_type = RTM_NEWLINK;
	assert_int_equal(netlink_add_addresses(-1, 1, (const char *)&good, length, NETLINK_GO_ON), -EINVAL);
	good.head = (struct nlmsghdr){ .nlmsg_len = 0, .nlmsg_type = RTM_NEWADDR };
	assert_int_equal(netlink_add_addresses(-1, 1, (const char *)&good, length, NETLINK_GO_ON), -EINVAL);
}

/* ---- talking: a kernel of our own at the other end ---- */

#define KERNEL_BIG (200u << 10)

static int ours = -1, kernels = -1;

static int open_kernel(void **state)
{
	int ends[2], room = 1 << 20;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ours = ends[0];
	kernels = ends[1];
	return setsockopt(kernels, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static int close_kernel(void **state)
{
	(void)state;
	close(ours);
	close(kernels);
	return 0;
}

static void kernel_says(struct given message, uint32_t sequence, unsigned short flags)
{
	message.head.nlmsg_seq = sequence;
	message.head.nlmsg_flags = flags;
	assert_int_equal(send(kernels, &message, message.head.nlmsg_len, 0), message.head.nlmsg_len);
}

static void kernel_ends(unsigned short type, int code, uint32_t sequence, unsigned short flags)
{
	const struct { struct nlmsghdr head; int code; } end = {
		{ .nlmsg_len = sizeof(end), .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = sequence }, code,
	};
	assert_int_equal(send(kernels, &end, sizeof(end), 0), sizeof(end));
}

/* The sequence number of the request after this one, and nothing is left in the sockets. */
static uint32_t next_sequence(void)
{
	char request_[256];
	struct nlmsghdr head;

	kernel_ends(NLMSG_ERROR, 0, 0, 0);
	shutdown(kernels, SHUT_WR); /* it must not wait for ever */
	assert_int_equal(netlink_up(ours, 1), -ECONNRESET);
	assert_true(recv(kernels, request_, sizeof(request_), 0) >= (ssize_t)sizeof(head));
	memcpy(&head, request_, sizeof(head));
	close_kernel(NULL);
	assert_int_equal(open_kernel(NULL), 0);
	return head.nlmsg_seq + 1;
}

struct heard { int count, resets; };

static void hear(void *to, const char *data, size_t length)
{
	struct heard *heard = to;

	(void)length;
	heard->count = data ? heard->count + 1 : 0;
	heard->resets += !data;
}

static void answers_to_other_requests_are_skipped(void **state)
{
	(void)state;
	struct heard heard = { 0 };
	const struct given address = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);
	uint32_t sequence = next_sequence();

	kernel_says(address, sequence - 1, NLM_F_MULTI);
	kernel_ends(NLMSG_DONE, -EPERM, sequence - 1, NLM_F_MULTI);
	kernel_says(address, sequence, NLM_F_MULTI);
	kernel_ends(NLMSG_DONE, 0, sequence, NLM_F_MULTI);
	assert_int_equal(netlink_addresses(ours, 3, hear, &heard), 0);
	assert_int_equal(heard.count, 1);
}

static void a_dump_that_was_disturbed_is_begun_again(void **state)
{
	(void)state;
	struct heard heard = { 0 };
	const struct given address = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);
	uint32_t sequence = next_sequence();

	kernel_says(address, sequence, NLM_F_MULTI);
	kernel_says(address, sequence, NLM_F_MULTI | NLM_F_DUMP_INTR);
	kernel_ends(NLMSG_DONE, 0, sequence, NLM_F_MULTI);
	kernel_says(address, sequence + 1, NLM_F_MULTI);
	kernel_ends(NLMSG_DONE, 0, sequence + 1, NLM_F_MULTI);
	assert_int_equal(netlink_addresses(ours, 3, hear, &heard), 0);
	assert_int_equal(heard.resets, 2);
	assert_int_equal(heard.count, 1);
}

static void a_dump_that_is_always_disturbed_is_given_up(void **state)
{
	(void)state;
	struct heard heard = { 0 };
	uint32_t sequence = next_sequence();

	for (uint32_t i = 0; i < 100; i++)
		kernel_ends(NLMSG_DONE, 0, sequence + i, NLM_F_MULTI | NLM_F_DUMP_INTR);
	assert_int_equal(netlink_addresses(ours, 3, hear, &heard), -EAGAIN);
	assert_true(heard.resets > 1 && heard.resets < 100);
}

static void an_answer_that_is_cut_off_is_none(void **state)
{
	(void)state;
	static char big[KERNEL_BIG];
	struct heard heard = { 0 };
	const struct given address = an_address(IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, 3);
	struct given first = address;

	first.head.nlmsg_seq = next_sequence();
	memcpy(big, &first, first.head.nlmsg_len);
	assert_int_equal(send(kernels, big, sizeof(big), 0), sizeof(big));
	assert_int_equal(netlink_addresses(ours, 3, hear, &heard), -EBADMSG);
	assert_int_equal(heard.count, 0);
}

static void what_a_device_hangs_on_and_its_other_names(void **state)
{
	(void)state;
	struct {
		struct nlmsghdr head;
		struct ifinfomsg part;
		char room[256];
	} link = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(link.part)), .nlmsg_type = RTM_NEWLINK }, .part = { .ifi_index = 5 } };
	const struct { unsigned short length, type; char name[8]; } other = { 10, IFLA_ALT_IFNAME, "other" };
	struct netlink_device device;
	uint32_t sequence = next_sequence();

	put((struct given *)&link, IFLA_ADDRESS, "\x02\x00\x00\x00\x00\xfe", 6);
	put((struct given *)&link, IFLA_LINK, &(int){ 9 }, 4);
	put((struct given *)&link, IFLA_LINK_NETNSID, &(int){ 0 }, 4);
	put((struct given *)&link, IFLA_PROP_LIST | NLA_F_NESTED, &other, 12);
	for (uint32_t i = 0; i < 2; i++) {
		link.head.nlmsg_seq = sequence + i;
		assert_int_equal(send(kernels, &link, link.head.nlmsg_len, 0), link.head.nlmsg_len);
		kernel_ends(NLMSG_ERROR, 0, sequence + i, 0);
	}
	assert_int_equal(netlink_find(ours, "eth0", 0, &device), 0);
	assert_int_equal(device.index, 5);
	assert_string_equal(device.hardware, "0200000000fe");
	assert_string_equal(device.permanent, "");
	assert_int_equal(device.link, 9);
	assert_int_equal(device.link_namespace, 1);
	struct heard heard = { 0 };
	assert_int_equal(netlink_names(ours, 5, hear, &heard), 0);
	assert_int_equal(heard.count, 1);
}

/* ---- the note ---- */

static void a_note_is_read_as_it_was_written(void **state)
{
	(void)state;
	char path[] = "/tmp/test-network.XXXXXX";
	uint64_t bytes[] = { 0, 255, 7 };
	const char *names[] = { "enp3s0", "other", NULL };
	struct network_device one = { .host = "eth0", .index = 3, .index_inside = 4, .master = 2, .master_name = "br0", .kind = "veth",
				      .hardware = "020000000001", .link = 7, .link_namespace = 1, .names = { names, 2, true },
				      .up = true, .addresses = { bytes, 3, true } };
	struct network_note note = { { &one, 1, true }, 0 }, again = { 0 };
	struct error error = { 0 };

	assert_non_null(mkdtemp(path));
	struct state_dir dir = { .root = -1, .dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .id = "box", .root_path = path };
	assert_int_equal(network_load(&dir, &arena, &again, &error), 0);
	assert_int_equal(network_kept(&dir, STATE_NETWORK_HOME), -ENOENT);
	assert_int_equal(network_save(&dir, &note, &arena, &error), 0);
	assert_int_equal(network_load(&dir, &arena, &again, &error), 1);
	const struct network_device *read = again.devices.items;
	assert_string_equal(read->host, "eth0");
	assert_string_equal(read->kind, "veth");
	assert_int_equal(read->index, 3);
	assert_int_equal(read->index_inside, 4);
	assert_int_equal(read->master, 2);
	assert_string_equal(read->master_name, "br0");
	assert_string_equal(read->hardware, "020000000001");
	assert_null(read->permanent);
	assert_int_equal(read->link, 7);
	assert_int_equal(read->link_namespace, 1);
	assert_int_equal(read->names.count, 2);
	assert_string_equal(read->names.items[1], "other");
	assert_true(again.mounts > 0); /* ours */
	assert_int_equal(network_keeper(&again), 0);
	assert_true(read->up);
	assert_int_equal(read->addresses.count, 3);
	assert_int_equal(read->addresses.items[1], 255);
	network_forget(&dir);
	assert_int_equal(network_load(&dir, &arena, &again, &error), 0);
	close(dir.dir);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbered_devices_come_last),
		cmocka_unit_test(the_annotation_is_true_or_false),
		cmocka_unit_test(no_devices_need_no_namespace),
		cmocka_unit_test(refused_by_table),
		cmocka_unit_test(a_move_is_one_message),
		cmocka_unit_test(permanent_global_addresses_are_given_again),
		cmocka_unit_test(other_addresses_are_not),
		cmocka_unit_test(broken_messages_are_survived),
		cmocka_unit_test(damaged_notes_are_refused),
		cmocka_unit_test_setup_teardown(answers_to_other_requests_are_skipped, open_kernel, close_kernel),
		cmocka_unit_test_setup_teardown(a_dump_that_was_disturbed_is_begun_again, open_kernel, close_kernel),
		cmocka_unit_test_setup_teardown(a_dump_that_is_always_disturbed_is_given_up, open_kernel, close_kernel),
		cmocka_unit_test_setup_teardown(an_answer_that_is_cut_off_is_none, open_kernel, close_kernel),
		cmocka_unit_test_setup_teardown(what_a_device_hangs_on_and_its_other_names, open_kernel, close_kernel),
		cmocka_unit_test(a_note_is_read_as_it_was_written),
	};
	return cmocka_run_group_tests_name("net_devices", tests, open_arena, close_arena);
}
