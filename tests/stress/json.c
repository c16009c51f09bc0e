/* JSON, strictly: is it whole, and what is in it. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "stress.h"

#define DEEPEST 32

static const char *blanks(const char *at) { return at + strspn(at, " \t\r\n"); }

static const char *string_end(const char *at)
{
	for (at++; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at != '\\')
			continue;
		if (!*++at || !strchr("\"\\/bfnrtu", *at))
			return NULL;
		for (int i = 0; *at == 'u' && i < 4; i++)
			if (!isxdigit((unsigned char)at[1 + i]))
				return NULL;
	}
	return at + 1;
}

static const char *number_end(const char *at)
{
	at += *at == '-';
	if (!isdigit((unsigned char)*at))
		return NULL;
	char *end;
	strtod(at, &end);
	return end;
}

static const char *value_end(const char *at, int depth);

/* What follows the opening bracket, to behind the closing one. */
static const char *members_end(const char *at, char closing, int depth)
{
	at = blanks(at);
	if (*at == closing)
		return at + 1;
	for (;;) {
		if (closing == '}') {
			at = *at == '"' ? string_end(at) : NULL;
			at = at ? blanks(at) : NULL;
			if (!at || *at++ != ':')
				return NULL;
		}
		at = value_end(at, depth);
		if (!at)
			return NULL;
		at = blanks(at);
		if (*at == closing)
			return at + 1;
		if (*at++ != ',')
			return NULL;
		at = blanks(at);
	}
}

static const char *value_end(const char *at, int depth)
{
	static const char *const words[] = { "true", "false", "null" };

	at = blanks(at);
	if (depth > DEEPEST)
		return NULL;
	if (*at == '{' || *at == '[')
		return members_end(at + 1, *at == '{' ? '}' : ']', depth + 1);
	if (*at == '"')
		return string_end(at);
	for (size_t i = 0; i < array_length(words); i++)
		if (strncmp(at, words[i], strlen(words[i])) == 0)
			return at + strlen(words[i]);
	return number_end(at);
}

bool json_whole(const char *text)
{
	const char *end = value_end(text, 0);

	return end && !*blanks(end);
}

const char *json_member(const char *object, const char *name)
{
	const char *at = blanks(object);

	if (*at++ != '{')
		return NULL;
	for (at = blanks(at); *at == '"';) {
		const char *value = blanks(string_end(at)) + 1;
		if (json_is(at, name))
			return blanks(value);
		at = blanks(value_end(value, 0));
		if (*at++ != ',')
			return NULL;
		at = blanks(at);
	}
	return NULL;
}

int json_items(const char *array, const char **items, int most)
{
	const char *at = blanks(array);
	int count = 0;

	if (*at++ != '[')
		return -1;
	for (at = blanks(at); *at != ']' && count < most; at = blanks(at)) {
		items[count++] = at;
		at = blanks(value_end(at, 0));
		at += *at == ',';
	}
	return count;
}

bool json_is(const char *value, const char *string)
{
	size_t length = strlen(string);

	return value && *value == '"' && strncmp(value + 1, string, length) == 0 && value[1 + length] == '"';
}

long json_integer(const char *value) { return value ? strtol(value, NULL, 10) : -1; }
