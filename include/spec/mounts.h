/* config.md#mounts */
#pragma once

#include "json/json.h"

struct spec_id_mapping {     /* config-linux.md#user-namespace-mappings */
	struct place at;
	uint32_t container_id, host_id, size;
};
extern const struct json_table spec_id_mapping_table;

struct spec_mount {
	struct place at;
	const char *destination;
	const char *type;
	const char *source;
	struct json_strings options;
	struct json_objects uid_mappings; /* struct spec_id_mapping */
	struct json_objects gid_mappings;
};
extern const struct json_table spec_mount_table;

/* Decodes and checks a document that is a list of mounts (`mounts add`), as spec_read does with mounts. */
int spec_mounts_read(const char *name, const char *text, size_t length, struct arena *arena, struct json_objects *mounts,
		     struct json_note **notes, struct error *error);
