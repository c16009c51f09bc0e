/* plan/filter.c: the kernel itself gives calls the verdicts that the rules mean, under our program and under libseccomp's, of x86-64, i386
 * (int $0x80) and x32 numbers, as far as this machine has them.
 *
 * Telling: both programs are loaded with each verdict as an error of its own. No call is made then, so every number can be asked for,
 * with arguments over all boundaries of all rules. As they are: both programs are loaded untouched, and calls that do no harm are made.
 *
 * SECCOMP_COUNT=100    so many random profiles, in place of 200; LONG: 3,000 */
#include <signal.h>
#include <sys/prctl.h>

#include "filter_profiles.h"
#include "filter_call.h"
#include "filter_random.h"

#define COUNT 200
#define COUNT_LONG 3000

enum { OURS, THEIRS, PROGRAMS };

static unsigned long answered, calls_made;

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void load(const struct bpf *bpf)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    seccomp_install(bpf->program, bpf->length, ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW) < 0)
		leave(10);
}

static void wait_for(pid_t child)
{
	int status;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- telling ---- */

#define ANSWERS_MOST (1u << 19)

struct answers { size_t count; uint32_t of[ANSWERS_MOST]; };

static struct answers *answers[PROGRAMS], *asked; /* by the children, `asked` is the one's own */
static size_t at;

static bool looks_at_arguments(struct comparison *c, const struct data *data)
{
	bpf_run(&c->ours, data);
	bool looks = bpf_arguments;
	if (c->theirs.program)
		bpf_run(&c->theirs, data);
	return looks || bpf_arguments;
}

/* In a child, under a filter. */
static bool ask(struct comparison *c, const struct data *data)
{
	struct data seen = *data;

	if (!call_reaches(&seen))
		return false;
	if (asked->count == ANSWERS_MOST || (uint32_t)seen.args[5] == DOOR)
		leave(11);
	asked->of[asked->count++] = verdict_told(call(&seen));
	return looks_at_arguments(c, &seen);
}

/* Afterwards, the same calls in the same order. */
static bool read_answer(struct comparison *c, const struct data *data)
{
	struct data seen = *data;

	if (!call_reaches(&seen))
		return false;
	assert_true(at < answers[OURS]->count);
	uint32_t ours_has = answers[OURS]->of[at], theirs_has = answers[THEIRS]->of[at];
	at++;
	if (ours_has != bpf_run(&c->ours, &seen))
		differs(c, &seen, "kernel", ours_has, bpf_run(&c->ours, &seen));
	if (c->theirs.program && theirs_has != bpf_run(&c->theirs, &seen))
		differs(c, &seen, "kernel, by libseccomp's", theirs_has, bpf_run(&c->theirs, &seen));
	judge(c, &seen, ours_has, theirs_has);
	return looks_at_arguments(c, &seen);
}

static void ask_all(struct comparison *c, const struct bpf *bpf, struct answers *to, void (*numbers)(struct comparison *))
{
	const struct bpf program = telling(bpf, &arena);

	to->count = 0;
	pid_t child = fork();
	if (child == 0) {
		alarm(120);
		asked = to;
		c->each = ask;
		load(&program);
		numbers(c);
		leave(0);
	}
	wait_for(child);
}

static void compare_telling(struct comparison *c, void (*numbers)(struct comparison *))
{
	c->sparse = numbers == named_numbers;
	if (c->theirs.length + DOOR_LENGTH > PROGRAM_MOST) /* the kernel would not take it */
		c->theirs.program = NULL;
	ask_all(c, &c->ours, answers[OURS], numbers);
	if (c->theirs.program) {
		ask_all(c, &c->theirs, answers[THEIRS], numbers);
		assert_int_equal(answers[THEIRS]->count, answers[OURS]->count);
	}
	at = 0;
	c->each = read_answer;
	numbers(c);
	assert_int_equal(at, answers[OURS]->count);
	answered += at;
}

/* ---- as they are ---- */

/* Calls that do no harm whatever they are asked, where no descriptor is open. `varies`: the result depends on other processes, which
 * come and go, or on a call before; but it is no error that a filter gives. */
static const struct harmless { const char *name; bool varies; } harmless[] = {
	{ "getpriority", true }, { "getpgid", true }, { "getsid", true }, { "sched_getscheduler", true }, { "personality", true },
	{ "sched_get_priority_max" }, { "getpid" }, { "read" }, { "write" }, { "lseek" }, { "fstat" }, { "ioctl" }, { "dup" }, { "fcntl" },
	{ "ftruncate" }, { "fchdir" }, { "flock" }, { "fsync" }, { "setns" }, { "finit_module" }, { "fsmount" }, { "pidfd_getfd" },
};
#define WAYS 3
#define ROUNDS (array_length(harmless) * WAYS * 20)

static long *results[PROGRAMS + 1]; /* the last ones are without a filter */

/* The n-th call. False if there is none, or it would be of an architecture that the profile has not. */
static bool harmless_call(struct comparison *c, size_t n, struct data *data)
{
	static const uint32_t others[] = { 0, SCMP_ARCH_X86, SCMP_ARCH_X32 };
	uint32_t token = others[n / array_length(harmless) % WAYS];

	token = token ? token : seccomp_arch_native();
	int number = seccomp_syscall_resolve_name_arch(token, harmless[n % array_length(harmless)].name);
	seed = (n + 1) * 0x9e3779b97f4a7c15u;
	random64();
	*data = (struct data){ .number = number, .arch = token == SCMP_ARCH_X86 ? AUDIT_ARCH_I386 : native_audit() };
	random_arguments(c, data);
	return number >= 0 && listed(c->profile, token) && call_reaches(data);
}

static bool deadly(uint32_t verdict)
{
	return verdict != SCMP_ACT_ALLOW && verdict != SCMP_ACT_LOG && verdict != SCMP_ACT_ERRNO(verdict & 0xffff);
}

static void make_calls(struct comparison *c, const struct bpf *bpf, long *to)
{
	pid_t child = fork();

	if (child == 0) {
		alarm(120);
		syscall(SYS_close_range, 0, ~0u, 0);
		if (bpf)
			load(bpf);
		for (size_t n = 0; n < ROUNDS; n++) {
			struct data data;
			if (harmless_call(c, n, &data) && !(bpf && deadly(bpf_run(bpf, &data))))
				to[n] = call(&data);
		}
		leave(0);
	}
	wait_for(child);
}

static bool is_refusal(const struct plan_seccomp *profile, long result)
{
	bool is = result == -(long)(profile->default_action & 0xffff);

	for (size_t i = 0; i < profile->rule_count; i++)
		is |= result == -(long)(profile->rules[i].action & 0xffff);
	return is && result < 0;
}

/* Either the verdict's error, or what the call does without a filter. */
static bool result_fits(struct comparison *c, size_t n, uint32_t verdict, long result)
{
	long without = results[PROGRAMS][n];

	if (verdict != SCMP_ACT_ALLOW && verdict != SCMP_ACT_LOG)
		return deadly(verdict) || result == -(long)(verdict & 0xffff);
	if (result == without || (result >= 0 && without >= 0))
		return true;
	return harmless[n % array_length(harmless)].varies && !is_refusal(c->profile, result);
}

static void compare_results(struct comparison *c, const struct bpf *bpf, const long *has, const char *who)
{
	for (size_t n = 0; n < ROUNDS; n++) {
		struct data data;
		if (!harmless_call(c, n, &data))
			continue;
		uint32_t verdict = bpf_run(bpf, &data);
		calls_made += !deadly(verdict);
		if (!result_fits(c, n, verdict, has[n]))
			differs(c, &data, who, (uint32_t)has[n], verdict);
	}
}

static void compare_as_they_are(struct comparison *c)
{
	uint64_t before = seed;

	make_calls(c, NULL, results[PROGRAMS]);
	make_calls(c, &c->ours, results[OURS]);
	compare_results(c, &c->ours, results[OURS], "the result under ours");
	if (c->theirs.program) {
		make_calls(c, &c->theirs, results[THEIRS]);
		compare_results(c, &c->theirs, results[THEIRS], "the result under libseccomp's");
	}
	seed = before;
}

/* ---- which profiles ---- */

static void tell_kinds(void)
{
	if (native_audit() != AUDIT_ARCH_X86_64)
		return;
	print_message("# %s\n", has_i386() ? "with i386's calls" : "without i386's calls: this kernel has no int $0x80");
	print_message("# %s\n", has_x32() ? "with x32's calls" : "with x32's numbers; behind the filter this kernel has no such calls");
}

static void load_engines(const char *name, const struct plan_seccomp *profile)
{
	static struct comparison c;
	size_t begun = arena.used;
	unsigned long answered_before = answered, made_before = calls_made;

	compare_begin(&c, profile);
	assert_non_null(c.ours.program);
	assert_non_null(c.theirs.program);
	compare_telling(&c, every_number);
	compare_as_they_are(&c);
	assert_int_equal(c.differ, 0);
	assert_int_equal(c.astray, 0);
	print_message("# %s: %lu calls told, by both; %lu made\n", name, answered - answered_before, calls_made - made_before);
	forget(begun);
}

static void engines_profiles_loaded(void **state)
{
	(void)state;
	tell_kinds();
	load_engines("the example's", example());
	profiles_written(load_engines);
}

static void the_engines_own_profiles_loaded(void **state)
{
	(void)state;
	if (!profiles_own(load_engines))
		skip();
}

static unsigned random_count(void)
{
	const char *count = getenv("SECCOMP_COUNT"), *is_long = getenv("LONG");

	return count ? (unsigned)strtoul(count, NULL, 10) : is_long && *is_long ? COUNT_LONG : COUNT;
}

static void random_profiles_loaded(void **state)
{
	static struct comparison c;
	unsigned long before = answered, astray_cases = 0;
	unsigned made = 0, theirs = 0;

	(void)state;
	seed = 20260202;
	for (unsigned tried = 0; made < random_count(); tried++) {
		size_t used = arena.used;
		const struct plan_seccomp profile = random_profile();
		compare_begin(&c, &profile);
		if (c.ours.program) {
			compare_telling(&c, tried % 16 ? named_numbers : every_number);
			made++;
			theirs += c.theirs.program != NULL;
		}
		if (c.differ)
			fail_msg("random profile %u", tried);
		astray_cases += c.astray;
		forget(used);
	}
	print_message("# %u random profiles, %u of them by libseccomp as well: %lu calls told, %lu of them where it goes astray\n",
		      made, theirs, answered - before, astray_cases);
}

#define ERROR_FIRST 1000u

/* Rules for the harmless ones alone, each with an error of its own. */
static struct plan_seccomp harmless_profile(const uint32_t *architectures, size_t count)
{
	struct plan_seccomp_rule *rules = arena_array(&arena, struct plan_seccomp_rule, 12);

	for (size_t i = 0; i < 12; i++) {
		const char **name = arena_array(&arena, const char *, 1);
		size_t which = below(array_length(harmless));
		rules[i] = random_rule(SCMP_ACT_ALLOW);
		name[0] = harmless[which].name;
		rules[i].names = name;
		rules[i].name_count = 1;
		rules[i].action = SCMP_ACT_ERRNO(ERROR_FIRST + which);
	}
	return (struct plan_seccomp){
		.default_action = SCMP_ACT_ALLOW, .rules = rules, .rule_count = 12,
		.architectures = architectures, .architecture_count = count,
	};
}

static void random_profiles_loaded_as_they_are(void **state)
{
	static const uint32_t three[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32 };
	const uint32_t native = seccomp_arch_native();
	static struct comparison c;
	unsigned long before = calls_made;

	(void)state;
	seed = 20260303;
	for (unsigned i = 0; i < random_count(); i++) {
		size_t used = arena.used;
		const bool several = i % 2 && three[0] == native;
		const struct plan_seccomp profile = harmless_profile(several ? three : &native, several ? 3 : 1);
		compare_begin(&c, &profile);
		assert_non_null(c.ours.program);
		compare_as_they_are(&c);
		if (c.differ)
			fail_msg("random profile %u", i);
		forget(used);
	}
	print_message("# %u random profiles, by both: %lu calls made\n", random_count(), calls_made - before);
}

/* How long the kernel takes for the example's, and for libseccomp's of the same. */
static void loading_time(void **state)
{
	const struct plan_seccomp *profile = example();
	struct bpf bpf[PROGRAMS];
	long *took = shared(sizeof(*took));

	(void)state;
	assert_true(ours(profile, &bpf[OURS]));
	assert_int_equal(bpf_by_library(profile, &bpf[THEIRS]), 0);
	for (size_t i = 0; i < PROGRAMS; i++) {
		long least = 1000000;
		for (int n = 0; n < 20; n++) {
			pid_t child = fork();
			if (child == 0) {
				struct timespec start;
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
				clock_gettime(CLOCK_MONOTONIC, &start);
				int r = seccomp_install(bpf[i].program, bpf[i].length, ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW);
				*took = microseconds(&start);
				leave(r < 0);
			}
			wait_for(child);
			least = *took < least ? *took : least;
		}
		print_message("# %s: %zu instructions loaded in %ld us\n", i == OURS ? "ours" : "libseccomp", bpf[i].length, least);
	}
	munmap(took, sizeof(*took));
}

static int open_all(void **state)
{
	for (size_t i = 0; i < PROGRAMS; i++)
		answers[i] = shared(sizeof(*answers[i]));
	for (size_t i = 0; i <= PROGRAMS; i++)
		results[i] = shared(ROUNDS * sizeof(long));
	return open_arena(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engines_profiles_loaded), cmocka_unit_test(the_engines_own_profiles_loaded),
		cmocka_unit_test(random_profiles_loaded), cmocka_unit_test(random_profiles_loaded_as_they_are),
		cmocka_unit_test(loading_time),
	};
	return cmocka_run_group_tests(tests, open_all, close_arena);
}
