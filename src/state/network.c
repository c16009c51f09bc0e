/* The note of network devices that are to be brought back, and the network namespaces kept beside it. */
#include "state/network.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/again.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/number.h"
#include "base/text.h"
#include "kern/mount.h"
#include "kern/namespaces.h"
#include "kern/procfs.h"

JSON_TABLE(network_device_table, "network device", struct network_device,
	F_STRING(struct network_device, host, "host", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_INT(struct network_device, index, "index", FIELD_REQUIRED, 1, INT32_MAX),
	F_INT(struct network_device, index_inside, "indexInside", FIELD_REQUIRED, 1, INT32_MAX),
	F_INT(struct network_device, asked, "asked", 0, 0, INT32_MAX),
	F_INT(struct network_device, master, "master", 0, 0, INT32_MAX),
	F_STRING(struct network_device, master_name, "masterName", 0),
	F_STRING(struct network_device, kind, "kind", 0),
	F_STRING(struct network_device, hardware, "hardware", 0),
	F_STRING(struct network_device, permanent, "permanent", 0),
	F_INT(struct network_device, link, "link", 0, 0, INT32_MAX),
	F_INT(struct network_device, link_namespace, "linkNamespace", 0, 0, INT32_MAX),
	F_STRINGS(struct network_device, names, "names", 0, NETWORK_NAMES_MOST),
	F_BOOL(struct network_device, up, "up", 0),
	F_UINTS(struct network_device, addresses, "addresses", 0, UINT8_MAX),
);

JSON_TABLE(network_table, "note of network devices", struct network_note,
	F_OBJECTS(struct network_note, devices, "devices", FIELD_REQUIRED, &network_device_table, 0),
	F_UINT(struct network_note, mounts, "mountNamespace", 0, UINT64_MAX),
);

/* The inode that tells the mount namespace of a process; 0: it is gone, or not for us to see. */
static uint64_t mounts_of(int procfs, const char *pid)
{
	struct stat info;
	char path[64];

	format(path, sizeof(path), "%s/ns/mnt", pid);
	return fstatat(procfs, path, &info, 0) < 0 ? 0 : info.st_ino;
}

int network_save(const struct state_dir *state, const struct network_note *note, struct arena *arena, struct error *error)
{
	_cleanup_fd int procfs = procfs_host();
	const struct network_note here = { .devices = note->devices, .mounts = mounts_of(procfs, "self") };
	struct text text = text_in(arena);

	json_encode(&network_table, &here, JSON_COMPACT, &text);
	int r = text.length > JSON_SIZE_MOST ? -EFBIG : file_replace(state->dir, STATE_NETWORK, text.data, text.length, 0600);
	return r < 0 ? fail(error, -r, "cannot note the network devices of container '%s'", state->id) : 0;
}

int network_load(const struct state_dir *state, struct arena *arena, struct network_note *note, struct error *error)
{
	struct json_node *root;
	const char *text;
	size_t length;
	int found = state_document(state, STATE_NETWORK, arena, &text, &length, error);

	if (found <= 0)
		return found;
	try(json_parse(STATE_NETWORK, text, length, arena, &root, error));
	try(json_decode(STATE_NETWORK, root, &network_table, note, arena, NULL, error));
	return 1;
}

int network_keep(const struct state_dir *state, const char *name, int namespace, struct error *error)
{
	_cleanup_fd int file = again_create_at(state->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	int r = file < 0 ? -errno : 0;

	_cleanup_fd int tree = r < 0 ? -1 : mount_clone(namespace, "", 0);
	if (r == 0)
		r = tree < 0 ? tree : mount_attach_at(tree, state->dir, name);
	return r < 0 ? fail(error, -r, "cannot keep the network namespace '%s' in the container's state directory", name) : 0;
}

/* umount2(2) and namespace_open take no directory. */
static void path_of(int dir, const char *name, char *to, size_t size)
{
	format(to, size, "/proc/self/fd/%d/%s", dir, name);
}

int network_kept(const struct state_dir *state, const char *name)
{
	char path[64];

	path_of(state->dir, name, path, sizeof(path));
	return namespace_open(path, ABI_CLONE_NEWNET);
}

pid_t network_keeper(const struct network_note *note)
{
	_cleanup_fd int procfs = procfs_host();
	_cleanup_fd int all = again_openat(procfs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t found = 0;
	uint32_t pid;

	if (!note->mounts || note->mounts == mounts_of(procfs, "self"))
		return 0;
	DIR *list = all < 0 ? NULL : fdopendir(all);
	if (!list)
		return -errno;
	take_fd(&all); /* the list's */
	errno = 0;
	for (struct dirent *entry; !found && (entry = again_readdir(list)); errno = 0)
		if (number_u32(entry->d_name, INT32_MAX, &pid) == 0 && mounts_of(procfs, entry->d_name) == note->mounts)
			found = (pid_t)pid;
	if (!found)
		found = -errno;
	closedir(list);
	return found;
}

static void give_up(int dir, const char *name)
{
	char path[64];

	path_of(dir, name, path, sizeof(path));
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlinkat(dir, name, 0);
}

void network_give_up(int dir)
{
	give_up(dir, STATE_NETWORK_HOME); /* if that is as far as we come, the devices can still be reached */
	give_up(dir, STATE_NETWORK_NAMESPACE);
}

void network_forget(const struct state_dir *state)
{
	network_give_up(state->dir);
	unlinkat(state->dir, STATE_NETWORK, 0);
}
