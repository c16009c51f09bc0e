/* The clock of deadlines: milliseconds, and never backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "base/clock.h"
#include <cmocka.h>

static void it_counts_milliseconds_forward(void **unused)
{
	(void)unused;
	int64_t before = clock_ms();
	nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	int64_t passed = clock_ms() - before;
	assert_true(passed >= 29 && passed < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(it_counts_milliseconds_forward) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
