/* One growing block of memory per command. */
#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"

#define ALIGNMENT 16

/* A memfd is a file, and RLIMIT_FSIZE holds for it, though it takes no memory before it is touched: then the arena is as small as that,
 * once and for all, so that it can be sealed. */
static size_t file_size(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur >= ARENA_SIZE)
		return ARENA_SIZE;
	return limit.rlim_cur & ~(size_t)0xffff; /* whole pages, however large they are here */
}

int arena_open_shared(struct arena *arena, uintptr_t address)
{
	void *wanted = (void *)address;
	const size_t size = file_size();

	if (size < ARENA_LEAST)
		return -EFBIG;
	_cleanup_fd int fd = memfd_make("caisson-plan");
	if (fd < 0 || again_ftruncate(fd, (off_t)size) < 0)
		return fd < 0 ? fd : -errno;
	void *base = mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	/* After the mmap: FUTURE_WRITE leaves the mapping that exists writable and refuses every later one, write(2) too. So
	 * whoever gets hold of this descriptor through /proc can read the plan, but not change what init will do. */
	if (base != wanted || fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int code = base != wanted ? EEXIST : errno;
		munmap(base, size);
		return -code;
	}
	*arena = (struct arena){ .base = base, .size = size, .fd = take_fd(&fd) };
	return 0;
}

int arena_open(struct arena *arena)
{
	void *base = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return -errno;
	*arena = (struct arena){ .base = base, .size = ARENA_SIZE, .fd = -1 };
	return 0;
}

void arena_close(struct arena *arena)
{
	if (arena->base) {
		munmap(arena->base, arena->size);
		close_fd(&arena->fd);
	}
	*arena = (struct arena){ .fd = -1 };
}

void arena_reset(struct arena *arena)
{
	memset(arena->base, 0, arena->used);
	arena->used = 0;
}

static _Noreturn void arena_full(void)
{
	static const char message[] = "caisson: out of memory: the command needs more than its arena holds\n";
	ssize_t written = again_write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)written;
	_exit(1);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t start = (arena->used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

	if (start > arena->size || size > arena->size - start)
		arena_full();
	arena->used = start + size;
	return arena->base + start; /* zeroed: a fresh page, or by arena_reset */
}

bool arena_is_short(const struct arena *arena) { return arena->size - arena->used < arena->size / 8; }

void *arena_grow(struct arena *arena, void *block, size_t size, size_t larger)
{
	size_t start = block ? (size_t)((char *)block - arena->base) : 0;

	if (block && start + size == arena->used) {
		if (larger > arena->size - start)
			arena_full();
		arena->used = start + larger;
		return block;
	}
	void *moved = arena_alloc(arena, larger);
	if (block)
		memcpy(moved, block, size);
	return moved;
}
