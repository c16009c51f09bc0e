/* Where in a document the parser or decoder stands: a chain of nodes up to the root, made into words only when it is asked for. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "json/json.h"

struct spot {
	const struct spot *parent;      /* NULL: the document */
	const struct json_node *node;
	uint32_t index;                 /* in an array */
};

/* The path: "process.user.uid", "mounts[3].options[1]", "annotations[\"a.b\"]". Its whole length (like snprintf). */
size_t spot_path(const struct spot *spot, char *to, size_t size);

/* Fills the error with that place in the document `name`. Returns -1. */
int spot_fail(const struct spot *spot, const char *name, struct error *error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The beginning of a text from the document, short enough to quote in a message and cut between characters. */
#define EXCERPT_SIZE 80
const char *excerpt(const char *text, char to[EXCERPT_SIZE]);
