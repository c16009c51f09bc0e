/* Debug builds alone (make DEBUG=1): how what was asked for is compared with what the kernel says, and what is said if they differ. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include "base/error.h"
#include "base/format.h"

static inline int read_back_differs(struct error *error, const char *field, const char *asked, const char *found)
{
	return fail(error, 0, "read back: %s: asked for '%.200s', found '%.200s'", field, asked, found);
}

static inline int read_back_number(struct error *error, const char *field, uint64_t asked, uint64_t found)
{
	if (asked == found)
		return 0;
	return fail(error, 0, "read back: %s: asked for %" PRIu64 " (0x%" PRIx64 "), found %" PRIu64 " (0x%" PRIx64 ")", field, asked,
		    asked, found, found);
}

static inline int read_back_text(struct error *error, const char *field, const char *asked, const char *found)
{
	return strcmp(asked, found) == 0 ? 0 : read_back_differs(error, field, asked, found);
}

static inline int read_back_unreadable(struct error *error, const char *field, int code)
{
	return fail(error, code, "read back: %s: cannot be read", field);
}

/* The comparisons' own test (tests/read_back): a container whose environment has CAISSON_READ_BACK_BREAK=`word` gets one value other than
 * asked for, after the fact. `env` is NULL-ended, or NULL. */
static inline bool read_back_breaks(char *const *env, const char *word)
{
	static const char name[] = "CAISSON_READ_BACK_BREAK=";

	for (; env && *env; env++)
		if (strncmp(*env, name, sizeof(name) - 1) == 0 && strcmp(*env + sizeof(name) - 1, word) == 0)
			return true;
	return false;
}
