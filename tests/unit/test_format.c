/* base/format.h against the C library's own printf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/format.h"

#define SAME(...)                                                                   \
	do {                                                                        \
		char expected[256], got[256];                                       \
		int length = snprintf(expected, sizeof(expected), __VA_ARGS__);     \
		assert_int_equal(format(got, sizeof(got), __VA_ARGS__), length);    \
		assert_string_equal(got, expected);                                 \
	} while (0)

static void format_strings_like_printf(void **state)
{
	(void)state;
	SAME("plain, 100%%");
	SAME("%s|%10s|%-10s|", "abc", "abc", "abc");
	SAME("%.2s|%.*s|%.*s|%5.1s|", "abc", 1, "abc", -1, "abc", "abc");
	SAME("%.3s|%.0s|", "ab", "ab");
	SAME("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
	SAME("%*s|%-*s|%*s|", 6, "abc", 6, "abc", -6, "abc");
}

static void format_numbers_like_printf(void **state)
{
	(void)state;
	SAME("%d %i %u %x %o", -1, 42, 42u, 255u, 0755u);
	SAME("%d %d %u %x", INT32_MIN, INT32_MAX, UINT32_MAX, UINT32_MAX);
	SAME("%ld %lu %lx %lo", INT64_MIN, UINT64_MAX, UINT64_MAX, UINT64_MAX);
	SAME("%lld %llu", (long long)INT64_MIN, (unsigned long long)UINT64_MAX);
	SAME("%zd %zu %jd %ju", (ssize_t)-5, (size_t)5, INTMAX_MIN, UINTMAX_MAX);
	SAME("%5d|%-5d|%05d|%05d|", 42, 42, 42, -42);
	SAME("%04o %02x %06ld", 7u, 10u, 123456789L);
	SAME("%3d|%1d|%03d", 12345, -12345, -12345);
}

static void format_cuts_and_tells_the_whole_length(void **state)
{
	char to[8];

	(void)state;
	memset(to, 'x', sizeof(to));
	assert_int_equal(format(to, 4, "%s%d", "abc", 12345), 8);
	assert_string_equal(to, "abc");
	assert_int_equal(to[4], 'x');
	assert_int_equal(format(to, 1, "abc"), 3);
	assert_string_equal(to, "");
	assert_int_equal(format(NULL, 0, "%d", 1000), 4);
}

static void format_survives_what_printf_does_not(void **state)
{
	/* In a table, as the compiler refuses to see these in a call. */
	static const char *volatile const odd[][2] = { { "%s", "(null)" }, { "50%", "50" }, { "%q", "q" }, { "%", "" } };
	char to[32];

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		format(to, sizeof(to), odd[i][0], NULL);
		assert_string_equal(to, odd[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_strings_like_printf),
		cmocka_unit_test(format_numbers_like_printf),
		cmocka_unit_test(format_cuts_and_tells_the_whole_length),
		cmocka_unit_test(format_survives_what_printf_does_not),
	};
	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
