/* config.json as C structs: runtime-spec 1.3.0, what applies to Linux. One header and one file a chapter.
 *
 * Optional numbers, booleans and objects are pointers into the arena (NULL: absent); lists are never NULL, only empty.
 * All of it is const once decoded.
 *
 * What plan takes init will read, in an arena that it maps, and who may trace init reads all of that. So hooks, annotations, resources and
 * the seccomp profile have FIELD_HOST: plan decides what of them init gets. What exec has no use for has FIELD_MAKING. */
#pragma once

#include "json/json.h"
#include "spec/hooks.h"
#include "spec/linux.h"
#include "spec/mounts.h"
#include "spec/process.h"

#define OCI_VERSION "1.3.0"

struct spec_root {           /* config.md#root */
	struct place at;
	const char *path;
	bool readonly;
};

struct spec {                /* config.md */
	const char *oci_version;
	struct spec_root *root;
	struct spec_process *process;
	const char *hostname;
	struct place hostname_at;
	const char *domainname;
	struct place domainname_at;
	struct json_objects mounts;      /* struct spec_mount */
	struct spec_hooks *hooks;
	struct json_map annotations;
	struct spec_linux *linux_;       /* never NULL after spec_read ("linux" is a macro of gcc's gnu dialects) */
};

extern const struct json_table spec_table;

/* Decodes the text of a config.json. 0, or -1 with the error filled; notes may be NULL. */
int spec_read_into(const char *name, const char *text, size_t length, const struct json_homes *homes, struct spec *spec,
		   struct json_note **notes, struct error *error);

/* The same, all of it in one arena. */
int spec_read(const char *name, const char *text, size_t length, struct arena *arena, struct spec *spec, struct json_note **notes,
	      struct error *error);
