/* Limits as properties of a systemd unit: whatever is written into its cgroup and systemd has a word for, systemd is told too, or it would
 * put its own value there with the next daemon-reload (contract section 14.5). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "plan/unit.h"

#define INFINITE UINT64_MAX /* "max", and "not set" */
#define PERIOD_DEFAULT 100000
#define CPUS_MOST 8192

struct unit_properties unit_properties_of(const struct plan_unit *unit, struct arena *arena)
{
	struct unit_properties properties = { .arena = arena };

	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *old = &unit->properties[i];
		*unit_property(&properties, old->name, old->signature, old->since, &old->at) = *old;
	}
	return properties;
}

void unit_properties_give(const struct unit_properties *properties, struct plan_unit *unit)
{
	unit->properties = properties->items;
	unit->property_count = properties->count;
}

struct plan_property *unit_property(struct unit_properties *properties, const char *name, const char *signature, unsigned since,
				    const struct place *at)
{
	for (size_t i = 0; i < properties->count; i++)
		if (strcmp(properties->items[i].name, name) == 0)
			return &properties->items[i];
	if (properties->count == properties->room) {
		size_t room = properties->room ? 2 * properties->room : 8;
		properties->items = arena_grow(properties->arena, properties->items, properties->room * sizeof(*properties->items),
					       room * sizeof(*properties->items));
		properties->room = room;
	}
	struct plan_property *property = &properties->items[properties->count++];
	*property = (struct plan_property){
		.name = arena_string(properties->arena, name),
		.signature = arena_string(properties->arena, signature),
		.since = since,
		.at = *at,
	};
	return property;
}

static void *grown(struct arena *arena, const void *old, size_t size, size_t larger)
{
	void *block = arena_alloc(arena, larger);

	if (size)
		memcpy(block, old, size);
	return block;
}

void unit_property_pair(struct unit_properties *properties, struct plan_property *property, const char *first, const char *second,
			uint64_t number)
{
	size_t count = property->count + (second ? 2 : 1);
	const char **strings = (const char **)property->strings;
	uint64_t *numbers = (uint64_t *)property->numbers;

	if ((property->count & (property->count - 1)) == 0) { /* 0 or a power of two: the room is used up */
		size_t room = property->count ? 2 * property->count : 2;
		strings = grown(properties->arena, strings, property->count * sizeof(*strings), room * sizeof(*strings));
		numbers = second ? NULL : grown(properties->arena, numbers, property->count * sizeof(*numbers), room * sizeof(*numbers));
	}
	strings[property->count] = arena_string(properties->arena, first);
	if (second)
		strings[property->count + 1] = arena_string(properties->arena, second);
	else
		numbers[property->count] = number;
	property->strings = strings;
	property->numbers = numbers;
	property->count = count;
}

/* ---- rows, one by one ---- */

struct told {
	struct unit_properties to;
	uint64_t period; /* of cpu.max, as far as the rows have said it: a quota alone keeps it */
};

struct row_kind;
typedef int teller(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error);

struct row_kind {
	const char *file;
	teller *tell;
	const char *property;
	unsigned since;       /* version of systemd */
	uint64_t least, most; /* what systemd takes */
};

static int cannot_tell(const struct plan_write *write, const char *expected, struct error *error)
{
	return fail_at(error, &write->at, 0, "systemd has to be told the value of %s: expected %s, found '%s'", write->file, expected,
		       write->value);
}

static void set_number(struct told *told, const struct row_kind *kind, const struct plan_write *write, const char *signature,
		       uint64_t number)
{
	struct plan_property *property = unit_property(&told->to, kind->property, signature, kind->since, &write->at);

	property->number = number;
	property->since = kind->since;
}

static void set_string(struct told *told, const char *name, unsigned since, const struct place *at, const char *string)
{
	struct plan_property *property = unit_property(&told->to, name, "s", since, at);
	const char **strings = arena_array(told->to.arena, const char *, 1);

	strings[0] = arena_string(told->to.arena, string);
	property->strings = strings;
	property->count = 1;
}

