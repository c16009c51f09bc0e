/* The tables of src/spec against the JSON schemas of the runtime-spec: every property has a row and every row is a property.
 * Runs from the top of the tree. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "spec/spec.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define SCHEMAS "tests/spec-schema/"

static struct arena arena;

/* ---- where we differ from the schema, and why ---- */

enum aspect { NO_ROW, NO_PROPERTY, KIND, REQUIRED, RANGE, WORDS, PATTERN };
static const char *const aspect_words[] = {
	"no row", "no such property in the schema", "kind", "required", "range", "words", "pattern",
};

static struct difference {
	const char *path;
	enum aspect aspect;
	const char *reason;
	bool seen;
} differences[] = {
	{ "solaris", NO_ROW, "another platform" },
	{ "windows", NO_ROW, "another platform" },
	{ "vm", NO_ROW, "another platform" },
	{ "zos", NO_ROW, "another platform" },
	{ "freebsd", NO_ROW, "another platform" },
	{ "process.commandLine", NO_ROW, "Windows only (config.md)" },
	{ "process.user.username", NO_ROW, "Windows only (config.md)" },

	{ "process.user.uid", REQUIRED, "config.md: REQUIRED; a missing uid must not become root" },
	{ "process.user.gid", REQUIRED, "config.md: REQUIRED" },
	{ "process.ioPriority.priority", REQUIRED, "config.md: REQUIRED" },
	{ "linux.resources.pids.limit", REQUIRED, "config-linux.md: OPTIONAL" },
	{ "linux.resources.blockIO.throttleReadBpsDevice[].rate", REQUIRED, "config-linux.md: REQUIRED" },
	{ "linux.resources.blockIO.throttleWriteBpsDevice[].rate", REQUIRED, "config-linux.md: REQUIRED" },
	{ "linux.resources.blockIO.throttleReadIOPSDevice[].rate", REQUIRED, "config-linux.md: REQUIRED" },
	{ "linux.resources.blockIO.throttleWriteIOPSDevice[].rate", REQUIRED, "config-linux.md: REQUIRED" },
	{ "linux.memoryPolicy.mode", REQUIRED, "config-linux.md: REQUIRED" },
	{ "linux.personality.domain", REQUIRED, "config-linux.md: REQUIRED" },

	{ "process.user.uid", RANGE, "4294967295 is no id (rule B.17)" },
	{ "process.user.gid", RANGE, "4294967295 is no id (rule B.17)" },
	{ "process.user.additionalGids", RANGE, "4294967295 is no id (rule B.17)" },
	{ "process.user.umask", RANGE, "umask(2) has nine bits" },
	{ "process.oomScoreAdj", RANGE, "proc(5): -1000 to 1000" },
	{ "process.ioPriority.priority", RANGE, "config.md: 0 to 7" },
	{ "mounts[].uidMappings[].containerID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "mounts[].uidMappings[].hostID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "mounts[].gidMappings[].containerID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "mounts[].gidMappings[].hostID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "hooks.prestart[].timeout", RANGE, "68 years are enough, and do not overflow in nanoseconds" },
	{ "hooks.createRuntime[].timeout", RANGE, "the same" },
	{ "hooks.createContainer[].timeout", RANGE, "the same" },
	{ "hooks.startContainer[].timeout", RANGE, "the same" },
	{ "hooks.poststart[].timeout", RANGE, "the same" },
	{ "hooks.poststop[].timeout", RANGE, "the same" },
	{ "linux.uidMappings[].containerID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.uidMappings[].hostID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.gidMappings[].containerID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.gidMappings[].hostID", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.timeOffsets.monotonic.nanosecs", RANGE, "time_namespaces(7): below a second" },
	{ "linux.timeOffsets.boottime.nanosecs", RANGE, "time_namespaces(7): below a second" },
	{ "linux.devices[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.devices[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.devices[].fileMode", RANGE, "config-linux.md: uint32; engines copy st_mode, with the type's bits" },
	{ "linux.devices[].uid", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.devices[].gid", RANGE, "4294967295 is no id (rule B.17)" },
	{ "linux.resources.devices[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8); -1 is any" },
	{ "linux.resources.devices[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8); -1 is any" },
	{ "linux.resources.memory.limit", RANGE, "config-linux.md: bytes, or -1" },
	{ "linux.resources.memory.reservation", RANGE, "config-linux.md: bytes, or -1" },
	{ "linux.resources.memory.swap", RANGE, "config-linux.md: bytes, or -1" },
	{ "linux.resources.memory.kernel", RANGE, "config-linux.md: bytes, or -1" },
	{ "linux.resources.memory.kernelTCP", RANGE, "config-linux.md: bytes, or -1" },
	{ "linux.resources.memory.swappiness", RANGE, "config-linux.md: 0 to 100" },
	{ "linux.resources.cpu.idle", RANGE, "config-linux.md: 0 or 1" },
	{ "linux.resources.pids.limit", RANGE, "config-linux.md: a number, or -1" },
	{ "linux.resources.blockIO.weightDevice[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.weightDevice[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleReadBpsDevice[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleReadBpsDevice[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleWriteBpsDevice[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleWriteBpsDevice[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleReadIOPSDevice[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleReadIOPSDevice[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleWriteIOPSDevice[].major", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.resources.blockIO.throttleWriteIOPSDevice[].minor", RANGE, "device numbers have 12 and 20 bits (rule B.8)" },
	{ "linux.seccomp.syscalls[].args[].index", RANGE, "a system call has six arguments" },

	{ "linux.rootfsPropagation", WORDS, "check.c knows them, and the recursive forms (contract 11.7)" },

	{ "process.rlimits[].type", PATTERN, "plan has the kernel's names" },
	{ "process.execCPUAffinity.initial", PATTERN, "check.c" },
	{ "process.execCPUAffinity.final", PATTERN, "check.c" },
	{ "linux.devices[].type", PATTERN, "check.c" },
	{ "linux.resources.hugepageLimits[].pageSize", PATTERN, "check.c" },
	{ "linux.intelRdt.memBwSchema", PATTERN, "check.c" },
};

static int unexpected;
static bool quiet;

static void differ(const char *path, enum aspect aspect)
{
	for (size_t i = 0; i < array_length(differences); i++) {
		if (differences[i].aspect == aspect && !strcmp(differences[i].path, path)) {
			differences[i].seen = true;
			return;
		}
	}
	unexpected++;
	if (!quiet)
		print_error("%s: %s\n", path, aspect_words[aspect]);
}

/* ---- reading schemas ---- */

static char *file_text(const char *path, size_t *length)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s: run from the top of the tree", path);
	*length = fread(text, 1, sizeof(text) - 1, file);
	text[*length] = '\0';
	fclose(file);
	return text;
}

static const struct json_node *schema_file(const char *name, size_t name_length)
{
	static struct { char path[128]; struct json_node *root; } files[8];
	char path[128];
	snprintf(path, sizeof(path), SCHEMAS "%.*s", (int)name_length, name);
	for (size_t i = 0; i < array_length(files); i++) {
		if (files[i].root && strcmp(files[i].path, path))
			continue;
		if (!files[i].root) {
			struct error error = { 0 };
			size_t length;
			char *text = file_text(path, &length);
			if (json_parse(path, text, length, &arena, &files[i].root, &error) < 0)
				fail_msg("%s: %s", path, error.text);
			strcpy(files[i].path, path);
		}
		return files[i].root;
	}
	fail_msg("too many schema files");
	return NULL;
}

static const struct json_node *member(const struct json_node *object, const char *key, size_t length)
{
	for (const struct json_node *node = object ? object->first : NULL; node; node = node->next)
		if (node->key && strlen(node->key) == length && !strncmp(node->key, key, length))
			return node;
	return NULL;
}

#define MEMBER(object, key) member((object), (key), strlen(key))

/* A schema and the file it stands in, which its "#/..." references start from. */
struct schema { const struct json_node *node, *file; };

static struct schema follow(struct schema at)
{
	const struct json_node *reference;
	while ((reference = MEMBER(at.node, "$ref"))) {
		const char *hash = strchr(reference->text, '#');
		if (hash != reference->text)
			at.file = schema_file(reference->text, hash - reference->text);
		at.node = at.file;
		for (const char *part = hash + 1; *part == '/';) {
			size_t length = strcspn(++part, "/");
			at.node = member(at.node, part, length);
			part += length;
		}
		if (!at.node)
			fail_msg("dead reference %s", reference->text);
	}
	return at;
}

/* One object's schema with references, allOf and anyOf put together. */
struct flat {
	const char *type;
	struct { const char *name; struct schema schema; } properties[64];
	size_t count;
	const char *required[32];
	size_t required_count;
	struct schema items, values;
	const struct json_node *words, *minimum, *maximum, *pattern, *map, *min_items;
};

static void flatten(struct schema at, struct flat *to)
{
	static const char *const unions[] = { "allOf", "anyOf" };
	at = follow(at);
	for (size_t i = 0; i < array_length(unions); i++) {
		const struct json_node *list = MEMBER(at.node, unions[i]);
		for (const struct json_node *part = list ? list->first : NULL; part; part = part->next)
			flatten((struct schema){ part, at.file }, to);
	}
	for (const struct json_node *node = at.node->first; node; node = node->next) {
		if (!strcmp(node->key, "type"))
			to->type = node->text;
		else if (!strcmp(node->key, "items"))
			to->items = (struct schema){ node, at.file };
		else if (!strcmp(node->key, "additionalProperties"))
			to->values = (struct schema){ node, at.file };
		else if (!strcmp(node->key, "enum"))
			to->words = node;
		else if (!strcmp(node->key, "minimum"))
			to->minimum = node;
		else if (!strcmp(node->key, "maximum"))
			to->maximum = node;
		else if (!strcmp(node->key, "pattern"))
			to->pattern = node;
		else if (!strcmp(node->key, "patternProperties"))
			to->map = node;
		else if (!strcmp(node->key, "minItems"))
			to->min_items = node;
	}
	const struct json_node *required = MEMBER(at.node, "required"), *properties = MEMBER(at.node, "properties");
	for (const struct json_node *name = required ? required->first : NULL; name; name = name->next)
		to->required[to->required_count++] = name->text;
	for (const struct json_node *node = properties ? properties->first : NULL; node; node = node->next) {
		assert_true(to->count < array_length(to->properties));
		to->properties[to->count].name = node->key;
		to->properties[to->count++].schema = (struct schema){ node, at.file };
	}
}

/* ---- comparing ---- */

static const struct json_field *hidden; /* a row that is played to be missing */

static const struct json_field *find_row(const struct json_table *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].key && &table->fields[i] != hidden && !strcmp(table->fields[i].key, key))
			return &table->fields[i];
	return NULL;
}

