/* What of the host's network devices is to be brought back: written down before the first one is moved, gone once that is given up.
 * Beside it the container's network namespace is mounted, which lives on there when no process is left in it. */
#pragma once

#include "state/state.h"

#define STATE_NETWORK "network.json"
#define STATE_NETWORK_NAMESPACE "network"

struct network_device {
	const char *host;             /* its name here */
	int32_t index, index_inside;  /* its number here, and in the container's namespace */
	int32_t master;               /* the bridge or bond it was a port of; 0: none */
	const char *kind;             /* "veth"; NULL: a piece of hardware */
	bool up;
	struct json_uints addresses;  /* bytes: the requests that give them again (kern/netlink.h) */
};

struct network_note { struct json_objects devices; /* struct network_device */ };

int network_save(const struct state_dir *state, const struct network_note *note, struct arena *arena, struct error *error);

/* 1: read; 0: there is none; -1: damaged, with the error filled. */
int network_load(const struct state_dir *state, struct arena *arena, struct network_note *note, struct error *error);

/* Mounts the namespace behind the descriptor. */
int network_keep(const struct state_dir *state, int namespace, struct error *error);

/* The namespace kept; the caller's fd. -ENOENT: none is. -ENOTTY: in this mount namespace none is. */
int network_kept(const struct state_dir *state);

/* Gives all that up: first the namespace, then the note. */
void network_forget(const struct state_dir *state);
