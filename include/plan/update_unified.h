/* Shared by plan's files about resources alone: fields, and files by their names, that mean the same. */
#pragma once

#include "plan/cgroup.h"

/* The pair of that key, NULL if there is none. */
const struct json_pair *unified_find(const struct json_map *unified, const char *file);

/* `rows` are what fields of a change write into the v2 directory: keys of `unified` for the same files go, or get their lines, but for
 * those of the change itself, which are written after the fields. */
void update_plan_unified(const struct cgroup_rows *rows, const struct json_map *change, struct json_map *unified);
