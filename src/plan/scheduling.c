/* Resource limits, scheduler, io priority, memory policy, personality: what the kernel calls by numbers. */
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>
#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/show.h"
#include "plan/process.h"

/* ---- rlimits ---- */

static const struct { const char *name; int resource; } resources[] = {
	{ "RLIMIT_AS", RLIMIT_AS }, { "RLIMIT_CORE", RLIMIT_CORE }, { "RLIMIT_CPU", RLIMIT_CPU }, { "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE }, { "RLIMIT_LOCKS", RLIMIT_LOCKS }, { "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE }, { "RLIMIT_NICE", RLIMIT_NICE }, { "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC }, { "RLIMIT_RSS", RLIMIT_RSS }, { "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME }, { "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING }, { "RLIMIT_STACK", RLIMIT_STACK },
};
#define RESOURCES (sizeof(resources) / sizeof(resources[0]))

static int resource_of(const char *name)
{
	for (size_t i = 0; i < RESOURCES; i++)
		if (!strcmp(resources[i].name, name))
			return resources[i].resource;
	return -1;
}

int plan_rlimits(struct planning *p, struct error *error)
{
	const struct json_objects *list = &p->spec->process->rlimits;
	struct plan_rlimit *limits = arena_array(p->arena, struct plan_rlimit, list->count);
	size_t count = 0;

	/* That each type is there once, and soft is not above hard, was checked with the document. */
	JSON_EACH(struct spec_rlimit, spec, list) {
		int resource = resource_of(spec->type);
		if (resource < 0)
			return fail_at(error, &spec->at, 0, "wrong rlimit value: %s is no limit of getrlimit(2)", spec->type);
		limits[count++] = (struct plan_rlimit){
			.resource = resource, .soft = spec->soft, .hard = spec->hard, .name = spec->type, .at = spec->at,
		};
	}
	p->plan->process.rlimits = limits;
	p->plan->process.rlimit_count = count;
	return 0;
}

/* ---- scheduler ---- */

static bool real_time(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

/* sched(7): runtime <= deadline <= period, nothing under 1024 ns, the highest bit free. A period of 0 is the deadline. */
static bool deadline_fits(const struct spec_scheduler *s)
{
	uint64_t period = s->period ? s->period : s->deadline;
	return s->runtime >= 1024 && s->runtime <= s->deadline && s->deadline <= period && period <= INT64_MAX;
}

static int check_scheduler(const struct spec_scheduler *s, struct error *error)
{
	if (s->policy == 4)
		return fail_at(error, &s->at, 0, "invalid scheduler policy: SCHED_ISO is a reserved number that Linux never used");
	if ((s->policy == SCHED_NORMAL || s->policy == SCHED_BATCH) && (s->nice < -20 || s->nice > 19))
		return fail_at(error, &s->at, 0, "invalid scheduler nice: %d is not in -20 to 19", s->nice);
	if (s->priority && !real_time(s->policy))
		return fail_at(error, &s->at, 0, "scheduler priority can only be given with SCHED_FIFO and SCHED_RR");
	if (real_time(s->policy) && (s->priority < 1 || s->priority > 99))
		return fail_at(error, &s->at, 0, "invalid scheduler priority: %d is not in 1 to 99", s->priority);
	if (s->policy != SCHED_DEADLINE && (s->runtime || s->deadline || s->period))
		return fail_at(error, &s->at, 0, "scheduler runtime, deadline and period can only be given with SCHED_DEADLINE");
	if (s->policy == SCHED_DEADLINE && !deadline_fits(s))
		return fail_at(error, &s->at, 0,
			       "scheduler runtime, deadline and period: 1024 <= runtime <= deadline <= period is needed");
	return 0;
}

static int plan_scheduler(struct planning *p, struct error *error)
{
	const struct spec_scheduler *spec = p->spec->process->scheduler;
	if (!spec)
		return 0;
	try(check_scheduler(spec, error));
	struct plan_scheduler *scheduler = arena_new(p->arena, struct plan_scheduler);
	*scheduler = (struct plan_scheduler){
		.at = spec->at, .policy = (uint32_t)spec->policy, .nice = spec->nice, .priority = (uint32_t)spec->priority,
		.runtime = spec->runtime, .deadline = spec->deadline, .period = spec->period,
	};
	for (uint32_t i = 0; i < spec->flags.count; i++)
		scheduler->flags |= (uint32_t)spec->flags.items[i];
	p->plan->process.scheduler = scheduler;
	return 0;
}

/* ---- memory policy ---- */

#define NODES_MOST 1024 /* CONFIG_NODES_SHIFT is 10 at most */

static int check_nodes(const struct spec_memory_policy *m, const char *name, size_t bits, struct error *error)
{
	bool none = m->mode == MPOL_DEFAULT || m->mode == MPOL_LOCAL;
	if (none && bits)
		return fail_at(error, &m->at, 0, "memoryPolicy: %s takes no nodes", name);
	if (!none && m->mode != MPOL_PREFERRED && !bits)
		return fail_at(error, &m->at, 0, "memoryPolicy: %s needs at least one node", name);
	return 0;
}

static const char *word_of(const struct json_word *words, int value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return "?";
}

static int plan_memory_policy(struct planning *p, struct error *error)
{
	const struct spec_memory_policy *spec = p->spec->linux_ ? p->spec->linux_->memory_policy : NULL;
	if (!spec)
		return 0;
	struct plan_memory_policy *policy = arena_new(p->arena, struct plan_memory_policy);
	uint64_t *nodes = arena_array(p->arena, uint64_t, NODES_MOST / 64);
	if (number_list(spec->nodes ? spec->nodes : "", nodes, NODES_MOST) < 0)
		return fail_at(error, &spec->at, 0, "memoryPolicy: nodes is not a list such as '0-3,7' below %d: '%s'",
			       NODES_MOST, spec->nodes);
	*policy = (struct plan_memory_policy){ .at = spec->at, .mode = spec->mode, .nodes = nodes };
	for (size_t node = 0; node < NODES_MOST; node++)
		if (nodes[node / 64] >> node % 64 & 1)
			policy->bits = node + 1;
	try(check_nodes(spec, word_of(memory_policy_words, spec->mode), policy->bits, error));
	for (uint32_t i = 0; i < spec->flags.count; i++)
		policy->mode |= spec->flags.items[i];
	if ((policy->mode & MPOL_F_STATIC_NODES) && (policy->mode & MPOL_F_RELATIVE_NODES))
		return fail_at(error, &spec->at, 0,
			       "memoryPolicy: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	p->plan->process.memory_policy = policy;
	return 0;
}

/* ---- the rest ---- */

static void plan_io_priority(struct planning *p)
{
	const struct spec_io_priority *spec = p->spec->process->io_priority;
	if (!spec)
		return;
	int *value = arena_new(p->arena, int);
	*value = spec->class << 13 | (int)spec->priority; /* IOPRIO_PRIO_VALUE */
	p->plan->process.io_priority = value;
	p->plan->process.io_priority_at = spec->at;
}

static void plan_personality(struct planning *p)
{
	const struct spec_personality *spec = p->spec->linux_ ? p->spec->linux_->personality : NULL;
	if (!spec)
		return;
	unsigned long *value = arena_new(p->arena, unsigned long);
	*value = (unsigned long)spec->domain;
	p->plan->process.personality = value;
	p->plan->process.personality_at = spec->at;
}

static int cpu_set(struct planning *p, const char *name, const char *list, const uint64_t **to, struct error *error)
{
	if (!list || !*list)
		return 0;
	uint64_t *set = arena_array(p->arena, uint64_t, PLAN_CPUS / 64);
	if (number_list(list, set, PLAN_CPUS) < 0)
		return fail_at(error, &p->spec->process->exec_cpu_affinity->at, 0,
			       "execCPUAffinity: %s is not a list of CPUs such as '0-3,7' below %d: '%s'", name, PLAN_CPUS, list);
	*to = set;
	return 0;
}

/* It is for processes that join later, "not applicable to the container's init process"; but a configuration that could never be
 * used for one is refused now. */
static int plan_affinity(struct planning *p, struct error *error)
{
	const struct spec_cpu_affinity *affinity = p->spec->process->exec_cpu_affinity;
	const uint64_t *initial = NULL, *final = NULL;

	if (!affinity)
		return 0;
	try(cpu_set(p, "initial", affinity->initial, &initial, error));
	try(cpu_set(p, "final", affinity->final, &final, error));
	if (p->plan->kind == PLAN_EXEC) {
		p->plan->process.cpus_initial = initial;
		p->plan->process.cpus_final = final;
	}
	return 0;
}

int plan_scheduling(struct planning *p, struct error *error)
{
	try(plan_scheduler(p, error));
	try(plan_memory_policy(p, error));
	try(plan_affinity(p, error));
	plan_io_priority(p);
	plan_personality(p);
	return 0;
}

/* ---- as lines for `explain` ---- */

static void show_scheduler(const struct plan_scheduler *s, struct text *out)
{
	text_printf(out, "  scheduler %s", word_of(scheduler_policy_words, (int)s->policy));
	if (s->nice)
		text_printf(out, " nice %d", s->nice);
	if (s->priority)
		text_printf(out, " priority %u", s->priority);
	if (s->policy == SCHED_DEADLINE)
		text_printf(out, " runtime %llu deadline %llu period %llu", (unsigned long long)s->runtime,
			    (unsigned long long)s->deadline, (unsigned long long)s->period);
	for (const struct json_word *flag = scheduler_flag_words; flag->word; flag++)
		if (s->flags & (uint32_t)flag->value)
			text_printf(out, " %s", flag->word);
	text_add(out, "\n");
}

static void show_memory_policy(const struct plan_memory_policy *m, struct text *out)
{
	text_printf(out, "  memory policy %s", word_of(memory_policy_words, m->mode & 0xff));
	for (size_t node = 0; node < m->bits; node++)
		if (m->nodes[node / 64] >> node % 64 & 1)
			text_printf(out, " %zu", node);
	for (const struct json_word *flag = memory_policy_flag_words; flag->word; flag++)
		if (m->mode & flag->value)
			text_printf(out, " %s", flag->word);
	text_add(out, "\n");
}

static void show_limit(struct text *out, uint64_t value)
{
	if (value == UINT64_MAX)
		text_add(out, " unlimited");
	else
		text_printf(out, " %llu", (unsigned long long)value);
}

void show_limits(const struct plan *plan, struct text *out)
{
	const struct plan_process *process = &plan->process;

	for (size_t i = 0; i < process->rlimit_count; i++) {
		text_printf(out, "  %s", process->rlimits[i].name);
		show_limit(out, process->rlimits[i].soft);
		show_limit(out, process->rlimits[i].hard);
		text_add(out, "\n");
	}
	if (process->scheduler)
		show_scheduler(process->scheduler, out);
	if (process->io_priority)
		text_printf(out, "  io priority %s %d\n", word_of(io_class_words, *process->io_priority >> 13),
			    *process->io_priority & 7);
	if (process->memory_policy)
		show_memory_policy(process->memory_policy, out);
	if (process->personality)
		text_printf(out, "  personality %s\n", word_of(personality_words, (int)*process->personality));
	if (process->oom_score_adj)
		text_printf(out, "  oom_score_adj %d\n", *process->oom_score_adj);
}
