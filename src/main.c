/* Global options, find the command, print the one error, exit code. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/format.h"
#include "base/text.h"
#include "cmd/commands.h"
#include "cmd/process.h"
#include "kern/forbidden.h"
#include "run/trace.h"

#define EXIT_USAGE 1
#define EXIT_UNKNOWN_COMMAND 3

static const struct command *find_command(const char *name)
{
	for (const struct command *const *command = commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static bool is_help(const char *name)
{
	return strcmp(name, "help") == 0 || strcmp(name, "h") == 0;
}

static int unknown_command(const char *name, struct error *error)
{
	fail(error, 0, "unknown command '%s': see caisson --help", name);
	log_error(NULL, error);
	return EXIT_UNKNOWN_COMMAND;
}

/* Of one command, or of all for NULL. */
static int show_help(const char *name, struct arena *arena, struct error *error)
{
	struct text out = text_in(arena);
	const struct command *command = name ? find_command(name) : NULL;

	if (name && !command && !is_help(name) && *name != '-') /* help --help */
		return unknown_command(name, error);
	if (command)
		help_command(command, &out);
	else
		help_all(&out);
	return print(&out, error);
}

static int show_version(struct arena *arena, struct error *error)
{
	struct text out = text_in(arena);
	version_text(&out);
	return print(&out, error);
}

static int set_up_log(struct global_options *globals, struct error *error)
{
	const char *format = globals->log_format, *level = globals->log_level;

	if (level && strcmp(level, "debug") == 0)
		globals->log.debug = true;
	globals->log.format = format && strcmp(format, "json") == 0 ? LOG_JSON : LOG_TEXT;
	int r = log_open(&globals->log);
	return r < 0 ? fail(error, -r, "cannot open the log '%s'", globals->log.path) : 0;
}

static int wrong_count(const struct command *command, struct arena *arena, struct error *error)
{
	struct text out = text_in(arena);

	text_add(&out, "Incorrect Usage.\n\n");
	help_command(command, &out);
	print(&out, error);
	if (command->least == command->most)
		return fail(error, 0, "caisson: \"%s\" requires exactly %zu argument(s)", command->name, command->least);
	if (command->most == SIZE_MAX)
		return fail(error, 0, "caisson: \"%s\" requires a minimum of %zu argument(s)", command->name, command->least);
	return fail(error, 0, "caisson: \"%s\" requires a minimum of %zu and a maximum of %zu argument(s)", command->name, command->least,
		    command->most);
}

static int run_command(const struct command *command, const struct global_options *globals, const struct parsed *rest, struct arena *arena,
		       int *failure, struct error *error)
{
	struct parsed parsed;
	void *options = arena_alloc(arena, command->options_size + 1);
	int flags = command->flags & COMMAND_STOP_AT_FIRST ? PARSE_STOP_AT_FIRST : 0;

	int r = options_parse(command->options, command->option_count, rest->args + 1, rest->count - 1, flags, arena, options, &parsed,
			      error);
	if (r < 0) {
		show_help(command->name, arena, error);
		return -1;
	}
	if (parsed.help)
		return show_help(command->name, arena, error);
	if (parsed.count < command->least || parsed.count > command->most)
		return wrong_count(command, arena, error);
	const struct invocation invocation = {
		.command = command, .globals = globals, .options = options, .args = parsed.args, .count = parsed.count, .arena = arena,
	};
	int code = command->run(&invocation, error);
	trace_finish(code);
	if (code < 0 && command->failure)
		*failure = command->failure;
	return code;
}

/* `failure` becomes the exit code of an error. */
static int dispatch(int argc, const char *const *argv, struct arena *arena, int *failure, struct error *error)
{
	struct global_options globals = { 0 };
	struct parsed parsed;

	try(options_parse(global_option_table, global_option_count, argv + 1, argc > 0 ? (size_t)argc - 1 : 0, PARSE_STOP_AT_FIRST, arena,
			  &globals, &parsed, error));
	try(set_up_log(&globals, error));
	if (globals.root && !*globals.root)
		return fail(error, 0, "--root must not be empty");
	if (globals.version)
		return show_version(arena, error);
	if (globals.help || parsed.help || parsed.count == 0)
		return show_help(NULL, arena, error);
	const char *name = parsed.args[0];
	if (is_help(name))
		return show_help(parsed.count > 1 ? parsed.args[1] : NULL, arena, error);
	const struct command *command = find_command(name);
	if (command)
		return run_command(command, &globals, &parsed, arena, failure, error);
	return unknown_command(name, error);
}

/* The kernel's word alone would be a riddle where it is a filter's (a service manager's SystemCallFilter=, an old engine's profile). */
static void explain_refusal(struct error *error)
{
	char names[FORBIDDEN_WORDS];

	if ((error->code != ENOSYS && error->code != EPERM) || !*forbidden_calls(names))
		return;
	size_t length = strlen(error->text);
	format(error->text + length, sizeof(error->text) - length, " (a filter forbids system calls here: %s)", names);
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct arena arena;

	int r = process_sanitize();
	if (r == -ENOSYS)
		fail(&error, -r, "cannot begin: a filter forbids close_range, and no procfs lists descriptors");
	else if (r == 0)
		r = arena_open(&arena);
	if (r < 0) {
		fail(&error, -r, "cannot begin");
		log_error(NULL, &error);
		return EXIT_USAGE;
	}
	int failure = EXIT_USAGE;
	int code = dispatch(argc, (const char *const *)argv, &arena, &failure, &error);
	if (code >= 0)
		return code;
	explain_refusal(&error);
	log_error(NULL, &error);
	return failure;
}
