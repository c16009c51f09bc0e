/* linux.resources changed by another resources object: what holds then, and what has to be written for it (contract 6.10). */
#include <string.h>
#include "base/arena.h"
#include "spec/resources.h"

#define TAKE(to, change, member)              \
	do {                                  \
		if ((change)->member)         \
			(to)->member = (change)->member; \
	} while (0)

/* Where 0 means "not set" (contract 14.3), so that it changes nothing. */
#define TAKE_SET(to, change, member)                    \
	do {                                            \
		if (is_set((change)->member))           \
			(to)->member = (change)->member; \
	} while (0)

#define is_set(pointer) ((pointer) && *(pointer))

/* A copy to be changed; all absent if there is none. */
static void *copy(const void *object, size_t size, struct arena *arena)
{
	void *to = arena_alloc(arena, size);

	if (object)
		memcpy(to, object, size);
	return to;
}

static void merge_memory(const struct spec_memory *change, struct spec_memory *to)
{
	static const int64_t unlimited = -1;

	to->at = change->at;
	TAKE_SET(to, change, limit);
	TAKE_SET(to, change, reservation);
	TAKE_SET(to, change, swap);
	TAKE_SET(to, change, kernel);
	TAKE_SET(to, change, kernel_tcp);
	TAKE(to, change, swappiness);
	TAKE(to, change, disable_oom_killer);
	TAKE(to, change, use_hierarchy);
	TAKE(to, change, check_before_update);
	if (is_set(change->limit) && *change->limit < 0 && !is_set(change->swap))
		to->swap = &unlimited; /* memory and swap together cannot be less than memory alone */
}

static void merge_cpu(const struct spec_cpu *change, struct spec_cpu *to)
{
	to->at = change->at;
	TAKE_SET(to, change, shares);
	TAKE_SET(to, change, quota);
	TAKE(to, change, burst);
	TAKE_SET(to, change, period);
	TAKE_SET(to, change, realtime_runtime);
	TAKE_SET(to, change, realtime_period);
	TAKE_SET(to, change, cpus); /* an empty text is no list */
	TAKE_SET(to, change, mems);
	TAKE(to, change, idle);
}

static void merge_pids(const struct spec_pids *change, struct spec_pids *to)
{
	to->at = change->at;
	TAKE(to, change, limit);
}

/* ---- lists: by key ---- */

typedef bool same_key(const void *a, const void *b);
typedef void fold(void *to, const void *change);

/* What has the key of a new one is replaced by it, or folded into it; others are added at the end. */
static struct json_objects upsert(const struct json_objects *current, const struct json_objects *change, size_t size, same_key *same,
				  fold *into, struct arena *arena)
{
	if (!change->count)
		return *current;
	char *items = arena_alloc(arena, size * ((size_t)current->count + change->count));
	uint32_t count = current->count;

	if (count)
		memcpy(items, current->items, size * count);
	for (uint32_t i = 0; i < change->count; i++) {
		const char *item = (const char *)change->items + size * i;
		uint32_t at = 0;
		while (at < count && !same(items + size * at, item))
			at++;
		if (at < count && into)
			into(items + size * at, item);
		else
			memcpy(items + size * at, item, size);
		count += at == count;
	}
	return (struct json_objects){ .items = items, .count = count, .given = true };
}

static bool same_weight_device(const void *a, const void *b)
{
	const struct spec_weight_device *one = a, *other = b;

	return one->major == other->major && one->minor == other->minor;
}

static void fold_weight_device(void *to, const void *change)
{
	struct spec_weight_device *device = to;
	const struct spec_weight_device *newer = change;

	device->at = newer->at;
	TAKE_SET(device, newer, weight);
	TAKE_SET(device, newer, leaf_weight);
}

static bool same_throttle_device(const void *a, const void *b)
{
	const struct spec_throttle_device *one = a, *other = b;

	return one->major == other->major && one->minor == other->minor;
}

static bool same_page_size(const void *a, const void *b)
{
	return strcmp(((const struct spec_hugepage_limit *)a)->page_size, ((const struct spec_hugepage_limit *)b)->page_size) == 0;
}

static bool same_interface(const void *a, const void *b)
{
	return strcmp(((const struct spec_interface_priority *)a)->name, ((const struct spec_interface_priority *)b)->name) == 0;
}

static bool same_rdma(const void *a, const void *b)
{
	return strcmp(((const struct spec_rdma *)a)->key, ((const struct spec_rdma *)b)->key) == 0;
}

static void fold_rdma(void *to, const void *change)
{
	struct spec_rdma *device = to;
	const struct spec_rdma *newer = change;

	device->at = newer->at;
	TAKE(device, newer, hca_handles);
	TAKE(device, newer, hca_objects);
}

static bool same_pair(const void *a, const void *b)
{
	return strcmp(((const struct json_pair *)a)->key, ((const struct json_pair *)b)->key) == 0;
}

static struct json_map upsert_map(const struct json_map *current, const struct json_map *change, struct arena *arena)
{
	const struct json_objects old = { current->items, current->count, current->given };
	const struct json_objects newer = { change->items, change->count, change->given };
	struct json_objects merged = upsert(&old, &newer, sizeof(struct json_pair), same_pair, NULL, arena);

