/* The mount table, for hierarchies that are not in their usual place. */
#pragma once

struct arena;

/* Where the legacy hierarchy with this controller is mounted, from its root: a path in the arena, or NULL. libmount is loaded for
 * this alone, by caisson-libs; without it nothing is found. 0, or -errno: it could not be found out. */
int mount_table_find_v1(const char *controller, struct arena *arena, const char **path);
