/* Shared by src/init/read_back*.c alone, in debug builds: the container's mount table, and the parts of the comparison. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "init/stage.h"

/* ---- read_back_table.c: /proc/self/mountinfo as a whole; there is no heap ---- */

struct mount_table { char *text; size_t length, room; };

struct mount_line {
	uint64_t id, parent;
	const char *point, *options, *propagation, *type, *source, *super; /* in a buffer of its own, until the next line is asked for */
};

/* 0 or -errno. To be closed. */
int mount_table_read(int procfs, struct mount_table *table);
void mount_table_close(struct mount_table *table);

/* The next line from `*at` on (0: the first); false at the end. */
bool mount_table_next(const struct mount_table *table, size_t *at, struct mount_line *line);
bool mount_table_find(const struct mount_table *table, uint64_t id, struct mount_line *line);

/* Whether a list such as "rw,nosuid,size=4k" has the word; the value behind "key=", up to the next comma, NULL if there is none. */
bool mount_word(const char *list, const char *word);
const char *mount_value(const char *list, const char *key, char *to, size_t size);

/* ---- read_back_looks.c: what one mount looks like ---- */

/* MOUNT_ATTR_* of the words that mountinfo has, and all that it can show. */
uint64_t mount_line_attributes(const struct mount_line *line);
#define READ_BACK_ATTRIBUTES                                                                                                   \
	(ABI_MOUNT_ATTR_RDONLY | ABI_MOUNT_ATTR_NOSUID | ABI_MOUNT_ATTR_NODEV | ABI_MOUNT_ATTR_NOEXEC | ABI_MOUNT_ATTR__ATIME | \
	 ABI_MOUNT_ATTR_NODIRATIME | ABI_MOUNT_ATTR_NOSYMFOLLOW)

int read_back_propagation(const char *target, uint64_t asked, const struct mount_line *line, struct error *error);
int read_back_attributes(const char *target, uint64_t asked, uint64_t known, const struct mount_line *line, struct error *error);

/* Data options of a file system, as far as the kernel tells them; `fd` is O_PATH, on it. */
int read_back_parameters(const struct plan *plan, const struct plan_mount *mount, int fd, const struct mount_line *line,
			 struct error *error);

/* ---- read_back_paths.c ---- */
int read_back_paths(const struct stage *stage, const struct mount_table *table, struct error *error);
int read_back_devices(const struct stage *stage, struct error *error);

/* Whether a masked or read-only path, or a device, is `target` or lies above it: then that is what one finds there. */
bool read_back_hidden(const struct plan *plan, const char *target);

/* Whether `path` is `above` or lies below it. */
bool read_back_below(const char *path, const char *above);

/* ---- read_back_break.c ---- */
int read_back_break_mounts(struct stage *stage, struct error *error);
int read_back_break_settings(struct stage *stage, struct error *error);
