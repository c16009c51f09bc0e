/* config.md#posix-platform-hooks */
#pragma once

#include "json/json.h"

struct spec_hook {
	struct place at;
	const char *path;            /* absolute */
	struct json_strings args;
	struct json_strings env;     /* env.given tells an empty environment from an unset one */
	const int64_t *timeout;      /* seconds, above 0 */
};

struct spec_hooks {              /* lists of struct spec_hook */
	struct json_objects prestart, create_runtime, create_container, start_container, poststart, poststop;
};
extern const struct json_table spec_hooks_table;
