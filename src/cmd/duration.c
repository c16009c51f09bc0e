/* Durations in the syntax of Go, which callers of runc use: numbers with units, "1m30s", "1.5h". */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "base/cleanup.h"
#include "cmd/events.h"

static const struct { const char *name; uint64_t ns; } units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* the micro sign */
	{ "\xce\xbcs", 1000 }, /* the Greek letter */
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
};

/* Digits of a fraction: of their value times `unit`, what is less than a nanosecond is dropped, and what it takes more than 18 digits
 * to say. How many digits there were. */
static size_t fraction(const char **at, uint64_t *numerator, uint64_t *denominator)
{
	size_t count = 0;

	*numerator = 0;
	*denominator = 1;
	for (; **at >= '0' && **at <= '9'; ++*at, count++) {
		if (*denominator >= 1000000000000000000u)
			continue;
		*numerator = *numerator * 10 + (uint64_t)(**at - '0');
		*denominator *= 10;
	}
	return count;
}

static uint64_t unit_of(const char **at)
{
	size_t length = strcspn(*at, "0123456789.");

	for (size_t i = 0; i < array_length(units); i++)
		if (strlen(units[i].name) == length && strncmp(*at, units[i].name, length) == 0) {
			*at += length;
			return units[i].ns;
		}
	return 0;
}

/* One number with its unit, added to `*sum`. */
static int add_part(const char **at, uint64_t *sum)
{
	uint64_t whole = 0, numerator = 0, denominator = 1;
	size_t digits = 0;
	bool over = false;

	for (; **at >= '0' && **at <= '9'; ++*at, digits++)
		over |= __builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, (uint64_t)(**at - '0'), &whole);
	if (**at == '.') {
		++*at;
		digits += fraction(at, &numerator, &denominator);
	}
	uint64_t unit = digits ? unit_of(at) : 0;
	if (!unit)
		return -EINVAL;
	over |= __builtin_mul_overflow(whole, unit, &whole) || __builtin_add_overflow(*sum, whole, sum);
	over |= __builtin_add_overflow(*sum, (uint64_t)((unsigned __int128)numerator * unit / denominator), sum);
	return over || *sum > INT64_MAX ? -ERANGE : 0;
}

int duration_parse(const char *text, int64_t *to)
{
	const bool negative = *text == '-';
	const char *at = text + (*text == '-' || *text == '+');
	uint64_t sum = 0;

	if (strcmp(at, "0") == 0) {
		*to = 0;
		return 0;
	}
	do {
		int r = add_part(&at, &sum);
		if (r < 0)
			return r;
	} while (*at);
	*to = negative ? -(int64_t)sum : (int64_t)sum;
	return 0;
}
