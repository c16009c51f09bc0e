/* What caisson can do: a newcomer's first stop. */
#include "cmd/commands.h"

const struct command *const commands[] = {
	&command_create,   /* a bundle becomes a container that waits */
	&command_start,    /* ... and executes its program */
	&command_run,      /* both, and waits for it to end */
	&command_state,
	&command_kill,
	&command_delete,
	&command_list,
	&command_spec,     /* writes a config.json */
	&command_features, /* what this binary supports, for engines */
	&command_explain,  /* what create would do, row by row */
	NULL,
};

#define G(member) offsetof(struct global_options, member)

const struct option global_option_table[] = {
	{ "debug", 0, OPTION_FLAG, G(log.debug), NULL, "tell more, in the log or on stderr" },
	{ "log", 0, OPTION_STRING, G(log.path), "FILE", "append errors to FILE too" },
	{ "log-format", 0, OPTION_STRING, G(log_format), "FORMAT", "text (default) or json" },
	{ "log-level", 0, OPTION_STRING, G(log_level), "LEVEL", "error (default), warning, info or debug" },
	{ "root", 0, OPTION_STRING, G(root), "DIR", "where the state of containers is kept (default /run/caisson)" },
	{ "systemd-cgroup", 0, OPTION_FLAG, G(systemd_cgroup), NULL, "let systemd own the cgroups: not supported yet" },
	{ "cgroup-manager", 0, OPTION_STRING, G(cgroup_manager), "NAME", "cgroupfs" },
	{ "rootless", 0, OPTION_STRING, G(rootless), "BOOL", "true, false or auto" },
	{ "criu", 0, OPTION_IGNORED, 0, "PATH", "accepted and ignored" },
	{ "version", 'v', OPTION_FLAG, G(version), NULL, "print the version" },
	{ "help", 'h', OPTION_FLAG, G(help), NULL, "print help" },
};
const size_t global_option_count = sizeof(global_option_table) / sizeof(global_option_table[0]);
