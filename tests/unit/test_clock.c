/* The clock of deadlines: milliseconds, and never backwards; and dates as text. */
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

static void dates_are_those_of_the_calendar(void **state)
{
	static const struct { time_t second; long nanosecond; int digits; const char *text; } cases[] = {
		{ 0, 0, 0, "1970-01-01T00:00:00Z" }, { 0, 5, 9, "1970-01-01T00:00:00.000000005Z" },
		{ 951782399, 999999999, 6, "2000-02-28T23:59:59.999999Z" }, { 951782400, 0, 1, "2000-02-29T00:00:00.0Z" },
		{ 1709251199, 0, 0, "2024-02-29T23:59:59Z" }, { 4107542400, 0, 0, "2100-03-01T00:00:00Z" },
		{ 1795312800, 123456789, 9, "2026-11-22T02:00:00.123456789Z" }, { 253402300799, 0, 0, "9999-12-31T23:59:59Z" },
	};
	char text[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clock_text((struct timespec){ cases[i].second, cases[i].nanosecond }, cases[i].digits, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_counts_milliseconds_forward),
		cmocka_unit_test(dates_are_those_of_the_calendar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
