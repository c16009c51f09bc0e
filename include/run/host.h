/* What the host offers, asked once per command. */
#pragma once

#include "plan/host.h"

struct arena;

/* The runtime itself is not in the initial one. */
bool host_in_user_namespace(void);

/* Never fails: what cannot be found out counts as not there. Needs no rights. */
void host_probe(struct host *host, struct arena *arena);
