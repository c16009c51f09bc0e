/* plan/filter.c: random profiles get the verdicts that the rules mean, and that libseccomp's programs have (filter_compare.h).
 *
 * SECCOMP_SEED=7       the second half's seed, in place of a random one
 * SECCOMP_COUNT=100    so many profiles that are ours, in place of 2,000; LONG: 10,000 */
#include <sys/random.h>

#include "filter_random.h"

#define COUNT 2000
#define COUNT_LONG 10000
#define EACH_WHOLE 16 /* one of so many goes over every number */

struct tally { unsigned made, left, refused, whole; unsigned long cases, astray; };

/* One more profile. What libseccomp is to compile counts as left. */
static void compare_random(struct tally *tally)
{
	static struct comparison c;
	size_t used = arena.used;
	uint64_t begun = seed;
	unsigned tried = tally->made + tally->left;
	const bool whole = tried % EACH_WHOLE == 0;
	const struct plan_seccomp profile = random_profile();

	compare_profile(&c, &profile, whole ? every_number : named_numbers);
	if (c.differ)
		fail_msg("profile %u, state of the generator %llu", tried, (unsigned long long)begun);
	c.ours.program ? tally->made++ : tally->left++;
	tally->whole += c.ours.program && whole;
	tally->refused += c.ours.program && !c.theirs.program;
	tally->cases += c.cases;
	tally->astray += c.astray;
	forget(used);
}

static void compare_many(uint64_t from, unsigned count)
{
	struct tally tally = { 0 };

	print_message("# seed %llu\n", (unsigned long long)from);
	seed = from * 2 + 1;
	while (tally.made < count && tally.left <= count)
		compare_random(&tally);
	print_message("# %u random profiles (%u of them at every number, %u refused by libseccomp or endless) with %lu cases, %lu of them "
		      "where it goes astray; and %u profiles that are its\n",
		      tally.made, tally.whole, tally.refused, tally.cases, tally.astray, tally.left);
	assert_int_equal(tally.made, count);
}

static unsigned half_the_count(void)
{
	const char *count = getenv("SECCOMP_COUNT"), *is_long = getenv("LONG");

	return (count ? (unsigned)strtoul(count, NULL, 10) : is_long && *is_long ? COUNT_LONG : COUNT) / 2;
}

static void random_profiles_of_the_same_seed_each_time(void **state)
{
	(void)state;
	compare_many(20260101, half_the_count());
}

static void random_profiles_of_another_seed_each_time(void **state)
{
	const char *wanted = getenv("SECCOMP_SEED");
	uint32_t from = 0;

	(void)state;
	if (wanted)
		from = (uint32_t)strtoul(wanted, NULL, 10);
	else
		assert_int_equal(getrandom(&from, sizeof(from), 0), sizeof(from));
	compare_many(from, half_the_count());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_profiles_of_the_same_seed_each_time), cmocka_unit_test(random_profiles_of_another_seed_each_time),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
