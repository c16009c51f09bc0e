/* The per-container directory: ROOT/ID with a lock, a small record, a private copy of config.json, and the start socket while the
 * container is created and not started.
 *
 * A directory is claimed by giving one that is locked already its name, which nobody may have; its lock is flock(2) on the directory
 * itself, held by whoever changes the container, released by the kernel whatever happens. Readers take no lock: the record is replaced
 * atomically (rule B.14). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "json/json.h"

struct arena;
struct text;

#define STATE_ID_MOST 128
#define STATE_CLAIM ".new." /* begins the names of directories that are no container's yet: empty ones */
#define STATE_START_SOCKET "start.sock"
#define STATE_START_BEGUN 0600 /* its mode once a `start` has reached it: from then on its name does not tell that init still waits */
#define STATE_CONFIG "config.json"
#define STATE_RECORD "state.json"
#define STATE_BACKUP "cgroup.json"
#define STATE_FILTER "filter.bpf" /* the compiled seccomp filter, for exec; without it exec compiles one */
#define STATE_RESOURCES "resources.json" /* linux.resources as `update` has changed them; not there before that */
#define STATE_UPDATING "resources.unsure" /* an update is at work, or was cut short: the way back (state/undo.h) */

struct state_dir {
	int root;           /* ROOT, O_DIRECTORY */
	int dir;            /* ROOT/ID, O_DIRECTORY; the lock hangs on it; -1: not open. what is only read is found by its
			     * name, too */
	const char *id;
	const char *root_path;
	bool locked;        /* by us */
};

/* One hierarchy the container has a directory in. */
struct record_cgroup {
	const char *mount;
	bool v2;
	uint64_t inode;                  /* of the directory: another of its name is somebody else's; 0: not noted yet */
	uint64_t mark;                   /* written on it (xattr): whoever takes it over once it is empty writes another; 0: none */
};

/* What is written down, under 1 KB but for annotations. Names of things are in it before the things exist (rule B.14.4). */
struct record {
	const char *oci_version;
	const char *id;
	int32_t pid;                     /* 0 until there is one */
	uint64_t pid_start;              /* /proc/PID/stat field 22 */
	uint64_t pid_inode;              /* of its pidfds, which no other process of this boot has (pidfd_inode); 0: not known */
	const char *boot_id;             /* pids of another boot mean nothing */
	uint64_t init_device, init_inode;/* of init's executable: what /proc/PID/exe is until the program runs */
	const char *bundle, *rootfs;
	const char *created;             /* RFC 3339, UTC, nanoseconds */
	const char *cgroup_path;         /* below each hierarchy; NULL: none */
	struct json_objects cgroups;     /* struct record_cgroup */
	const char *cgroup_above;        /* the part of that path that was there before us, "" if none: not ours to remove */
	bool cgroup_made;                /* false: it was there before us and is not removed */
	uint64_t oom_before;             /* ... and had counted so many processes killed for lack of memory */
	const char *unit;                /* systemd's unit, NULL: the directories are ours; named before it is started */
	bool user_unit;                  /* of the user manager */
	bool private_pid_namespace;
	bool chrooted;                   /* its root is no root of a mount namespace: who joins it has to change to it */
	bool committed;                  /* create has succeeded; false: it goes on, or was abandoned */
	bool net_devices;                /* network devices are moved into it: on the way there may be some to bring back */
	bool hooks_begun;                /* from prestart on: poststop is owed */
	bool has_process;
	bool start_marked;               /* `start` marks the socket before it says go (STATE_START_BEGUN) */
	struct json_strings hooks;       /* kinds that config.json has after create: "poststart", "poststop" */
	const char *notify_path, *notify_metadata; /* a late filter's listener: `start` hands it over */
	struct json_map annotations;
	uid_t owner;                     /* not written: whose file it was read from */
};
extern const struct json_table record_table;

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
const char *status_text(enum status status);

/* Checks an id against rule B.14.2, before the disk is touched: 0, or -1 with the contract's text. */
int state_check_id(const char *id, struct error *error);

/* Opens ROOT (made 0700 if missing and that is asked for), refusing what rule B.14.1 refuses. Sticky: so that those who clean temporary
 * directories leave it alone (contract section 3). */
enum state_root_flags { STATE_ROOT_MAKE = 1, STATE_ROOT_STICKY = 2 };
int state_open_root(const char *path, int flags, struct state_dir *state, struct error *error);

/* Opens a file of ROOT/ID for reading: no part of it may be a link. The caller's fd, or -errno. */
int state_open_file(const struct state_dir *state, const char *name);

