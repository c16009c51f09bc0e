/* The record: what is written down of a container, and what its process is now. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/text.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "state/state.h"

#define RECORD_SIZE_MOST JSON_SIZE_MOST /* annotations are most of it */
#define ANY_NUMBER UINT64_MAX

JSON_TABLE(record_cgroup_table, "hierarchy", struct record_cgroup,
	F_STRING(struct record_cgroup, mount, "mount", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_BOOL(struct record_cgroup, v2, "v2", 0),
	F_UINT(struct record_cgroup, inode, "inode", 0, ANY_NUMBER),
	F_UINT(struct record_cgroup, mark, "mark", 0, ANY_NUMBER),
);

JSON_TABLE(record_table, "state", struct record,
	F_STRING(struct record, oci_version, "ociVersion", FIELD_REQUIRED),
	F_STRING(struct record, id, "id", FIELD_REQUIRED),
	F_INT(struct record, pid, "pid", 0, 0, INT32_MAX),
	F_UINT(struct record, pid_start, "pidStart", 0, ANY_NUMBER),
	F_STRING(struct record, boot_id, "bootId", 0),
	F_UINT(struct record, init_device, "initDevice", 0, ANY_NUMBER),
	F_UINT(struct record, init_inode, "initInode", 0, ANY_NUMBER),
	F_STRING(struct record, bundle, "bundle", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_STRING(struct record, rootfs, "rootfs", 0),
	F_STRING(struct record, created, "created", 0),
	F_STRING(struct record, cgroup_path, "cgroupPath", 0),
	F_OBJECTS(struct record, cgroups, "cgroups", 0, &record_cgroup_table, 32),
	F_STRING(struct record, cgroup_above, "cgroupAbove", 0),
	F_BOOL(struct record, cgroup_made, "cgroupMade", 0),
	F_UINT(struct record, oom_before, "oomBefore", 0, ANY_NUMBER),
	F_STRING(struct record, unit, "unit", 0),
	F_BOOL(struct record, user_unit, "userUnit", 0),
	F_BOOL(struct record, private_pid_namespace, "privatePidNamespace", 0),
	F_BOOL(struct record, committed, "committed", 0),
	F_BOOL(struct record, chrooted, "chrooted", 0),
	F_BOOL(struct record, net_devices, "netDevices", 0),
	F_BOOL(struct record, hooks_begun, "hooksBegun", 0),
	F_BOOL(struct record, has_process, "hasProcess", 0),
	F_STRINGS(struct record, hooks, "hooks", 0, 8),
	F_STRING(struct record, notify_path, "notifyPath", 0),
	F_STRING(struct record, notify_metadata, "notifyMetadata", 0),
	F_MAP(struct record, annotations, "annotations", 0),
);

/* Our own file, and still read as strictly as a stranger's: a broken one is abandoned, not a crash (rule B.17, case C63). */
static int load(const struct state_dir *state, const char *name, struct arena *arena, struct record *record, struct error *error)
{
	struct stat info;
	struct json_node *root;

	_cleanup_fd int fd = openat(state->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return fail(error, errno, "cannot read the state of container '%s'", state->id);
	if (!S_ISREG(info.st_mode) || info.st_size > RECORD_SIZE_MOST)
		return fail(error, 0, "the state of container '%s' is damaged: not a small regular file", state->id);
	char *text = arena_alloc(arena, (size_t)info.st_size + 2);
	ssize_t length = read_all(fd, text, (size_t)info.st_size + 2);
	if (length < 0)
		return fail(error, (int)-length, "cannot read the state of container '%s'", state->id);
	try(json_parse(name, text, (size_t)length, arena, &root, error));
	try(json_decode(name, root, &record_table, record, arena, NULL, error));
	if (strcmp(record->id, state->id) != 0)
		return fail(error, 0, "the state of container '%s' is damaged: it names '%s'", state->id, record->id);
	return 1;
}

static int save(const struct state_dir *state, const char *name, const struct record *record, struct arena *arena, struct error *error)
{
	struct text text = text_in(arena);

	json_encode(&record_table, record, JSON_COMPACT, &text);
	int r = file_replace(state->dir, name, text.data, text.length, 0600);
	return r < 0 ? fail(error, -r, "cannot write the state of container '%s'", state->id) : 0;
}

/* What a create that has not come to its end had made: the first record has the names alone. */
static void know_cgroup(const struct state_dir *state, struct arena *arena, struct record *record)
{
	struct error ignored = { 0 };
	struct record made;

	memset(&made, 0, sizeof(made));
	if (load(state, STATE_BACKUP, arena, &made, &ignored) != 1)
		return;
	record->cgroup_path = made.cgroup_path;
	record->cgroups = made.cgroups;
	record->cgroup_above = made.cgroup_above;
	record->cgroup_made = made.cgroup_made;
	record->unit = made.unit;
	record->user_unit = made.user_unit;
}

int record_load(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	int r = load(state, STATE_RECORD, arena, record, error);

	if (r == 1 && !record->committed)
		know_cgroup(state, arena, record);
	return r;
}

int record_save(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error)
{
	return save(state, STATE_RECORD, record, arena, error);
}

int record_load_backup(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	return load(state, STATE_BACKUP, arena, record, error);
}

int record_save_backup(const struct state_dir *state, const struct record *record, struct arena *arena, struct error *error)
{
	return save(state, STATE_BACKUP, record, arena, error);
}

bool record_of_this_boot(const struct record *record)
{
	static char now[64]; /* asked once: it outlives us */

	if (!*now) {
		ssize_t length = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", now, sizeof(now));
		now[length > 0 ? strcspn(now, "\n") : 0] = '\0';
	}
	/* Where /proc does not show it (subset=pid) start times have to do: a container must never be taken for one that has ended. */
	return !*now || !record->boot_id || strcmp(record->boot_id, now) == 0;
}

/* The pidfd first, then the check, then only the pidfd: so the number cannot change its meaning in between. */
static int pidfd_verified(const struct record *record, int procfs)
{
	uint64_t start;
	char letter;

	if (record->pid <= 0 || !record_of_this_boot(record))
		return -ESRCH;
	_cleanup_fd int pidfd = pidfd_open(record->pid);
	if (pidfd < 0)
		return -ESRCH;
	if (process_stat(procfs, record->pid, &start, &letter) < 0 || start != record->pid_start || letter == 'Z' || letter == 'X')
		return -ESRCH;
	return take_fd(&pidfd);
}

int record_pidfd(const struct record *record)
{
	_cleanup_fd int procfs = procfs_host();
	return procfs < 0 ? procfs : pidfd_verified(record, procfs);
}

bool record_owns_cgroup(const struct record *record)
{
	const struct record_cgroup *first = record->cgroups.items;

	return record->cgroup_path && record_of_this_boot(record) &&
	       (record->committed || (record->cgroup_made && record->cgroups.count && first->inode));
}

static bool creator_at_work(const struct state_dir *state)
{
	if (state->locked) /* by us: then nobody is */
		return false;
	_cleanup_fd int dir = openat(state->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 && flock(dir, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* The start socket stays behind if `start` is killed at the wrong moment; what the process executes tells. An ordinary user may not look
 * at that of an init which has joined a user namespace, nor may anybody without CAP_SYS_PTRACE: then the socket is all there is. */
static bool waits_for_start(const struct state_dir *state, const struct record *record, int procfs)
{
	struct stat file;
	char exe[32];

	if (faccessat(state->dir, STATE_START_SOCKET, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	format(exe, sizeof(exe), "%d/exe", record->pid);
	if (fstatat(procfs, exe, &file, 0) < 0)
		return errno == EACCES || errno == EPERM;
	return file.st_dev == record->init_device && file.st_ino == record->init_inode;
}

enum status record_status(const struct state_dir *state, const struct record *record)
{
	if (!record->committed)
		return creator_at_work(state) ? STATUS_CREATING : STATUS_STOPPED;
	_cleanup_fd int procfs = procfs_host();
	_cleanup_fd int pidfd = procfs < 0 ? -1 : pidfd_verified(record, procfs);
	if (pidfd < 0)
		return STATUS_STOPPED;
	return waits_for_start(state, record, procfs) ? STATUS_CREATED : STATUS_RUNNING;
}
