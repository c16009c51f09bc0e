/* Mounts by descriptor, thinly: cloned, made, given attributes, attached. */
#include "kern/mount.h"

#include <fcntl.h>
#include <string.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "kern/sys.h"

int mount_clone(int dir, const char *path, int how)
{
	unsigned recursive = how & MOUNT_RECURSIVE ? ABI_AT_RECURSIVE : 0, empty = *path ? 0 : AT_EMPTY_PATH;
	return sys_open_tree(dir, path, ABI_OPEN_TREE_CLONE | ABI_OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | recursive | empty);
}

int mount_attach(int tree, int target)
{
	return sys_move_mount(tree, "", target, "", ABI_MOVE_MOUNT_F_EMPTY_PATH | ABI_MOVE_MOUNT_T_EMPTY_PATH);
}

int mount_attach_at(int tree, int dir, const char *path)
{
	return sys_move_mount(tree, "", dir, path, ABI_MOVE_MOUNT_F_EMPTY_PATH);
}

static int set(int mount, const struct abi_mount_attr *attr, int how)
{
	return sys_mount_setattr(mount, "", AT_EMPTY_PATH | (how & MOUNT_RECURSIVE ? ABI_AT_RECURSIVE : 0), attr);
}

int mount_attributes(int mount, uint64_t to_set, uint64_t to_clear, int how)
{
	return set(mount, &(struct abi_mount_attr){ .set = to_set, .clear = to_clear }, how);
}

int mount_propagation(int mount, uint64_t flag, int how)
{
	return set(mount, &(struct abi_mount_attr){ .propagation = flag }, how);
}

int mount_idmap(int mount, int user_namespace, int how)
{
	return set(mount, &(struct abi_mount_attr){ .set = ABI_MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace }, how);
}

int mount_statx(int fd, int flags, unsigned mask, struct abi_statx *to)
{
	_Static_assert(sizeof(*to) == 256, "statx(2)");
	return sys_result(syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | flags, mask, to));
}

int mount_id(int fd, uint64_t *id)
{
	struct abi_statx of;
	int r = mount_statx(fd, 0, ABI_STATX_MNT_ID, &of);
	if (r == 0)
		*id = of.mnt_id;
	return r;
}

int mount_same_place(int one, int other)
{
	struct abi_statx a, b;
	int r = mount_statx(one, 0, ABI_STATX_INO | ABI_STATX_MNT_ID, &a);
	if (r < 0)
		return r;
	r = mount_statx(other, 0, ABI_STATX_INO | ABI_STATX_MNT_ID, &b);
	if (r < 0)
		return r;
	return a.mnt_id == b.mnt_id && a.ino == b.ino && a.dev_major == b.dev_major && a.dev_minor == b.dev_minor;
}

int mount_context(const char *type)
{
	return sys_fsopen(type);
}

int mount_pick(int mount)
{
	return sys_fspick(mount, "", ABI_FSPICK_EMPTY_PATH);
}

int mount_parameter(int context, const char *key, const char *value)
{
	return sys_fsconfig(context, value ? ABI_FSCONFIG_SET_STRING : ABI_FSCONFIG_SET_FLAG, key, value, 0);
}

int mount_make(int context, uint64_t attributes)
{
	int r = sys_fsconfig(context, ABI_FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(context, attributes);
}

int mount_reconfigure(int context)
{
	return sys_fsconfig(context, ABI_FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

/* Each read(2) gives one message, "e " before an error; older ones come first. */
const char *mount_words(int context, char to[MOUNT_WORDS])
{
	char line[MOUNT_WORDS];

	to[0] = '\0';
	for (int i = 0; i < 8; i++) { /* the kernel keeps eight */
		ssize_t length = again_read(context, line, sizeof(line) - 1);
		if (length < 3)
			break;
		while (length > 2 && line[length - 1] == '\n')
			length--;
		if (line[0] != 'e')
			continue;
		to[0] = ':';
		memcpy(to + 1, line + 1, (size_t)length - 1);
		to[length] = '\0';
	}
	return to;
}
