/* Text in an arena. */
#include <stdarg.h>
#include <string.h>
#include "base/arena.h"
#include "base/format.h"

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t length = format_v(NULL, 0, format, args);
	va_end(args);
	char *text = arena_alloc(arena, length + 1);
	va_start(args, format);
	format_v(text, length + 1, format, args);
	va_end(args);
	return text;
}
