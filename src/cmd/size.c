/* Sizes in bytes as engines write them on a command line: "512m" (contract 6.10). */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "base/cleanup.h"
#include "base/number.h"
#include "cmd/container.h"

static const char letters[] = "kmgtp"; /* 2^10, 2^20 ... */

/* Behind the digits: nothing, "b", "k", "kb", "ki", "kib", in any case, a blank before it. The bits to shift by, or -EINVAL. */
static int suffix_bits(const char *suffix)
{
	static const char *const tails[] = { "", "b", "i", "ib" };
	const char *letter;

	if (*suffix == ' ' && suffix[1])
		suffix++;
	if (strcasecmp(suffix, "b") == 0 || !*suffix)
		return 0;
	char lower = (char)(*suffix | 0x20);
	if (!(letter = strchr(letters, lower)))
		return -EINVAL;
	for (size_t i = 0; i < array_length(tails); i++)
		if (strcasecmp(suffix + 1, tails[i]) == 0)
			return 10 * (int)(letter - letters + 1);
	return -EINVAL;
}

/* As many digits as a number may have. */
static int digits(const char *text, size_t length, uint64_t *to)
{
	char copy[20];

	if (length == 0)
		return -EINVAL;
	if (length >= sizeof(copy))
		return -ERANGE;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return number_u64(copy, to);
}

int size_parse(const char *text, int64_t *to)
{
	size_t length = strspn(text, "0123456789"), decimals = 0;
	const char *rest = text + length;
	uint64_t whole, part = 0, scale = 1;
	int r = digits(text, length, &whole);

	if (r == 0 && *rest == '.') {
		decimals = strspn(++rest, "0123456789");
		r = digits(rest, decimals > 15 ? 15 : decimals, &part);
		for (size_t i = 0; i < decimals && i < 15; i++)
			scale *= 10;
	}
	int bits = suffix_bits(rest + decimals);
	if (r < 0 || bits < 0)
		return r < 0 ? r : bits;
	if (whole > (uint64_t)INT64_MAX >> bits)
		return -ERANGE;
	/* What is less than a byte does not count. */
	*to = (int64_t)(whole << bits) + (int64_t)(((unsigned __int128)part << bits) / scale);
	return *to < 0 ? -ERANGE : 0;
}
