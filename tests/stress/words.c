/* Text, files, time, chance. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "stress.h"

#define MOST_TOLD 40

static struct { int count, told; bool expected; } *counted;

static void put(const char *begin, const char *format, va_list list)
{
	char line[1200];
	int length = snprintf(line, sizeof(line), "%s", begin);

	vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, list);
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = ' ';
	/* In one call: others write, too. */
	strcat(line, "\n");
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(1);
}

void give_up(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put("not ok - stress: ", format, list);
	va_end(list);
	_exit(1);
}

void note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put("# ", format, list);
	va_end(list);
}

void complain(const char *format, ...)
{
	va_list list;

	__atomic_add_fetch(&counted->count, 1, __ATOMIC_SEQ_CST);
	if (counted->expected || __atomic_add_fetch(&counted->told, 1, __ATOMIC_SEQ_CST) > MOST_TOLD)
		return;
	va_start(list, format);
	put("# WRONG: ", format, list);
	va_end(list);
}

int complaints(void) { return __atomic_load_n(&counted->count, __ATOMIC_SEQ_CST); }
void complaints_share(void) { counted = shared(sizeof(*counted)); }
void complaints_expected(bool expected) { counted->expected = expected; }
bool complaints_are_expected(void) { return counted->expected; }

ssize_t slurp(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = 0;

	if (fd < 0)
		return -1;
	for (ssize_t got; (got = read(fd, text + length, size - 1 - length)) > 0;)
		length += (size_t)got;
	close(fd);
	text[length] = '\0';
	return (ssize_t)length;
}

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void nap(int ms) { nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL); }

void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		give_up("no memory");
	return memory;
}

/* xorshift64*, begun with splitmix64: neighbouring seeds give different numbers. */
static uint64_t chance = 1;

void dice_begin(unsigned worker)
{
	uint64_t z = options.seed + (worker + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	chance = (z ^ (z >> 31)) | 1;
}

unsigned dice(unsigned below)
{
	chance ^= chance >> 12;
	chance ^= chance << 25;
	chance ^= chance >> 27;
	return (unsigned)((chance * 0x2545f4914f6cdd1du) >> 33) % below;
}
