/* update: other limits for a container, from options or from a resources document (contract 6.10). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "base/text.h"
#include "cmd/container.h"
#include "plan/update.h"
#include "run/host.h"

/* ---- options ---- */

enum {
	BLKIO_WEIGHT, CPU_PERIOD, CPU_QUOTA, CPU_BURST, CPU_SHARE, CPU_RT_PERIOD, CPU_RT_RUNTIME, CPUSET_CPUS, CPUSET_MEMS, CPU_IDLE,
	MEMORY, MEMORY_RESERVATION, MEMORY_SWAP, KERNEL_MEMORY, KERNEL_MEMORY_TCP, PIDS_LIMIT,
	LIMITS, /* how many of them there are */
	RESOURCES = LIMITS, L3_CACHE_SCHEMA, MEM_BW_SCHEMA, OPTIONS
};

struct update_options { const char *value[OPTIONS]; };

#define VALUE(option) 0, OPTION_STRING, offsetof(struct update_options, value[option])

static const struct option options[] = {
	[BLKIO_WEIGHT] = { "blkio-weight", VALUE(BLKIO_WEIGHT), "N", "share of block I/O, 10 to 1000" },
	[CPU_PERIOD] = { "cpu-period", VALUE(CPU_PERIOD), "US", "period of the CPU quota, in microseconds" },
	[CPU_QUOTA] = { "cpu-quota", VALUE(CPU_QUOTA), "US", "CPU time in each period, in microseconds; -1: no limit" },
	[CPU_BURST] = { "cpu-burst", VALUE(CPU_BURST), "US", "CPU time that may be saved up, in microseconds" },
	[CPU_SHARE] = { "cpu-share", VALUE(CPU_SHARE), "N", "share of CPU time, 2 to 262144" },
	[CPU_RT_PERIOD] = { "cpu-rt-period", VALUE(CPU_RT_PERIOD), "US", "period of real-time scheduling (cgroup v1)" },
	[CPU_RT_RUNTIME] = { "cpu-rt-runtime", VALUE(CPU_RT_RUNTIME), "US", "real-time CPU time in each period (cgroup v1)" },
	[CPUSET_CPUS] = { "cpuset-cpus", VALUE(CPUSET_CPUS), "LIST", "CPUs to run on: 0-2,7" },
	[CPUSET_MEMS] = { "cpuset-mems", VALUE(CPUSET_MEMS), "LIST", "memory nodes to use" },
	[CPU_IDLE] = { "cpu-idle", VALUE(CPU_IDLE), "N", "1: only CPU time that nobody else wants; 0" },
	[MEMORY] = { "memory", VALUE(MEMORY), "SIZE", "memory: bytes, or 512m, 1.5g ...; -1: no limit" },
	[MEMORY_RESERVATION] = { "memory-reservation", VALUE(MEMORY_RESERVATION), "SIZE", "memory to be left to it (v2) or aimed at (v1)" },
	[MEMORY_SWAP] = { "memory-swap", VALUE(MEMORY_SWAP), "SIZE", "memory and swap together; -1: no limit" },
	[KERNEL_MEMORY] = { "kernel-memory", VALUE(KERNEL_MEMORY), "SIZE", NULL },
	[KERNEL_MEMORY_TCP] = { "kernel-memory-tcp", VALUE(KERNEL_MEMORY_TCP), "SIZE", NULL },
	[PIDS_LIMIT] = { "pids-limit", VALUE(PIDS_LIMIT), "N", "processes and threads; -1: no limit" },
	[RESOURCES] = { "resources", 'r', OPTION_STRING, offsetof(struct update_options, value[RESOURCES]), "FILE",
			"a JSON document like linux.resources, - is standard input; other options are ignored" },
	[L3_CACHE_SCHEMA] = { "l3-cache-schema", VALUE(L3_CACHE_SCHEMA), "TEXT", "not supported" },
	[MEM_BW_SCHEMA] = { "mem-bw-schema", VALUE(MEM_BW_SCHEMA), "TEXT", "not supported" },
};

/* The chapters that options can reach. */
struct chapters {
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_pids pids;
	struct spec_block_io block_io;
};

enum limit_kind { LIMIT_SIZE, LIMIT_SIGNED, LIMIT_UNSIGNED, LIMIT_WEIGHT, LIMIT_TEXT };

