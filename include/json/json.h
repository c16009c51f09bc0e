/* JSON, strictly: text → nodes (by yajl's events) → structs (by tables), and structs → text by the same tables.
 *
 * Refused, with line, column and path (rule B.17): wrong types, numbers out of range or not whole, duplicate keys at any depth,
 * NUL in strings, lone surrogates, bad UTF-8, a byte order mark, comments, trailing commas, anything after the document,
 * depth over JSON_DEPTH. `null` is absent. Unknown keys are ignored and listed as notes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

struct arena;
struct text;

#define JSON_DEPTH 64
#define JSON_SIZE (4u << 20)      /* what a document may have, in bytes ... */
#define JSON_SIZE_MOST (64u << 20) /* ... and what an option may raise it to */

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct json_node {
	enum json_type type : 8;
	bool truth;
	uint32_t line, column;
	uint32_t count;         /* members or elements */
	const char *key;        /* in an object; else NULL */
	const char *text;       /* of a string (NUL-terminated), or the digits of a number */
	struct json_node *first, *next;
};

/* Parses a whole document. `name` stands in front of positions in errors ("config.json"). Nodes and their strings live in the arena.
 * 0, or -1 with the error filled. */
int json_parse(const char *name, const char *text, size_t length, struct arena *arena, struct json_node **root, struct error *error);

/* ---- tables ---- */

enum field_kind {
	FIELD_BOOL,        /* bool */
	FIELD_INT,         /* int64_t, int32_t ... by .size, signed; range .min to .max */
	FIELD_UINT,        /* the same unsigned; range 0 to .max (as uint64_t) */
	FIELD_STRING,      /* const char * */
	FIELD_ENUM,        /* int, by .words */
	FIELD_OBJECT,      /* struct by .table; with FIELD_OPTIONAL a pointer to it */
	FIELD_STRINGS,     /* struct json_strings */
	FIELD_UINTS,       /* struct json_uints; each 0 to .max */
	FIELD_ENUMS,       /* struct json_ints, each by .words */
	FIELD_OBJECTS,     /* struct json_objects: an array of structs by .table */
	FIELD_MAP,         /* struct json_map: string → string; keys must not be empty */
	FIELD_OBJECT_MAP,  /* struct json_objects: key → struct by .table; the struct's FIELD_KEY member gets the key */
	FIELD_KEY,         /* const char *: not a property; set by FIELD_OBJECT_MAP */
	FIELD_PLACE,       /* struct place: not a property; set to where the object stands */
};

enum field_flags {
	FIELD_REQUIRED = 1,  /* absent or null is an error */
	FIELD_OPTIONAL = 2,  /* the member is a pointer to the value: NULL is absent (for bool, int, uint, enum, object) */
	FIELD_NOT_EMPTY = 4, /* the string or list must have something in it */
	FIELD_ABSOLUTE = 8,  /* the string must begin with '/' */
	FIELD_PLACED = 16,   /* a struct place member follows at .place: where the value stands */
	/* Who has no use for the value, in which case it and all below it can be kept apart (struct json_homes). */
	FIELD_HOST = 32,     /* it concerns nobody but the host */
	FIELD_MAKING = 64,   /* it is used when a container is made, and never again */
};

/* A list is a count and an array; absent is an empty list with `given` false. */
struct json_strings { const char **items; uint32_t count; bool given; }; /* items[count] is NULL: ready for exec */
struct json_uints   { uint64_t *items; uint32_t count; bool given; };
struct json_ints    { int *items; uint32_t count; bool given; };
struct json_objects { void *items; uint32_t count; bool given; };
struct json_pair    { const char *key, *value; struct place at; };
struct json_map     { struct json_pair *items; uint32_t count; bool given; };

/* Typed view of a list of objects: JSON_EACH(struct spec_mount, m, &spec->mounts) { ... } */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type, and the name of what is declared */
#define JSON_EACH(type, item, list) \
	for (const type *item = (list)->items; item && item < (const type *)(list)->items + (list)->count; item++)
/* NOLINTEND(bugprone-macro-parentheses) */

struct json_word { const char *word; int value; };

struct json_table;

struct json_field {
	const char *key;
	uint8_t kind;
	uint8_t size;                   /* of the integer, for INT and UINT */
	uint16_t flags;
	uint16_t offset;
	uint16_t place;                 /* offset of a struct place, with FIELD_PLACED */
	int64_t min;
	uint64_t max;                   /* of an integer; the most elements of a list (0: no limit) for lists and maps */
	const struct json_table *table; /* OBJECT, OBJECTS, OBJECT_MAP */
	const struct json_word *words;  /* ENUM, ENUMS: ends with a NULL word */
};

struct json_table {
	const char *name;               /* what the object is called in messages: "mount" */
	size_t size;                    /* of the struct */
	const struct json_field *fields;
	size_t count;
};

/* Things worth telling that are no errors. */
struct json_note {
	struct json_note *next;
	struct place at;
	const char *text;               /* "unknown property", "unknown property; did you mean 'noNewPrivileges'?" */
	bool warning;                   /* a near miss by case is a warning, a plain unknown key a debug line */
};

/* Where decoded values live. Another process may map `arena`: no byte of the document comes there but the values it is to see. */
struct json_homes {
	struct arena *arena; /* the values; strings are copied there */
	struct arena *own;   /* the nodes and their strings, as they are; notes; and values of fields with a flag of `apart` */
	unsigned apart;      /* FIELD_HOST, FIELD_MAKING */
};

