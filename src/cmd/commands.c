/* What caisson can do: a newcomer's first stop. */
#include "cmd/commands.h"

const struct command *const commands[] = {
	&command_create,   /* a bundle becomes a container that waits */
	&command_start,    /* ... and executes its program */
	&command_run,      /* both, and waits for it to end */
	&command_exec,     /* one more process in it */
	&command_state,
	&command_kill,
	&command_delete,
	&command_pause,
	&command_resume,
	&command_ps,
	&command_list,
	&command_update,   /* other limits */
	&command_mounts,   /* more mounts, or fewer */
	&command_events,   /* statistics, and running out of memory */
	&command_spec,     /* writes a config.json */
	&command_features, /* what this binary supports, for engines */
	&command_explain,  /* what create would do, row by row */
	NULL,
};

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const cgroup_managers[] = { "cgroupfs", "systemd", "disabled", NULL };
static const char *const rootless[] = { "true", "false", "auto", "1", "0", "t", "f", NULL };

#define G(member) offsetof(struct global_options, member)

const struct option global_option_table[] = {
	{ "debug", 0, OPTION_FLAG, G(log.debug), NULL, "tell more, in the log or on stderr" },
	{ "log", 0, OPTION_STRING, G(log.path), "FILE", "append errors to FILE too" },
	{ "log-format", 0, OPTION_WORD, G(log_format), "FORMAT", "text (default) or json", log_formats },
	{ "log-level", 0, OPTION_WORD, G(log_level), "LEVEL", "error (default), warning, info or debug", log_levels },
	{ "root", 0, OPTION_STRING, G(root), "DIR", "where the state of containers is kept (default /run/caisson)" },
	{ "systemd-cgroup", 0, OPTION_FLAG, G(systemd_cgroup), NULL, "systemd owns the cgroup; cgroupsPath is slice:prefix:name" },
	{ "cgroup-manager", 0, OPTION_WORD, G(cgroup_manager), "NAME", "cgroupfs (default), systemd or disabled", cgroup_managers },
	{ "rootless", 0, OPTION_WORD, G(rootless), "BOOL", "true, false or auto", rootless },
	{ "criu", 0, OPTION_IGNORED, 0, "PATH", "accepted and ignored" },
	{ "version", 'v', OPTION_FLAG, G(version), NULL, "print the version" },
	{ "help", 'h', OPTION_FLAG, G(help), NULL, "print help" },
};
const size_t global_option_count = sizeof(global_option_table) / sizeof(global_option_table[0]);
