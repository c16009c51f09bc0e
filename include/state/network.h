/* What of the host's network devices is to be brought back: written down before the first one is moved, gone once that is given up.
 * Beside it two network namespaces are mounted, which live on there when no process is left in them: the container's, and that the devices
 * come from, which need not be that of whoever deletes the container. */
#pragma once

#include "state/state.h"

#define STATE_NETWORK "network.json"
#define STATE_NETWORK_HOME "network.home"      /* where they come from; kept first */
#define STATE_NETWORK_NAMESPACE "network"      /* the container's */

#define NETWORK_NAMES_MOST 1024 /* other names of a device */

struct network_device {
	const char *host;             /* its name here */
	int32_t index, index_inside;  /* its number here, and in the container's namespace */
	int32_t asked;                /* the number it is to have here again: noted before it is moved back; 0: it has not been */
	int32_t master;               /* the bridge or bond it was a port of; 0: none */
	const char *master_name;      /* ... by name: numbers are given again */
	const char *kind;             /* "veth"; NULL: a piece of hardware */
	const char *hardware, *permanent; /* what tells it from another that was put in its place: addresses, NULL: none */
	int32_t link, link_namespace; /* ... and the other end (kern/netlink.h) */
	struct json_strings names;    /* its other names */
	bool up;
	struct json_uints addresses;  /* bytes: the requests that give them again (kern/netlink.h) */
};

struct network_note {
	struct json_objects devices;  /* struct network_device */
	uint64_t mounts;              /* inode of the mount namespace in which the others are kept */
};

/* `mounts` is this process's, whatever the note says. */
int network_save(const struct state_dir *state, const struct network_note *note, struct arena *arena, struct error *error);

/* 1: read; 0: there is none; -1 with the error filled, whose code is 0 if the note is damaged, as it is with STATE_DAMAGED. */
int network_load(const struct state_dir *state, struct arena *arena, struct network_note *note, struct error *error);

/* Mounts the namespace behind the descriptor; `name` is one of the two. */
int network_keep(const struct state_dir *state, const char *name, int namespace, struct error *error);

/* A namespace kept; the caller's fd. -ENOENT: none is. -ENOTTY: in this mount namespace none is. */
int network_kept(const struct state_dir *state, const char *name);

/* A process in the mount namespace in which they are kept, if that is another than ours; 0: nobody is, as far as we see; -errno: we cannot
 * look. */
pid_t network_keeper(const struct network_note *note);

/* Gives up the namespaces kept in a state directory, which need not have its name any more. */
void network_give_up(int dir);

/* Gives all that up: first the namespaces, then the note. */
void network_forget(const struct state_dir *state);
