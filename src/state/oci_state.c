/* The state as the runtime-spec shows it to callers and hooks. */
#include "state/state.h"

/* The order is runc's: callers have been seen to compare text (contract 8.1). */
JSON_TABLE(oci_state_table, "state", struct oci_state,
	F_STRING(struct oci_state, oci_version, "ociVersion", FIELD_REQUIRED),
	F_STRING(struct oci_state, id, "id", FIELD_REQUIRED),
	F_INT(struct oci_state, pid, "pid", FIELD_REQUIRED, 0, INT32_MAX),
	F_STRING(struct oci_state, status, "status", FIELD_REQUIRED),
	F_STRING(struct oci_state, bundle, "bundle", FIELD_REQUIRED),
	F_STRING(struct oci_state, rootfs, "rootfs", 0),
	F_STRING(struct oci_state, created, "created", 0),
	F_MAP(struct oci_state, annotations, "annotations", 0),
	F_STRING(struct oci_state, owner, "owner", 0),
	F_BOOL(struct oci_state, oom_killed, "oomKilled", 0),
);

const char *status_text(enum status status)
{
	switch (status) {
	case STATUS_CREATING:
		return "creating";
	case STATUS_CREATED:
		return "created";
	case STATUS_RUNNING:
		return "running";
	case STATUS_PAUSED:
		return "paused";
	case STATUS_STOPPED:
		return "stopped";
	}
	return "stopped";
}

void oci_state_fill(struct oci_state *to, const struct record *record, enum status status)
{
	*to = (struct oci_state){
		.oci_version = record->oci_version,
		.id = record->id,
		.pid = status == STATUS_STOPPED ? 0 : record->pid,
		.status = status_text(status),
		.bundle = record->bundle,
		.rootfs = record->rootfs,
		.created = record->created,
		.annotations = record->annotations,
	};
}
