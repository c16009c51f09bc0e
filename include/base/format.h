/* printf's everyday conversions without stdio, so that init may use them too.
 * Known: %s %.*s %.Ns %c %d %i %u %x %o with l, ll, z, j, a width and 0 or -; %%. No floating point, no %n. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size-1 bytes and a NUL; the length the whole text has (like snprintf). */
size_t format_v(char *to, size_t size, const char *format, va_list args);
size_t format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
