/* One growing text in the arena, and the escapes of its characters. */
#include "base/text.h"

#include <stdarg.h>
#include <string.h>
#include "base/arena.h"
#include "base/format.h"

/* Room for `more` bytes and the NUL. */
static char *reserve(struct text *text, size_t more)
{
	size_t needed = text->length + more + 1, room = text->room ? text->room : 64;

	while (room < needed)
		room *= 2;
	if (room != text->room) {
		text->data = arena_grow(text->arena, text->data, text->room, room);
		text->room = room;
	}
	return text->data + text->length;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	char *to = reserve(text, length);

	if (length)
		memcpy(to, bytes, length);
	to[length] = '\0';
	text->length += length;
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
	text_add_bytes(text, &c, 1);
}

void text_add_blanks(struct text *text, size_t count)
{
	memset(reserve(text, count), ' ', count);
	text->length += count;
	text->data[text->length] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t length = format_v(NULL, 0, format, args);
	va_end(args);
	char *to = reserve(text, length);
	va_start(args, format);
	format_v(to, length + 1, format, args);
	va_end(args);
	text->length += length;
}

/* RFC 3629: how many bytes follow a first byte, and what the second may be; that excludes overlong forms and surrogates. */
static const struct {
	unsigned char first, last, length, second_min, second_max;
} utf8_forms[] = {
	{ 0x00, 0x7f, 1, 0, 0 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

size_t utf8_length(const char *at, size_t available)
{
	const unsigned char *bytes = (const unsigned char *)at;

	if (!available)
		return 0;
	for (size_t i = 0; i < sizeof(utf8_forms) / sizeof(utf8_forms[0]); i++) {
		if (bytes[0] < utf8_forms[i].first || bytes[0] > utf8_forms[i].last)
			continue;
		if (utf8_forms[i].length > available)
			return 0;
		if (utf8_forms[i].length > 1 && (bytes[1] < utf8_forms[i].second_min || bytes[1] > utf8_forms[i].second_max))
			return 0;
		for (size_t n = 2; n < utf8_forms[i].length; n++)
			if ((bytes[n] & 0xc0) != 0x80)
				return 0;
		return utf8_forms[i].length;
	}
	return 0;
}

bool utf8_valid(const char *at, size_t length)
{
	while (length) {
		size_t n = utf8_length(at, length);
		if (!n)
			return false;
		at += n;
		length -= n;
	}
	return true;
}

/* C1 controls are two bytes of valid UTF-8, and some terminals obey them: U+009B begins an escape sequence like ESC [. */
static bool is_control(const char *at, size_t length)
{
	unsigned char first = (unsigned char)at[0];

	return length == 1 ? first < 0x20 || first == 0x7f : length == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0;
}

static const struct {
	char raw;
	char escape[3];
} json_short[] = {
	{ '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { '\t', "\\t" },
	{ '\r', "\\r" }, { '\b', "\\b" }, { '\f', "\\f" },
};

size_t text_json_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken)
{
	static const char replacement[] = { '\xef', '\xbf', '\xbd' }; /* U+FFFD */
	size_t length = utf8_length(at, available);

	*taken = length ? length : 1;
	if (!length) {
		memcpy(to, replacement, sizeof(replacement));
		return sizeof(replacement);
	}
	for (size_t i = 0; i < sizeof(json_short) / sizeof(json_short[0]); i++) {
		if (*at == json_short[i].raw) {
			memcpy(to, json_short[i].escape, 2);
			return 2;
		}
	}
	if (is_control(at, length))
		return format(to, TEXT_ESCAPED, "\\u%04x", (unsigned)(unsigned char)at[length - 1]);
	memcpy(to, at, length);
	return length;
}

size_t text_visible_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken)
{
	size_t length = utf8_length(at, available), out = 0;

	*taken = length ? length : 1;
	if (length && !is_control(at, length)) {
		memcpy(to, at, length);
		return length;
	}
	for (size_t i = 0; i < *taken; i++)
		out += format(to + out, TEXT_ESCAPED - out, "\\x%02x", (unsigned)(unsigned char)at[i]);
	return out;
}

/* How many bytes from here on both escapes leave as they are. */
static size_t plain_length(const char *string)
{
	size_t length = 0;

	while (string[length] >= ' ' && string[length] < 0x7f && string[length] != '"' && string[length] != '\\')
		length++;
	return length;
}

static void add_escaped(struct text *text, const char *string, size_t (*escape)(const char *, size_t, char *, size_t *))
{
	size_t left = strlen(string), taken;
	char escaped[TEXT_ESCAPED];

	for (; left; string += taken, left -= taken) {
		size_t length = plain_length(string);
		taken = length;
		if (length)
			text_add_bytes(text, string, length);
		else
			text_add_bytes(text, escaped, escape(string, left, escaped, &taken));
	}
}

void text_add_json(struct text *text, const char *string)
{
	text_add_char(text, '"');
	add_escaped(text, string, text_json_char);
	text_add_char(text, '"');
}

void text_add_visible(struct text *text, const char *string)
{
	text_add_bytes(text, "", 0);
	add_escaped(text, string, text_visible_char);
}
