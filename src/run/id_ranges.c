/* Id maps as text: read, compared, searched. */
#include "run/id_ranges.h"

#include <string.h>

static bool next_number(const char **at, uint64_t *to)
{
	*at += strspn(*at, " \n");
	if (**at < '0' || **at > '9')
		return false;
	for (*to = 0; **at >= '0' && **at <= '9'; (*at)++)
		*to = *to * 10 + (uint64_t)(**at - '0');
	return true;
}

bool id_ranges_next(const char **at, struct id_range *range)
{
	return next_number(at, &range->inside) && next_number(at, &range->outside) && next_number(at, &range->size);
}

static bool has(const char *map, const struct id_range *wanted)
{
	struct id_range range;

	while (id_ranges_next(&map, &range))
		if (range.inside == wanted->inside && range.outside == wanted->outside && range.size == wanted->size)
			return true;
	return false;
}

static bool has_all(const char *map, const char *other)
{
	struct id_range range;

	while (id_ranges_next(&other, &range))
		if (!has(map, &range))
			return false;
	return true;
}

/* Not by counting: a line that is there twice would stand for one that is missing. */
bool id_ranges_same(const char *one, const char *other)
{
	return has_all(one, other) && has_all(other, one);
}

uint32_t id_ranges_find(const char *map, uint32_t inside)
{
	struct id_range range;

	while (id_ranges_next(&map, &range))
		if (inside >= range.inside && inside - range.inside < range.size)
			return (uint32_t)(range.outside + (inside - range.inside));
	return (uint32_t)-1;
}