	return (struct json_map){ merged.items, merged.count, merged.given };
}

static void merge_block_io(const struct spec_block_io *change, struct spec_block_io *to, struct arena *arena)
{
	struct {
		struct json_objects *to;
		const struct json_objects *change;
	} throttles[] = {
		{ &to->throttle_read_bps, &change->throttle_read_bps },
		{ &to->throttle_write_bps, &change->throttle_write_bps },
		{ &to->throttle_read_iops, &change->throttle_read_iops },
		{ &to->throttle_write_iops, &change->throttle_write_iops },
	};

	to->at = change->at;
	TAKE_SET(to, change, weight);
	TAKE_SET(to, change, leaf_weight);
	to->weight_device = upsert(&to->weight_device, &change->weight_device, sizeof(struct spec_weight_device), same_weight_device,
				   fold_weight_device, arena);
	for (size_t i = 0; i < sizeof(throttles) / sizeof(throttles[0]); i++)
		*throttles[i].to = upsert(throttles[i].to, throttles[i].change, sizeof(struct spec_throttle_device),
					  same_throttle_device, NULL, arena);
}

static void merge_network(const struct spec_network *change, struct spec_network *to, struct arena *arena)
{
	to->at = change->at;
	TAKE(to, change, class_id);
	to->priorities = upsert(&to->priorities, &change->priorities, sizeof(struct spec_interface_priority), same_interface, NULL, arena);
}

void spec_resources_merge(const struct spec_resources *current, const struct spec_resources *change, struct arena *arena,
			  struct spec_resources *merged)
{
	struct spec_resources to = *current; /* `merged` may be one of the two */

	to.at = change->at;
	if (change->devices.given)
		to.devices = change->devices;
	if (change->memory)
		merge_memory(change->memory, to.memory = copy(to.memory, sizeof(*to.memory), arena));
	if (change->cpu)
		merge_cpu(change->cpu, to.cpu = copy(to.cpu, sizeof(*to.cpu), arena));
	if (change->pids)
		merge_pids(change->pids, to.pids = copy(to.pids, sizeof(*to.pids), arena));
	if (change->block_io)
		merge_block_io(change->block_io, to.block_io = copy(to.block_io, sizeof(*to.block_io), arena), arena);
	to.hugepage_limits = upsert(&to.hugepage_limits, &change->hugepage_limits, sizeof(struct spec_hugepage_limit), same_page_size, NULL,
				    arena);
	if (change->network)
		merge_network(change->network, to.network = copy(to.network, sizeof(*to.network), arena), arena);
	to.rdma = upsert(&to.rdma, &change->rdma, sizeof(struct spec_rdma), same_rdma, fold_rdma, arena);
	to.unified = upsert_map(&to.unified, &change->unified, arena);
	*merged = to;
}

static const struct json_pair *by_name(const struct spec_resources *resources, const char *file)
{
	for (uint32_t i = 0; i < resources->unified.count; i++)
		if (strcmp(resources->unified.items[i].key, file) == 0)
			return &resources->unified.items[i];
	return NULL;
}

static void complete_memory(const struct spec_resources *merged, const struct spec_memory *change, struct spec_memory *to)
{
	if (is_set(change->limit) || is_set(change->swap))
		to->limit = merged->memory->limit;
	if (is_set(change->swap) || (is_set(change->limit) && !by_name(merged, "memory.swap.max")))
		to->swap = merged->memory->swap;
}

/* The kernel has forgotten the weight of a cgroup that was idle. */
static void complete_weight(const struct spec_resources *merged, struct spec_resources *to, struct arena *arena)
{
	const struct json_pair *weight = by_name(merged, "cpu.weight");
	const struct json_map one = { (struct json_pair *)weight, 1, true };

	if (weight && !by_name(to, "cpu.weight"))
		to->unified = upsert_map(&to->unified, &one, arena);
	else if (!weight)
		to->cpu->shares = merged->cpu->shares;
}

static void complete_cpu(const struct spec_cpu *current, const struct spec_resources *merged, const struct spec_cpu *change,
			 struct spec_resources *to, struct arena *arena)
{
	if (is_set(change->quota) || is_set(change->period)) {
		to->cpu->quota = merged->cpu->quota;
		to->cpu->period = merged->cpu->period;
	}
	if (is_set(change->shares) && !by_name(merged, "cpu.idle"))
		to->cpu->idle = merged->cpu->idle;
	if (change->idle && !*change->idle && current && is_set(current->idle))
		complete_weight(merged, to, arena);
}

void spec_resources_to_write(const struct spec_resources *current, const struct spec_resources *merged,
			     const struct spec_resources *change, struct arena *arena, struct spec_resources *to)
{
	*to = *change;
	if (change->memory)
		complete_memory(merged, change->memory, to->memory = copy(change->memory, sizeof(*to->memory), arena));
	if (change->cpu) {
		to->cpu = copy(change->cpu, sizeof(*to->cpu), arena);
		complete_cpu(current->cpu, merged, change->cpu, to, arena);
	}
}
