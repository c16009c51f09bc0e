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

static struct trace trace;
static struct arena arena;
static const struct plan_mount mounts[] = { { .target = "/pr\033oc" } };
static const struct plan plan = { .mounts = { .items = (struct plan_mount *)mounts, .count = 1 } };

static int begin(void **state)
{
	(void)state;
	memset(&trace, 0, sizeof(trace));
	return arena_open(&arena);
}

static void span(struct trace_lane *lane, uint64_t from, uint64_t to, enum trace_what what, uint32_t number, const char *name)
{
	lane->spans[lane->count++] = (struct trace_span){ .begin = from, .end = to, .what = what, .number = number, .name = name };
}

static const char *json(void)
{
	struct text out = text_in(&arena);
	trace_json(&trace, &create_score, &plan, &out);
	return out.data;
}

static const char *waterfall(void)
{
	struct text out = text_in(&arena);
	trace_waterfall(&trace, &create_score, &plan, &out);
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
	span(&trace.host, 1000, 9000, TRACE_STEP, 0, "frame");
	span(&trace.init, 2000, 3000, TRACE_ROW, 100000, NULL);
	span(&trace.init, 2000, 3000, TRACE_MOUNT, 1, NULL);
	span(&trace.init, 2000, 3000, TRACE_STEP, 0, (const char *)1);
	span(&trace.init, 2000, 3000, 77, 0, NULL);
	span(&trace.init, 1, UINT64_MAX, TRACE_ROW, 0, NULL);
	span(&trace.init, 2000, 10000000, TRACE_ROW, 0, NULL);
	trace.init.count = UINT32_MAX;
	const char *text = json();
	assert_null(strstr(text, "\"tid\":2,\"args\":{\"what\""));
	assert_non_null(waterfall());
}

static void what_has_not_ended_says_so(void **state)
{
	(void)state;
	span(&trace.host, 1000, 9000, TRACE_STEP, 0, "frame");
	span(&trace.init, 2000, 0, TRACE_MOUNT, 0, NULL);
	assert_non_null(strstr(json(), "\"dur\":7.000"));
	assert_non_null(strstr(waterfall(), "did not end"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_one, begin),
		cmocka_unit_test_setup(times_are_from_the_beginning, begin),
		cmocka_unit_test_setup(what_init_says_is_not_believed, begin),
		cmocka_unit_test_setup(what_has_not_ended_says_so, begin),
	};
	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
