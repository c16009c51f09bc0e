/* One growing text, in the arena; and the escapes that text from a configuration needs before a person or a log sees it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct text {
	struct arena *arena;
	char *data; /* NUL-terminated once anything was added, else NULL */
	size_t length, room;
};

static inline struct text text_in(struct arena *arena)
{
	return (struct text){ .arena = arena };
}

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char c);
void text_add_blanks(struct text *text, size_t count);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes. '/' stays as it is (contract section 16.13); bad UTF-8 becomes U+FFFD. */
void text_add_json(struct text *text, const char *string);

/* As text for a terminal or a log line: control characters (below 0x20, 0x7f, U+0080 to U+009F) and bad UTF-8 become \xNN, byte
 * by byte (rule B.16). */
void text_add_visible(struct text *text, const char *string);

/* The same two escapes for one character, for those who have no arena: `*taken` bytes of `at` become the returned number of
 * bytes in `to`. */
#define TEXT_ESCAPED 16
size_t text_json_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken);
size_t text_visible_char(const char *at, size_t available, char to[TEXT_ESCAPED], size_t *taken);

/* Length of the valid UTF-8 sequence at `at` (1 to 4), 0 if it is not one. Overlong forms and surrogates are not. */
size_t utf8_length(const char *at, size_t available);

/* Whether all of it is valid UTF-8. */
bool utf8_valid(const char *at, size_t length);
