/*
 * The counters of a program under `make coverage` are a file, which all processes that run it have mapped: whatever ends a process, and in
 * whatever root, namespace or filter it lives by then, what it has counted is kept. libgcov would write them at exit, which most of our
 * processes never reach: they end by exec, _exit or a signal, or have no way to the host's files any more.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern char counters_begin[], counters_end[];
void __gcov_dump(void);
void __wrap___gcov_exit(void);

/* The destructors of all objects call it. */
void __wrap___gcov_exit(void)
{
}

/* 100 is when the objects tell libgcov of themselves. With GCOV_DUMP the program does nothing but write what the file has, as libgcov
 * writes it. */
__attribute__((constructor(101))) static void share_counters(void)
{
	const size_t size = (size_t)(counters_end - counters_begin);
	struct stat file;
	int fd = open(COUNTERS_FILE, O_RDWR | O_CLOEXEC);

	/* A host that is closed to us, or no descriptor left: such a process is not counted. */
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0 && ((size_t)file.st_size >= size || ftruncate(fd, (off_t)size) == 0))
		mmap(counters_begin, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	if (getenv("GCOV_DUMP")) {
		__gcov_dump();
		_exit(0);
	}
}
