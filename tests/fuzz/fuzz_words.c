/* libFuzzer: what people and the environment write as one word: numbers, lists, sizes, durations, signals, id maps, addresses of buses.
 * Each is compared with another reading of the same, by libc or by the book. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include "fuzz.h"
#include "base/number.h"
#include "cgroup/bus.h"
#include "cmd/container.h"
#include "cmd/events.h"
#include "run/id_ranges.h"

/* ---- numbers ---- */

static bool only_digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static void try_numbers(const char *text)
{
	uint64_t u, u_kept = 7;
	int64_t i;
	uint32_t small;
	char back[24];

	errno = 0;
	u = strtoull(text, NULL, 10);
	int wanted = !only_digits(text) ? -EINVAL : errno ? -ERANGE : 0;
	must(number_u64(text, &u_kept) == wanted);
	must(u_kept == (wanted ? 7 : u));
	must(number_u32(text, 1000, &small) == (wanted ? wanted : u > 1000 ? -ERANGE : 0));
	must(wanted || u > 1000 || small == u);
	errno = 0;
	long long s = strtoll(text, NULL, 10);
	wanted = !only_digits(text + (*text == '-')) ? -EINVAL : errno ? -ERANGE : 0;
	must(number_i64(text, &i) == wanted);
	if (wanted)
		return;
	must(i == s);
	number_text(back, i);
	must(strtoll(back, NULL, 10) == s);
}

/* "0-3, 7": items parted by commas, blanks around them. */
static int list_by_book(const char *text, uint8_t *set, unsigned bits)
{
	char *copy = strdup(text), *rest = copy, *item;
	int r = 0;

	while (r == 0 && text[strspn(text, " \t\n")] && (item = strsep(&rest, ","))) {
		unsigned long long first = 0, last = 0;
		int used = 0;
		item += strspn(item, " \t\n");
		size_t length = strlen(item);
		while (length && strchr(" \t\n", item[length - 1]))
			item[--length] = '\0';
		char *dash = strchr(item, '-');
		if (dash)
			*dash = '\0';
		if (!only_digits(item) || (dash && !only_digits(dash + 1)))
			r = -EINVAL;
		else if (sscanf(item, "%llu%n", &first, &used) != 1 || (dash && sscanf(dash + 1, "%llu", &last) != 1))
			r = -EINVAL;
		last = dash ? last : first;
		if (r == 0 && (strlen(item) > 9 || (dash && strlen(dash + 1) > 9)))
			r = 1; /* too long for this book */
		else if (r == 0 && (first > last || last >= bits))
			r = first > last ? 1 : -ERANGE;
		for (unsigned long long k = first; r == 0 && k <= last; k++)
			set[k] = 1;
	}
	free(copy);
	return r;
}

static void try_list(const char *text)
{
	uint64_t set[2] = { 0, 0 };
	uint8_t wanted[128] = { 0 };
	int r = number_list(text, set, 128), book = list_by_book(text, wanted, 128);

	must(r == 0 || r == -EINVAL || r == -ERANGE);
	must(book == 1 || (book == 0) == (r == 0));
	for (unsigned i = 0; book == 0 && i < 128; i++)
		must((set[i / 64] >> i % 64 & 1) == wanted[i]);
}

/* ---- sizes and durations ---- */

static void try_size(const char *text)
{
	static const char letters[] = "kmgtp";
	int64_t size = -1;
	char *end;

	if (size_parse(text, &size) < 0)
		return;
	must(size >= 0 && isdigit((unsigned char)*text));
	long double value = strtold(text, &end);
	end += *end == ' ';
	const char *letter = *end ? strchr(letters, tolower((unsigned char)*end)) : NULL;
	if (letter)
		value = ldexpl(value, 10 * (int)(letter - letters + 1));
	must(fabsl(value - (long double)size) < 4);
}

