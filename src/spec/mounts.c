/* config.md#mounts, and the id mappings that mounts and user namespaces share, as tables. */
#include "spec/mounts.h"

#include "spec/limits.h"

/* A size of 0 is refused by check.c: unsigned rows have no lower bound. */
JSON_TABLE(spec_id_mapping_table, "id mapping", struct spec_id_mapping,
	F_PLACE(struct spec_id_mapping, at),
	F_UINT(struct spec_id_mapping, container_id, "containerID", FIELD_REQUIRED, ID_MAX),
	F_UINT(struct spec_id_mapping, host_id, "hostID", FIELD_REQUIRED, ID_MAX),
	F_UINT(struct spec_id_mapping, size, "size", FIELD_REQUIRED, UINT32_MAX));

/* A relative destination is deprecated but legal: it starts at "/". */
JSON_TABLE(spec_mount_table, "mount", struct spec_mount,
	F_PLACE(struct spec_mount, at),
	F_STRING(struct spec_mount, destination, "destination", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_STRING(struct spec_mount, type, "type", 0),
	F_STRING(struct spec_mount, source, "source", 0),
	F_STRINGS(struct spec_mount, options, "options", 0, 0),
	F_OBJECTS(struct spec_mount, uid_mappings, "uidMappings", 0, &spec_id_mapping_table, ID_MAPPINGS_MOST),
	F_OBJECTS(struct spec_mount, gid_mappings, "gidMappings", 0, &spec_id_mapping_table, ID_MAPPINGS_MOST));