static void compare_words(const char *path, const struct flat *schema, const struct json_word *words)
{
	size_t count = 0, found = 0;
	for (; words && words[count].word; count++)
		for (const struct json_node *node = schema->words ? schema->words->first : NULL; node; node = node->next)
			found += !strcmp(node->text, words[count].word);
	if (count != (schema->words ? schema->words->count : 0) || found != count)
		differ(path, WORDS);
}

static __int128 whole(const char *digits)
{
	return digits[0] == '-' ? -(__int128)strtoull(digits + 1, NULL, 10) : (__int128)strtoull(digits, NULL, 10);
}

static void compare_range(const char *path, const struct flat *schema, const struct json_field *row)
{
	bool is_signed = row->kind == FIELD_INT;
	__int128 row_min = is_signed ? row->min : 0, row_max = is_signed ? (__int128)(int64_t)row->max : (__int128)row->max;
	__int128 min = schema->minimum ? whole(schema->minimum->text) : INT64_MIN;
	__int128 max = schema->maximum ? whole(schema->maximum->text) : INT64_MAX;
	if (row_min != min || row_max != max)
		differ(path, RANGE);
}

static void compare_object(const char *path, struct schema at, const struct json_table *table);

static void expect_kind(const char *path, const struct json_field *row, enum field_kind kind)
{
	if (row->kind != kind)
		differ(path, KIND);
}

