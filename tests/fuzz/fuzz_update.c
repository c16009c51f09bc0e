/* libFuzzer: any resources document changes any configuration or is refused with words, and what is kept of it can be read again. A NUL
 * parts the two; without one the configuration's own resources are the change. */
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALL_V2 (1u << CG_CPU | 1u << CG_CPUSET | 1u << CG_MEMORY | 1u << CG_IO | 1u << CG_PIDS | 1u << CG_HUGETLB | 1u << CG_RDMA)

static const struct host hosts[] = {
	{ .cgroup = { .layout = CGROUP_UNIFIED, .v2 = "/cg", .v2_controllers = ALL_V2 } },
	{ .cgroup = { .layout = CGROUP_LEGACY,
		      .memory_v1_swap = true,
		      .v1 = { [CG_CPU] = "/cg/cpu", [CG_CPUSET] = "/cg/cpuset", [CG_MEMORY] = "/cg/memory", [CG_IO] = "/cg/blkio",
			      [CG_PIDS] = "/cg/pids", [CG_DEVICES] = "/cg/devices", [CG_HUGETLB] = "/cg/hugetlb", [CG_RDMA] = "/cg/rdma",
			      [CG_NET_CLS] = "/cg/net", [CG_NET_PRIO] = "/cg/net" } } },
};

static struct text encoded(const struct spec_resources *resources, struct arena *arena)
{
	struct text text = text_in(arena);

	json_encode(&spec_resources_table, resources, JSON_COMPACT, &text);
	return text;
}

static void must_read_again(const struct spec_resources *resources, struct arena *arena)
{
	struct spec_resources again;
	struct error error = { 0 };
	struct text kept = encoded(resources, arena);

	if (spec_resources_read("resources.json", kept.data, kept.length, arena, &again, NULL, &error) < 0)
		__builtin_trap();
	if (strcmp(encoded(&again, arena).data, kept.data) != 0)
		__builtin_trap();
}

static void try_update(struct planning *p, const struct update_request *request)
{
	struct error error = { 0 };
	struct plan_update update;

	if (plan_update(p, request, &update, &error) == 0)
		must_read_again(&update.resources, p->arena);
	else if (!error.text[0])
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct spec_resources none;
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t length = end ? (size_t)(end - data) : size;
	struct spec_resources change = none;
	struct error error = { 0 };
	struct arena arena;
	struct spec spec;

	if (arena_open(&arena) < 0)
		return 0;
	if (spec_read("config.json", (const char *)data, length, &arena, &spec, NULL, &error) < 0 ||
	    (end && spec_resources_read("change.json", (const char *)end + 1, size - length - 1, &arena, &change, NULL, &error) < 0)) {
		arena_close(&arena);
		return 0;
	}
	const struct spec_resources *current = spec.linux_->resources ? spec.linux_->resources : &none;
	for (int i = 0; i < 4; i++) {
		struct planning planning = { .spec = &spec, .host = &hosts[i % 2], .arena = &arena };
		const struct update_request request = {
			.current = end || i < 2 ? current : &none,
			.change = end ? &change : current,
			.path = "/box",
			.unit = i == 2 ? "box.scope" : NULL,
		};
		try_update(&planning, &request);
	}
	arena_close(&arena);
	return 0;
}
