/* The statistics files of a cgroup: found once, then each opened once for every reading. */
#include "cgroup/stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/stats_files.h"
#include "cgroup/tree.h"
#include "state/state.h"

/* The most a file may have: io.stat of some thousand devices. */
#define TEXT_MOST (256u << 10)

/* Whether `name` is what `pattern` says; what stands for its '*' has no dot in it and goes into `size`. */
static bool matches(const char *pattern, const char *name, char *size, size_t room)
{
	size_t head = strcspn(pattern, "*");

	*size = '\0';
	if (!pattern[head])
		return strcmp(pattern, name) == 0;
	if (strncmp(pattern, name, head) != 0)
		return false;
	size_t word = strcspn(name + head, ".");
	if (!word || word >= room || strcmp(name + head + word, pattern + head + 1) != 0)
		return false;
	memcpy(size, name + head, word);
	size[word] = '\0';
	return true;
}

static void add_file(struct stats_reader *reader, const char *name)
{
	struct stats_found found = { .dir = (uint8_t)(reader->dir_count - 1) };

	_Static_assert(CGROUP_DIRECTORIES_MOST <= UINT8_MAX, "the number of a directory fits");
	for (size_t row = 0; row < stats_file_count && reader->file_count < STATS_FILES_MOST; row++) {
		if (!matches(stats_files[row].name, name, found.size, sizeof(found.size)))
			continue;
		found.row = (uint8_t)row;
		reader->file[reader->file_count++] = found;
		return;
	}
}

void stats_add(struct stats_reader *reader, int dir)
{
	int list = again_openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = list < 0 ? NULL : fdopendir(list);

	if (!names || reader->dir_count == CGROUP_DIRECTORIES_MOST) {
		close_fd(&dir);
	} else {
		reader->dir[reader->dir_count++] = dir;
		for (struct dirent *entry; (entry = again_readdir(names));)
			if (entry->d_type != DT_DIR) /* the container may make those, under any name */
				add_file(reader, entry->d_name);
	}
	if (names)
		closedir(names);
	else
		close_fd(&list);
}

size_t stats_open(const struct cgroup_at *at, struct stats_reader *reader)
{
	*reader = (struct stats_reader){ .dir_count = 0 };
	for (size_t i = 0; at->path && tree_path_valid(at->path) && i < at->count; i++) {
		int dir = tree_of(&at->hierarchies[i], at->path);
		if (dir >= 0)
			stats_add(reader, dir);
	}
	return reader->dir_count;
}

void stats_close(struct stats_reader *reader)
{
	while (reader->dir_count)
		close_fd(&reader->dir[--reader->dir_count]);
}

/* Something better says the same. */
static bool is_covered(const struct stats_reader *reader, const struct stats_found *found)
{
	const char *better = stats_files[found->row].unless;

	for (size_t i = 0; better && i < reader->file_count; i++)
		if (reader->file[i].dir == found->dir && strcmp(reader->file[i].size, found->size) == 0 &&
		    strcmp(stats_files[reader->file[i].row].name, better) == 0)
			return true;
	return false;
}

/* The name again, with the size where the pattern has '*'. */
static const char *file_name(struct arena *arena, const struct stats_found *found)
{
	const char *pattern = stats_files[found->row].name;
	size_t head = strcspn(pattern, "*");

	return pattern[head] ? arena_printf(arena, "%.*s%s%s", (int)head, pattern, found->size, pattern + head + 1) : pattern;
}

static void read_file(const struct stats_reader *reader, const struct stats_found *found, char *text, const struct stats_parsing *p)
{
	const struct stats_file *file = &stats_files[found->row];

	/* A controller that was switched off since we looked, or pressure that is not accounted, is as what is not there. */
	if (!is_covered(reader, found) && file_read(reader->dir[found->dir], file_name(p->arena, found), text, TEXT_MOST) >= 0)
		file->parse(p, text, file);
}

/* Without the controller the processes are counted. Legacy hierarchies all hold the same ones. */
static void count_processes(const struct stats_reader *reader, struct stats *stats)
{
	int count = reader->dir_count ? tree_count(reader->dir[0]) : -ENOENT;

	if (count < 0)
		return;
	stats->pids.current = (uint64_t)count;
	stats->has |= STATS_PIDS;
}

void stats_read(const struct stats_reader *reader, struct arena *arena, struct stats *stats)
{
	char *text = arena_alloc(arena, TEXT_MOST);

	*stats = (struct stats){ .has = 0 };
	for (size_t row = 0; row < stats_file_count; row++)
		for (size_t i = 0; i < reader->file_count; i++) {
			const struct stats_parsing p = { arena, stats, reader->file[i].size };
			if (reader->file[i].row == row)
				read_file(reader, &reader->file[i], text, &p);
		}
	if (!(stats->has & STATS_PIDS))
		count_processes(reader, stats);
	stats_finish(stats);
}
