/* Shared by the files of src/cgroup alone: which files have statistics, and what each says. */
#pragma once

#include "cgroup/stats.h"

/* Where a file's text goes. Pure, but for the arena. */
struct stats_parsing {
	struct arena *arena;
	struct stats *stats;
	const char *size;               /* what stood for '*' in the file's name */
};

struct stats_file {
	const char *name;               /* "memory.max"; '*' stands for one word: "hugetlb.*.max" */
	/* Gets the text, which it may change. */
	void (*parse)(const struct stats_parsing *p, char *text, const struct stats_file *file);
	uint16_t offset;                /* in struct stats, or in struct stats_huge: what it fills */
	uint32_t part;                  /* bits for `has`, if it was understood */
	const void *rows;               /* for `parse` */
	const char *unless;             /* not read where this file is beside it */
};

/* In order: what comes later has precedence. */
extern const struct stats_file stats_files[];
extern const size_t stats_file_count;

/* When all is read: v2 says swap alone where callers expect memory and swap together. */
void stats_finish(struct stats *stats);