/* As the kernel reads sizes: digits and one letter, 1024-based; "max" is none. */
static int read_amount(struct arena *arena, const char *text, uint64_t *to)
{
	static const char letters[] = "kmgtpe";
	size_t length = strspn(text, "0123456789");
	const char *letter = text[length] ? strchr(letters, text[length] | 0x20) : NULL;

	if (strcmp(text, "max") == 0) {
		*to = INFINITE;
		return 0;
	}
	if (text[length] && (!letter || text[length + 1]))
		return -EINVAL;
	int r = number_u64(arena_copy(arena, text, length), to);
	unsigned shift = letter ? 10 * (unsigned)(letter - letters + 1) : 0;
	if (r == 0 && (*to << shift) >> shift != *to)
		return -ERANGE;
	*to <<= shift;
	return r;
}

/* systemd refuses 0 where it would leave nothing to live in; the file has the 0. */
static int tell_amount(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	uint64_t amount;

	if (read_amount(told->to.arena, write->value, &amount) < 0)
		return cannot_tell(write, "a number or 'max'", error);
	set_number(told, kind, write, "t", amount < kind->least ? kind->least : amount);
	return 0;
}

static int tell_weight(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	uint64_t weight;

	if (number_u64(write->value, &weight) < 0 || weight < kind->least || weight > kind->most)
		return cannot_tell(write, "a weight from 1 to 10000", error);
	set_number(told, kind, write, "t", weight);
	return 0;
}

/* A weight of 0 is idle; else the kernel gives back the usual weight, until a row says another. */
static int tell_idle(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	bool idle = strcmp(write->value, "1") == 0;

	if (!idle && strcmp(write->value, "0") != 0)
		return cannot_tell(write, "0 or 1", error);
	set_number(told, kind, write, "t", idle ? 0 : INFINITE);
	return 0;
}

static int tell_oom_group(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	bool group = strcmp(write->value, "1") == 0;

	if (!group && strcmp(write->value, "0") != 0)
		return cannot_tell(write, "0 or 1", error);
	set_string(told, kind->property, kind->since, &write->at, group ? "kill" : "continue");
	return 0;
}

/* systemd deals in whole percents of a CPU, 10 ms a second: rounded up, the file has it exactly. */
static uint64_t per_second(uint64_t quota, uint64_t period)
{
	return (quota * 100 / period + (quota * 100 % period != 0)) * 10000;
}

/* "QUOTA PERIOD", "max PERIOD", or without the period. */
static int tell_bandwidth(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	static const struct row_kind period = { .property = "CPUQuotaPeriodUSec", .since = 242 };
	size_t length = strcspn(write->value, " ");
	const char *second = write->value + length + strspn(write->value + length, " ");
	uint64_t quota;

	if (read_amount(told->to.arena, arena_copy(told->to.arena, write->value, length), &quota) < 0 || quota == 0 ||
	    (*second && (number_u64(second, &told->period) < 0 || told->period == 0)))
		return cannot_tell(write, "'QUOTA PERIOD' in microseconds", error);
	if (*second)
		set_number(told, &period, write, "t", told->period);
	if (quota != INFINITE && quota > UINT64_MAX / 1000000)
		return cannot_tell(write, "'QUOTA PERIOD' in microseconds", error);
	set_number(told, kind, write, "t", quota == INFINITE ? INFINITE : per_second(quota, told->period));
	return 0;
}

/* A set of CPUs or nodes is bytes, the lowest bit of the first byte is number 0. */
static int tell_list(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	uint64_t set[CPUS_MOST / 64];
	uint8_t *bytes = arena_array(told->to.arena, uint8_t, CPUS_MOST / 8);
	size_t used = 0;

	memset(set, 0, sizeof(set));
	if (number_list(write->value, set, CPUS_MOST) < 0)
		return cannot_tell(write, "a list such as '0-3,7'", error);
	for (size_t i = 0; i < CPUS_MOST / 8; i++) {
		bytes[i] = (uint8_t)(set[i / 8] >> 8 * (i % 8));
		used = bytes[i] ? i + 1 : used;
	}
	struct plan_property *property = unit_property(&told->to, kind->property, "ay", kind->since, &write->at);
	property->bytes = bytes;
	property->byte_count = used;
	return 0;
}

