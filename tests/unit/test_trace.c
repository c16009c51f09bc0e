/* A trace as text: whatever init's lane says, it names only what is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "run/score.h"
#include "run/trace.h"
#include <cmocka.h>

static struct trace_span host_spans[16], init_spans[16];
static struct trace trace;
static struct arena arena;
static const struct plan_mount mounts[] = { { .target = "/pr\033oc" } };
static const struct plan plan = { .mounts = { .items = (struct plan_mount *)mounts, .count = 1 } };

static int begin(void **state)
{
	(void)state;
	trace = (struct trace){
		.host = { host_spans, 0 }, .init = { init_spans, 0 }, .first = 1000000, .last = 20000000,
		.score = &create_score, .plan = &plan,
	};
	return arena_open(&arena);
}

static void span(struct trace_lane *lane, uint64_t from, uint64_t to, enum trace_what what, uint32_t number, const char *name)
{
	lane->spans[lane->count++] = (struct trace_span){ .begin = from, .end = to, .what = what, .number = number, .name = name };
}

static const char *json(void)
{
	struct text out = text_in(&arena);
	trace_json(&trace, &out);
	return out.data;
}

static const char *waterfall(void)
{
	struct text out = text_in(&arena);
	trace_waterfall(&trace, &out);
	return out.data;
}

static void an_empty_one(void **state)
{
	(void)state;
	assert_null(strstr(json(), "\"ph\":\"X\""));
	assert_non_null(strstr(waterfall(), "step"));
}

static void times_are_from_the_beginning(void **state)
{
	(void)state;
	span(&trace.host, 1000000, 1002500, TRACE_ROW, 0, NULL);
	span(&trace.host, 1003000, 1010000, TRACE_STEP, 0, "a \"step\"");
	span(&trace.init, 1004001, 1005000, TRACE_MOUNT, 0, NULL);
	const char *text = json();
	assert_non_null(strstr(text, "{\"name\":\"claim\",\"cat\":\"host\",\"ph\":\"X\",\"ts\":0.000,\"dur\":2.500,"));
	assert_non_null(strstr(text, "{\"name\":\"a \\\"step\\\"\",\"cat\":\"host\",\"ph\":\"X\",\"ts\":3.000,\"dur\":7.000,"));
	assert_non_null(strstr(text, "\"cat\":\"init\",\"ph\":\"X\",\"ts\":4.001,\"dur\":0.999,"));
	assert_non_null(strstr(waterfall(), "/pr\\x1boc")); /* no escapes for a terminal */
}

static void what_init_says_is_not_believed(void **state)
{
	(void)state;
	span(&trace.init, 2000000, 3000000, TRACE_ROW, 100000, NULL);
	span(&trace.init, 2000000, 3000000, TRACE_MOUNT, 1, NULL);
	span(&trace.init, 2000000, 3000000, TRACE_STEP, 0, (const char *)1);
	span(&trace.init, 2000000, 3000000, 77, 0, NULL);
	span(&trace.init, 1, UINT64_MAX, TRACE_ROW, 0, NULL);
	span(&trace.init, 2000000, 20000001, TRACE_ROW, 0, NULL);
	span(&trace.init, 999999, 2000000, TRACE_ROW, 0, NULL);
	const char *text = json();
	assert_null(strstr(text, "\"tid\":2,\"args\":{\"what\""));
	assert_non_null(waterfall());
}

static void what_has_not_ended_says_so(void **state)
{
	(void)state;
	span(&trace.init, 2000000, 0, TRACE_MOUNT, 0, NULL);
	assert_non_null(strstr(json(), "\"dur\":18000.000"));
	assert_non_null(strstr(waterfall(), "did not end"));
}

/* A failing command may end before its first row does, and init after the last thing the runtime does. */
static void what_lies_behind_the_last_step_of_the_runtime_is_told(void **state)
{
	(void)state;
	span(&trace.host, 1000000, 2000000, TRACE_STEP, 0, "frame");
	span(&trace.init, 3000000, 4000000, TRACE_MOUNT, 0, NULL);
	trace.init.spans[0].result = -1;
	assert_non_null(strstr(json(), "\"ts\":2000.000,\"dur\":1000.000"));
	assert_non_null(strstr(json(), "\"failed\""));
}

static void without_a_plan_rows_have_names_and_mounts_none(void **state)
{
	(void)state;
	trace.plan = NULL;
	span(&trace.init, 3000000, 4000000, TRACE_MOUNT, 0, NULL);
	assert_null(strstr(json(), "\"ph\":\"X\""));
	span(&trace.init, 3000000, 4000000, TRACE_ROW, 0, NULL);
	assert_non_null(strstr(json(), "\"ph\":\"X\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_one, begin),
		cmocka_unit_test_setup(times_are_from_the_beginning, begin),
		cmocka_unit_test_setup(what_init_says_is_not_believed, begin),
		cmocka_unit_test_setup(what_has_not_ended_says_so, begin),
		cmocka_unit_test_setup(what_lies_behind_the_last_step_of_the_runtime_is_told, begin),
		cmocka_unit_test_setup(without_a_plan_rows_have_names_and_mounts_none, begin),
	};
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
