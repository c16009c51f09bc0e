/* Text → nodes, by yajl's events. */
#include "json/json.h"

#include <string.h>
#include <yajl/yajl_parse.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "json/scan.h"
#include "json/spot.h"

#define STRING_(text) #text
#define STRING(macro) STRING_(macro)

struct parser {
	const char *name;
	struct scan scan;
	struct arena *arena;
	struct error *error;
	struct json_node *root;
	const char *key; /* read, its value not yet */
	uint32_t depth;
	struct {
		struct json_node *node, *last;
	} levels[JSON_DEPTH];
};

/* yajl's memory: nothing is freed, and its few buffers grow by doubling. The size stands in front of a block, for realloc. */
#define BLOCK_HEAD 16

static void *block_malloc(void *arena, size_t size)
{
	size_t *head = arena_alloc(arena, BLOCK_HEAD + size);

	*head = size;
	return (char *)head + BLOCK_HEAD;
}

static void *block_realloc(void *arena, void *block, size_t size)
{
	if (!block)
		return block_malloc(arena, size);
	size_t *head = (size_t *)((char *)block - BLOCK_HEAD);
	if (size <= *head)
		return block;
	head = arena_grow(arena, head, BLOCK_HEAD + *head, BLOCK_HEAD + size);
	*head = size;
	return (char *)head + BLOCK_HEAD;
}

static void block_free(void *arena, void *block)
{
	(void)arena;
	(void)block;
}

/* The error for `node`, the newest below the levels that are open now. */
static int refuse(struct parser *parser, const struct json_node *node, const char *words)
{
	struct spot spots[JSON_DEPTH + 1];

	for (uint32_t i = 0; i <= parser->depth; i++)
		spots[i] = (struct spot){
			.parent = i ? &spots[i - 1] : NULL,
			.node = i < parser->depth ? parser->levels[i].node : node,
			.index = i ? parser->levels[i - 1].node->count - 1 : 0,
		};
	spot_fail(&spots[parser->depth], parser->name, parser->error, "%s", words);
	return 0; /* tells yajl to stop */
}

/* A fault of the text itself, where the scan stands: no path, as nobody knows what it was meant to be. */
static int refuse_text(struct parser *parser, const char *words)
{
	struct place place = { .line = parser->scan.line, .column = parser->scan.column, .file = parser->name };

	return fail_at(parser->error, &place, 0, "%s", words);
}

static struct json_node *add_node(struct parser *parser, enum json_type type)
{
	struct json_node *node, *parent;

	scan_to_token(&parser->scan);
	if (arena_is_short(parser->arena)) {
		refuse_text(parser, "the document has too many values");
		return NULL;
	}
	node = arena_new(parser->arena, struct json_node);
	node->type = type;
	node->line = parser->scan.line;
	node->column = parser->scan.column;
	node->key = parser->key;
	parser->key = NULL;
	if (!parser->depth) {
		parser->root = node;
		return node;
	}
	parent = parser->levels[parser->depth - 1].node;
	if (parent->count++)
		parser->levels[parser->depth - 1].last->next = node;
	else
		parent->first = node;
	parser->levels[parser->depth - 1].last = node;
	return node;
}

static int add_word(struct parser *parser, enum json_type type, size_t length, bool truth)
{
	struct json_node *node = add_node(parser, type);

	if (!node)
		return 0;
	node->truth = truth;
	scan_over_token(&parser->scan, length);
	return 1;
}

static int on_null(void *context)
{
	return add_word(context, JSON_NULL, strlen("null"), false);
}

static int on_boolean(void *context, int truth)
{
	return add_word(context, JSON_BOOL, truth ? strlen("true") : strlen("false"), truth);
}

static int on_number(void *context, const char *digits, size_t length)
{
	struct parser *parser = context;
	struct json_node *node = add_node(parser, JSON_NUMBER);

	if (!node)
		return 0;
	node->text = arena_copy(parser->arena, digits, length);
	scan_over_token(&parser->scan, length);
	return 1;
}

/* A string without escapes is what yajl saw in the text itself: nothing that we refuse can be in it. */
static const char *pass_string(struct parser *parser, const char *string, size_t length)
{
	if (string != parser->scan.at + 1)
		return scan_string(&parser->scan);
	scan_over_token(&parser->scan, length + 2);
	return NULL;
}

static int on_string(void *context, const unsigned char *string, size_t length)
{
	struct parser *parser = context;
	struct json_node *node = add_node(parser, JSON_STRING);
	const char *wrong;

	if (!node)
		return 0;
	wrong = pass_string(parser, (const char *)string, length);
	if (wrong)
		return refuse(parser, node, wrong);
	node->text = arena_copy(parser->arena, (const char *)string, length);
	return 1;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
	struct parser *parser = context;
	struct scan start;
	const char *wrong;

	scan_to_token(&parser->scan);
	start = parser->scan;
	wrong = pass_string(parser, (const char *)key, length);
	if (wrong) {
		parser->scan = start;
		return refuse_text(parser, wrong), 0;
	}
	parser->key = arena_copy(parser->arena, (const char *)key, length);
	return 1;
}

static int begin(struct parser *parser, enum json_type type)
{
	struct json_node *node = add_node(parser, type);

	if (!node)
		return 0;
	if (parser->depth == JSON_DEPTH) {
		refuse_text(parser, "more than " STRING(JSON_DEPTH) " objects and arrays in one another");
		return 0;
	}
	parser->levels[parser->depth++].node = node;
	scan_over_token(&parser->scan, 1);
	return 1;
}

static int on_begin_object(void *context)
{
	return begin(context, JSON_OBJECT);
}

static int on_begin_array(void *context)
{
	return begin(context, JSON_ARRAY);
}

