/* libFuzzer: any bytes as a process.json (exec --process) are read or refused with words, what was read can be written and read again,
 * and a plan comes of it for a container with a process of its own. Behind NULs: what options of exec may say (--user, --additional-gids,
 * --cap, --env, --cwd, a label). */
#include "fuzz.h"
#include "base/text.h"
#include "plan/exec.h"
#include "spec/spec.h"

static const char container[] =
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"env\":[\"A=1\"],"
	"\"user\":{\"uid\":1,\"gid\":2,\"umask\":18,\"additionalGids\":[5]},\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}],"
	"\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],\"inheritable\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]},"
	"\"oomScoreAdj\":100},\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"pid\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\","
	"\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}";

static char *written(const struct spec_process *process, struct arena *arena)
{
	struct text text = text_in(arena);

	json_encode(&spec_process_table, process, JSON_COMPACT, &text);
	return text.data;
}

static void try_plan(struct arena *arena, const struct exec_request *request, unsigned host_kind)
{
	struct error error = { 0 };
	struct spec spec;
	struct host host = host_of(host_kind);

	must(spec_read("config.json", container, sizeof(container) - 1, arena, &spec, NULL, &error) == 0);
	struct planning planning = { .spec = &spec, .host = &host, .arena = arena, .plan = arena_new(arena, struct plan) };
	int r = plan_exec(&planning, request, &error);
	must_tell(r, &error);
	if (r == 0) { /* never the kernel's "no change" (rule B.17) */
		must(planning.plan->process.uid != UINT32_MAX && planning.plan->process.gid != UINT32_MAX);
		for (size_t i = 0; i < planning.plan->process.group_count; i++)
			must(planning.plan->process.groups[i] != UINT32_MAX);
	}
}

static void try_document(struct arena *arena, const char *text, size_t length)
{
	struct spec_process process, again;
	struct error error = { 0 };
	char *exact = arena_copy(arena, text, length);
	int r = spec_process_read("process.json", exact, length, &(struct json_homes){ arena, arena, 0 }, &process, NULL, &error);

	must_tell(r, &error);
	if (r < 0)
		return;
	const char *once = written(&process, arena);
	must(spec_process_read("process.json", once, strlen(once), &(struct json_homes){ arena, arena, 0 }, &again, NULL, &error) == 0);
	must(strcmp(written(&again, arena), once) == 0);
	for (unsigned kind = 0; kind < HOST_KINDS; kind++) {
		const struct exec_request request = { .id = "box", .document = &process, .detached = kind & 1 };
		try_plan(arena, &request, kind);
	}
}

static void try_options(struct arena *arena, struct input *in)
{
	static const char *const args[] = { "sh", NULL };
	const char *words[6];
	unsigned given = take_byte(in);

	for (size_t i = 0; i < array_length(words); i++)
		words[i] = take_text(in, arena);
	const struct exec_request request = {
		.id = "box", .args = args, .user = given & 1 ? words[0] : NULL, .groups = { &words[1], given >> 1 & 1 },
		.capabilities = { &words[2], given >> 2 & 1 }, .env = { &words[3], given >> 3 & 1 },
		.cwd = given & 16 ? words[4] : NULL, .apparmor = given & 32 ? words[5] : NULL, .label = given & 64 ? words[5] : NULL,
		.terminal = given & 128,
	};
	try_plan(arena, &request, HOST_UNIFIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t length = end ? (size_t)(end - data) : size;
	struct arena arena;

	must(arena_open(&arena) == 0);
	try_document(&arena, (const char *)data, length);
	if (end) {
		struct input in = { end + 1, size - length - 1 };
		try_options(&arena, &in);
	}
	arena_close(&arena);
	return 0;
}
