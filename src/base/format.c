/* printf's everyday conversions into a buffer, without stdio. */
#include "base/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct output {
	char *to;
	size_t size, length;
};

struct conversion {
	bool left, zeros;
	int width, precision; /* precision -1: none */
	enum { SIZE_INT, SIZE_LONG, SIZE_LONG_LONG, SIZE_SIZE, SIZE_MAXIMUM } size;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->to[out->length] = c;
	out->length++;
}

static void put_times(struct output *out, char c, long times)
{
	while (times-- > 0)
		put(out, c);
}

static void put_bytes(struct output *out, const struct conversion *c, const char *bytes, size_t length)
{
	long fill = c->width - (long)length;

	if (!c->left)
		put_times(out, ' ', fill);
	for (size_t i = 0; i < length; i++)
		put(out, bytes[i]);
	if (c->left)
		put_times(out, ' ', fill);
}

static void put_number(struct output *out, const struct conversion *c, uintmax_t value, unsigned base, bool negative)
{
	char digits[24]; /* 22 octal digits and a sign */
	char *end = digits + sizeof(digits), *at = end;

	do
		*--at = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	if (c->zeros && !c->left) {
		if (negative)
			put(out, '-');
		put_times(out, '0', c->width - (end - at) - negative);
		put_bytes(out, &(struct conversion){ 0 }, at, (size_t)(end - at));
		return;
	}
	if (negative)
		*--at = '-';
	put_bytes(out, c, at, (size_t)(end - at));
}

static intmax_t take_signed(const struct conversion *c, va_list *args)
{
	switch (c->size) {
	case SIZE_INT:
		return va_arg(*args, int);
	case SIZE_LONG:
		return va_arg(*args, long);
	case SIZE_LONG_LONG:
		return va_arg(*args, long long);
	case SIZE_SIZE: /* NOLINT(bugprone-branch-clone): the type of another case here, not everywhere */
		return va_arg(*args, ssize_t);
	case SIZE_MAXIMUM:
		return va_arg(*args, intmax_t);
	}
	return 0;
}

static uintmax_t take_unsigned(const struct conversion *c, va_list *args)
{
	switch (c->size) {
	case SIZE_INT:
		return va_arg(*args, unsigned);
	case SIZE_LONG:
		return va_arg(*args, unsigned long);
	case SIZE_LONG_LONG:
		return va_arg(*args, unsigned long long);
	case SIZE_SIZE: /* NOLINT(bugprone-branch-clone): the type of another case here, not everywhere */
		return va_arg(*args, size_t);
	case SIZE_MAXIMUM:
		return va_arg(*args, uintmax_t);
	}
	return 0;
}

static int read_number(const char **at, va_list *args)
{
	int value = 0;

	if (**at == '*') {
		++*at;
		return va_arg(*args, int);
	}
	for (; **at >= '0' && **at <= '9'; ++*at)
		if (value < 100000)
			value = value * 10 + (**at - '0');
	return value;
}

/* Everything between the percent sign and the letter. */
static struct conversion read_conversion(const char **at, va_list *args)
{
	struct conversion c = { .precision = -1 };

	for (;; ++*at) {
		if (**at == '-')
			c.left = true;
		else if (**at == '0')
			c.zeros = true;
		else
			break;
	}
	c.width = read_number(at, args);
	if (c.width < 0) {
		c.left = true;
		c.width = -c.width;
	}
	if (**at == '.') {
		++*at;
		c.precision = read_number(at, args);
	}
	for (;; ++*at) {
		if (**at == 'l')
			c.size = c.size == SIZE_LONG ? SIZE_LONG_LONG : SIZE_LONG;
		else if (**at == 'z')
			c.size = SIZE_SIZE;
		else if (**at == 'j')
			c.size = SIZE_MAXIMUM;
		else
			return c;
	}
}

static void put_string(struct output *out, const struct conversion *c, const char *string)
{
	if (!string)
		string = "(null)";
	put_bytes(out, c, string, c->precision >= 0 ? strnlen(string, (size_t)c->precision) : strlen(string));
}

static void put_signed(struct output *out, const struct conversion *c, intmax_t value)
{
	put_number(out, c, value < 0 ? -(uintmax_t)value : (uintmax_t)value, 10, value < 0);
}

static void put_conversion(struct output *out, const struct conversion *c, char letter, va_list *args)
{
	switch (letter) {
	case 's':
		put_string(out, c, va_arg(*args, const char *));
		break;
	case 'c':
		put_bytes(out, c, &(char){ (char)va_arg(*args, int) }, 1);
		break;
	case 'd':
	case 'i':
		put_signed(out, c, take_signed(c, args));
		break;
	case 'u':
		put_number(out, c, take_unsigned(c, args), 10, false);
		break;
	case 'x':
		put_number(out, c, take_unsigned(c, args), 16, false);
		break;
	case 'o':
		put_number(out, c, take_unsigned(c, args), 8, false);
		break;
	default: /* %% and what is not known: shown, not interpreted */
		put(out, letter);
	}
}

size_t format_v(char *to, size_t size, const char *format, va_list args)
{
	struct output out = { .to = to, .size = size };
	va_list rest; /* a copy: a va_list parameter has no address of its own type on every ABI */

	va_copy(rest, args);
	for (const char *at = format; *at; at++) {
		if (*at != '%') {
			put(&out, *at);
			continue;
		}
		at++;
		struct conversion c = read_conversion(&at, &rest);
		if (!*at)
			break;
		put_conversion(&out, &c, *at, &rest);
	}
	va_end(rest);
	if (size)
		to[out.length < size ? out.length : size - 1] = '\0';
	return out.length;
}

size_t format(char *to, size_t size, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = format_v(to, size, format, args);
	va_end(args);
	return length;
}
