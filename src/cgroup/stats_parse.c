/* What the texts of the kernel's statistics files mean: one table of files, v2's and those of legacy hierarchies. */
#include <string.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "cgroup/stats_files.h"

#define USER_TICK_NS 10000000 /* USER_HZ is 100 on every architecture we build for */
#define CPUS_MOST 8192

static void *member(const struct stats_parsing *p, size_t offset)
{
	return (char *)p->stats + offset;
}

static bool to_number(const char *word, uint64_t *to)
{
	if (word && strcmp(word, "max") == 0) {
		*to = STATS_NO_LIMIT;
		return true;
	}
	return word && number_u64(word, to) == 0;
}

/* Room for one more at the end of a list: its size doubles. */
static void *append(struct arena *arena, void *list, size_t *count, size_t size)
{
	void **items = list;

	if ((*count & (*count - 1)) == 0)
		*items = arena_grow(arena, *items, *count * size, (*count ? *count * 2 : 1) * size);
	return (char *)*items + (*count)++ * size;
}

#define list_append(arena, list) append((arena), &(list)->items, &(list)->count, sizeof(*(list)->items))

/* ---- one value ---- */

static void parse_value(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	text[strcspn(text, "\n")] = '\0';
	if (to_number(text, member(p, file->offset)))
		p->stats->has |= file->part;
}

/* Of pids.max "max" is 0 (contract 8.4). */
static void parse_pids_max(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	parse_value(p, text, file);
	if (p->stats->pids.limit == STATS_NO_LIMIT)
		p->stats->pids.limit = 0;
}

static void parse_signed(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	text[strcspn(text, "\n")] = '\0';
	if (number_i64(text, member(p, file->offset)) == 0)
		p->stats->has |= file->part;
}

/* ---- "key value", one a line ---- */

struct pair { const char *key; size_t offset; uint64_t unit; uint32_t part; };

static bool next_pair(char **text, const char **key, uint64_t *value)
{
	for (char *line; (line = strtok_r(NULL, "\n", text));) {
		char *rest;
		*key = strtok_r(line, " ", &rest);
		if (*key && to_number(strtok_r(NULL, " ", &rest), value))
			return true;
	}
	return false;
}

static uint32_t take_pair(const struct pair *pairs, const char *key, uint64_t value, void *into)
{
	for (; pairs->key; pairs++) {
		if (strcmp(pairs->key, key) != 0)
			continue;
		*(uint64_t *)(void *)((char *)into + pairs->offset) = value * pairs->unit;
		return pairs->part;
	}
	return 0;
}

static void parse_pairs(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	const char *key;
	uint64_t value;

	while (next_pair(&text, &key, &value))
		p->stats->has |= take_pair(file->rows, key, value, p->stats);
}

/* Every key is passed on; one is known. */
static void parse_memory_stat(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_names *raw = &p->stats->memory.raw;
	const char *key;
	uint64_t value;

	raw->count = 0;
	while (next_pair(&text, &key, &value)) {
		*(struct stats_named *)list_append(p->arena, raw) = (struct stats_named){ arena_string(p->arena, key), value };
		take_pair(file->rows, key, value, p->stats);
	}
	p->stats->has |= file->part;
}

/* ---- lists of numbers ---- */

static void parse_numbers(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_list *list = member(p, file->offset);
	uint64_t value;

	for (char *word, *rest = text; (word = strtok_r(NULL, " \n", &rest));)
		if (number_u64(word, &value) == 0)
			*(uint64_t *)list_append(p->arena, list) = value;
}

/* "cpu user system", then a line for each CPU. */
static void parse_usage_all(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_cpu *cpu = &p->stats->cpu;
	uint64_t user, system;

	(void)file;
	for (char *line, *rest = text; (line = strtok_r(NULL, "\n", &rest));) {
		char *at;
		strtok_r(line, " ", &at);
		if (!to_number(strtok_r(NULL, " ", &at), &user) || !to_number(strtok_r(NULL, " ", &at), &system))
			continue;
		*(uint64_t *)list_append(p->arena, &cpu->percpu_user) = user;
		*(uint64_t *)list_append(p->arena, &cpu->percpu_kernel) = system;
	}
}

/* "0-2,7" as 0 1 2 7. */
static void parse_set(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_list *list = member(p, file->offset);
	uint64_t set[CPUS_MOST / 64];

	if (number_list(text, set, CPUS_MOST) < 0)
		return;
	for (unsigned i = 0; i < CPUS_MOST; i++)
		if (set[i / 64] & UINT64_C(1) << i % 64)
			*(uint64_t *)list_append(p->arena, list) = i;
	p->stats->has |= file->part;
}

