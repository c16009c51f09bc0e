/* Filling the one error, in the runtime and in init. */
#include "base/error.h"

#include <string.h>
#include "base/format.h"

static void fill_text(struct error *error, int code, const char *text, va_list args)
{
	size_t length = format_v(error->text, sizeof(error->text), text, args);

	error->code = code;
	if (length >= sizeof(error->text))
		memcpy(error->text + sizeof(error->text) - 4, "...", 4);
}

int(fail)(struct error *error, int code, const char *format, ...)
{
	va_list args;

	if (error->text[0])
		return -1;
	va_start(args, format);
	fill_text(error, code, format, args);
	va_end(args);
	return -1;
}

int(fail_at)(struct error *error, const struct place *place, int code, const char *text, ...)
{
	va_list args;

	if (error->text[0])
		return -1;
	va_start(args, text);
	fill_text(error, code, text, args);
	va_end(args);
	if (!place)
		return -1;
	error->line = place->line;
	error->column = place->column;
	format(error->file, sizeof(error->file), "%s", place->file ? place->file : "");
	if (format(error->path, sizeof(error->path), "%s", place->path ? place->path : "") >= sizeof(error->path))
		memcpy(error->path + sizeof(error->path) - 4, "...", 4);
	return -1;
}
