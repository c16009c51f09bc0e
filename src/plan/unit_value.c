/* Values of annotations, in GVariant's text form: the scalars, strings and lists that properties of units have. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "plan/unit.h"

/* What is being read. The first thing that is wrong ends it. */
struct scan {
	struct arena *arena;
	const char *at;
	const char *wrong; /* NULL: nothing yet */
	struct plan_property *to;
};

static void complain(struct scan *scan, const char *why)
{
	if (!scan->wrong)
		scan->wrong = why;
}

static void skip_blanks(struct scan *scan)
{
	scan->at += strspn(scan->at, " \t\n");
}

static bool take(struct scan *scan, char c)
{
	skip_blanks(scan);
	if (*scan->at != c)
		return false;
	scan->at++;
	return true;
}

static void expect(struct scan *scan, char c, const char *why)
{
	if (!take(scan, c))
		complain(scan, why);
}

static bool take_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	skip_blanks(scan);
	if (strncmp(scan->at, word, length) != 0 || (scan->at[length] && !strchr(" \t\n'\"[", scan->at[length])))
		return false;
	scan->at += length;
	return true;
}

/* ---- numbers ---- */

struct number_type { char type; const char *word; uint64_t most; bool negative; };

static const struct number_type number_types[] = {
	{ 'y', "byte", UINT8_MAX, false },    { 'n', "int16", INT16_MAX, true },    { 'q', "uint16", UINT16_MAX, false },
	{ 'i', "int32", INT32_MAX, true },    { 'u', "uint32", UINT32_MAX, false }, { 'x', "int64", INT64_MAX, true },
	{ 't', "uint64", UINT64_MAX, false },
};
#define NUMBER_TYPES (sizeof(number_types) / sizeof(number_types[0]))

static int from_hexadecimal(const char *digits, uint64_t *to)
{
	static const char alphabet[] = "0123456789abcdef";
	uint64_t value = 0;

	if (!*digits)
		return -EINVAL;
	for (; *digits; digits++) {
		const char *digit = strchr(alphabet, *digits >= 'A' && *digits <= 'F' ? *digits | 0x20 : *digits);
		if (!digit)
			return -EINVAL;
		if (value >> 60)
			return -ERANGE;
		value = value << 4 | (uint64_t)(digit - alphabet);
	}
	*to = value;
	return 0;
}

/* Decimal, or hexadecimal behind 0x. GVariant takes 010 for 8: whoever wrote it may have meant 10. */
static uint64_t read_number(struct scan *scan, char type)
{
	const struct number_type *row = number_types;
	uint64_t value = 0;

	while (row->type != type)
		row++;
	take_word(scan, row->word);
	skip_blanks(scan);
	bool minus = *scan->at == '-';
	scan->at += *scan->at == '-' || *scan->at == '+';
	size_t length = strspn(scan->at, "0123456789abcdefABCDEFxX.eE");
	const char *digits = arena_copy(scan->arena, scan->at, length);
	bool hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	int r = hexadecimal ? from_hexadecimal(digits + 2, &value) : number_u64(digits, &value);
	scan->at += length;
	if (r == -EINVAL || (!hexadecimal && digits[0] == '0' && digits[1]))
		complain(scan, "not a number");
	else if (r < 0 || value > row->most + (minus && row->negative) || (minus && value && !row->negative))
		complain(scan, "number out of range for its type");
	return minus ? -value : value;
}

/* ---- strings ---- */

static unsigned hexadecimal_escape(struct scan *scan, size_t length)
{
	uint64_t value = 0;

	if (strnlen(scan->at, length) < length || from_hexadecimal(arena_copy(scan->arena, scan->at, length), &value) < 0 || value == 0 ||
	    value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
		complain(scan, "bad escape in a string");
		return '?';
	}
	scan->at += length;
	return (unsigned)value;
}

