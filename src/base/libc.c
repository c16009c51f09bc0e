/* What the archives of libseccomp, libcap and yajl ask of libc, if they were built for another one: the functions by which glibc checks
 * sizes at run time. Their own checks are made here, too; musl has none of its own. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef __GLIBC__

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...);
int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...);
int __asprintf_chk(char **to, int flag, const char *format, ...);
int __fprintf_chk(FILE *to, int flag, const char *format, ...);
void *__memcpy_chk(void *to, const void *from, size_t size, size_t room);

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	int length = vsnprintf(to, room > INT_MAX ? INT_MAX : room, format, args); /* (size_t)-1: not known */
	va_end(args);
	if (length >= 0 && (size_t)length >= room)
		__builtin_trap();
	return length;
}

int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
{
	va_list args;

	(void)flag;
	if (size > room)
		__builtin_trap();
	va_start(args, format);
	int length = vsnprintf(to, size, format, args);
	va_end(args);
	return length;
}

int __asprintf_chk(char **to, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	int length = vasprintf(to, format, args);
	va_end(args);
	return length;
}

int __fprintf_chk(FILE *to, int flag, const char *format, ...)
{
	va_list args;

	(void)flag;
	va_start(args, format);
	int length = vfprintf(to, format, args);
	va_end(args);
	return length;
}

void *__memcpy_chk(void *to, const void *from, size_t size, size_t room)
{
	if (size > room)
		__builtin_trap();
	return memcpy(to, from, size);
}
#endif
