/* The files of a cgroup compared with what was written into them (debug builds).
 *
 * The kernel says the same in other words, and these are the ones that count as the same:
 *   bytes (memory.*, hugetlb.*)     K, M, G, T are understood; it rounds down to pages, huge ones for hugetlb; more than there can be,
 *                                   "max" and -1 are one
 *   cpuset.cpus, cpuset.mems        sets: "0,1" is "0-1"
 *   cpu.max                         "50000" keeps the period; the words that were written are the first ones found
 *   io.max, rdma.max, misc.max ...  one line for each device: it has all the words that were written, "max" may be left out
 *   *.weight                        "100" is "default 100"
 *   numbers otherwise               as numbers
 * Files that cannot be read, or are commands (memory.reclaim, cgroup.kill, subtree_control), say nothing. */
#include "cgroup/read_back.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/number.h"
#include "base/read_back.h"

#define VALUE_ROOM 16384
#define CPUS_MOST 65536
#define ENDLESS (UINT64_C(1) << 62) /* PAGE_COUNTER_MAX in bytes, whatever the page size, is above */

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), tail = strlen(with);

	return length >= tail && strcmp(text + length - tail, with) == 0;
}

/* The next word; `*at` is left behind it. Its length. */
static size_t word(const char **at, const char **begin)
{
	*begin = *at + strspn(*at, " \t\n");
	size_t length = strcspn(*begin, " \t\n");
	*at = *begin + length;
	return length;
}

static size_t words_in(const char *text)
{
	const char *begin;
	size_t count = 0;

	while (word(&text, &begin))
		count++;
	return count;
}

/* The kernel's words for no limit, too. */
static bool bytes_of(const char *text, uint64_t *to)
{
	*to = ENDLESS;
	return strcmp(text, "max") == 0 || text[0] == '-' || number_bytes(text, to) == 0;
}

/* "hugetlb.2MB.max" */
static uint64_t page_of(const char *file)
{
	uint64_t size;
	char text[16];

	if (!begins(file, "hugetlb."))
		return (uint64_t)sysconf(_SC_PAGESIZE);
	file += strlen("hugetlb.");
	size_t length = strcspn(file, "B.");
	format(text, sizeof(text), "%.*s", (int)length, file);
	return bytes_of(text, &size) ? size : 1;
}

static bool same_bytes(const char *file, const char *asked, const char *found)
{
	uint64_t a, b, page = page_of(file);

	if (!bytes_of(asked, &a) || !bytes_of(found, &b))
		return strcmp(asked, found) == 0;
	return (a >= ENDLESS - page && b >= ENDLESS - page) || a / page == b / page;
}

static bool same_set(const char *asked, const char *found)
{
	static uint64_t a[CPUS_MOST / 64], b[CPUS_MOST / 64]; /* who called us may have left little of a stack (case C97) */

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	if (number_list(asked, a, CPUS_MOST) < 0 || number_list(found, b, CPUS_MOST) < 0)
		return strcmp(asked, found) == 0;
	return memcmp(a, b, sizeof(a)) == 0;
}

static bool same_number(const char *asked, const char *found)
{
	int64_t a, b;

	if (number_i64(asked, &a) < 0 || number_i64(found, &b) < 0)
		return strcmp(asked, found) == 0;
	return a == b;
}

/* Word for word, as far as something was written. */
static bool same_beginning(const char *asked, const char *found)
{
	const char *a, *b;

	for (size_t length; (length = word(&asked, &a));)
		if (word(&found, &b) != length || memcmp(a, b, length) != 0)
			return false;
	return true;
}

/* ---- files of many lines ---- */

static bool line_has(const char *line, size_t length, const char *one, size_t one_length)
{
	const char *at = line, *begin;

	while (at < line + length)
		if (word(&at, &begin) == one_length && memcmp(begin, one, one_length) == 0)
			return true;
	return false;
}

/* A line for the same device, or whatever the first word is. */
static const char *line_of(const char *found, const char *key, size_t key_length)
{
	for (; *found; found += strcspn(found, "\n"), found += *found == '\n') {
		const char *at = found, *begin;
		if (word(&at, &begin) == key_length && memcmp(begin, key, key_length) == 0)
			return begin;
	}
	return NULL;
}

