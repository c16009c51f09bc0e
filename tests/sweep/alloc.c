/* Linked into a caisson of its own by -Wl,--wrap: every allocation asks the kernel first, by a system call that there is not. Whoever
 * traces the program may answer it, and the allocation fails. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include "base/arena.h"

#define ALLOCATION_CALL 1500 /* sweep.h */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_grow(struct arena *arena, void *block, size_t size, size_t larger);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_grow(struct arena *arena, void *block, size_t size, size_t larger);

/* ENOSYS by itself; ENOMEM if somebody says so. Not by syscall(), which sets errno. */
static int refused(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(ALLOCATION_CALL) : "rcx", "r11", "memory");
	if (result == -ENOMEM)
		errno = ENOMEM;
	return result == -ENOMEM;
}

void *__wrap_malloc(size_t size) { return refused() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return refused() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *block, size_t size) { return refused() ? NULL : __real_realloc(block, size); }

/* An arena has no failure but its end: it is asked for more than it can ever hold. */
void *__wrap_arena_alloc(struct arena *arena, size_t size) { return __real_arena_alloc(arena, refused() ? SIZE_MAX / 2 : size); }

void *__wrap_arena_grow(struct arena *arena, void *block, size_t size, size_t larger)
{
	return __real_arena_grow(arena, block, size, refused() ? SIZE_MAX / 2 : larger);
}
