/* Growing blocks of memory, mostly one per command; nothing in them is freed one by one.
 *
 * The arena that holds a plan is a memfd mapped at ARENA_ADDRESS, in the runtime and again (private, read-only) in init:
 * its pointers hold on both sides, so the plan crosses without being serialised. Who may trace init reads all of it: nothing else is
 * to be in there (docs/architecture.md, "The shared arena"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/abi.h"

struct arena {
	char *base;
	size_t used, size;
	int fd; /* the memfd, or -1 */
};

/* Makes an arena that another process maps, too: a memfd mapped at `address`, which is ARENA_ADDRESS for a plan. 0, or -errno; -EFBIG:
 * RLIMIT_FSIZE leaves it less than ARENA_LEAST. */
#define ARENA_LEAST (4ul << 20) /* bytes: a configuration of the usual size, its plan, and room for a seccomp filter */
int arena_open_shared(struct arena *arena, uintptr_t address);

/* Makes an arena that no other process will see, anywhere in memory. 0, or -errno. */
int arena_open(struct arena *arena);

/* Gives everything back; the arena may be opened again. */
void arena_close(struct arena *arena);

/* Takes back all that was handed out: it will be handed out again. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes aligned for any type, never NULL. An arena that is full ends the process with one line on stderr: input
 * is limited (rule B.17) so that only a bug or a host out of memory gets there, and a killed create leaves nothing that
 * `delete --force` does not remove. */
void *arena_alloc(struct arena *arena, size_t size);

/* Whether less than an eighth is free: a document that brings it so far is refused while there is still a place to say so. */
bool arena_is_short(const struct arena *arena);

/* The block made larger: in place if it is the newest of the arena, else a copy. `block` may be NULL with `size` 0. */
void *arena_grow(struct arena *arena, void *block, size_t size, size_t larger);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/* A copy of `length` bytes at `text`, NUL added. */
char *arena_copy(struct arena *arena, const char *text, size_t length);
char *arena_string(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