/* Fills `out` (zeroed by the function, `table->size` bytes) from an object. `notes` may be NULL; new notes go to the end of the list.
 * 0, or -1 with the error filled. */
int json_decode_into(const char *name, const struct json_node *node, const struct json_table *table, void *out,
		     const struct json_homes *homes, struct json_note **notes, struct error *error);

/* The same where all of it lives in one arena: strings stay where the nodes have them. */
int json_decode(const char *name, const struct json_node *node, const struct json_table *table, void *out, struct arena *arena,
		struct json_note **notes, struct error *error);

enum json_style { JSON_COMPACT, JSON_TWO_SPACES, JSON_TABS };

/* Appends `in` as JSON without a final newline, members in the order of the table. Left out is what is absent: NULL strings and
 * optional members, lists and maps that are empty and not `given`, and, unless FIELD_REQUIRED, a false, a 0 and an object by value
 * that would be empty. */
void json_encode(const struct json_table *table, const void *in, enum json_style style, struct text *out);

/* ---- writing tables ---- */

#define FIELD_BASE_(structure, member, name, k, f) .key = (name), .kind = (k), .flags = (f), .offset = offsetof(structure, member)
/* Members by value. */
#define F_BOOL(s, m, name, f)            { FIELD_BASE_(s, m, name, FIELD_BOOL, f) }
#define F_STRING(s, m, name, f)          { FIELD_BASE_(s, m, name, FIELD_STRING, f) }
#define F_INT(s, m, name, f, lo, hi) \
	{ FIELD_BASE_(s, m, name, FIELD_INT, f), .size = sizeof(((s *)0)->m), .min = (lo), .max = (uint64_t)(hi) }
#define F_UINT(s, m, name, f, hi)        { FIELD_BASE_(s, m, name, FIELD_UINT, f), .size = sizeof(((s *)0)->m), .max = (hi) }
/* Members that are pointers: NULL is absent. */
#define F_OPT_BOOL(s, m, name)           { FIELD_BASE_(s, m, name, FIELD_BOOL, FIELD_OPTIONAL) }
#define F_OPT_INT(s, m, name, lo, hi) \
	{ FIELD_BASE_(s, m, name, FIELD_INT, FIELD_OPTIONAL), .size = sizeof(*((s *)0)->m), .min = (lo), .max = (uint64_t)(hi) }
#define F_OPT_UINT(s, m, name, hi)       { FIELD_BASE_(s, m, name, FIELD_UINT, FIELD_OPTIONAL), .size = sizeof(*((s *)0)->m), .max = (hi) }
#define F_ENUM(s, m, name, f, w)         { FIELD_BASE_(s, m, name, FIELD_ENUM, f), .words = (w) }
#define F_OPT_ENUM(s, m, name, w)        { FIELD_BASE_(s, m, name, FIELD_ENUM, FIELD_OPTIONAL), .words = (w) }
#define F_OBJECT(s, m, name, f, t)       { FIELD_BASE_(s, m, name, FIELD_OBJECT, f), .table = (t) }
#define F_OPT_OBJECT(s, m, name, t)      { FIELD_BASE_(s, m, name, FIELD_OBJECT, FIELD_OPTIONAL), .table = (t) }
#define F_STRINGS(s, m, name, f, most)   { FIELD_BASE_(s, m, name, FIELD_STRINGS, f), .max = (most) }
#define F_UINTS(s, m, name, f, hi)       { FIELD_BASE_(s, m, name, FIELD_UINTS, f), .max = (hi) }
#define F_ENUMS(s, m, name, f, w)        { FIELD_BASE_(s, m, name, FIELD_ENUMS, f), .words = (w) }
#define F_OBJECTS(s, m, name, f, t, most) { FIELD_BASE_(s, m, name, FIELD_OBJECTS, f), .table = (t), .max = (most) }
#define F_MAP(s, m, name, f)             { FIELD_BASE_(s, m, name, FIELD_MAP, f) }
#define F_OBJECT_MAP(s, m, name, f, t)   { FIELD_BASE_(s, m, name, FIELD_OBJECT_MAP, f), .table = (t) }
/* The same with FIELD_PLACED: `at` is the struct place member that gets where the value stands. */
#define F_STRING_AT(s, m, at, name, f)        { FIELD_BASE_(s, m, name, FIELD_STRING, (f) | FIELD_PLACED), .place = offsetof(s, at) }
#define F_STRINGS_AT(s, m, at, name, f, most) \
	{ FIELD_BASE_(s, m, name, FIELD_STRINGS, (f) | FIELD_PLACED), .place = offsetof(s, at), .max = (most) }
#define F_OPT_INT_AT(s, m, at, name, lo, hi)  { FIELD_BASE_(s, m, name, FIELD_INT, FIELD_OPTIONAL | FIELD_PLACED), \
	.place = offsetof(s, at), .size = sizeof(*((s *)0)->m), .min = (lo), .max = (uint64_t)(hi) }
#define F_KEY(s, m)                      { .kind = FIELD_KEY, .offset = offsetof(s, m) }
#define F_PLACE(s, m)                    { .kind = FIELD_PLACE, .offset = offsetof(s, m) }
#define JSON_TABLE(variable, label, s, ...)                                                  \
	static const struct json_field variable##_fields[] = { __VA_ARGS__ };                \
	const struct json_table variable = { .name = (label), .size = sizeof(s), .fields = variable##_fields, \
		.count = sizeof(variable##_fields) / sizeof(variable##_fields[0]) }