static void compare_array(const char *path, const struct flat *schema, const struct json_field *row)
{
	struct flat items = { 0 };
	char below[256];
	flatten(schema->items, &items);
	format(below, sizeof(below), "%s[]", path);
	if (!!(row->flags & FIELD_NOT_EMPTY) != !!schema->min_items)
		differ(path, REQUIRED);
	if (!strcmp(items.type, "object") && row->kind == FIELD_OBJECTS)
		return compare_object(below, schema->items, row->table);
	if (!strcmp(items.type, "string") && row->kind == FIELD_ENUMS)
		return compare_words(path, &items, row->words);
	if (!strcmp(items.type, "integer") && row->kind == FIELD_UINTS)
		return compare_range(path, &items, row);
	expect_kind(path, row, strcmp(items.type, "string") || items.words ? FIELD_ENUMS : FIELD_STRINGS);
}

static void compare_map(const char *path, const struct flat *schema, const struct json_field *row)
{
	char below[256];
	if (schema->map)
		return expect_kind(path, row, FIELD_MAP);
	expect_kind(path, row, FIELD_OBJECT_MAP);
	format(below, sizeof(below), "%s{}", path);
	if (row->kind == FIELD_OBJECT_MAP)
		compare_object(below, schema->values, row->table);
}

static void compare_property(const char *path, struct schema at, const struct json_field *row)
{
	struct flat schema = { 0 };
	flatten(at, &schema);
	/* Unions of objects have no type of their own. */
	const char *type = schema.type ? schema.type : "object";
	if (schema.pattern)
		differ(path, PATTERN);
	if (!strcmp(type, "boolean")) {
		expect_kind(path, row, FIELD_BOOL);
	} else if (!strcmp(type, "integer")) {
		if (row->kind != FIELD_INT && row->kind != FIELD_UINT)
			return differ(path, KIND);
		compare_range(path, &schema, row);
	} else if (!strcmp(type, "string")) {
		if (row->kind != FIELD_ENUM)
			expect_kind(path, row, FIELD_STRING);
		compare_words(path, &schema, row->kind == FIELD_ENUM ? row->words : NULL);
	} else if (!strcmp(type, "array")) {
		compare_array(path, &schema, row);
	} else if (schema.map || schema.values.node) {
		compare_map(path, &schema, row);
	} else {
		expect_kind(path, row, FIELD_OBJECT);
		if (row->kind == FIELD_OBJECT)
			compare_object(path, at, row->table);
	}
}

