/* User namespaces and their id maps: made for id-mapped mounts, read of those that are joined. */
#pragma once

#include <stddef.h>

/* A fresh user namespace with these maps, written by us through the handle of procfs. The caller's fd, or -errno. */
int idmap_namespace(int procfs, const char *uid_map, const char *gid_map);

/* The maps of a user namespace as seen from ours; each buffer has `size` bytes. Empty text: none was written yet. 0 or -errno. */
int idmap_read(int procfs, int users, char *uid_map, char *gid_map, size_t size);