/* ---- input and output ---- */

/* "8:16" */
static bool to_device(char *word, struct stats_device *device)
{
	char *colon = word ? strchr(word, ':') : NULL;

	if (!colon)
		return false;
	*colon = '\0';
	return number_u64(word, &device->major) == 0 && number_u64(colon + 1, &device->minor) == 0;
}

static void add_device(const struct stats_parsing *p, size_t offset, const struct stats_device *device)
{
	struct stats_devices *list = member(p, offset);

	*(struct stats_device *)list_append(p->arena, list) = *device;
}

/* "8:0 Read 4096", or "8:0 12" where there is one operation alone; "Total 4096" of all devices at the end. A file that says more than
 * one before it takes its place. */
static void parse_devices(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	bool first = true;

	p->stats->has |= file->part;
	for (char *line, *rest = text; (line = strtok_r(NULL, "\n", &rest));) {
		struct stats_device device = { 0 };
		char *at, *word;
		if (!to_device(strtok_r(line, " ", &at), &device) || !(word = strtok_r(NULL, " ", &at)))
			continue;
		char *last = strtok_r(NULL, " ", &at);
		if (last)
			device.operation = arena_string(p->arena, word);
		if (!to_number(last ? last : word, &device.value))
			continue;
		if (first)
			*(struct stats_devices *)member(p, file->offset) = (struct stats_devices){ .items = NULL };
		first = false;
		add_device(p, file->offset, &device);
	}
}

static const struct io_word { const char *word; size_t offset; const char *operation; } io_words[] = {
	{ "rbytes=", offsetof(struct stats, io.service_bytes), "Read" },
	{ "wbytes=", offsetof(struct stats, io.service_bytes), "Write" },
	{ "rios=", offsetof(struct stats, io.serviced), "Read" },
	{ "wios=", offsetof(struct stats, io.serviced), "Write" },
};

static void take_io_word(const struct stats_parsing *p, struct stats_device *device, const char *word)
{
	for (size_t i = 0; i < array_length(io_words); i++) {
		size_t length = strlen(io_words[i].word);
		if (strncmp(word, io_words[i].word, length) != 0 || number_u64(word + length, &device->value) < 0)
			continue;
		device->operation = io_words[i].operation;
		add_device(p, io_words[i].offset, device);
	}
}

/* "8:0 rbytes=1 wbytes=2 rios=3 ...". Some kernels leave devices without numbers, and without a new line, before one that has them. */
static void parse_io_stat(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_device device = { 0 };
	bool known = false;

	p->stats->has |= file->part;
	for (char *word, *rest = text; (word = strtok_r(NULL, " \n", &rest));) {
		if (strchr(word, ':'))
			known = to_device(word, &device);
		else if (known)
			take_io_word(p, &device, word);
	}
}

/* ---- huge pages ---- */

static struct stats_huge *huge_of(const struct stats_parsing *p)
{
	struct stats_huges *list = &p->stats->huge;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].size, p->size) == 0)
			return &list->items[i];
	struct stats_huge *huge = list_append(p->arena, list);
	*huge = (struct stats_huge){ .size = arena_string(p->arena, p->size) };
	return huge;
}

static void parse_huge(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	uint64_t value;

	text[strcspn(text, "\n")] = '\0';
	if (to_number(text, &value))
		*(uint64_t *)(void *)((char *)huge_of(p) + file->offset) = value;
}

static void parse_huge_pairs(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	const char *key;
	uint64_t value;

	while (next_pair(&text, &key, &value))
		take_pair(file->rows, key, value, huge_of(p));
}

/* ---- pressure ---- */

/* "0.25", as JSON has numbers too. */
static bool is_average(const char *text)
{
	size_t whole = strspn(text, "0123456789");
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

	return part && (whole == 1 || (whole > 1 && *text != '0')) && !text[whole + 1 + part];
}

