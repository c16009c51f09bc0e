/* Id maps as text: ours and the kernel's form are the same map; ids are found where they are mapped, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "run/id_ranges.h"
#include <cmocka.h>

#define KERNELS "         0     100000       1000\n      5000     200000         10\n"

static void the_kernels_form_is_the_same_map(void **unused)
{
	(void)unused;
	assert_true(id_ranges_same("0 100000 1000\n5000 200000 10\n", KERNELS));
	assert_true(id_ranges_same("5000 200000 10\n0 100000 1000\n", KERNELS));
	assert_true(id_ranges_same("", ""));
}

static void another_map_is_another(void **unused)
{
	static const char *const others[] = {
		"", "0 100000 1000\n", "0 100000 999\n5000 200000 10\n", "0 100001 1000\n5000 200000 10\n",
		"1 100000 1000\n5000 200000 10\n", "0 100000 1000\n5000 200000 10\n6000 300000 1\n",
		"0 100000 500\n500 100500 500\n5000 200000 10\n", "0 100000 1000\n0 100000 1000\n",
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(id_ranges_same(others[i], KERNELS));
		assert_false(id_ranges_same(KERNELS, others[i]));
	}
}

static void ids_are_found_by_table(void **unused)
{
	static const struct { uint32_t inside, outside; } table[] = {
		{ 0, 100000 }, { 999, 100999 }, { 1000, UINT32_MAX }, { 4999, UINT32_MAX }, { 5000, 200000 }, { 5009, 200009 },
		{ 5010, UINT32_MAX }, { UINT32_MAX - 1, UINT32_MAX },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(id_ranges_find(KERNELS, table[i].inside), table[i].outside);
	assert_int_equal(id_ranges_find("0 0 4294967295\n", UINT32_MAX - 1), UINT32_MAX - 1);
	assert_int_equal(id_ranges_find("", 0), UINT32_MAX);
}

static void what_is_cut_short_is_no_range(void **unused)
{
	struct id_range range;
	const char *at = "1 2 3\n4 5";

	(void)unused;
	assert_true(id_ranges_next(&at, &range));
	assert_int_equal(range.inside, 1);
	assert_int_equal(range.outside, 2);
	assert_int_equal(range.size, 3);
	assert_false(id_ranges_next(&at, &range));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_form_is_the_same_map),
		cmocka_unit_test(another_map_is_another),
		cmocka_unit_test(ids_are_found_by_table),
		cmocka_unit_test(what_is_cut_short_is_no_range),
	};
	return cmocka_run_group_tests_name("id ranges", tests, NULL, NULL);
}
