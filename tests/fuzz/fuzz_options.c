/* libFuzzer: any command line is understood by the tables of options, or refused with words. NULs part the words; the first byte says of
 * which command it is, and the global options stand before that. */
#include "fuzz.h"
#include "cmd/commands.h"
#include "state/state.h"

#define WORDS_MOST 64

static bool is_word(const char *const *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text >= words[i] && text <= words[i] + strlen(words[i])) /* or behind its "--name=" */
			return true;
	return false;
}

/* What the table says of each member holds, and nothing has come from elsewhere than from the command line. */
static void check_options(const struct option *table, size_t count, const void *options, const char *const *words, size_t word_count)
{
	for (size_t i = 0; i < count; i++) {
		const char *member = (const char *)options + table[i].offset;
		const char *const *text = (const char *const *)(const void *)member;
		const struct option_list *list = (const struct option_list *)(const void *)member;
		bool allowed = false;
		switch (table[i].kind) {
		case OPTION_FLAG:
			must(*(const uint8_t *)member <= 1);
			break;
		case OPTION_STRING:
			must(!*text || is_word(words, word_count, *text));
			break;
		case OPTION_WORD:
			for (const char *const *word = table[i].words; *text && *word; word++)
				allowed |= strcmp(*word, *text) == 0;
			must(!*text || allowed);
			break;
		case OPTION_COUNT:
			must(*(const unsigned *)(const void *)member <= INT32_MAX);
			break;
		case OPTION_LIST:
			for (size_t k = 0; k < list->count; k++)
				must(is_word(words, word_count, list->items[k]));
			break;
		case OPTION_ANSWER:
		case OPTION_IGNORED:
			break;
		}
	}
}

static void try_table(const struct option *table, size_t count, size_t size, int flags, const char *const *words, size_t word_count,
		      struct arena *arena, struct parsed *parsed)
{
	struct error error = { 0 };
	void *options = arena_alloc(arena, size + 1);
	size_t dashed = 0;
	int r = options_parse(table, count, words, word_count, flags, arena, options, parsed, &error);

	must_tell(r, &error);
	check_options(table, count, options, words, word_count);
	if (r < 0) {
		parsed->count = 0;
		return;
	}
	must(parsed->count <= word_count && !parsed->args[parsed->count]);
	/* The positionals, in their order. */
	for (size_t i = 0; i < parsed->count; i++) {
		while (dashed < word_count && words[dashed] != parsed->args[i])
			dashed++;
		must(dashed++ < word_count);
		must(state_check_id(parsed->args[i], &error) == 0 || error.text[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct parsed parsed;
	struct arena arena;
	const char *words[WORDS_MOST];
	size_t count = 0, known = 0;

	while (commands[known])
		known++;
	must(arena_open(&arena) == 0);
	const struct command *command = commands[take_below(&in, known)];
	while (in.size && count < WORDS_MOST)
		words[count++] = take_text(&in, &arena);
	try_table(global_option_table, global_option_count, sizeof(struct global_options), PARSE_STOP_AT_FIRST, words, count, &arena,
		  &parsed);
	const char **rest = arena_array(&arena, const char *, parsed.count + 1);
	memcpy(rest, parsed.args, parsed.count * sizeof(*rest));
	try_table(command->options, command->option_count, command->options_size,
		  command->flags & COMMAND_STOP_AT_FIRST ? PARSE_STOP_AT_FIRST : 0, rest, parsed.count, &arena, &parsed);
	arena_close(&arena);
	return 0;
}