static int on_end_array(void *context)
{
	struct parser *parser = context;

	scan_to_token(&parser->scan);
	scan_over_token(&parser->scan, 1);
	parser->depth--;
	return 1;
}

/* Merges the sorted runs from[0..middle) and from[middle..count) into `to`; of equal keys the earlier stays in front. */
static void merge(const struct json_node **from, size_t middle, size_t count, const struct json_node **to)
{
	size_t left = 0, right = middle;

	while (left < middle || right < count) {
		if (right == count || (left < middle && strcmp(from[left]->key, from[right]->key) <= 0))
			*to++ = from[left++];
		else
			*to++ = from[right++];
	}
}

/* Sorting keeps an object with a million keys from costing a million squared; a hash table could be attacked by collisions. */
static const struct json_node **sort_members(struct arena *arena, const struct json_node *object)
{
	size_t count = object->count, i = 0;
	const struct json_node **sorted = arena_array(arena, const struct json_node *, count);
	const struct json_node **other = arena_array(arena, const struct json_node *, count);

	for (const struct json_node *member = object->first; member; member = member->next)
		sorted[i++] = member;
	for (size_t run = 1; run < count; run *= 2) {
		for (size_t start = 0; start < count; start += 2 * run) {
			size_t rest = count - start, both = rest < 2 * run ? rest : 2 * run;
			merge(sorted + start, run < both ? run : both, both, other + start);
		}
		const struct json_node **swap = sorted;
		sorted = other;
		other = swap;
	}
	return sorted;
}

#define FEW 32

static const struct json_node *find_duplicate(struct arena *arena, const struct json_node *object)
{
	if (object->count > FEW) {
		const struct json_node **sorted = sort_members(arena, object);
		for (uint32_t i = 1; i < object->count; i++)
			if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
				return sorted[i];
		return NULL;
	}
	for (const struct json_node *second = object->first; second; second = second->next)
		for (const struct json_node *first = object->first; first != second; first = first->next)
			if (*first->key == *second->key && strcmp(first->key, second->key) == 0)
				return second;
	return NULL;
}

static int on_end_object(void *context)
{
	struct parser *parser = context;
	const struct json_node *duplicate = find_duplicate(parser->arena, parser->levels[parser->depth - 1].node);

	if (duplicate)
		return refuse(parser, duplicate, "this property is given twice");
	return on_end_array(context);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_begin_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_object,
	.yajl_start_array = on_begin_array,
	.yajl_end_array = on_end_array,
};

/* What yajl says, and what we say. */
static const struct {
	const char *yajl, *words;
} faults[] = {
	{ "premature EOF", "the document ends here, but is not complete" },
	{ "trailing garbage", "only blanks may follow the document" },
	{ "comment", "comments are not allowed" },
	{ "unallowed token", "a value is expected here" },
	{ "invalid object key", "a property name in quotes is expected here" },
	{ "separated by a colon", "a colon is expected here" },
	{ "after key and value", "a comma or '}' is expected here" },
	{ "after array element", "a comma or ']' is expected here" },
	{ "malformed number", "this is not a number as JSON has them" },
	{ "'\\' occurs before", "this string has a backslash before a character that needs none" },
	{ "non-hex", "this string has a \\u without four hexadecimal digits" },
	{ "invalid character inside", "this string has a line break or control character in it, or does not end" },
	{ "invalid string in json", "this is not a word of JSON: true, false and null are" },
	{ "invalid char in json", "this is nothing JSON knows" },
};

static int refuse_syntax(struct parser *parser, yajl_handle handle, const char *target)
{
	const char *said = (const char *)yajl_get_error(handle, 0, NULL, 0);

	for (size_t i = 0; i < array_length(faults); i++) {
		if (!strstr(said, faults[i].yajl))
			continue;
		scan_to_error(&parser->scan, i ? target : parser->scan.end + 1);
		return refuse_text(parser, faults[i].words);
	}
	scan_to_error(&parser->scan, target);
	return refuse_text(parser, said);
}

static int run_yajl(struct parser *parser, const char *text, size_t length)
{
	yajl_alloc_funcs memory = { .malloc = block_malloc, .realloc = block_realloc, .free = block_free, .ctx = parser->arena };
	yajl_handle handle = yajl_alloc(&callbacks, &memory, parser);
	yajl_status status = yajl_parse(handle, (const unsigned char *)text, length);
	const char *target = text + (status == yajl_status_error ? yajl_get_bytes_consumed(handle) : length);

	if (status == yajl_status_ok)
		status = yajl_complete_parse(handle);
	if (status == yajl_status_client_canceled)
		return -1; /* a callback has told why */
	if (status != yajl_status_ok)
		return refuse_syntax(parser, handle, target);
	return 0;
}

int json_parse(const char *name, const char *text, size_t length, struct arena *arena, struct json_node **root, struct error *error)
{
	struct parser parser = {
		.name = name,
		.scan = { .at = text, .end = text + length, .line = 1, .column = 1 },
		.arena = arena,
		.error = error,
	};
	struct scan ahead = parser.scan;
	const char *wrong;

	if (length > JSON_SIZE_MOST)
		return refuse_text(&parser, "the document is too big");
	wrong = scan_encoding(&ahead);
	if (wrong) {
		parser.scan = ahead;
		return refuse_text(&parser, wrong);
	}
	parser.scan.ascii = ahead.ascii;
	scan_blanks(&ahead);
	if (ahead.at == ahead.end)
		return refuse_text(&parser, "the document is empty");
	try(run_yajl(&parser, text, length));
	/* yajl does not mind a string behind it that has no end. */
	scan_blanks(&parser.scan);
	if (parser.scan.at < parser.scan.end)
		return refuse_text(&parser, "only blanks may follow the document");
	*root = parser.root;
	return 0;
}
