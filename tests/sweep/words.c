/* Text, files, and the one way to give up. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "sweep.h"

void say(struct words *words, const char *format, ...)
{
	size_t room = sizeof(words->text) - words->length;
	va_list list;

	va_start(list, format);
	int length = vsnprintf(words->text + words->length, room, format, list);
	va_end(list);
	words->cut = words->cut || length < 0 || (size_t)length >= room;
	words->length += words->cut ? room - 1 : (size_t)length;
}

ssize_t slurp(int at, const char *path, char *text, size_t size)
{
	int fd = openat(at, path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t got = read(fd, text + length, size - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	close(fd);
	text[length] = '\0';
	return (ssize_t)length;
}

void give_up(const char *format, ...)
{
	char line[512];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	dprintf(STDOUT_FILENO, "not ok - sweep: %s\n", line);
	_exit(1);
}
