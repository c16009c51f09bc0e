/* Shared by the files of src/cgroup alone: directories of one hierarchy, opened, walked and asked. -errno everywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The root of the hierarchy mounted at `mount`, O_PATH; -ENODEV if something else is mounted there. */
int tree_root(const char *mount, bool v2);

/* A directory below `dir`, for reading. No "..", no symbolic link, no other mount on the way (rule B.13). Leading slashes do not
 * count. */
int tree_open(int dir, const char *path);

/* The two in one: the cgroup `path` of a hierarchy. */
int tree_leaf(const char *mount, bool v2, const char *path);

/* Writes on an unused directory who uses it now: a number that nobody else has, of which the lowest bit says that a container of ours
 * made the directory, this one (`made`) or the one before. The number, or 0 where the kernel does not keep it. */
#define TREE_MARK_MADE 1u
uint64_t tree_mark(int dir, bool made);

/* The same for a directory that has just been made. -EEXIST: somebody has it in use by now, whose mark stays. */
int tree_mark_new(int dir, uint64_t *mark);

bool tree_marked(int dir);

/* The same of a container's record; -ENOENT also if what has the path now is another directory than the container's. */
struct record_cgroup;
int tree_of(const struct record_cgroup *hierarchy, const char *path);

/* Whether a directory is that one, and nobody else's by now. 1, 0; or -errno: one that cannot be looked at is not gone. */
int tree_is_the_one(const struct record_cgroup *hierarchy, int dir);

/* Whether a path names a cgroup of its own: something below the root, without "..". Whoever kills or removes asks first. */
bool tree_path_valid(const char *path);

/* Subdirectories of `dir`, in no order. `each` gets names, returns 0 to go on. */
int tree_names(int dir, int (*each)(int dir, const char *name, void *data), void *data);

/* Calls `each` for `dir` and all directories below it, from the top, until it returns something else than 0, which is returned.
 * Directories that vanish meanwhile are passed over; where many do, one may be told twice. `each` must not walk itself. -ELOOP: deeper
 * than 65536; -EAGAIN: it changes faster than it can be walked. */
int tree_each(int dir, int (*each)(int dir, void *data), void *data);

/* Calls `each` for every process of this one directory, in a threaded one for every thread. The same end. */
int tree_processes(int dir, int (*each)(pid_t pid, void *data), void *data);

/* Processes in `dir` and below. */
int tree_count(int dir);

/* What cgroup.events of a v2 directory says; of one that cannot be read, neither, and why. */
int tree_events(int dir, bool *populated, bool *frozen);

/* Whether cgroup.events of a v2 directory has this line: "frozen 1", "populated 0". */
bool tree_event(int dir, const char *line);

/* Sleeps; if cgroup.events of a v2 directory has this line, until that changes at the latest. The kernel keeps its notifications 10 ms
 * apart, so the news may come that late. True as soon as the descriptor `interrupt` (-1: none) is readable. */
bool tree_event_wait(int dir, const char *line, int64_t us, int interrupt);

/* Whether a v2 directory is threaded: then tree_processes has told threads. It never becomes anything else again. */
bool tree_threaded(int dir);

/* What freezer.state of a legacy directory says, if it has one. */
bool tree_v1_frozen(int dir);
