/* libFuzzer: any bytes through parser, decoder and encoder; what was taken must come out the same the second time. And the parser takes
 * what yajl takes, as the same values, but for what json.h says is refused besides. */
#include "fuzz.h"
#include "base/text.h"
#include "json/json.h"
#include "../unit/json_account.h"

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

/* What json.h says is refused and JSON itself, or yajl, is not particular about. */
static bool ours_alone(const char *why)
{
	static const char *const known[] = {
		"u0000", "surrogate", "given twice", "UTF-8", "NUL byte", "byte order mark", "in one another", "is empty",
		"only blanks may follow",
	};

	for (size_t i = 0; i < array_length(known); i++)
		if (strstr(why, known[i]))
			return true;
	return false;
}

static void compare(const char *document, size_t length, struct arena *arena)
{
	struct error error = { 0 };
	struct json_node *root;
	struct text theirs = text_in(arena), ours = text_in(arena);
	bool taken = yajl_takes(document, length, &theirs);

	/* To yajl these are blanks, too; to RFC 8259 they are not. */
	if (memchr(document, '\f', length) || memchr(document, '\v', length))
		return;

	if (json_parse("config.json", document, length, arena, &root, &error) < 0) {
		if (taken && !ours_alone(error.text))
			fprintf(stderr, "refused, and yajl takes it: %s\n", error.text);
		must(!taken || ours_alone(error.text));
		return;
	}
	must(taken);
	tell(root, &ours);
	must(ours.length == theirs.length && memcmp(ours.data, theirs.data, ours.length) == 0);
}

/* ---- there and back ---- */

static char *pass(const char *text, size_t length, struct arena *arena)
{
	struct error error = { 0 };
	struct json_node *root;
	struct json_note *notes = NULL;
	struct sample sample;
	struct text out = text_in(arena);

	if (json_parse("config.json", text, length, arena, &root, &error) < 0 ||
	    json_decode("config.json", root, &sample_table, &sample, arena, &notes, &error) < 0) {
		must_tell(-1, &error);
		return NULL;
	}
	json_encode(&sample_table, &sample, JSON_COMPACT, &out);
	return out.data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;

	must(arena_open(&arena) == 0);
	compare((const char *)data, size, &arena);
	const char *once = pass((const char *)data, size, &arena);
	const char *twice = once ? pass(once, strlen(once), &arena) : NULL;
	must(!once || (twice && strcmp(once, twice) == 0));
	arena_close(&arena);
	return 0;
}