static void try_duration(const char *text)
{
	static const struct { const char *unit; long double ns; } units[] = {
		{ "ns", 1 }, { "us", 1e3L }, { "\xc2\xb5s", 1e3L }, { "\xce\xbcs", 1e3L }, { "ms", 1e6L }, { "s", 1e9L }, { "m", 60e9L },
		{ "h", 3600e9L },
	};
	long double sum = 0;
	int64_t ns;
	const char *at = text + (*text == '-' || *text == '+');
	int parts = 0;

	if (duration_parse(text, &ns) < 0)
		return;
	while (*at && strcmp(at, "0") != 0) {
		char *end;
		must(isdigit((unsigned char)*at) || *at == '.');
		long double value = strtold(at, &end);
		size_t length = strcspn(end, "0123456789."), i = 0;
		while (i < array_length(units) && (strlen(units[i].unit) != length || strncmp(units[i].unit, end, length) != 0))
			i++;
		must(i < array_length(units));
		sum += value * units[i].ns;
		at = end + length;
		parts++;
	}
	long double wanted = *text == '-' ? -sum : sum;
	must(fabsl(wanted - (long double)ns) <= parts + fabsl(wanted) * 1e-17L);
}

/* ---- signals, with and without SIG, in any case ---- */

static void try_signal(const char *text, struct arena *arena)
{
	struct error error = { 0 };
	int number = signal_number(text, &error);

	must_tell(number, &error);
	must(number <= 64);
	if (number < 0 || isdigit((unsigned char)*text))
		return;
	char *other = arena_printf(arena, "%s%s", strncasecmp(text, "SIG", 3) == 0 ? "" : "sig", text);
	must(signal_number(other, &error) == number);
	for (char *c = other; *c; c++)
		*c = (char)(islower((unsigned char)*c) ? toupper((unsigned char)*c) : tolower((unsigned char)*c));
	must(signal_number(other, &error) == number);
}

/* ---- id maps ---- */

static void try_ranges(const char *text, const char *other)
{
	struct id_range range;
	const char *at = text;
	bool wrapped = false;

	for (size_t lines = 0; id_ranges_next(&at, &range); lines++) {
		must(at > text && at <= text + strlen(text) && lines < strlen(text));
		wrapped |= range.inside > UINT32_MAX || range.outside > UINT32_MAX || range.size > UINT32_MAX;
	}
	must(id_ranges_same(text, text));
	must(id_ranges_same(text, other) == id_ranges_same(other, text));
	for (uint32_t id = 0; id < 3; id++) {
		uint32_t found = id_ranges_find(text, id);
		at = text;
		bool mapped = false;
		while (!wrapped && id_ranges_next(&at, &range))
			mapped |= id >= range.inside && id < range.inside + range.size &&
				  (uint32_t)(range.outside + (id - range.inside)) != UINT32_MAX;
		must(wrapped || mapped || found == UINT32_MAX);
	}
}

/* ---- addresses ---- */

static void try_bus(const char *text)
{
	struct bus_places places;
	struct error error = { 0 };

	setenv("DBUS_SESSION_BUS_ADDRESS", text, 1);
	int r = bus_places(true, &places, &error);
	must_tell(r, &error);
	must(r < 0 || (places.count > 0 && places.count <= BUS_PLACES_MOST));
	for (size_t i = 0; r == 0 && i < places.count; i++) {
		must(places.of[i].length <= sizeof(places.of[i].address));
		must(!memchr(places.of[i].address.sun_path + 1, 0, places.of[i].length - offsetof(struct sockaddr_un, sun_path) - 2));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct arena arena;

	must(arena_open(&arena) == 0);
	unsigned which = take_below(&in, 7);
	const char *text = take_text(&in, &arena), *other = take_text(&in, &arena);
	switch (which) {
	case 0: try_numbers(text); break;
	case 1: try_list(text); break;
	case 2: try_size(text); break;
	case 3: try_duration(text); break;
	case 4: try_signal(text, &arena); break;
	case 5: try_ranges(text, other); break;
	default: try_bus(text); break;
	}
	arena_close(&arena);
	return 0;
}