/* The mode of what ROOT/ID has by that name, or -errno. */
int state_mode(const struct state_dir *state, const char *name);

/* What a file of ours is that cannot be opened because of this errno: STATE_DAMAGED, something else has its name; or -1, as yet. */
int state_unreadable(int code);

/* A document of ours in ROOT/ID, whole, in the arena, with a 0 behind it: 1; 0: it is not there; -1: it cannot be read now;
 * STATE_DAMAGED: it never can. */
int state_document(const struct state_dir *state, const char *name, struct arena *arena, const char **text, size_t *length,
		   struct error *error);

/* Claims a new ROOT/ID, locked. -1: "container with given ID already exists". */
int state_claim(struct state_dir *state, const char *id, struct error *error);

enum state_open_flags { STATE_LOCK = 1, STATE_LOCK_BRIEFLY = 2 };
/* Opens ROOT/ID; "container does not exist" (STATE_ABSENT) if it is not there. With STATE_LOCK waits at most `STATE_LOCK_WAIT_MS` for the
 * lock, with STATE_LOCK_BRIEFLY `STATE_LOCK_BRIEF_MS`; then the container "is busy" (STATE_BUSY). Any other failure is -1. */
enum { STATE_ABSENT = -2, STATE_BUSY = -3, STATE_DAMAGED = -4 };
#define STATE_LOCK_WAIT_MS 4000
#define STATE_LOCK_BRIEF_MS 100
int state_open(struct state_dir *state, const char *id, int flags, struct error *error);

/* Whether it has been removed since it was opened. */
bool state_gone(const struct state_dir *state);

/* What state_open says where there is no such container: STATE_ABSENT. */
int state_absent(const char *id, struct error *error);

/* Gives the lock back and keeps the directory open: hooks may call us for this container (rule B.14.12). */
void state_unlock(struct state_dir *state);

/* Takes the lock again, of the directory that is open: STATE_ABSENT if that has been removed, though another may have its name by now.
 * STATE_BUSY and -1 as state_open; it stays open. */
int state_relock(struct state_dir *state, struct error *error);

void state_close(struct state_dir *state);

/* 1: read; 0: there is none yet (a create that has only begun, or was abandoned there); -1: it cannot be read now; STATE_DAMAGED: nor
 * another time. Who takes the one for the other gives up a container that lives. */
int record_load(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error);
int record_save(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error);

/* The same with a second file, written once the cgroup has been made: what `delete --force` goes by if the record is damaged. */
int record_load_backup(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error);
int record_save_backup(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error);

/* Whether what runs in the record's cgroup is the container's. A cgroup that an unfinished create had named but found there, or had
 * not come to make, is somebody else's, as is one of another boot: nobody in it is killed, and it is not removed. */
bool record_owns_cgroup(const struct record *record);

/* Of the kernel that runs; NULL where /proc does not show it (subset=pid). Asked once: it outlives us. */
const char *state_boot_id(void);

/* Pids, inodes and units of another boot mean nothing. */
bool record_of_this_boot(const struct record *record);

/* The process of a record, by identity, not by number (rule B.14.9): a pidfd; -ESRCH: it has ended; or another -errno: nobody knows. */
int record_pidfd(const struct record *record);

/* What the container is now, its freezer left aside. An unfinished record is STATUS_CREATING while its creator holds the lock, and
 * STATUS_STOPPED when nobody does: abandoned. One of which nobody knows whether it has ended has not. */
enum status record_status(const struct state_dir *state, const struct record *record);

/* Calls `each` for every id in ROOT, in order of name; dot names are skipped. */
int state_each(const struct state_dir *state, struct arena *arena, int (*each)(const char *id, void *data, struct error *error), void *data,
	       struct error *error);

/* Makes the directory vanish in one step, then empties it (rule B.14.7). 0 also if it is gone already. */
int state_remove(struct state_dir *state, struct error *error);

/* Empties what removals that were cut short have left behind. */
void state_sweep(struct state_dir *state);

/* The OCI state of the container as JSON (state-schema.json, contract 8.1). */
struct oci_state {
	const char *oci_version, *id;
	int32_t pid;
	const char *status, *bundle, *rootfs, *created;
	struct json_map annotations;
	const char *owner;
	bool oom_killed;    /* processes of it were killed for lack of memory: ours, not the specification's */
};
extern const struct json_table oci_state_table;
void oci_state_fill(struct oci_state *to, const struct record *record, enum status status);
