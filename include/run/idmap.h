/* User namespaces that exist for their id maps alone: for id-mapped mounts. */
#pragma once

/* A fresh user namespace with these maps, written by us through the handle of procfs. The caller's fd, or -errno. */
int idmap_namespace(int procfs, const char *uid_map, const char *gid_map);