static void take_pressure(const struct stats_parsing *p, struct stats_pressure *pressure, char *word)
{
	const struct { const char *word; const char **to; } averages[] = {
		{ "avg10=", &pressure->avg10 }, { "avg60=", &pressure->avg60 }, { "avg300=", &pressure->avg300 },
	};

	if (strncmp(word, "total=", 6) == 0)
		number_u64(word + 6, &pressure->total);
	for (size_t i = 0; i < array_length(averages); i++) {
		size_t length = strlen(averages[i].word);
		if (strncmp(word, averages[i].word, length) == 0 && is_average(word + length))
			*averages[i].to = arena_string(p->arena, word + length);
	}
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", and the same of "full". */
static void parse_psi(const struct stats_parsing *p, char *text, const struct stats_file *file)
{
	struct stats_psi *psi = member(p, file->offset);

	for (char *line, *rest = text; (line = strtok_r(NULL, "\n", &rest));) {
		char *at, *word = strtok_r(line, " ", &at);
		struct stats_pressure *pressure = !word ? NULL
						: strcmp(word, "some") == 0 ? &psi->some
						: strcmp(word, "full") == 0 ? &psi->full : NULL;
		while (pressure && (word = strtok_r(NULL, " ", &at)))
			take_pressure(p, pressure, word);
	}
}

/* ---- the files ---- */

#define AT(member) offsetof(struct stats, member)
#define HUGE(member) offsetof(struct stats_huge, member)

static const struct pair cpu_stat[] = {
	{ "usage_usec", AT(cpu.total), 1000, STATS_CPU },
	{ "user_usec", AT(cpu.user), 1000, STATS_CPU },
	{ "system_usec", AT(cpu.kernel), 1000, STATS_CPU },
	{ "nr_periods", AT(cpu.periods), 1, STATS_THROTTLING },
	{ "nr_throttled", AT(cpu.throttled_periods), 1, STATS_THROTTLING },
	{ "throttled_usec", AT(cpu.throttled_time), 1000, STATS_THROTTLING },
	{ "throttled_time", AT(cpu.throttled_time), 1, STATS_THROTTLING }, /* legacy: ns */
	{ NULL },
};
static const struct pair cpuacct_stat[] = {
	{ "user", AT(cpu.user), USER_TICK_NS, STATS_CPU },
	{ "system", AT(cpu.kernel), USER_TICK_NS, STATS_CPU },
	{ NULL },
};
static const struct pair memory_stat[] = { { "file", AT(memory.cache), 1, 0 }, { "cache", AT(memory.cache), 1, 0 }, { NULL } };
static const struct pair memory_events[] = { { "max", AT(memory.usage.failcnt), 1, 0 }, { NULL } };
static const struct pair huge_events[] = { { "max", HUGE(failcnt), 1, 0 }, { NULL } };

#define ENTRY(member) offsetof(struct stats_memory_entry, member)
#define MEMORY_V1(prefix, to, part)                                                                          \
	{ prefix "limit_in_bytes", parse_value, AT(to) + ENTRY(limit), part },                               \
	{ prefix "usage_in_bytes", parse_value, AT(to) + ENTRY(usage), part },                               \
	{ prefix "max_usage_in_bytes", parse_value, AT(to) + ENTRY(max), part },                             \
	{ prefix "failcnt", parse_value, AT(to) + ENTRY(failcnt), part }
#define BFQ(name, to) { "blkio.bfq." name "_recursive", parse_devices, AT(to), STATS_IO }
#define CPUSET_FLAG(name) { "cpuset." #name, parse_value, AT(cpuset.name), STATS_CPUSET_FLAGS }

const struct stats_file stats_files[] = {
	/* v2; most of these in a hybrid host's v2 tree, too */
	{ "cpu.stat", parse_pairs, .rows = cpu_stat }, /* legacy: throttling alone */
	{ "cpu.pressure", parse_psi, AT(cpu.psi) },
	{ "cpuset.cpus.effective", parse_set, AT(cpuset.cpus), STATS_CPUSET },
	{ "cpuset.mems.effective", parse_set, AT(cpuset.mems), STATS_CPUSET },
	{ "memory.current", parse_value, AT(memory.usage.usage), STATS_MEMORY },
	{ "memory.max", parse_value, AT(memory.usage.limit), STATS_MEMORY },
	{ "memory.peak", parse_value, AT(memory.usage.max), STATS_MEMORY },
	{ "memory.events", parse_pairs, .rows = memory_events },
	{ "memory.swap.current", parse_value, AT(memory.swap.usage), STATS_SWAP_ALONE },
	{ "memory.swap.max", parse_value, AT(memory.swap.limit), STATS_SWAP_ALONE },
	{ "memory.stat", parse_memory_stat, .part = STATS_MEMORY, .rows = memory_stat }, /* legacy, too */
	{ "memory.pressure", parse_psi, AT(memory.psi) },
	{ "pids.current", parse_value, AT(pids.current), STATS_PIDS }, /* legacy, too */
	{ "pids.max", parse_pids_max, AT(pids.limit), STATS_PIDS },
	{ "io.stat", parse_io_stat, .part = STATS_IO },
	{ "io.pressure", parse_psi, AT(io.psi) },
	{ "hugetlb.*.current", parse_huge, HUGE(usage), .unless = "hugetlb.*.rsvd.current" },
	{ "hugetlb.*.rsvd.current", parse_huge, HUGE(usage) },
	{ "hugetlb.*.events", parse_huge_pairs, .rows = huge_events },

	/* legacy hierarchies */
	{ "cpuacct.usage", parse_value, AT(cpu.total), STATS_CPU },
	{ "cpuacct.stat", parse_pairs, .rows = cpuacct_stat },
	{ "cpuacct.usage_percpu", parse_numbers, AT(cpu.percpu) },
	{ "cpuacct.usage_all", parse_usage_all },
	{ "cpuset.cpus", parse_set, AT(cpuset.cpus), STATS_CPUSET, .unless = "cpuset.cpus.effective" },
	{ "cpuset.mems", parse_set, AT(cpuset.mems), STATS_CPUSET, .unless = "cpuset.mems.effective" },
	CPUSET_FLAG(cpu_exclusive),
	CPUSET_FLAG(mem_hardwall),
	CPUSET_FLAG(mem_exclusive),
	CPUSET_FLAG(memory_migrate),
	CPUSET_FLAG(memory_spread_page),
	CPUSET_FLAG(memory_spread_slab),
	CPUSET_FLAG(memory_pressure),
	CPUSET_FLAG(sched_load_balance),
	{ "cpuset.sched_relax_domain_level", parse_signed, AT(cpuset.sched_relax_domain_level), STATS_CPUSET_FLAGS },
	MEMORY_V1("memory.", memory.usage, STATS_MEMORY),
	MEMORY_V1("memory.memsw.", memory.swap, STATS_MEMORY),
	MEMORY_V1("memory.kmem.", memory.kernel, STATS_MEMORY),
	MEMORY_V1("memory.kmem.tcp.", memory.kernel_tcp, STATS_MEMORY),
	/* What passes the throttling layer is counted for every scheduler; BFQ counts more, but only where it is in use. */
	{ "blkio.throttle.io_service_bytes_recursive", parse_devices, AT(io.service_bytes), STATS_IO },
	{ "blkio.throttle.io_serviced_recursive", parse_devices, AT(io.serviced), STATS_IO },
	BFQ("io_service_bytes", io.service_bytes),
	BFQ("io_serviced", io.serviced),
	BFQ("io_queued", io.queued),
	BFQ("io_service_time", io.service_time),
	BFQ("io_wait_time", io.wait_time),
	BFQ("io_merged", io.merged),
	BFQ("time", io.time),
	BFQ("sectors", io.sectors),
	{ "hugetlb.*.usage_in_bytes", parse_huge, HUGE(usage), .unless = "hugetlb.*.rsvd.usage_in_bytes" },
	{ "hugetlb.*.max_usage_in_bytes", parse_huge, HUGE(max), .unless = "hugetlb.*.rsvd.max_usage_in_bytes" },
	{ "hugetlb.*.failcnt", parse_huge, HUGE(failcnt), .unless = "hugetlb.*.rsvd.failcnt" },
	{ "hugetlb.*.rsvd.usage_in_bytes", parse_huge, HUGE(usage) },
	{ "hugetlb.*.rsvd.max_usage_in_bytes", parse_huge, HUGE(max) },
	{ "hugetlb.*.rsvd.failcnt", parse_huge, HUGE(failcnt) },
};
const size_t stats_file_count = array_length(stats_files);

static uint64_t sum(uint64_t a, uint64_t b)
{
	return __builtin_add_overflow(a, b, &a) ? STATS_NO_LIMIT : a;
}

void stats_finish(struct stats *stats)
{
	struct stats_memory *memory = &stats->memory;

	if (!(stats->has & STATS_SWAP_ALONE))
		return;
	memory->swap.usage = sum(memory->swap.usage, memory->usage.usage);
	memory->swap.limit = sum(memory->swap.limit, memory->usage.limit); /* none if either has none */
	stats->has &= ~(uint32_t)STATS_SWAP_ALONE;
}
