/* HOME from the container's /etc/passwd: an image's file, so of any shape and size. */
#include "init/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"

#define READ_MOST (4l << 20)

/* The sixth field of "name:password:uid:gid:comment:home:shell", if the third is `uid`. */
static bool home_of_line(char *line, uid_t uid, char *to, size_t size)
{
	char *field[6];
	uint32_t number;

	for (int i = 0; i < 6; i++) {
		field[i] = line;
		line += strcspn(line, ":");
		if (*line)
			*line++ = '\0';
		else if (i < 5)
			return false;
	}
	size_t length = strlen(field[5]);
	if (number_u32(field[2], UINT32_MAX, &number) < 0 || number != uid || !length || length >= size)
		return false;
	memcpy(to, field[5], length + 1);
	return true;
}

/* Lines in `data`; what is left of an unfinished one is moved to the front. -1: found. */
static ssize_t eat_lines(char *data, size_t length, uid_t uid, char *to, size_t size)
{
	char *at = data, *end;

	data[length] = '\0';
	while ((end = memchr(at, '\n', length - (size_t)(at - data))) != NULL) {
		*end = '\0';
		if (home_of_line(at, uid, to, size))
			return -1;
		at = end + 1;
	}
	size_t left = length - (size_t)(at - data);
	memmove(data, at, left);
	return (ssize_t)left;
}

static void read_lines(int fd, uid_t uid, char *to, size_t size)
{
	char data[4096 + 1];
	size_t held = 0;

	for (long total = 0; total < READ_MOST;) {
		ssize_t got = again_read(fd, data + held, sizeof(data) - 1 - held);
		if (got < 0)
			return;
		if (got == 0) { /* the last line needs no newline */
			data[held] = '\0';
			home_of_line(data, uid, to, size);
			return;
		}
		total += got;
		ssize_t left = eat_lines(data, held + (size_t)got, uid, to, size);
		if (left < 0)
			return;
		if ((size_t)left == sizeof(data) - 1) /* no passwd file has lines as long as this */
			return;
		held = (size_t)left;
	}
}

void home_find(uid_t uid, char *to, size_t size, enum lookup_flags lookup)
{
	struct stat file;

	to[0] = '/';
	to[1] = '\0';
	/* Looked at before it is opened: a FIFO would block, a device might act (rule B.2.5). */
	_cleanup_fd int looked = lookup_open("/etc/passwd", O_PATH, lookup);
	if (looked < 0 || fstat(looked, &file) < 0 || !S_ISREG(file.st_mode))
		return;
	_cleanup_fd int fd = lookup_open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, lookup);
	if (fd < 0 || fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
		return;
	read_lines(fd, uid, to, size);
}
