/* The record: what is written down of a container, and what its process is now. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/text.h"
#include "kern/process.h"
#include "kern/procfs.h"
#include "state/over.h"
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
	F_UINT(struct record, pid_inode, "pidInode", 0, ANY_NUMBER),
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
	F_BOOL(struct record, start_marked, "startMarked", 0),
	F_STRINGS(struct record, hooks, "hooks", 0, 8),
	F_STRING(struct record, notify_path, "notifyPath", 0),
	F_STRING(struct record, notify_metadata, "notifyMetadata", 0),
	F_MAP(struct record, annotations, "annotations", 0),
);

/* As many bytes as there were: the file is replaced, never written to again. The length, or -errno. */
static ssize_t read_record(int fd, char *to, size_t size)
{
	size_t length = 0;
	ssize_t n = 1;

	while (n && length < size) {
		n = again_read(fd, to + length, size - length);
		if (n < 0)
			return -errno;
		length += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)length;
}

static int decode(const struct state_dir *state, const char *name, const char *text, size_t length, struct arena *arena,
		  struct record *record, struct error *error)
{
	struct json_node *root;

	try(json_parse(name, text, length, arena, &root, error));
	try(json_decode(name, root, &record_table, record, arena, NULL, error));
	if (strcmp(record->id, state->id) != 0)
		return fail(error, 0, "the state of container '%s' is damaged: it names '%s'", state->id, record->id);
	return 1;
}

/* Our own file, and still read as strictly as a stranger's: a broken one is abandoned, not a crash (rule B.17, case C63). */
static int load(const struct state_dir *state, const char *name, struct arena *arena, struct record *record, struct error *error)
{
	struct stat info;

	_cleanup_fd int fd = state_open_file(state, name);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0) {
		fail(error, fd < 0 ? -fd : errno, "cannot read the state of container '%s'", state->id);
		return state_unreadable(error->code);
	}
	if (!S_ISREG(info.st_mode) || info.st_size > RECORD_SIZE_MOST) {
		fail(error, 0, "the state of container '%s' is damaged: not a small regular file", state->id);
		return STATE_DAMAGED;
	}
	char *text = arena_alloc(arena, (size_t)info.st_size);
	ssize_t length = read_record(fd, text, (size_t)info.st_size);
	if (length < 0)
		return fail(error, (int)-length, "cannot read the state of container '%s'", state->id);
	if (decode(state, name, text, (size_t)length, arena, record, error) < 0)
		return STATE_DAMAGED;
	record->owner = info.st_uid;
	return 1;
}

static int save(const struct state_dir *state, const char *name, const struct record *record, struct arena *arena, struct error *error)
{
	struct text text = text_in(arena);

	json_encode(&record_table, record, JSON_COMPACT, &text);
	if (text.length > RECORD_SIZE_MOST) /* nobody could read it again */
		return fail(error, 0, "the annotations of container '%s' make its state larger than %u bytes", state->id, RECORD_SIZE_MOST);
	int r = file_replace(state->dir, name, text.data, text.length, 0600);
	return r < 0 ? fail(error, -r, "cannot write the state of container '%s'", state->id) : 0;
}

/* What a create that has not come to its end had made: the first record has the names alone. */
static int know_cgroup(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	struct error found = { 0 };
	struct record made;

	memset(&made, 0, sizeof(made));
	int r = load(state, STATE_BACKUP, arena, &made, &found);
	if (r == -1)
		*error = found;
	if (r != 1)
		return r == -1 ? -1 : 1;
	record->cgroup_path = made.cgroup_path;
	record->cgroups = made.cgroups;
	record->cgroup_above = made.cgroup_above;
	record->cgroup_made = made.cgroup_made;
	record->unit = made.unit;
	record->user_unit = made.user_unit;
	return 1;
}

int record_load(const struct state_dir *state, struct arena *arena, struct record *record, struct error *error)
{
	int r = load(state, STATE_RECORD, arena, record, error);

	return r == 1 && !record->committed ? know_cgroup(state, arena, record, error) : r;
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

const char *state_boot_id(void)
{
	static char now[64];

	if (!*now) {
		ssize_t length = file_look(AT_FDCWD, "/proc/sys/kernel/random/boot_id", now, sizeof(now));
		now[length > 0 ? strcspn(now, "\n") : 0] = '\0';
	}
	return *now ? now : NULL;
}

bool record_of_this_boot(const struct record *record)
{
	const char *now = state_boot_id();

	/* Where nobody knows, start times have to do: a container must never be taken for one that has ended. */
	return !now || !record->boot_id || strcmp(record->boot_id, now) == 0;
}

/* By the number of its pidfd where that is known to be of this boot: it is given in turn, so after another boot the same process may
 * have the same. */
static int is_init(const struct record *record, int pidfd)
{
	struct stat info;
	uint64_t start;
	char letter;

	if (record->pid_inode && record->boot_id && state_boot_id()) {
		if (fstat(pidfd, &info) < 0)
			return -errno;
		int ended = info.st_ino == record->pid_inode ? pidfd_wait(pidfd, 0) : 1;
		return ended < 0 ? ended : !ended && !process_is_over(procfs_kept(), record->pid);
	}
	int r = process_stat(procfs_kept(), record->pid, &start, &letter);
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	return start == record->pid_start && letter != 'Z' && letter != 'X' && !process_is_over(procfs_kept(), record->pid);
}

/* The pidfd first, then the check, then only the pidfd: so the number cannot change its meaning in between. */
int record_pidfd(const struct record *record)
{
	if (record->pid <= 0 || !record_of_this_boot(record))
		return -ESRCH;
	_cleanup_fd int pidfd = pidfd_open(record->pid);
	/* Of a number that is another process's thread by now it says EINVAL, or ENOENT. */
	if (pidfd < 0)
		return pidfd == -EINVAL || pidfd == -ENOENT ? -ESRCH : pidfd;
	int r = is_init(record, pidfd);
	return r > 0 ? take_fd(&pidfd) : r < 0 ? r : -ESRCH;
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
	_cleanup_fd int dir = state->dir >= 0 ? again_openat(state->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					      : again_openat(state->root, state->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir >= 0 && again_flock(dir, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* The start socket stays behind if `start` is killed at the wrong moment: then what the process executes tells. An ordinary user may not
 * look at that of an init which has joined a user namespace, nor may anybody without CAP_SYS_PTRACE: then the socket is all there is. */
static bool waits_for_start(const struct state_dir *state, const struct record *record)
{
	struct stat file;
	char exe[32];

	int mode = state_mode(state, STATE_START_SOCKET);
	if (mode < 0 || (record->start_marked && (mode & 07777) != STATE_START_BEGUN))
		return mode >= 0;
	format(exe, sizeof(exe), "%d/exe", record->pid);
	if (fstatat(procfs_kept(), exe, &file, 0) < 0)
		return errno == EACCES || errno == EPERM;
	return file.st_dev == record->init_device && file.st_ino == record->init_inode;
}

enum status record_status(const struct state_dir *state, const struct record *record)
{
	if (!record->committed)
		return creator_at_work(state) ? STATUS_CREATING : STATUS_STOPPED;
	_cleanup_fd int pidfd = record_pidfd(record);
	if (pidfd == -ESRCH)
		return STATUS_STOPPED;
	return waits_for_start(state, record) ? STATUS_CREATED : STATUS_RUNNING;
}
