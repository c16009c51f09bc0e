/* libFuzzer: any messages from init, once user code shares its namespaces: what the runtime takes from its socket, at a baton and at the
 * last talk, is one of the few things it may say, in texts that end, or a refusal with words. */
#include <errno.h>
#include <sys/socket.h>
#include "fuzz.h"
#include "run/baton.h"
#include "run/talk.h"

#define MESSAGES_MOST 6

/* What init says: each with two bytes of length before it; whole batons are made to fit. */
static int connected(struct input *in)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	for (unsigned i = 0; in->size > 2 && i < MESSAGES_MOST; i++) {
		unsigned kind = take_byte(in), length = take_byte(in) * (kind & 1 ? 8 : 1);
		struct baton baton = { .kind = kind >> 2, .row = take_byte(in) };
		memset(&baton.error, length, kind & 64 ? sizeof(baton.error) : 0); /* texts without an end */
		length = length < in->size ? length : (unsigned)in->size;
		memcpy(&baton.error, in->data, kind & 2 && length < sizeof(baton.error) ? length : 0);
		ssize_t sent = kind & 2 ? send(pair[1], &baton, sizeof(baton), 0) : send(pair[1], in->data, length, 0);
		must(sent >= 0);
		in->data += length;
		in->size -= length;
	}
	close(pair[1]);
	return pair[0];
}

static void must_end(const struct error *error)
{
	char sentence[4096];

	must(memchr(error->text, 0, sizeof(error->text)) && memchr(error->path, 0, sizeof(error->path)));
	must(memchr(error->file, 0, sizeof(error->file)) && memchr(error->step, 0, sizeof(error->step)));
	must(error_sentence(error, sentence, sizeof(sentence)) < sizeof(sentence));
}

static void try_batons(struct input *in)
{
	_cleanup_fd int socket = connected(in);
	struct baton baton;
	int fd, r;

	do {
		r = baton_receive(socket, &baton, &fd);
		must(fd == -1);
		must(r == 1 || r == 0 || r == -EPROTO || r == -EMSGSIZE);
		if (r == 1)
			must_end(&baton.error);
	} while (r == 1 || r == -EPROTO || r == -EMSGSIZE);
}

static void try_talk(struct input *in, struct arena *arena)
{
	struct error error = { 0 };
	struct oom_tally oom = OOM_TALLY_NONE;
	const struct record record = { .id = "box", .oci_version = "1.0.0", .bundle = "/b", .pid = 0 };
	_cleanup_fd int socket = connected(in);
	struct talk talk = {
		.record = &record, .arena = arena, .socket = socket, .pidfd = -1, .agent = -1, .signals = -1, .oom = &oom,
		.status = STATUS_CREATED, .patience_ms = 1000,
	};
	int r = talk_until_exec(&talk, &error);

	must(r == 0 || r == -1);
	must(r == 0 ? talk.taken && talk.executing : true);
	must_end(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct arena arena;

	must(arena_open(&arena) == 0);
	if (take_byte(&in) & 1)
		try_talk(&in, &arena);
	else
		try_batons(&in);
	arena_close(&arena);
	return 0;
}
