/* Help, made from the tables. */
#include <string.h>
#include "base/file.h"
#include "base/text.h"
#include "cmd/commands.h"

static void option_lines(const struct option *table, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *option = &table[i];
		if (option->kind == OPTION_IGNORED || !option->help)
			continue;
		size_t before = out->length;
		text_printf(out, "   --%s", option->name);
		if (option->letter)
			text_printf(out, ", -%c", option->letter);
		if (option->argument)
			text_printf(out, " %s", option->argument);
		size_t width = out->length - before;
		text_printf(out, "%*s%s\n", (int)(width < 31 ? 32 - width : 1), "", option->help);
	}
}

void help_all(struct text *out)
{
	text_add(out,
		 "caisson - an OCI container runtime\n\nUSAGE:\n   caisson [global options] COMMAND [options] [arguments]\n\nCOMMANDS:\n");
	for (const struct command *const *command = commands; *command; command++)
		text_printf(out, "   %-10s%s\n", (*command)->name, (*command)->summary);
	text_add(out, "   help      this text, or that of a command\n\nGLOBAL OPTIONS:\n");
	option_lines(global_option_table, global_option_count, out);
}

void help_command(const struct command *command, struct text *out)
{
	text_printf(out, "caisson %s - %s\n\nUSAGE:\n   caisson %s [options] %s\n", command->name, command->summary, command->name,
		    command->arguments);
	if (command->option_count) {
		text_add(out, "\nOPTIONS:\n");
		option_lines(command->options, command->option_count, out);
	}
}

int print(const struct text *text, struct error *error)
{
	int r = text->length ? write_all(1, text->data, text->length) : 0;
	return r < 0 ? fail(error, -r, "cannot write to standard output") : 0;
}
