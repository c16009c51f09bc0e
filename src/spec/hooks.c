/* config.md#posix-platform-hooks, as tables. */
#include "spec/hooks.h"

/* The timeout's upper bound is ours (68 years): seconds become nanoseconds further on, and must not overflow there. */
JSON_TABLE(spec_hook_table, "hook", struct spec_hook,
	F_PLACE(struct spec_hook, at),
	F_STRING(struct spec_hook, path, "path", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_STRINGS(struct spec_hook, args, "args", 0, 0),
	F_STRINGS(struct spec_hook, env, "env", 0, 65536), /* rule B.17 */
	F_OPT_INT(struct spec_hook, timeout, "timeout", 1, INT32_MAX));

JSON_TABLE(spec_hooks_table, "hooks", struct spec_hooks,
	F_OBJECTS(struct spec_hooks, prestart, "prestart", 0, &spec_hook_table, 0),
	F_OBJECTS(struct spec_hooks, create_runtime, "createRuntime", 0, &spec_hook_table, 0),
	F_OBJECTS(struct spec_hooks, create_container, "createContainer", 0, &spec_hook_table, 0),
	F_OBJECTS(struct spec_hooks, start_container, "startContainer", 0, &spec_hook_table, 0),
	F_OBJECTS(struct spec_hooks, poststart, "poststart", 0, &spec_hook_table, 0),
	F_OBJECTS(struct spec_hooks, poststop, "poststop", 0, &spec_hook_table, 0));
