/* config-linux.md#control-groups: linux.resources */
#pragma once

#include "json/json.h"

struct spec_device_rule {             /* #allowed-device-list */
	struct place at;
	bool allow;
	const char *type;             /* "a" "b" "c"; NULL is "a" */
	const int64_t *major, *minor; /* NULL or -1 is any */
	const char *access;           /* of r, w, m; NULL is all three */
};

struct spec_memory {
	struct place at;
	const int64_t *limit, *reservation, *swap, *kernel, *kernel_tcp; /* bytes, -1 unlimited */
	const uint64_t *swappiness;
	const bool *disable_oom_killer, *use_hierarchy, *check_before_update;
};

struct spec_cpu {
	struct place at;
	const uint64_t *shares;
	const int64_t *quota;         /* microseconds */
	const uint64_t *burst, *period;
	const int64_t *realtime_runtime;
	const uint64_t *realtime_period;
	const char *cpus, *mems;
	const int64_t *idle;
};

struct spec_pids { struct place at; const int64_t *limit; }; /* 0 is a limit, -1 is none */

struct spec_weight_device { struct place at; int64_t major, minor; const uint16_t *weight, *leaf_weight; };
struct spec_throttle_device { struct place at; int64_t major, minor; uint64_t rate; };

struct spec_block_io {
	struct place at;
	const uint16_t *weight, *leaf_weight;
	struct json_objects weight_device;        /* struct spec_weight_device */
	struct json_objects throttle_read_bps, throttle_write_bps, throttle_read_iops, throttle_write_iops; /* spec_throttle_device */
};

struct spec_hugepage_limit { struct place at; const char *page_size; uint64_t limit; };

struct spec_interface_priority { struct place at; const char *name; uint32_t priority; };
struct spec_network { struct place at; const uint32_t *class_id; struct json_objects priorities; };

struct spec_rdma { const char *key; struct place at; const uint32_t *hca_handles, *hca_objects; };

struct spec_resources {
	struct place at;
	struct json_objects devices;          /* struct spec_device_rule */
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	struct json_objects hugepage_limits;  /* struct spec_hugepage_limit */
	struct spec_network *network;
	struct json_objects rdma;             /* struct spec_rdma */
	struct json_map unified;
};
extern const struct json_table spec_resources_table;

/* Decodes and checks a document that is a resources object (`update --resources`), as spec_read does with linux.resources. */
int spec_resources_read(const char *name, const char *text, size_t length, struct arena *arena, struct spec_resources *resources,
			struct json_note **notes, struct error *error);

/* `current` as `change` makes it (contract 6.10): what a field says anew replaces the old value, where 0 or "" means "not set" it stays;
 * lists are taken together by their keys (major:minor, page size, name), but device rules are replaced as a whole. Both lend their
 * parts to `merged`. */
void spec_resources_merge(const struct spec_resources *current, const struct spec_resources *change, struct arena *arena,
			  struct spec_resources *merged);

/* The fields of `change`, and of `merged` (of the two) those without which they cannot be written: a quota has a period, swap is counted
 * together with memory, an idle cgroup has no weight, and one that ceases to be idle has lost it. Where one of those was set in `unified`
 * by the name of its file, its field is not taken. */
void spec_resources_to_write(const struct spec_resources *current, const struct spec_resources *merged,
			     const struct spec_resources *change, struct arena *arena, struct spec_resources *to);
