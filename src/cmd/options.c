/* Options by tables: --name value, --name=value, -x value, -x=value, and long names with one dash (contract section 2). */
#include <string.h>
#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "cmd/commands.h"

struct parse {
	const struct option *table;
	size_t table_count;
	const char *const *argv;
	size_t count, at;
	struct arena *arena;
	void *into;
	struct parsed *parsed;
};

static const struct option *find(const struct parse *p, const char *name, size_t length)
{
	for (size_t i = 0; i < p->table_count; i++) {
		const struct option *option = &p->table[i];
		if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
			return option;
		if (length == 1 && option->letter && option->letter == name[0])
			return option;
	}
	return NULL;
}

static int to_bool(const struct option *option, const char *value, bool *to, struct error *error)
{
	static const struct { const char *word; bool value;
	} words[] = {
		{ "true", true },   { "1", true },  { "t", true },  { "yes", true },
		{ "false", false }, { "0", false }, { "f", false }, { "no", false },
	};
	for (size_t i = 0; value && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, value) == 0) {
			*to = words[i].value;
			return 0;
		}
	if (value)
		return fail(error, 0, "invalid value '%s' for flag -%s: true or false", value, option->name);
	*to = true;
	return 0;
}

static int to_word(const struct parse *p, const struct option *option, const char *value, const char **to, struct error *error)
{
	struct text allowed = text_in(p->arena);

	for (const char *const *word = option->words; value && *word; word++) {
		if (strcmp(*word, value) == 0) {
			*to = value;
			return 0;
		}
		text_add(&allowed, word == option->words ? "" : word[1] ? ", " : " or ");
		text_add(&allowed, *word);
	}
	return fail(error, 0, "%s%s: %s (%s)", option->wrong ? option->wrong : "invalid ", option->wrong ? "" : option->name, value,
		    allowed.data);
}

static void list_add(struct arena *arena, struct option_list *list, const char *value)
{
	const char **items = arena_array(arena, const char *, list->count + 2);
	if (list->count)
		memcpy(items, list->items, sizeof(*items) * list->count);
	items[list->count++] = value;
	list->items = items;
}

static int store(struct parse *p, const struct option *option, const char *value, struct error *error)
{
	void *member = (char *)p->into + option->offset;
	uint32_t number;

	switch (option->kind) {
	case OPTION_ANSWER:
		return to_bool(option, value, *(bool **)member = arena_new(p->arena, bool), error);
	case OPTION_FLAG:
		return to_bool(option, value, member, error);
	case OPTION_STRING:
		*(const char **)member = value;
		return 0;
	case OPTION_WORD:
		return to_word(p, option, value, member, error);
	case OPTION_COUNT:
		if (number_u32(value, INT32_MAX, &number) < 0)
			return fail(error, 0, "invalid value '%s' for flag -%s: expected a number", value, option->name);
		*(unsigned *)member = number;
		return 0;
	case OPTION_LIST:
		list_add(p->arena, member, value);
		return 0;
	case OPTION_IGNORED:
		return 0;
	}
	return 0;
}

static int parse_one(struct parse *p, const char *word, struct error *error)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *option = find(p, name, length);
	const char *value = equals ? equals + 1 : NULL;

	if (!option && ((length == 4 && strncmp(name, "help", 4) == 0) || (length == 1 && *name == 'h'))) {
		p->parsed->help = true;
		return 0;
	}
	if (!option)
		return fail(error, 0, "flag provided but not defined: -%.*s", (int)length, name);
	if (option->argument && !value) {
		if (p->at >= p->count)
			return fail(error, 0, "flag needs an argument: -%s", option->name);
		value = p->argv[p->at++];
	}
	return store(p, option, value, error);
}

int options_parse(const struct option *table, size_t table_count, const char *const *argv, size_t count, int flags, struct arena *arena,
		  void *into, struct parsed *parsed, struct error *error)
{
	struct parse p = { table, table_count, argv, count, 0, arena, into, parsed };
	const char **args = arena_array(arena, const char *, count + 1);
	bool options = true;

	*parsed = (struct parsed){ .args = args };
	while (p.at < count) {
		const char *word = argv[p.at++];
		if (options && strcmp(word, "--") == 0) {
			options = false;
		} else if (options && word[0] == '-' && word[1]) {
			try(parse_one(&p, word, error));
		} else {
			args[parsed->count++] = word;
			if (flags & PARSE_STOP_AT_FIRST)
				options = false;
		}
	}
	return 0;
}