/* "8:0 rest": the device as a path, which udev keeps; NULL if there is none in front. */
static const char *device_path(struct arena *arena, const char *value, const char **rest)
{
	size_t major = strspn(value, "0123456789");
	size_t minor = value[major] == ':' ? strspn(value + major + 1, "0123456789") : 0;
	size_t length = major + 1 + minor;

	if (!major || !minor || value[length] != ' ')
		return NULL;
	*rest = value + length + strspn(value + length, " ");
	return arena_printf(arena, "/dev/block/%.*s", (int)length, value);
}

/* "WEIGHT", "default WEIGHT" or "8:0 WEIGHT". */
static int tell_io_weight(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	const char *value = strncmp(write->value, "default ", 8) == 0 ? write->value + 8 : write->value;
	const char *device = device_path(told->to.arena, write->value, &value);
	uint64_t weight;

	if (number_u64(value, &weight) < 0 || weight < kind->least || weight > kind->most)
		return cannot_tell(write, "a weight from 1 to 10000", error);
	if (device)
		unit_property_pair(&told->to, unit_property(&told->to, "IODeviceWeight", "a(st)", 0, &write->at), device, NULL, weight);
	else
		set_number(told, kind, write, "t", weight);
	return 0;
}

static const struct { const char *key, *property; } io_limits[] = {
	{ "rbps=", "IOReadBandwidthMax" },
	{ "wbps=", "IOWriteBandwidthMax" },
	{ "riops=", "IOReadIOPSMax" },
	{ "wiops=", "IOWriteIOPSMax" },
};

static int tell_io_limit(struct told *told, const struct plan_write *write, const char *device, const char *word, struct error *error)
{
	for (size_t i = 0; i < sizeof(io_limits) / sizeof(io_limits[0]); i++) {
		size_t length = strlen(io_limits[i].key);
		uint64_t limit;
		if (strncmp(word, io_limits[i].key, length) != 0 || read_amount(told->to.arena, word + length, &limit) < 0)
			continue;
		unit_property_pair(&told->to, unit_property(&told->to, io_limits[i].property, "a(st)", 0, &write->at), device, NULL,
				   limit ? limit : INFINITE);
		return 0;
	}
	return cannot_tell(write, "'MAJOR:MINOR rbps=N wbps=N riops=N wiops=N'", error);
}

static int tell_io_limits(struct told *told, const struct row_kind *kind, const struct plan_write *write, struct error *error)
{
	const char *at = write->value, *device = device_path(told->to.arena, write->value, &at);

	(void)kind;
	if (!device)
		return tell_io_limit(told, write, "", "", error);
	while (*at) {
		size_t length = strcspn(at, " ");
		try(tell_io_limit(told, write, device, arena_copy(told->to.arena, at, length), error));
		at += length + strspn(at + length, " ");
	}
	return 0;
}

/* cpu.idle stands before cpu.weight, as the rows do: of what both say about one property the later holds. */
static const struct row_kind row_kinds[] = {
	{ "memory.max", tell_amount, "MemoryMax", 0, 1, 0 },
	{ "memory.high", tell_amount, "MemoryHigh", 0, 1, 0 },
	{ "memory.low", tell_amount, "MemoryLow", 0, 0, 0 },
	{ "memory.min", tell_amount, "MemoryMin", 240, 0, 0 },
	{ "memory.swap.max", tell_amount, "MemorySwapMax", 0, 0, 0 },
	{ "memory.zswap.max", tell_amount, "MemoryZSwapMax", 253, 0, 0 },
	{ "memory.oom.group", tell_oom_group, "OOMPolicy", 253, 0, 0 },
	{ "pids.max", tell_amount, "TasksMax", 0, 1, 0 },
	{ "cpu.idle", tell_idle, "CPUWeight", 252, 0, 0 },
	{ "cpu.weight", tell_weight, "CPUWeight", 0, 1, 10000 },
	{ "cpu.max", tell_bandwidth, "CPUQuotaPerSecUSec", 0, 0, 0 },
	{ "cpuset.cpus", tell_list, "AllowedCPUs", 244, 0, 0 },
	{ "cpuset.mems", tell_list, "AllowedMemoryNodes", 244, 0, 0 },
	{ "io.weight", tell_io_weight, "IOWeight", 0, 1, 10000 },
	{ "io.max", tell_io_limits, NULL, 0, 0, 0 },
};

