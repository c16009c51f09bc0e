/* What the specification demands of values together, once each of them decoded: duplicates, pairs, and words inside strings.
 * Nothing here knows the host. 0, or -1 with the error filled. */
#pragma once

struct error;
struct json_objects;
struct spec;
struct spec_process;
struct spec_resources;
struct spec_seccomp;

int spec_check(const struct spec *spec, struct error *error);
int spec_check_process(const struct spec_process *process, struct error *error);
int spec_check_resources(const struct spec_resources *resources, struct error *error);
int spec_check_mounts(const struct json_objects *mounts, struct error *error);
int spec_check_seccomp(const struct spec_seccomp *seccomp, struct error *error);

/* One list of struct spec_id_mapping: sizes above 0, ranges that end inside the id space, no overlap on either side (rule B.10). */
int spec_check_mappings(const struct json_objects *mappings, struct error *error);
