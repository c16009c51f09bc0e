/* Where messages go: one record, one write(2). */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/again.h"
#include "base/error.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"

#define CUT " [...]"

static struct {
	int fd; /* the log file, or stderr */
	enum log_format format;
	bool debug;
} the_log = { .fd = STDERR_FILENO };

int log_open(const struct log_options *options)
{
	const char *path = options->path;

	the_log.format = options->format;
	the_log.debug = options->debug;
	if (!path)
		return 0;
	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	/* O_NONBLOCK: a FIFO that nobody reads is an error, not a hang. */
	int fd = again_create_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd < 0)
		return -errno;
	if (the_log.fd != STDERR_FILENO)
		close(the_log.fd);
	the_log.fd = fd;
	return 0;
}

/* A record takes at most PIPE_BUF bytes: only those are written to a pipe in one piece (pipe(7)). */
struct record {
	char data[PIPE_BUF];
	size_t length;
};

typedef size_t escape_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken);

/* Quotes doubled (rule B.16): so a message cannot end its field and begin another one. */
static size_t quoted_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken)
{
	if (*at != '"')
		return text_visible_char(at, available, to, taken);
	*taken = 1;
	to[0] = to[1] = '"';
	return 2;
}

static void add_plain(struct record *record, const char *bytes, size_t length)
{
	memcpy(record->data + record->length, bytes, length);
	record->length += length;
}

/* Adds `message` as far as it fits in front of `tail` and a mark that something is missing. */
static void add_message(struct record *record, const char *message, escape_char *escape, const char *tail)
{
	size_t room = sizeof(record->data) - strlen(tail), left = strlen(message), taken;
	size_t cut = record->length; /* where the mark would go */
	char escaped[TEXT_ESCAPED];

	for (; left; message += taken, left -= taken) {
		size_t length = escape(message, left, escaped, &taken);
		if (record->length + length > room) {
			record->length = cut;
			add_plain(record, CUT, strlen(CUT));
			break;
		}
		add_plain(record, escaped, length);
		if (record->length + strlen(CUT) <= room)
			cut = record->length;
	}
	add_plain(record, tail, strlen(tail));
}

static void write_record(int fd, const struct record *record)
{
	(void)!again_write(fd, record->data, record->length);
}

static void log_record(int fd, const char *level, const char *message)
{
	struct record record;
	char when[CLOCK_TEXT], tail[96];

	clock_text(clock_now(), the_log.format == LOG_JSON ? 6 : 0, when);
	if (the_log.format == LOG_JSON) {
		record.length = format(record.data, sizeof(record.data), "{\"level\":\"%s\",\"msg\":\"", level);
		format(tail, sizeof(tail), "\",\"time\":\"%s\"}\n", when);
		add_message(&record, message, text_json_char, tail);
	} else {
		record.length = format(record.data, sizeof(record.data), "time=\"%s\" level=%s msg=\"", when, level);
		add_message(&record, message, quoted_char, "\"\n");
	}
	write_record(fd, &record);
}

static void log_bare(const char *prefix, const char *message)
{
	struct record record = { .length = 0 };

	add_plain(&record, prefix, strlen(prefix));
	add_message(&record, message, text_visible_char, "\n");
	write_record(STDERR_FILENO, &record);
}

void log_debug(const char *format, ...)
{
	char message[PIPE_BUF];
	va_list args;

	if (!the_log.debug)
		return;
	va_start(args, format);
	format_v(message, sizeof(message), format, args);
	va_end(args);
	log_record(the_log.fd, "debug", message);
}

void log_warning(const char *format, ...)
{
	char message[PIPE_BUF];
	va_list args;

	va_start(args, format);
	format_v(message, sizeof(message), format, args);
	va_end(args);
	if (the_log.fd == STDERR_FILENO)
		log_record(STDERR_FILENO, "warning", message);
	else
		log_bare("warning: ", message);
}

/* The last thing we do: whoever waits for a pipe that nobody empties can be ended. */
static void let_signals_in(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	sigset_t none;

	if (poll(&room, 1, 0) != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void log_error(const char *prefix, const struct error *error)
{
	char message[PIPE_BUF];
	let_signals_in(STDERR_FILENO);
	size_t length = format(message, sizeof(message), "%s", prefix ? prefix : "");

	if (length >= sizeof(message))
		length = sizeof(message) - 1;
	error_sentence(error, message + length, sizeof(message) - length);
	log_record(the_log.fd, "error", message);
	if (the_log.fd != STDERR_FILENO)
		log_bare("", message);
}