/* What does not limit is left out: "max", and for legacy throttles 0. */
static bool says_nothing(const char *one, size_t length)
{
	return (length >= 3 && memcmp(one + length - 3, "max", 3) == 0) || (length == 1 && *one == '0');
}

static bool same_line(const char *asked, const char *found)
{
	const char *key, *one;
	size_t key_length = word(&asked, &key);
	const char *line = line_of(found, key, key_length);
	size_t length = line ? strcspn(line, "\n") : 0;

	for (size_t one_length; (one_length = word(&asked, &one));)
		if (!(line && line_has(line, length, one, one_length)) && !says_nothing(one, one_length))
			return false;
	return true;
}

static bool same_weight(const char *asked, const char *found)
{
	char whole[64];

	if (words_in(asked) > 1)
		return same_line(asked, found);
	format(whole, sizeof(whole), "default %s", asked);
	return same_line(whole, found) || same_number(asked, found);
}

/* ---- one file ---- */

static bool is_command(const char *file)
{
	static const char *const commands[] = {
		"devices.allow", "devices.deny", "cgroup.subtree_control", "cgroup.procs", "cgroup.threads", "cgroup.kill",
		"memory.reclaim", "memory.force_empty", "cgroup.event_control", "memory.pressure", "cpu.pressure", "io.pressure",
		"irq.pressure",
	};
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i], file) == 0)
			return true;
	return false;
}

static bool is_keyed(const char *file)
{
	static const char *const beginnings[] = { "net_prio.ifpriomap", "memory.oom_control", "blkio.throttle.", "io.max", "io.latency",
						  "rdma.", "misc.", "dmem." };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (begins(file, beginnings[i]))
			return true;
	return ends(file, "weight_device");
}

static bool is_bytes(const char *file)
{
	static const char *const limits[] = { "_in_bytes", ".max", ".high", ".low", ".min" };

	for (size_t i = 0; begins(file, "memory.") && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (ends(file, limits[i]))
			return true;
	return begins(file, "hugetlb.");
}

static bool same(const char *file, const char *asked, const char *found)
{
	char line[64];

	if (strcmp(file, "memory.oom_control") == 0) {
		format(line, sizeof(line), "oom_kill_disable %s", asked);
		return same_line(line, found);
	}
	if (is_keyed(file))
		return same_line(asked, found);
	if (is_bytes(file))
		return same_bytes(file, asked, found);
	if (strcmp(file, "cpuset.cpus") == 0 || strcmp(file, "cpuset.mems") == 0)
		return same_set(asked, found);
	if (strcmp(file, "cpu.max") == 0)
		return same_beginning(asked, found);
	if (ends(file, ".weight"))
		return same_weight(asked, found);
	return same_number(asked, found);
}

/* A later row has the last word: of the same file, and where that has lines for the same device. */
static bool written_again(const struct plan_cgroup_directory *directory, size_t i)
{
	const struct plan_write *row = &directory->writes[i];
	const char *at = row->value, *key, *begin;
	size_t length = word(&at, &key);
	bool keyed = is_keyed(row->file) || (ends(row->file, ".weight") && words_in(row->value) > 1);

	for (size_t k = i + 1; k < directory->write_count; k++) {
		const struct plan_write *later = &directory->writes[k];
		at = later->value;
		if (strcmp(later->file, row->file) != 0)
			continue;
		/* Of one device, too, some words may have been written before and others later. */
		if (!keyed || (word(&at, &begin) == length && memcmp(begin, key, length) == 0 && words_in(row->value) == 2 &&
			       !strchr(row->value, '=')))
			return true;
	}
	return false;
}

int read_back_rows(const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	static char found[VALUE_ROOM];

	for (size_t i = 0; i < directory->write_count; i++) {
		const struct plan_write *row = &directory->writes[i];
		bool again = written_again(directory, i);
		ssize_t n = file_read(dir, row->file, found, sizeof(found));
		if (row->or_next && n != -ENOENT)
			i++;
		if (n < 0 || again || is_command(row->file))
			continue;
		while (n > 0 && found[n - 1] == '\n')
			found[--n] = '\0';
		if (!same(row->file, row->value, found))
			return read_back_differs(error, row->file, row->value, found);
	}
	return 0;
}
