/* The mount table, for hierarchies that are not in their usual place. */
#pragma once

struct arena;

/* Where the legacy hierarchy with this controller is mounted, from its root: a path in the arena, or NULL. libmount is loaded for
 * this alone; without it nothing is found. */
const char *mount_table_find_v1(const char *controller, struct arena *arena);
