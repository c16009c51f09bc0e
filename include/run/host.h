/* What the host offers, asked once per command. */
#pragma once

#include "plan/host.h"

struct arena;
struct error;

/* As KERNEL_VERSION_OF(major, minor); 0: not known. */
unsigned host_kernel_version(void);

/* The runtime itself is not in the initial one. */
bool host_in_user_namespace(void);

/* Needs no rights. What cannot be found out counts as not there; but of cgroups, which a container must be in if there are any, that is
 * an error. */
int host_probe(struct host *host, struct arena *arena, struct error *error);

/* All but the cgroups. */
void host_probe_rights(struct host *host);
