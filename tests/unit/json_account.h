/* The same account of a document from yajl's events and from our nodes, to be compared: for the unit test and the fuzzer. */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <yajl/yajl_parse.h>
#include "base/text.h"
#include "json/json.h"

static int add_value(struct text *text, char kind, const void *bytes, size_t length)
{
	text_printf(text, "%c%zu:", kind, length);
	text_add_bytes(text, bytes, length);
	return 1;
}

static int on_null(void *to) { return add_value(to, 'n', "", 0); }
static int on_boolean(void *to, int truth) { return add_value(to, truth ? 't' : 'f', "", 0); }
static int on_number(void *to, const char *digits, size_t length) { return add_value(to, '0', digits, length); }
static int on_string(void *to, const unsigned char *string, size_t length) { return add_value(to, '"', string, length); }
static int on_key(void *to, const unsigned char *key, size_t length) { return add_value(to, 'k', key, length); }
static int on_object(void *to) { return add_value(to, '{', "", 0); }
static int on_object_end(void *to) { return add_value(to, '}', "", 0); }
static int on_array(void *to) { return add_value(to, '[', "", 0); }
static int on_array_end(void *to) { return add_value(to, ']', "", 0); }

static bool yajl_takes(const char *document, size_t length, struct text *account)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null, .yajl_boolean = on_boolean, .yajl_number = on_number, .yajl_string = on_string,
		.yajl_start_map = on_object, .yajl_map_key = on_key, .yajl_end_map = on_object_end,
		.yajl_start_array = on_array, .yajl_end_array = on_array_end,
	};
	yajl_handle handle = yajl_alloc(&callbacks, NULL, account);
	bool taken = yajl_parse(handle, (const unsigned char *)document, length) == yajl_status_ok &&
		     yajl_complete_parse(handle) == yajl_status_ok;

	yajl_free(handle);
	return taken;
}

static void tell(const struct json_node *node, struct text *to)
{
	static const char kinds[] = {
		[JSON_NULL] = 'n', [JSON_NUMBER] = '0', [JSON_STRING] = '"', [JSON_OBJECT] = '{', [JSON_ARRAY] = '[',
	};

	if (node->key)
		add_value(to, 'k', node->key, strlen(node->key));
	const char *text = node->text ? node->text : "";
	add_value(to, node->type == JSON_BOOL ? node->truth ? 't' : 'f' : kinds[node->type], text, strlen(text));
	for (const struct json_node *child = node->first; child; child = child->next)
		tell(child, to);
	if (node->type == JSON_OBJECT || node->type == JSON_ARRAY)
		add_value(to, node->type == JSON_OBJECT ? '}' : ']', "", 0);
}
