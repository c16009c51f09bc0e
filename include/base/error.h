/* What went wrong, as one flat struct that can travel through a socket from init to the runtime.
 *
 * base and kern return -errno and stay silent; above them a function takes `struct error *` last and fills it once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in config.json (or process.json ...) a value stands. `path` is like "linux.resources.memory.limit" or "mounts[3]". */
struct place {
	const char *path;
	uint32_t line, column; /* from 1; 0: nowhere */
	const char *file;      /* the document's name, in the arena too; NULL: config.json */
};

struct error {
	int code;             /* the errno behind it, or 0 */
	uint32_t line, column;
	char file[32];        /* the document the place is in; empty: config.json */
	char path[128];       /* the place, as text: it must survive the arena */
	char step[40];        /* the row of the score it happened in; the runner fills it */
	char text[640];       /* what was tried, and on what object */
};

/* Fills the error, unless one is there already. Returns -1, so that `return fail(...)` is the idiom. */
int fail(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for a value that stands in the configuration. */
int fail_at(struct error *error, const struct place *place, int code, const char *format, ...) __attribute__((format(printf, 4, 5)));

#ifdef __clang_analyzer__ /* it sees one file at a time */
#define fail(...) (fail(__VA_ARGS__), -1)
#define fail_at(...) (fail_at(__VA_ARGS__), -1)
#endif

/* Passing an error on. */
#define try(expression)                                  \
	do {                                             \
		int try_result_ = (expression);          \
		if (try_result_ < 0)                     \
			return try_result_;              \
	} while (0)

/* The one sentence people and callers read. With an errno behind it, something was tried and refused:
 *     cannot mount 'tmpfs' at '/tmp': EINVAL: invalid argument (mounts[3] at config.json:40:5, in step 'mounts')
 * without one, it is the document that is wrong: config.json:6:14: process.user.uid: expected a number, found a string
 * The step is there once something was begun: it is the row of the score that `explain` shows. The cause of ENOENT, EACCES and EPERM
 * is worded so that engines do not take it for the user's program missing or not executable (contract section 9); say those words in
 * `text` where it is the program. Returns the length (like snprintf). */
size_t error_sentence(const struct error *error, char *to, size_t size);

/* A word for an errno, without stdio and without locale: "ENOSPC: no space left on device". These two are in error_text.c, which
 * init does not link: there errors travel as code. */
const char *errno_text(int code);
