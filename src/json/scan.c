/* Lines and columns, and the checks of the raw text. */
#include "json/scan.h"

#include <stdbool.h>
#include <string.h>
#include "base/text.h"

void scan_over(struct scan *scan, size_t length)
{
	for (const char *stop = scan->at + length; scan->at < stop; scan->at++) {
		if (*scan->at == '\n') {
			scan->line++;
			scan->column = 1;
		} else if ((*scan->at & 0xc0) != 0x80) { /* a character is counted by its first byte */
			scan->column++;
		}
	}
}

void scan_over_token(struct scan *scan, size_t length)
{
	if (!scan->ascii) {
		scan_over(scan, length);
		return;
	}
	scan->at += length;
	scan->column += (uint32_t)length;
}

void scan_blanks(struct scan *scan)
{
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\n') {
			scan->line++;
			scan->column = 1;
		} else if (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r') {
			scan->column++;
		} else {
			return;
		}
	}
}

void scan_to_token(struct scan *scan)
{
	scan_blanks(scan);
	if (scan->at < scan->end && (*scan->at == ',' || *scan->at == ':')) {
		scan_over_token(scan, 1);
		scan_blanks(scan);
	}
}

/* The four digits of a \u escape. yajl has seen that they are there before it reports the string. */
static unsigned hex4(const char *at)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		unsigned digit = at[i] <= '9' ? (unsigned)(at[i] - '0') : (unsigned)((at[i] | 0x20) - 'a' + 10);
		value = value << 4 | (digit & 15);
	}
	return value;
}

/* A backslash stands at `at`; `*length` is what belongs to it. */
static const char *check_escape(const char *at, const char *end, size_t *length)
{
	*length = 2;
	if (end - at < 6 || at[1] != 'u')
		return NULL;
	*length = 6;
	unsigned unit = hex4(at + 2);
	if (unit == 0)
		return "a string must not contain \\u0000";
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	if (unit < 0xdc00 && end - at >= 12 && at[6] == '\\' && at[7] == 'u' && (hex4(at + 8) & 0xfc00) == 0xdc00) {
		*length = 12;
		return NULL;
	}
	return "half of a surrogate pair in a string";
}

const char *scan_string(struct scan *scan)
{
	const char *at = scan->at + 1, *wrong = NULL;

	while (at < scan->end && *at != '"') {
		size_t length = 1;
		if (*at == '\\') {
			const char *found = check_escape(at, scan->end, &length);
			wrong = wrong ? wrong : found;
		}
		at += (size_t)(scan->end - at) < length ? (size_t)(scan->end - at) : length;
	}
	scan_over(scan, (size_t)(at - scan->at) + (at < scan->end));
	return wrong;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

static struct scan after_token(struct scan scan)
{
	size_t length = 1;

	if (*scan.at == '"') {
		scan_string(&scan);
		return scan;
	}
	if (is_word(*scan.at))
		while (scan.at + length < scan.end && is_word(scan.at[length]))
			length++;
	scan_over(&scan, length);
	return scan;
}

void scan_to_error(struct scan *scan, const char *target)
{
	for (scan_blanks(scan); scan->at < scan->end; scan_blanks(scan)) {
		struct scan next = after_token(*scan);
		if (next.at >= target)
			return;
		*scan = next;
	}
}

const char *scan_encoding(struct scan *scan)
{
	const char *at = scan->at;
	uint64_t word;

	scan->ascii = true;
	if (scan->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		return "a byte order mark is not allowed";
	while (at < scan->end) {
		size_t length;
		/* Eight bytes of plain ASCII at once: no high bit, no zero byte. */
		if (scan->end - at >= 8 && (memcpy(&word, at, 8), !(word & 0x8080808080808080u)) &&
		    !((word - 0x0101010101010101u) & ~word & 0x8080808080808080u)) {
			at += 8;
			continue;
		}
		length = utf8_length(at, (size_t)(scan->end - at));
		if (!length || !*at) {
			scan_over(scan, (size_t)(at - scan->at));
			return length ? "a NUL byte is not allowed" : "this is not valid UTF-8";
		}
		scan->ascii = scan->ascii && length == 1;
		at += length;
	}
	return NULL;
}
