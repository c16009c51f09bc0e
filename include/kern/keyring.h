/* The session keyring (keyrings(7)). */
#pragma once

/* Joins a new session keyring of this name. Its possessors may do everything with it; its owner may only find it by name. One that is there
 * already under the name is not taken, be it the container's: then the new one has no name of its own, as in `exec`. 0, or -errno
 * (-ENOSYS: a kernel without keyrings). */
int keyring_join_fresh(const char *name);
