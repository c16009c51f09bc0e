/* The one parser of numbers from text, and back. */
#include "base/number.h"

#include <errno.h>
#include <string.h>
#include <stdbool.h>

/* Digits up to the first byte that is none; none at all is -EINVAL. */
static int digits(const char **at, uint64_t *to)
{
	const char *first = *at;
	uint64_t value = 0;
	bool over = false;

	for (; **at >= '0' && **at <= '9'; ++*at)
		over |= __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(**at - '0'), &value);
	if (*at == first)
		return -EINVAL;
	if (over)
		return -ERANGE;
	*to = value;
	return 0;
}

int number_u64(const char *text, uint64_t *to)
{
	uint64_t value = 0;
	int r = digits(&text, &value);

	if (*text)
		return -EINVAL;
	if (r == 0)
		*to = value;
	return r;
}

int number_bytes(const char *text, uint64_t *to)
{
	static const char units[] = "kmgt";
	uint64_t value = 0;
	int r = digits(&text, &value);

	if (r == -EINVAL)
		return r;
	const char *unit = *text ? strchr(units, *text | 0x20) : NULL;
	if (*text && (!unit || text[1]))
		return -EINVAL;
	const int bits = unit ? 10 * (int)(unit - units + 1) : 0;
	*to = r < 0 || value > UINT64_MAX >> bits ? UINT64_MAX : value << bits;
	return 0;
}

int number_i64(const char *text, int64_t *to)
{
	bool negative = *text == '-';
	uint64_t value = 0;
	int r = number_u64(text + negative, &value);

	if (r < 0)
		return r;
	if (value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*to = negative ? (int64_t)-value : (int64_t)value;
	return 0;
}

int number_u32(const char *text, uint32_t max, uint32_t *to)
{
	uint64_t value = 0;
	int r = number_u64(text, &value);

	if (r < 0)
		return r;
	if (value > max)
		return -ERANGE;
	*to = (uint32_t)value;
	return 0;
}

static void skip_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t' || **at == '\n')
		++*at;
}

static int read_range(const char **at, uint64_t *set, size_t bits)
{
	uint64_t first, last;
	int r = digits(at, &first);

	if (r < 0)
		return r;
	last = first;
	if (**at == '-') {
		++*at;
		r = digits(at, &last);
		if (r < 0)
			return r;
	}
	if (last < first)
		return -EINVAL;
	if (last >= bits)
		return -ERANGE;
	for (uint64_t bit = first; bit <= last; bit++)
		set[bit / 64] |= UINT64_C(1) << bit % 64;
	return 0;
}

int number_list(const char *text, uint64_t *set, size_t bits)
{
	memset(set, 0, (bits + 63) / 64 * sizeof(*set));
	skip_blanks(&text);
	if (!*text)
		return 0;
	for (;;) {
		int r = read_range(&text, set, bits);
		if (r < 0)
			return r;
		skip_blanks(&text);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
		skip_blanks(&text);
	}
}

size_t number_text_u64(char *to, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);
	size_t length;

	do
		*--at = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	length = (size_t)(digits + sizeof(digits) - at);
	memcpy(to, at, length);
	to[length] = '\0';
	return length;
}

size_t number_text(char *to, int64_t value)
{
	if (value >= 0)
		return number_text_u64(to, (uint64_t)value);
	*to = '-';
	return 1 + number_text_u64(to + 1, -(uint64_t)value);
}
