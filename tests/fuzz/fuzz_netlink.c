/* libFuzzer: any datagram as the kernel's answer about network devices and their addresses, and any bytes as the addresses noted in a
 * state file. The first byte says which. */
#include "fuzz.h"
#include "../../src/kern/netlink.c"

static void must_be_name(const char *name, size_t size)
{
	must(memchr(name, 0, size));
}

static void count_some(void *to, const char *data, size_t length)
{
	for (size_t i = 0; data && i < length; i++) /* reading beyond it is seen */
		*(size_t *)to += data[i] != 0;
}

static bool stands_in(const char *data, size_t length, int32_t code)
{
	for (size_t at = 0; at + sizeof(code) <= length; at++)
		if (!memcmp(data + at, &code, sizeof(code)))
			return true;
	return false;
}

static void try_answer(struct input *in, struct arena *arena, void (*take)(const struct taker *, const char *, size_t))
{
	struct netlink_device device = { 0 };
	size_t length = in->size, got = 0;
	const struct taker taker = { .take = take, .device = &device, .index = 2, .some = count_some, .to = &got };
	struct talk talk = { .sequence = 1, .taker = &taker };
	char *exact = arena_alloc(arena, length);

	memcpy(exact, in->data, length);
	int r = read_messages(&talk, exact, length);
	/* There is more to come; or our own word about it; or the end, whose code stands in it, whatever it is. */
	must(r == 1 || r == -EBADMSG || r == DISTURBED || (length >= sizeof(struct head) && (r == 0 || stands_in(exact, length, r))));
	must(r != 0 || !talk.disturbed); /* a list that has changed on the way is not taken for a whole one */
	must_be_name(device.name, sizeof(device.name));
	must_be_name(device.kind, sizeof(device.kind));
	must_be_name(device.hardware, sizeof(device.hardware));
	must_be_name(device.permanent, sizeof(device.permanent));
}

static void try_address(struct input *in, struct arena *arena)
{
	struct netlink_request request = { 0 };
	size_t length = in->size;
	char *exact = arena_alloc(arena, length);

	memcpy(exact, in->data, length);
	if (netlink_address_request(exact, length, 2, &request))
		must(request.length <= sizeof(request.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct arena arena;

	must(arena_open(&arena) == 0);
	switch (take_below(&in, 4)) {
	case 0: try_answer(&in, &arena, take_device); break;
	case 1: try_answer(&in, &arena, take_names); break;
	case 2: try_address(&in, &arena); break;
	default: {
		char *exact = arena_alloc(&arena, in.size);
		memcpy(exact, in.data, in.size);
		/* Nobody is to be asked there: what says that all were given has held none. */
		must((netlink_add_addresses(-1, 2, exact, in.size, NETLINK_STOP) == 0) == (in.size == 0));
		must((netlink_add_addresses(-1, 2, exact, in.size, NETLINK_GO_ON) == 0) == (in.size == 0));
	}
	}
	arena_close(&arena);
	return 0;
}
