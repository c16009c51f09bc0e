/* libFuzzer: any bytes as a resources document (update --resources) are read or refused with words; what was read can be written and read
 * again; and a plan for it comes on every kind of host, whatever the container had before. */
#include "fuzz.h"
#include "base/text.h"
#include "plan/update.h"

static const char *const before[] = {
	"{}",
	"{\"memory\":{\"limit\":1000000,\"swap\":2000000},\"cpu\":{\"shares\":100,\"quota\":1000,\"period\":10000,\"cpus\":\"0-3\"},"
	"\"pids\":{\"limit\":10}}",
	"{\"devices\":[{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rw\"}],"
	"\"blockIO\":{\"weight\":100,\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1}]},\"cpu\":{\"idle\":1},"
	"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}],\"unified\":{\"memory.high\":\"max\",\"cpu.weight\":\"7\"}}",
};

static char *written(const struct spec_resources *resources, struct arena *arena)
{
	struct text text = text_in(arena);

	json_encode(&spec_resources_table, resources, JSON_COMPACT, &text);
	return text.data;
}

static struct spec_resources read_again(const char *text, struct arena *arena)
{
	struct spec_resources resources;
	struct error error = { 0 };

	must(spec_resources_read("resources.json", text, strlen(text), arena, &resources, NULL, &error) == 0);
	return resources;
}

/* A file of the kernel's is named by one name, and what is written to it is one text. */
static void check_writes(const struct plan_cgroup *cgroup)
{
	for (size_t i = 0; i < cgroup->directory_count; i++)
		for (size_t k = 0; k < cgroup->directories[i].write_count; k++) {
			const struct plan_write *write = &cgroup->directories[i].writes[k];
			must(write->file && *write->file && !strchr(write->file, '/') && write->file[0] != '.');
			must(write->value);
		}
}

static void try_update(struct arena *arena, const struct spec_resources *change, const char *text, unsigned kind)
{
	static const struct spec_linux nothing;
	const struct spec_resources current = read_again(text, arena);
	struct spec spec = { .linux_ = arena_new(arena, struct spec_linux) };
	struct host host = host_of(kind);
	struct planning planning = { .spec = &spec, .host = &host, .arena = arena };
	const struct update_request request = {
		.current = &current, .change = change, .path = "/box", .unit = kind == HOST_SYSTEMD ? "box.scope" : NULL,
	};
	struct error error = { 0 };
	struct plan_update update;

	*spec.linux_ = nothing;
	int r = plan_update(&planning, &request, &update, &error);
	must_tell(r, &error);
	if (r < 0)
		return;
	check_writes(&update.to);
	check_writes(&update.back);
	const char *kept = written(&update.resources, arena);
	const struct spec_resources again = read_again(kept, arena);
	must(strcmp(written(&again, arena), kept) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec_resources change;
	struct error error = { 0 };
	struct arena arena;

	must(arena_open(&arena) == 0);
	const char *text = arena_copy(&arena, (const char *)data, size);
	int r = spec_resources_read("resources.json", text, size, &arena, &change, NULL, &error);
	must_tell(r, &error);
	if (r == 0) {
		const char *once = written(&change, &arena);
		const struct spec_resources again = read_again(once, &arena);
		must(strcmp(written(&again, &arena), once) == 0);
		for (unsigned kind = 0; kind < HOST_KINDS; kind++)
			for (size_t i = 0; i < array_length(before); i++)
				try_update(&arena, &change, before[i], kind);
	}
	arena_close(&arena);
	return 0;
}
