/* config.md: the whole document, as tables, and reading it. */
#include "spec/spec.h"

#include "base/arena.h"
#include "spec/check.h"

JSON_TABLE(spec_root_table, "root", struct spec_root,
	F_PLACE(struct spec_root, at),
	F_STRING(struct spec_root, path, "path", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_BOOL(struct spec_root, readonly, "readonly", 0));

/* `solaris`, `windows`, `vm`, `zos` and `freebsd` have no rows: they are ignored as unknown properties are.
 * `root` is required, but by spec_check: callers look for the words (contract 11.1). `process` is decided by plan. */
JSON_TABLE(spec_table, "config", struct spec,
	F_STRING(struct spec, oci_version, "ociVersion", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_OPT_OBJECT(struct spec, process, "process", &spec_process_table),
	F_OBJECT(struct spec, root, "root", FIELD_OPTIONAL | FIELD_MAKING, &spec_root_table),
	F_STRING_AT(struct spec, hostname, hostname_at, "hostname", FIELD_MAKING),
	F_STRING_AT(struct spec, domainname, domainname_at, "domainname", FIELD_MAKING),
	F_OBJECTS(struct spec, mounts, "mounts", FIELD_MAKING, &spec_mount_table, 32768), /* rule B.17 */
	F_OBJECT(struct spec, hooks, "hooks", FIELD_OPTIONAL | FIELD_HOST, &spec_hooks_table),
	F_MAP(struct spec, annotations, "annotations", FIELD_HOST),
	F_OPT_OBJECT(struct spec, linux_, "linux", &spec_linux_table));

/* The three documents that hold a part of config.json differ in the table alone. */
static int document_read(const char *name, const char *text, size_t length, const struct json_table *table, void *out,
			 const struct json_homes *homes, struct json_note **notes, struct error *error)
{
	struct json_node *root;
	try(json_parse(name, text, length, homes->own, &root, error));
	return json_decode_into(name, root, table, out, homes, notes, error);
}

int spec_read_into(const char *name, const char *text, size_t length, const struct json_homes *homes, struct spec *spec,
		   struct json_note **notes, struct error *error)
{
	try(document_read(name, text, length, &spec_table, spec, homes, notes, error));
	if (!spec->linux_) /* OPTIONAL (config.md#platform-specific-configuration): no namespaces, no limits, nothing masked */
		spec->linux_ = arena_new(homes->arena, struct spec_linux);
	return spec_check(spec, error);
}

int spec_read(const char *name, const char *text, size_t length, struct arena *arena, struct spec *spec, struct json_note **notes,
	      struct error *error)
{
	const struct json_homes one = { .arena = arena, .own = arena };

	return spec_read_into(name, text, length, &one, spec, notes, error);
}

int spec_process_read(const char *name, const char *text, size_t length, const struct json_homes *homes, struct spec_process *process,
		      struct json_note **notes, struct error *error)
{
	try(document_read(name, text, length, &spec_process_table, process, homes, notes, error));
	return spec_check_process(process, error);
}

int spec_resources_read(const char *name, const char *text, size_t length, struct arena *arena, struct spec_resources *resources,
			struct json_note **notes, struct error *error)
{
	const struct json_homes one = { .arena = arena, .own = arena };

	try(document_read(name, text, length, &spec_resources_table, resources, &one, notes, error));
	return spec_check_resources(resources, error);
}

/* A list stands in no object: it is read as the one member of one. */
static const struct json_field mounts_document_fields[] = {
	F_OBJECTS(struct spec, mounts, "mounts", FIELD_REQUIRED, &spec_mount_table, 32768),
};
static const struct json_table mounts_document_table = { "document", sizeof(struct spec), mounts_document_fields, 1 };

int spec_mounts_read(const char *name, const char *text, size_t length, struct arena *arena, struct json_objects *mounts,
		     struct json_note **notes, struct error *error)
{
	struct spec spec;
	struct json_node *list, document = { .type = JSON_OBJECT, .line = 1, .column = 1, .count = 1 };

	try(json_parse(name, text, length, arena, &list, error));
	list->key = "mounts";
	document.first = list;
	try(json_decode(name, &document, &mounts_document_table, &spec, arena, notes, error));
	*mounts = spec.mounts;
	return spec_check_mounts(mounts, error);
}
