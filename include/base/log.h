/* Where messages go: one descriptor, text or JSON, one write(2) a record (contract section 4, rule B.16). */
#pragma once

#include <stdbool.h>

struct error;

enum log_format { LOG_TEXT, LOG_JSON };

struct log_options {
	const char *path; /* NULL: stderr only. "file:PATH" is accepted for PATH */
	enum log_format format;
	bool debug;
};

/* Opens the log: O_APPEND, O_NOFOLLOW, O_CLOEXEC, 0644, the directory is not made. 0, or -errno; then stderr is still the log. */
int log_open(const struct log_options *options);

/* Only with --debug: to the log, or to stderr if there is none. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To stderr alone, never to the log file: podman parses the whole file as one error object (contract section 1.3). */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The one error of a failing command: one record in the log file if there is one, and the same message on stderr. */
void log_error(const char *prefix, const struct error *error);