/* Where in a resources document the value of an option belongs, and in ours: a pointer in `chapters`. */
static const struct limit {
	const char *path;
	enum limit_kind kind;
	size_t to;
	int64_t least, most; /* LIMIT_SIGNED */
} limits[LIMITS] = {
	[BLKIO_WEIGHT] = { "blockIO.weight", LIMIT_WEIGHT, offsetof(struct chapters, block_io.weight) },
	[CPU_PERIOD] = { "cpu.period", LIMIT_UNSIGNED, offsetof(struct chapters, cpu.period) },
	[CPU_QUOTA] = { "cpu.quota", LIMIT_SIGNED, offsetof(struct chapters, cpu.quota), INT64_MIN, INT64_MAX },
	[CPU_BURST] = { "cpu.burst", LIMIT_UNSIGNED, offsetof(struct chapters, cpu.burst) },
	[CPU_SHARE] = { "cpu.shares", LIMIT_UNSIGNED, offsetof(struct chapters, cpu.shares) },
	[CPU_RT_PERIOD] = { "cpu.realtimePeriod", LIMIT_UNSIGNED, offsetof(struct chapters, cpu.realtime_period) },
	[CPU_RT_RUNTIME] = { "cpu.realtimeRuntime", LIMIT_SIGNED, offsetof(struct chapters, cpu.realtime_runtime), INT64_MIN, INT64_MAX },
	[CPUSET_CPUS] = { "cpu.cpus", LIMIT_TEXT, offsetof(struct chapters, cpu.cpus) },
	[CPUSET_MEMS] = { "cpu.mems", LIMIT_TEXT, offsetof(struct chapters, cpu.mems) },
	[CPU_IDLE] = { "cpu.idle", LIMIT_SIGNED, offsetof(struct chapters, cpu.idle), 0, 1 },
	[MEMORY] = { "memory.limit", LIMIT_SIZE, offsetof(struct chapters, memory.limit) },
	[MEMORY_RESERVATION] = { "memory.reservation", LIMIT_SIZE, offsetof(struct chapters, memory.reservation) },
	[MEMORY_SWAP] = { "memory.swap", LIMIT_SIZE, offsetof(struct chapters, memory.swap) },
	[KERNEL_MEMORY] = { "memory.kernel", LIMIT_SIZE, offsetof(struct chapters, memory.kernel) },
	[KERNEL_MEMORY_TCP] = { "memory.kernelTCP", LIMIT_SIZE, offsetof(struct chapters, memory.kernel_tcp) },
	[PIDS_LIMIT] = { "pids.limit", LIMIT_SIGNED, offsetof(struct chapters, pids.limit), -1, INT64_MAX },
};

static int parse_size(const char *name, const char *value, int64_t *to, struct error *error)
{
	int r = strcmp(value, "-1") == 0 ? 0 : size_parse(value, to);

	if (strcmp(value, "-1") == 0)
		*to = -1;
	if (r == -ERANGE)
		return fail(error, 0, "invalid value for %s: '%s' is out of range", name, value);
	return r < 0 ? fail(error, 0, "invalid value for %s: invalid size: '%s'", name, value) : 0;
}

static int parse_number(const struct limit *limit, const char *value, void *to)
{
	int64_t number;
	uint32_t weight;
	int r;

	if (limit->kind == LIMIT_UNSIGNED)
		return number_u64(value, to);
	if (limit->kind == LIMIT_WEIGHT) {
		r = number_u32(value, UINT16_MAX, &weight);
		*(uint16_t *)to = r < 0 ? 0 : (uint16_t)weight;
		return r;
	}
	r = number_i64(value, &number);
	if (r < 0 || number < limit->least || number > limit->most)
		return r < 0 ? r : -ERANGE;
	*(int64_t *)to = number;
	return 0;
}

static int parse_limit(const struct limit *limit, const char *name, const char *value, struct arena *arena, struct chapters *chapters,
		       struct error *error)
{
	const void **member = (const void **)((char *)chapters + limit->to);
	int64_t *number = arena_new(arena, int64_t); /* room for any of them */

	*member = limit->kind == LIMIT_TEXT ? (const void *)value : number;
	if (limit->kind == LIMIT_TEXT)
		return 0;
	if (limit->kind == LIMIT_SIZE)
		return parse_size(name, value, number, error);
	int r = parse_number(limit, value, number);
	if (r == -ERANGE)
		return fail(error, 0, "invalid value for %s: '%s' is out of range", name, value);
	return r < 0 ? fail(error, 0, "invalid value for %s: expected a number, found '%s'", name, value) : 0;
}

/* The chapters' places are those of a document that had them. */
static int from_options(const struct invocation *invocation, struct spec_resources *change, struct error *error)
{
	const struct update_options *o = invocation->options;
	struct chapters *chapters = arena_new(invocation->arena, struct chapters);

	for (int i = L3_CACHE_SCHEMA; i < OPTIONS; i++)
		if (o->value[i])
			return fail(error, 0, "--%s: Intel RDT is not supported", options[i].name);
	for (int i = 0; i < LIMITS; i++)
		if (o->value[i] && o->value[i][0])
			try(parse_limit(&limits[i], options[i].name, o->value[i], invocation->arena, chapters, error));
	chapters->memory.at.path = "memory";
	chapters->cpu.at.path = "cpu";
	chapters->pids.at.path = "pids";
	chapters->block_io.at.path = "blockIO";
	*change = (struct spec_resources){
		.memory = &chapters->memory, .cpu = &chapters->cpu, .pids = &chapters->pids, .block_io = &chapters->block_io,
	};
	return 0;
}

/* For people who gave options the place is an option. */
static void name_option(struct error *error)
{
	for (int i = 0; i < LIMITS; i++)
		if (!error->line && strcmp(error->path, limits[i].path) == 0) {
			format(error->path, sizeof(error->path), "--%s", options[i].name);
			return;
		}
}