static bool is_required(const struct flat *schema, const char *name)
{
	for (size_t i = 0; i < schema->required_count; i++)
		if (!strcmp(schema->required[i], name))
			return true;
	return false;
}

static void compare_object(const char *path, struct schema at, const struct json_table *table)
{
	struct flat schema = { 0 };
	char below[256];
	size_t found = 0, rows = 0;
	flatten(at, &schema);
	for (size_t i = 0; i < schema.count; i++) {
		const char *name = schema.properties[i].name;
		const struct json_field *row = find_row(table, name);
		format(below, sizeof(below), "%s%s%s", path, *path ? "." : "", name);
		if (!row) {
			differ(below, NO_ROW);
			continue;
		}
		found++;
		if (!!(row->flags & FIELD_REQUIRED) != is_required(&schema, name))
			differ(below, REQUIRED);
		compare_property(below, schema.properties[i].schema, row);
	}
	for (size_t i = 0; i < table->count; i++)
		rows += table->fields[i].key && &table->fields[i] != hidden;
	if (rows != found)
		differ(path, NO_PROPERTY);
}

static int compare_all(void)
{
	const struct json_node *root = schema_file("config-schema.json", strlen("config-schema.json"));
	unexpected = 0;
	compare_object("", (struct schema){ root, root }, &spec_table);
	return unexpected;
}

/* ---- the tests ---- */

static void tables_are_the_schema(void **state)
{
	(void)state;
	assert_int_equal(compare_all(), 0);
}

static void listed_differences_are_there(void **state)
{
	int stale = 0;
	(void)state;
	quiet = true;
	compare_all();
	quiet = false;
	for (size_t i = 0; i < array_length(differences); i++) {
		if (differences[i].seen)
			continue;
		print_error("%s: %s: no longer a difference\n", differences[i].path, aspect_words[differences[i].aspect]);
		stale++;
	}
	assert_int_equal(stale, 0);
}

/* Hides each row of each table once: the comparison must notice every one. */
static size_t hide_each(const struct json_table *table)
{
	size_t hidden_count = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct json_field *row = &table->fields[i];
		if (!row->key)
			continue;
		hidden = row;
		if (compare_all() == 0)
			fail_msg("nobody misses the row '%s' of '%s'", row->key, table->name);
		hidden = NULL;
		hidden_count += 1 + (row->table ? hide_each(row->table) : 0);
	}
	return hidden_count;
}

static void missing_row_is_noticed(void **state)
{
	(void)state;
	quiet = true;
	assert_true(hide_each(&spec_table) > 150);
	quiet = false;
}

/* Ignored by a runtime for Linux, or refused by one, whatever the schema says. */
static const char *const others[] = {
	"freebsd-vnet-disable.json", /* bad only in its freebsd part, which is another platform's */
};

static bool is_other(const char *name)
{
	for (size_t i = 0; i < array_length(others); i++)
		if (!strcmp(others[i], name))
			return true;
	return false;
}

static int read_document(const char *path, struct error *error)
{
	struct spec spec;
	size_t length;
	char *text = file_text(path, &length);
	return spec_read("config.json", text, length, &arena, &spec, NULL, error);
}

static void read_directory(const char *directory, int expected)
{
	int count = 0;
	DIR *dir = opendir(directory);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[512], sentence[1024];
		struct error error = { 0 };
		if (entry->d_name[0] == '.' || is_other(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		int result = read_document(path, &error);
		error_sentence(&error, sentence, sizeof(sentence));
		if (result != expected)
			fail_msg("%s: %d: %s", path, result, sentence);
		count++;
	}
	closedir(dir);
	assert_true(count >= 4);
}

static void good_documents_are_read(void **state)
{
	(void)state;
	read_directory(SCHEMAS "test/config/good", 0);
}

static void bad_documents_are_refused(void **state)
{
	(void)state;
	read_directory(SCHEMAS "test/config/bad", -1);
}

static int open_arena(void **state)
{
	(void)state;
	return arena_open(&arena);
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_the_schema),
		cmocka_unit_test(listed_differences_are_there),
		cmocka_unit_test(missing_row_is_noticed),
		cmocka_unit_test(good_documents_are_read),
		cmocka_unit_test(bad_documents_are_refused),
	};
	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
