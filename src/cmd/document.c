/* A JSON document that is named on the command line: a file, a pipe such as a shell's <(...), or "-" for standard input. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/container.h"

#define WRITER_MS 2000

const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Opened without waiting, which a FIFO without a writer would make us do for ever. */
static int open_document(const char *path, struct error *error)
{
	_cleanup_fd int fd = again_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail(error, 0, "file %s not found", path);
	if (fd < 0)
		return fail(error, errno, "cannot read '%s'", path);
	return take_fd(&fd);
}

/* Whoever is to write to a FIFO may come a little later than we do; once there, he has as long as he wants. `text` gets the first byte, if
 * there is one: only a read tells whether there is a writer. How many bytes that is, -1. */
static ssize_t await_writer(int fd, const char *path, char *text, struct error *error)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int r = poll(&readable, 1, WRITER_MS); /* no POLLHUP before there was a writer (pipe(7)) */
	ssize_t n = again_read(fd, text, 1);

	if (n == 0 && r == 0)
		return fail(error, 0, "cannot read '%s': nobody has opened it for writing", path);
	if (n < 0 && errno != EAGAIN)
		return fail(error, errno, "cannot read '%s'", path);
	if (fcntl(fd, F_SETFL, 0) < 0)
		return fail(error, errno, "cannot read '%s'", path);
	return n < 0 ? 0 : n;
}

/* Of limited size, and of a kind that ends (rule B.17, case C49). */
static int check_file(int fd, const char *path, struct stat *info, struct error *error)
{
	if (fstat(fd, info) < 0)
		return fail(error, errno, "cannot read '%s'", path);
	if (!S_ISREG(info->st_mode) && !S_ISFIFO(info->st_mode))
		return fail(error, 0, "cannot read '%s': not a regular file", path);
	if (S_ISREG(info->st_mode) && info->st_size > JSON_SIZE)
		return fail(error, 0, "'%s' has %lld bytes, at most %u are read", path, (long long)info->st_size, JSON_SIZE);
	return 0;
}

int document_read(const char *path, struct arena *arena, struct document *document, struct error *error)
{
	const bool standard_input = strcmp(path, "-") == 0;
	struct stat info = { .st_mode = S_IFIFO };
	ssize_t begun = 0;

	document->name = standard_input ? "standard input" : file_name(path);
	_cleanup_fd int fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open_document(path, error);
	if (fd < 0)
		return standard_input ? fail(error, errno, "cannot read standard input") : -1;
	if (!standard_input)
		try(check_file(fd, path, &info, error));
	const size_t room = (S_ISREG(info.st_mode) ? (size_t)info.st_size : JSON_SIZE) + 2; /* one more shows that there is more */
	char *text = arena_alloc(arena, room);
	if (!standard_input)
		try(begun = await_writer(fd, path, text, error));
	ssize_t length = read_all(fd, text + begun, room - (size_t)begun);
	if (length == -EFBIG || begun + length > JSON_SIZE)
		return fail(error, 0, "'%s' has more than %zu bytes", document->name, room - 2);
	if (length < 0)
		return fail(error, (int)-length, "cannot read '%s'", document->name);
	document->text = text;
	document->length = (size_t)(begun + length);
	return 0;
}
