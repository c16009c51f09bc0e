/* base/number.h: what is a number, what is not, and where each type ends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/number.h"

#define UNTOUCHED 12345

static const struct {
	const char *text;
	int u64;
	uint64_t u64_value;
	int i64;
	int64_t i64_value;
} numbers[] = {
	{ "0", 0, 0, 0, 0 },
	{ "7", 0, 7, 0, 7 },
	{ "007", 0, 7, 0, 7 },
	{ "2147483648", 0, 2147483648, 0, 2147483648 },
	{ "9223372036854775807", 0, INT64_MAX, 0, INT64_MAX },
	{ "9223372036854775808", 0, (uint64_t)INT64_MAX + 1, -ERANGE, 0 },
	{ "18446744073709551615", 0, UINT64_MAX, -ERANGE, 0 },
	{ "18446744073709551616", -ERANGE, 0, -ERANGE, 0 },
	{ "99999999999999999999999999999999999999", -ERANGE, 0, -ERANGE, 0 },
	{ "184467440737095516150", -ERANGE, 0, -ERANGE, 0 },
	{ "-1", -EINVAL, 0, 0, -1 },
	{ "-0", -EINVAL, 0, 0, 0 },
	{ "-9223372036854775808", -EINVAL, 0, 0, INT64_MIN },
	{ "-9223372036854775809", -EINVAL, 0, -ERANGE, 0 },
	{ "", -EINVAL, 0, -EINVAL, 0 },
	{ "-", -EINVAL, 0, -EINVAL, 0 },
	{ "--1", -EINVAL, 0, -EINVAL, 0 },
	{ "+1", -EINVAL, 0, -EINVAL, 0 },
	{ " 1", -EINVAL, 0, -EINVAL, 0 },
	{ "1 ", -EINVAL, 0, -EINVAL, 0 },
	{ "1\n", -EINVAL, 0, -EINVAL, 0 },
	{ "0x10", -EINVAL, 0, -EINVAL, 0 },
	{ "1e3", -EINVAL, 0, -EINVAL, 0 },
	{ "1.0", -EINVAL, 0, -EINVAL, 0 },
	{ "99999999999999999999x", -EINVAL, 0, -EINVAL, 0 },
};

static void numbers_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(numbers); i++) {
		uint64_t u64 = UNTOUCHED;
		int64_t i64 = UNTOUCHED;
		assert_int_equal(number_u64(numbers[i].text, &u64), numbers[i].u64);
		assert_int_equal(u64, numbers[i].u64 ? UNTOUCHED : numbers[i].u64_value);
		assert_int_equal(number_i64(numbers[i].text, &i64), numbers[i].i64);
		assert_int_equal(i64, numbers[i].i64 ? UNTOUCHED : numbers[i].i64_value);
	}
}

static void u32_has_a_maximum(void **state)
{
	uint32_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(number_u32("4294967294", UINT32_MAX - 1, &value), 0);
	assert_int_equal(value, UINT32_MAX - 1);
	assert_int_equal(number_u32("4294967295", UINT32_MAX - 1, &value), -ERANGE);
	assert_int_equal(number_u32("4294967296", UINT32_MAX, &value), -ERANGE);
	assert_int_equal(number_u32("x", UINT32_MAX, &value), -EINVAL);
	assert_int_equal(value, UINT32_MAX - 1);
}

static const struct {
	const char *text;
	int result;
	uint64_t low, high;
} lists[] = {
	{ "", 0, 0, 0 },
	{ " \n", 0, 0, 0 },
	{ "0", 0, 1, 0 },
	{ "0-3,7", 0, 0x8f, 0 },
	{ " 0-3 ,\t7 \n", 0, 0x8f, 0 },
	{ "63-64", 0, UINT64_C(1) << 63, 1 },
	{ "99", 0, 0, UINT64_C(1) << 35 },
	{ "0-99", 0, UINT64_MAX, (UINT64_C(1) << 36) - 1 },
	{ "100", -ERANGE, 0, 0 },
	{ "0-18446744073709551615", -ERANGE, 0, 0 },
	{ "0-18446744073709551616", -ERANGE, 0, 0 },
	{ "3-1", -EINVAL, 0, 0 },
	{ "1,", -EINVAL, 0, 0 },
	{ ",1", -EINVAL, 0, 0 },
	{ "1,,2", -EINVAL, 0, 0 },
	{ "1-", -EINVAL, 0, 0 },
	{ "-1", -EINVAL, 0, 0 },
	{ "1 2", -EINVAL, 0, 0 },
	{ "1 - 2", -EINVAL, 0, 0 },
	{ "a", -EINVAL, 0, 0 },
	{ "1-2-3", -EINVAL, 0, 0 },
	{ "0x1", -EINVAL, 0, 0 },
};

static void lists_by_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(lists); i++) {
		uint64_t set[3] = { UINT64_MAX, UINT64_MAX, UNTOUCHED };
		assert_int_equal(number_list(lists[i].text, set, 100), lists[i].result);
		if (lists[i].result == 0) {
			assert_int_equal(set[0], lists[i].low);
			assert_int_equal(set[1], lists[i].high);
		}
		assert_int_equal(set[2], UNTOUCHED);
	}
}

static void text_of_numbers(void **state)
{
	char to[24];

	(void)state;
	assert_int_equal(number_text(to, INT64_MIN), 20);
	assert_string_equal(to, "-9223372036854775808");
	assert_int_equal(number_text(to, 0), 1);
	assert_string_equal(to, "0");
	assert_int_equal(number_text_u64(to, UINT64_MAX), 20);
	assert_string_equal(to, "18446744073709551615");
}

static void bytes(void **state)
{
	(void)state;
	static const struct { const char *text; uint64_t value; } good[] = {
		{ "0", 0 }, { "17", 17 }, { "64k", 65536 }, { "64K", 65536 }, { "1m", 1 << 20 }, { "3G", UINT64_C(3) << 30 },
		{ "2t", UINT64_C(2) << 40 },
		{ "18446744073709551615", UINT64_MAX }, { "18446744073709551616", UINT64_MAX }, { "99999999t", UINT64_MAX },
	};
	static const char *const bad[] = { "", "k", "-1", "1kb", "1p", "1 k", "1.5k", "50%" };
	uint64_t value;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(number_bytes(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(number_bytes(bad[i], &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_by_table),
		cmocka_unit_test(u32_has_a_maximum),
		cmocka_unit_test(lists_by_table),
		cmocka_unit_test(text_of_numbers),
		cmocka_unit_test(bytes),
	};
	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
