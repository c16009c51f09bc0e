/* The text again, token by token in step with yajl's events: it knows lines, columns and what yajl lets pass.
 * Columns count characters, from 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan {
	const char *at, *end;
	uint32_t line, column;
	bool ascii; /* a byte is a character */
};

void scan_blanks(struct scan *scan);

/* Over blanks, and one comma or colon with the blanks behind it, to where the next token begins. */
void scan_to_token(struct scan *scan);

/* Over `length` bytes. */
void scan_over(struct scan *scan, size_t length);

/* The same of a token, in which there is no line break. */
void scan_over_token(struct scan *scan, size_t length);

/* Over a string, quotes included. NULL, or what yajl does not refuse in it but we do. */
const char *scan_string(struct scan *scan);

/* Forward to the token that ends at or reaches over `target`. */
void scan_to_error(struct scan *scan, const char *target);

/* NULL if the text is UTF-8 without byte order mark and NUL (`ascii` is set then), else what is wrong; the scan then stands there. */
const char *scan_encoding(struct scan *scan);
