/* The note of network devices that are to be brought back, and the network namespace kept beside it. */
#include "state/network.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/abi.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/format.h"
#include "base/text.h"
#include "kern/mount.h"
#include "kern/namespaces.h"

JSON_TABLE(network_device_table, "network device", struct network_device,
	F_STRING(struct network_device, host, "host", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_INT(struct network_device, index, "index", FIELD_REQUIRED, 1, INT32_MAX),
	F_INT(struct network_device, index_inside, "indexInside", FIELD_REQUIRED, 1, INT32_MAX),
	F_INT(struct network_device, master, "master", 0, 0, INT32_MAX),
	F_STRING(struct network_device, kind, "kind", 0),
	F_BOOL(struct network_device, up, "up", 0),
	F_UINTS(struct network_device, addresses, "addresses", 0, UINT8_MAX),
);

JSON_TABLE(network_table, "note of network devices", struct network_note,
	F_OBJECTS(struct network_note, devices, "devices", FIELD_REQUIRED, &network_device_table, 0),
);

int network_save(const struct state_dir *state, const struct network_note *note, struct arena *arena, struct error *error)
{
	struct text text = text_in(arena);

	json_encode(&network_table, note, JSON_COMPACT, &text);
	int r = text.length > JSON_SIZE_MOST ? -EFBIG : file_replace(state->dir, STATE_NETWORK, text.data, text.length, 0600);
	return r < 0 ? fail(error, -r, "cannot note the network devices of container '%s'", state->id) : 0;
}

int network_load(const struct state_dir *state, struct arena *arena, struct network_note *note, struct error *error)
{
	struct json_node *root;
	struct stat info;

	_cleanup_fd int fd = openat(state->dir, STATE_NETWORK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return fail(error, errno, "cannot read our %s of container '%s'", STATE_NETWORK, state->id);
	if (!S_ISREG(info.st_mode) || info.st_size > JSON_SIZE_MOST)
		return fail(error, 0, "our %s of container '%s' is damaged", STATE_NETWORK, state->id);
	char *text = arena_alloc(arena, (size_t)info.st_size + 2);
	ssize_t length = read_all(fd, text, (size_t)info.st_size + 2);
	if (length < 0)
		return fail(error, (int)-length, "cannot read our %s of container '%s'", STATE_NETWORK, state->id);
	try(json_parse(STATE_NETWORK, text, (size_t)length, arena, &root, error));
	try(json_decode(STATE_NETWORK, root, &network_table, note, arena, NULL, error));
	return 1;
}

int network_keep(const struct state_dir *state, int namespace, struct error *error)
{
	_cleanup_fd int file = openat(state->dir, STATE_NETWORK_NAMESPACE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
	int r = file < 0 ? -errno : 0;

	_cleanup_fd int tree = r < 0 ? -1 : mount_clone(namespace, "", 0);
	if (r == 0)
		r = tree < 0 ? tree : mount_attach_at(tree, state->dir, STATE_NETWORK_NAMESPACE);
	return r < 0 ? fail(error, -r, "cannot keep the container's network namespace in its state directory") : 0;
}

/* umount2(2) and namespace_open take no directory. */
static void path_of(const struct state_dir *state, char *to, size_t size)
{
	format(to, size, "/proc/self/fd/%d/" STATE_NETWORK_NAMESPACE, state->dir);
}

int network_kept(const struct state_dir *state)
{
	char path[64];

	path_of(state, path, sizeof(path));
	return namespace_open(path, ABI_CLONE_NEWNET);
}

void network_forget(const struct state_dir *state)
{
	char path[64];

	path_of(state, path, sizeof(path));
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	unlinkat(state->dir, STATE_NETWORK_NAMESPACE, 0);
	unlinkat(state->dir, STATE_NETWORK, 0);
}