static void add_utf8(struct text *text, unsigned c)
{
	if (c < 0x80) {
		text_add_char(text, (char)c);
	} else if (c < 0x800) {
		text_add_char(text, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		text_add_char(text, (char)(0xe0 | c >> 12));
		text_add_char(text, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		text_add_char(text, (char)(0xf0 | c >> 18));
		text_add_char(text, (char)(0x80 | (c >> 12 & 0x3f)));
		text_add_char(text, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	if (c >= 0x80)
		text_add_char(text, (char)(0x80 | (c & 0x3f)));
}

/* Behind the backslash. What has no meaning of its own stands for itself. */
static void read_escape(struct scan *scan, struct text *text)
{
	static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	char c = *scan->at;

	if (!c)
		return;
	scan->at++;
	const char *letter = strchr(letters, c);
	if (c == 'u' || c == 'U')
		add_utf8(text, hexadecimal_escape(scan, c == 'u' ? 4 : 8));
	else
		text_add_char(text, (char)(letter ? meanings[letter - letters] : c));
}

static const char *read_string(struct scan *scan)
{
	struct text text = text_in(scan->arena);

	skip_blanks(scan);
	char quote = *scan->at;
	text_add(&text, "");
	if (quote != '\'' && quote != '"') {
		complain(scan, "expected a string in quotes");
		return "";
	}
	for (scan->at++; *scan->at && *scan->at != quote;) {
		char c = *scan->at++;
		if (c == '\\')
			read_escape(scan, &text);
		else
			text_add_char(&text, c);
	}
	expect(scan, quote, "a string does not end");
	return text.data ? text.data : arena_string(scan->arena, "");
}

/* ---- lists ---- */

#define ELEMENTS_MOST 1024 /* rule B.17; a list this long is no property of a unit */

static void append(struct scan *scan, const char *string, uint64_t number)
{
	struct plan_property *to = scan->to;
	size_t count = to->count + 1;

	if (count > ELEMENTS_MOST) {
		complain(scan, "the list is too long");
		return;
	}
	to->strings = arena_grow(scan->arena, (void *)to->strings, to->count * sizeof(*to->strings), count * sizeof(*to->strings));
	((const char **)to->strings)[to->count] = string;
	if (strcmp(to->signature, "a(st)") == 0) {
		to->numbers = arena_grow(scan->arena, (void *)to->numbers, to->count * sizeof(*to->numbers), count * sizeof(*to->numbers));
		((uint64_t *)to->numbers)[to->count] = number;
	}
	to->count = count;
}

static void append_byte(struct scan *scan, uint8_t byte)
{
	struct plan_property *to = scan->to;

	if (to->byte_count == ELEMENTS_MOST) {
		complain(scan, "the list is too long");
		return;
	}
	to->bytes = arena_grow(scan->arena, (void *)to->bytes, to->byte_count, to->byte_count + 1);
	((uint8_t *)to->bytes)[to->byte_count++] = byte;
}

static void read_element(struct scan *scan)
{
	const char *signature = scan->to->signature;

	if (signature[1] == 's') {
		append(scan, read_string(scan), 0);
	} else if (signature[1] == 'y') {
		append_byte(scan, (uint8_t)read_number(scan, 'y'));
	} else {
		expect(scan, '(', "expected a pair in parentheses");
		const char *first = read_string(scan);
		expect(scan, ',', "expected a pair in parentheses");
		bool number = signature[3] == 't';
		append(scan, first, number ? read_number(scan, 't') : 0);
		if (!number)
			append(scan, read_string(scan), 0);
		expect(scan, ')', "expected a pair in parentheses");
	}
}

static void read_list(struct scan *scan)
{
	expect(scan, '[', "expected a list in brackets");
	if (take(scan, ']'))
		return;
	do
		read_element(scan);
	while (!scan->wrong && take(scan, ','));
	expect(scan, ']', "a list does not end");
}

/* ---- values ---- */

static void read_typed(struct scan *scan, const char *signature)
{
	scan->to->signature = arena_string(scan->arena, signature);
	if (signature[0] == 'a') {
		read_list(scan);
	} else if (signature[0] == 's') {
		append(scan, read_string(scan), 0);
	} else if (signature[0] != 'b') {
		scan->to->number = read_number(scan, signature[0]);
	} else {
		scan->to->number = take_word(scan, "true");
		if (!scan->to->number && !take_word(scan, "false"))
			complain(scan, "expected true or false");
	}
}

/* "@t 5": the type in front. */
static void read_annotated(struct scan *scan)
{
	static const char *const known[] = { "b", "y", "n", "q", "i", "u", "x", "t", "s", "as", "ay", "a(ss)", "a(st)" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (take_word(scan, known[i])) {
			read_typed(scan, known[i]);
			return;
		}
	complain(scan, "no property is of this type");
}

/* Looks ahead, with a scan of its own. */
static const char *pair_signature(struct scan ahead)
{
	ahead.at++;
	read_string(&ahead);
	take(&ahead, ',');
	skip_blanks(&ahead);
	return *ahead.at == '\'' || *ahead.at == '"' ? "a(ss)" : "a(st)";
}

/* A list's type is told by its first element. */
static const char *list_signature(struct scan *scan)
{
	struct scan ahead = *scan;

	ahead.at++;
	skip_blanks(&ahead);
	if (*ahead.at == '(')
		return pair_signature(ahead);
	if (take_word(&ahead, "byte"))
		return "ay";
	if (*ahead.at == ']')
		complain(scan, "the type of an empty list has to be said: @as []");
	return "as";
}

static void read_value(struct scan *scan)
{
	skip_blanks(scan);
	for (size_t i = 0; i < NUMBER_TYPES; i++)
		if (take_word(scan, number_types[i].word)) {
			read_typed(scan, (char[]){ number_types[i].type, '\0' });
			return;
		}
	if (take(scan, '@'))
		read_annotated(scan);
	else if (*scan->at == '[')
		read_typed(scan, list_signature(scan));
	else if (*scan->at == '\'' || *scan->at == '"')
		read_typed(scan, "s");
	else if (*scan->at && strchr("+-0123456789", *scan->at))
		read_typed(scan, "i");
	else if (strncmp(scan->at, "true", 4) == 0 || strncmp(scan->at, "false", 5) == 0)
		read_typed(scan, "b");
	else
		complain(scan, "expected true, false, a number, a 'string' or a ['list']");
}

const char *unit_value_parse(struct arena *arena, const char *text, struct plan_property *to)
{
	struct scan scan = { .arena = arena, .at = text, .to = to };

	read_value(&scan);
	skip_blanks(&scan);
	if (*scan.at)
		complain(&scan, "something stands behind the value");
	return scan.wrong;
}
