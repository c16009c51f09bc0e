/* libFuzzer: any bytes through parser, decoder and encoder; what was taken must come out the same the second time.
 * Built from this file, src/json and src/base by: clang -fsanitize=fuzzer,address,undefined -Iinclude -D_GNU_SOURCE ... -lyajl */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "json/json.h"

static const struct json_word words[] = { { "a", 1 }, { "b", 2 }, { NULL, 0 } };

struct item { const char *key; struct place at; struct json_objects items; int64_t i; uint8_t u; const char *s; const int *e; };
struct sample { struct item *item; struct json_objects map_of; struct json_map m; struct json_strings l; struct json_uints n;
	bool b; };

JSON_TABLE(leaf_table, "leaf", struct item, F_KEY(struct item, key), F_PLACE(struct item, at),
	F_INT(struct item, i, "i", 0, -5, INT64_MAX), F_UINT(struct item, u, "u", 0, UINT8_MAX),
	F_STRING(struct item, s, "s", FIELD_NOT_EMPTY), F_OPT_ENUM(struct item, e, "e", words));
JSON_TABLE(item_table, "item", struct item, F_OBJECTS(struct item, items, "l", 0, &leaf_table, 8),
	F_STRING(struct item, s, "s", 0));
JSON_TABLE(sample_table, "sample", struct sample, F_OPT_OBJECT(struct sample, item, "o", &item_table),
	F_OBJECT_MAP(struct sample, map_of, "k", 0, &leaf_table), F_MAP(struct sample, m, "m", 0),
	F_STRINGS(struct sample, l, "l", 0, 9),
	F_UINTS(struct sample, n, "n", 0, UINT64_MAX), F_BOOL(struct sample, b, "b", FIELD_REQUIRED));

static char *pass(const char *text, size_t length, struct arena *arena)
{
	struct error error = { 0 };
	struct json_node *root;
	struct json_note *notes = NULL;
	struct sample sample;
	struct text out = text_in(arena);

	if (json_parse("config.json", text, length, arena, &root, &error) < 0 ||
	    json_decode("config.json", root, &sample_table, &sample, arena, &notes, &error) < 0)
		return error.text[0] ? NULL : (abort(), NULL);
	json_encode(&sample_table, &sample, JSON_COMPACT, &out);
	return out.data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;

	if (arena_open(&arena) < 0)
		abort();
	const char *once = pass((const char *)data, size, &arena);
	const char *twice = once ? pass(once, strlen(once), &arena) : NULL;
	if (once && (!twice || strcmp(once, twice) != 0))
		abort();
	arena_close(&arena);
	return 0;
}
