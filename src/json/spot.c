/* The words for a place in a document. */
#include "json/spot.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include "base/format.h"
#include "base/text.h"

struct path {
	char *to;
	size_t size, length;
};

static void add(struct path *path, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++, path->length++)
		if (path->length + 1 < path->size)
			path->to[path->length] = bytes[i];
}

/* Whether a key reads well after a dot. */
static bool is_plain(const char *key)
{
	for (const char *at = key; *at; at++) {
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
		if (!letter && (at == key || *at < '0' || *at > '9'))
			return false;
	}
	return *key != '\0';
}

static void add_quoted(struct path *path, const char *key)
{
	size_t left = strlen(key), taken;
	char escaped[TEXT_ESCAPED];

	add(path, "[\"", 2);
	for (; left; key += taken, left -= taken) {
		size_t length = text_json_char(key, left, escaped, &taken);
		add(path, escaped, length);
	}
	add(path, "\"]", 2);
}

static void add_spot(struct path *path, const struct spot *spot)
{
	char number[24];

	if (!spot->parent)
		return;
	add_spot(path, spot->parent);
	const char *key = spot->node->key;
	if (!key) {
		add(path, number, format(number, sizeof(number), "[%u]", spot->index));
	} else if (is_plain(key)) {
		add(path, ".", path->length ? 1 : 0);
		add(path, key, strlen(key));
	} else {
		add_quoted(path, key);
	}
}

size_t spot_path(const struct spot *spot, char *to, size_t size)
{
	struct path path = { .to = to, .size = size };

	add_spot(&path, spot);
	if (size)
		to[path.length < size ? path.length : size - 1] = '\0';
	return path.length;
}

int spot_fail(const struct spot *spot, const char *name, struct error *error, const char *format, ...)
{
	char path[sizeof(error->path) + 1]; /* one more, so that the error sees that it was cut */
	char text[sizeof(error->text) + 1];
	struct place place = { .path = path, .line = spot->node->line, .column = spot->node->column, .file = name };
	va_list args;

	spot_path(spot, path, sizeof(path));
	va_start(args, format);
	format_v(text, sizeof(text), format, args);
	va_end(args);
	return fail_at(error, &place, 0, "%s", text);
}

const char *excerpt(const char *text, char to[EXCERPT_SIZE])
{
	size_t length = strlen(text), cut = 0, next;

	if (length < EXCERPT_SIZE)
		return memcpy(to, text, length + 1);
	while ((next = utf8_length(text + cut, length - cut)) != 0 && cut + next < EXCERPT_SIZE - 3)
		cut += next;
	memcpy(to, text, cut);
	memcpy(to + cut, "...", 4);
	return to;
}