static int tell_row(struct told *told, const struct plan_write *write, struct error *error)
{
	for (size_t i = 0; i < sizeof(row_kinds) / sizeof(row_kinds[0]); i++)
		if (strcmp(row_kinds[i].file, write->file) == 0)
			return row_kinds[i].tell(told, &row_kinds[i], write, error);
	return 0;
}

/* ---- device rules ---- */

/* systemd knows what is allowed and nothing of denials, order, or a minor number of any major: it is told at least what the rules allow,
 * and our own program says the rest. */
static void tell_device(struct told *told, struct plan_property *property, const struct plan_device_rule *rule, const char *kind)
{
	struct arena *arena = told->to.arena;
	char access[4];
	size_t length = 0;
	const char *device;

	if (rule->major < 0)
		device = arena_printf(arena, "%s-*", kind);
	else if (rule->minor < 0)
		device = arena_printf(arena, "%s-%" PRId64, kind, rule->major);
	else
		device = arena_printf(arena, "/dev/%s/%" PRId64 ":%" PRId64, kind, rule->major, rule->minor);
	for (const char *letter = "rwm"; *letter; letter++)
		if (rule->access & (*letter == 'r' ? 2u : *letter == 'w' ? 4u : 1u))
			access[length++] = *letter;
	access[length] = '\0';
	unit_property_pair(&told->to, property, device, access, 0);
}

static bool everything(const struct plan_device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && rule->access == 7;
}

static void tell_devices(struct told *told, const struct plan_cgroup *plan, const struct place *at)
{
	size_t first = 0, last = plan->device_rule_count;
	bool all = false;

	if (!last)
		return;
	for (size_t i = 0; i < last; i++) {
		const struct plan_device_rule *rule = &plan->device_rules[i];
		if (everything(rule)) {
			all = rule->allow;
			first = i + 1;
		}
	}
	set_string(told, "DevicePolicy", 0, at, all ? "auto" : "strict");
	struct plan_property *allowed = unit_property(&told->to, "DeviceAllow", "a(ss)", 0, at); /* empty, with "auto": all */
	for (size_t i = first; i < last && !all; i++) {
		const struct plan_device_rule *rule = &plan->device_rules[i];
		if (rule->allow && rule->type != 'b')
			tell_device(told, allowed, rule, "char");
		if (rule->allow && rule->type != 'c')
			tell_device(told, allowed, rule, "block");
	}
}

int cgroup_plan_unit_properties(struct cgroup_planning *c, struct plan_unit *unit, struct error *error)
{
	struct arena *arena = c->p->arena;
	struct told told = { .to = { .arena = arena }, .period = PERIOD_DEFAULT };
	struct unit_properties all = unit_properties_of(unit, arena);

	tell_devices(&told, &c->p->plan->cgroup, &c->resources->at);
	for (size_t i = 0; i < c->rows[0].count; i++)
		try(tell_row(&told, &c->rows[0].items[i], error));
	for (size_t i = 0; i < told.to.count; i++) {
		const struct plan_property *property = &told.to.items[i];
		*unit_property(&all, property->name, property->signature, property->since, &property->at) = *property;
	}
	unit_properties_give(&all, unit);
	if (unit->is_slice) /* systemd.slice(5) has none */
		unit_without(unit, "OOMPolicy");
	return 0;
}

void unit_without(struct plan_unit *unit, const char *name)
{
	struct plan_property *all = (struct plan_property *)unit->properties;
	size_t kept = 0;

	for (size_t i = 0; i < unit->property_count; i++)
		if (strcmp(all[i].name, name) != 0)
			all[kept++] = all[i];
	unit->property_count = kept;
}