/* ---- a document ---- */

static bool is_resource(const char *key)
{
	for (size_t i = 0; i < spec_resources_table.count; i++)
		if (spec_resources_table.fields[i].key && strcmp(spec_resources_table.fields[i].key, key) == 0)
			return true;
	return false;
}

/* Unknown members are ignored; but where there are no others it is another kind of document, and nothing would be done. */
static int check_kind(const char *name, const char *text, size_t length, struct arena *arena, struct error *error)
{
	struct json_node *root;
	const struct json_node *member;

	try(json_parse(name, text, length, arena, &root, error));
	for (member = root->first; member; member = member->next)
		if (is_resource(member->key))
			return 0;
	member = root->first;
	if (!member)
		return 0;
	const struct place at = { .file = name, .line = member->line, .column = member->column, .path = member->key };
	bool whole = strcmp(member->key, "linux") == 0 || strcmp(member->key, "ociVersion") == 0;
	return fail_at(error, &at, 0, "no limits are given: expected the members of linux.resources, such as 'memory', 'cpu' or 'pids'%s",
		       whole ? ", not the whole of a configuration" : "");
}

static int from_document(const struct invocation *invocation, const char *path, struct spec_resources *change, struct error *error)
{
	struct json_note *notes = NULL;
	struct document d;

	try(document_read(path, invocation->arena, &d, error));
	int r = spec_resources_read(d.name, d.text, d.length, invocation->arena, change, &notes, error);
	tell_notes(d.name, notes);
	return r < 0 || !notes ? r : check_kind(d.name, d.text, d.length, invocation->arena, error);
}

/* ---- the command ---- */

static int check_state(const struct state_dir *state, const struct record *record, struct error *error)
{
	enum status status = container_status(state, record);

	if (status != STATUS_CREATED && status != STATUS_RUNNING && status != STATUS_PAUSED)
		return fail(error, 0, "container not running");
	if (!record->cgroup_path)
		return fail(error, 0, "container '%s' has no cgroup: there is nothing to limit it by", state->id);
	return 0;
}

/* What the last update has kept, or what the container was made with. */
static int read_current(const struct state_dir *state, struct arena *arena, const struct spec *spec, struct spec_resources *current,
			struct error *error)
{
	const char *text;
	size_t length;
	int found = state_document(state, STATE_RESOURCES, arena, &text, &length, error);

	if (found < 0)
		return -1;
	if (found)
		return spec_resources_read(STATE_RESOURCES, text, length, arena, current, NULL, error);
	*current = spec->linux_->resources ? *spec->linux_->resources : (struct spec_resources){ .memory = NULL };
	return 0;
}

static int put_in_force(const struct state_dir *state, const struct record *record, const struct plan_update *update,
			struct arena *arena, struct error *error)
{
	struct text kept = text_in(arena);

	json_encode(&spec_resources_table, &update->resources, JSON_COMPACT, &kept);
	if (kept.length > JSON_SIZE_MOST)
		return fail(error, 0, "the resources of container '%s' have become more than %u bytes", state->id, JSON_SIZE_MOST);
	const struct container_update change = {
		.to = &update->to, .back = &update->back, .resources = kept.data, .length = kept.length,
	};
	return container_update(state, record, &change, arena, error);
}

static int change_limits(const struct state_dir *state, const struct record *record, const struct spec_resources *change,
			 struct arena *arena, struct error *error)
{
	struct spec *spec = arena_new(arena, struct spec);
	struct spec_resources current;
	struct plan_update update;
	struct host host;

	try(check_state(state, record, error));
	try(container_update_undo(state, record, arena, error));
	try(container_config(state, arena, spec, error));
	try(read_current(state, arena, spec, &current, error));
	try(host_probe(&host, arena, error));
	struct planning planning = { .spec = spec, .host = &host, .arena = arena };
	const struct update_request request = {
		.current = &current, .change = change, .path = record->cgroup_path, .unit = record->unit, .user_unit = record->user_unit,
	};
	int r = plan_update(&planning, &request, &update, error);
	tell_warnings(planning.warnings);
	return r < 0 ? -1 : put_in_force(state, record, &update, arena, error);
}

static int update_container(const struct invocation *invocation, struct error *error)
{
	const struct update_options *o = invocation->options;
	struct spec_resources change;
	struct state_dir state;
	struct record record;

	/* First of all, so that whoever writes to our standard input gets rid of it. */
	if (o->value[RESOURCES])
		try(from_document(invocation, o->value[RESOURCES], &change, error));
	else
		try(from_options(invocation, &change, error));
	if (container_open(invocation, invocation->args[0], STATE_LOCK, &state, &record, error) < 0)
		return -1;
	int r = change_limits(&state, &record, &change, invocation->arena, error);
	if (r < 0 && !o->value[RESOURCES])
		name_option(error);
	state_close(&state);
	return r;
}

const struct command command_update = {
	.name = "update",
	.arguments = "ID",
	.summary = "change the limits of a container",
	.options = options,
	.option_count = array_length(options),
	.options_size = sizeof(struct update_options),
	.least = 1,
	.most = 1,
	.run = update_container,
};
