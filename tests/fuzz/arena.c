/* The arena for fuzzing, in place of base/arena.c: each block is one of the heap, so that the address sanitizer sees who reads or writes
 * beyond it. Nothing is freed before the arena is closed, as ever. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* The newest block's address is the arena's base. */
struct block { struct block *next; void *data; };

int arena_open(struct arena *arena)
{
	*arena = (struct arena){ .size = ARENA_SIZE, .fd = -1 };
	return 0;
}

int arena_open_shared(struct arena *arena, uintptr_t address)
{
	(void)address;
	return arena_open(arena);
}

void arena_reset(struct arena *arena)
{
	struct block *block = (struct block *)(void *)arena->base;

	for (struct block *next; block; block = next) {
		next = block->next;
		free(block->data);
		free(block);
	}
	arena->base = NULL;
	arena->used = 0;
}

void arena_close(struct arena *arena)
{
	arena_reset(arena);
	*arena = (struct arena){ .fd = -1 };
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = malloc(sizeof(*block));

	if (!block || !(block->data = calloc(1, size ? size : 1)))
		abort();
	block->next = (struct block *)(void *)arena->base;
	arena->base = (char *)block;
	arena->used += (size + 15) & ~(size_t)15;
	return block->data;
}

bool arena_is_short(const struct arena *arena)
{
	return arena->used >= arena->size || arena->size - arena->used < arena->size / 8;
}

void *arena_grow(struct arena *arena, void *block, size_t size, size_t larger)
{
	void *moved = arena_alloc(arena, larger);

	if (size)
		memcpy(moved, block, size);
	return moved;
}
