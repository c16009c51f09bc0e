/* The kernel's numbers and structs that libc headers lack or disagree on: what plan decides with and kern calls with.
 * Values are the kernel's own (include/uapi); they never change. No <linux/...> here: musl-gcc does not see those headers. */
#pragma once

#include <stdint.h>

/* ---- system calls, the same numbers on every architecture we build for ---- */
#define ABI_SYS_pidfd_send_signal 424
#define ABI_SYS_open_tree 428
#define ABI_SYS_move_mount 429
#define ABI_SYS_fsopen 430
#define ABI_SYS_fsconfig 431
#define ABI_SYS_fsmount 432
#define ABI_SYS_fspick 433
#define ABI_SYS_pidfd_open 434
#define ABI_SYS_clone3 435
#define ABI_SYS_close_range 436
#define ABI_SYS_openat2 437
#define ABI_SYS_pidfd_getfd 438
#define ABI_SYS_mount_setattr 442
#define ABI_SYS_set_mempolicy_home_node 450
#define ABI_SYS_listmount 458

/* ---- namespaces: clone3(2), setns(2) ---- */
#define ABI_CLONE_NEWTIME 0x00000080ull
#define ABI_CLONE_VM 0x00000100ull
#define ABI_CLONE_FILES 0x00000400ull
#define ABI_CLONE_PIDFD 0x00001000ull
#define ABI_CLONE_VFORK 0x00004000ull
#define ABI_CLONE_PARENT 0x00008000ull
#define ABI_CLONE_NEWNS 0x00020000ull
#define ABI_CLONE_NEWCGROUP 0x02000000ull
#define ABI_CLONE_NEWUTS 0x04000000ull
#define ABI_CLONE_NEWIPC 0x08000000ull
#define ABI_CLONE_NEWUSER 0x10000000ull
#define ABI_CLONE_NEWPID 0x20000000ull
#define ABI_CLONE_NEWNET 0x40000000ull
#define ABI_CLONE_INTO_CGROUP 0x200000000ull
#define ABI_NS_GET_USERNS 0xb701u
#define ABI_NS_GET_PARENT 0xb702u
#define ABI_NS_GET_NSTYPE 0xb703u

struct abi_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/* ---- paths: openat2(2) ---- */
#define ABI_RESOLVE_NO_XDEV 0x01u
#define ABI_RESOLVE_NO_MAGICLINKS 0x02u
#define ABI_RESOLVE_NO_SYMLINKS 0x04u
#define ABI_RESOLVE_BENEATH 0x08u
#define ABI_RESOLVE_IN_ROOT 0x10u

struct abi_open_how {
	uint64_t flags, mode, resolve;
};

/* ---- mounts ---- */
#define ABI_OPEN_TREE_CLONE 1u
#define ABI_OPEN_TREE_CLOEXEC 02000000u
#define ABI_AT_RECURSIVE 0x8000u
#define ABI_MOVE_MOUNT_F_EMPTY_PATH 0x04u
#define ABI_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define ABI_FSOPEN_CLOEXEC 1u
#define ABI_FSMOUNT_CLOEXEC 1u
#define ABI_FSPICK_CLOEXEC 1u
#define ABI_FSPICK_EMPTY_PATH 8u
#define ABI_FSCONFIG_SET_FLAG 0u
#define ABI_FSCONFIG_SET_STRING 1u
#define ABI_FSCONFIG_SET_FD 5u
#define ABI_FSCONFIG_CMD_CREATE 6u
#define ABI_FSCONFIG_CMD_RECONFIGURE 7u

#define ABI_MOUNT_ATTR_RDONLY 0x00000001ull
#define ABI_MOUNT_ATTR_NOSUID 0x00000002ull
#define ABI_MOUNT_ATTR_NODEV 0x00000004ull
#define ABI_MOUNT_ATTR_NOEXEC 0x00000008ull
#define ABI_MOUNT_ATTR__ATIME 0x00000070ull
#define ABI_MOUNT_ATTR_RELATIME 0x00000000ull
#define ABI_MOUNT_ATTR_NOATIME 0x00000010ull
#define ABI_MOUNT_ATTR_STRICTATIME 0x00000020ull
#define ABI_MOUNT_ATTR_NODIRATIME 0x00000080ull
#define ABI_MOUNT_ATTR_IDMAP 0x00100000ull
#define ABI_MOUNT_ATTR_NOSYMFOLLOW 0x00200000ull

/* struct statx of statx(2), which musl's headers came to know late. */
#define ABI_STATX_TYPE 0x1u
#define ABI_STATX_INO 0x100u
#define ABI_STATX_MNT_ID 0x1000u /* Linux 5.8 */
#define ABI_STATX_ATTR_MOUNT_ROOT 0x2000u
#define ABI_AT_STATX_DONT_SYNC 0x4000
struct abi_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare0;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t spare[13];
};

struct abi_mount_attr {
	uint64_t set, clear, propagation, userns_fd;
};

#define ABI_MS_UNBINDABLE (1ul << 17)
#define ABI_MS_PRIVATE (1ul << 18)
#define ABI_MS_SLAVE (1ul << 19)
#define ABI_MS_SHARED (1ul << 20)

/* statfs(2) f_type */
#define ABI_PROC_SUPER_MAGIC 0x9fa0
#define ABI_SYSFS_MAGIC 0x62656572
#define ABI_TMPFS_MAGIC 0x01021994
#define ABI_CGROUP_SUPER_MAGIC 0x27e0eb
#define ABI_CGROUP2_SUPER_MAGIC 0x63677270
#define ABI_NSFS_MAGIC 0x6e736673
#define ABI_SELINUX_MAGIC 0xf97cff8c
#define ABI_DEVPTS_SUPER_MAGIC 0x1cd1

/* ---- ioctl_tty(2) ---- */
#define ABI_TIOCGPTPEER 0x5441

/* ---- capabilities(7) ---- */
#define ABI_CAP_SETPCAP 8
#define ABI_CAP_NET_ADMIN 12
#define ABI_CAP_SYS_ADMIN 21
#define ABI_CAP_LAST 40 /* CAP_CHECKPOINT_RESTORE; newer kernels may know more */

/* ---- seccomp(2) ---- */
#define ABI_SECCOMP_SET_MODE_FILTER 1u
#define ABI_SECCOMP_FILTER_FLAG_TSYNC 1u
#define ABI_SECCOMP_FILTER_FLAG_LOG 2u
#define ABI_SECCOMP_FILTER_FLAG_SPEC_ALLOW 4u
#define ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER 8u
#define ABI_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 32u

struct abi_bpf_insn { /* struct sock_filter: classic BPF, for seccomp */
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};
#define ABI_BPF_LOAD 0x20u     /* BPF_LD | BPF_W | BPF_ABS */
#define ABI_BPF_AND 0x54u      /* BPF_ALU | BPF_AND | BPF_K */
#define ABI_BPF_JUMP 0x05u     /* BPF_JMP | BPF_JA */
#define ABI_BPF_EQUAL 0x15u    /* BPF_JMP | BPF_JEQ | BPF_K */
#define ABI_BPF_GREATER 0x25u  /* BPF_JMP | BPF_JGT | BPF_K */
#define ABI_BPF_AT_LEAST 0x35u /* BPF_JMP | BPF_JGE | BPF_K */
#define ABI_BPF_RETURN 0x06u   /* BPF_RET | BPF_K */
#define ABI_SECCOMP_RET_ERRNO 0x00050000u
#define ABI_SECCOMP_RET_ALLOW 0x7fff0000u
#define ABI_SECCOMP_DATA_NUMBER 0u /* offsets in struct seccomp_data */
#define ABI_SECCOMP_DATA_ARCH 4u
#define ABI_SECCOMP_DATA_ARGUMENTS 16u
#if defined(__x86_64__)
#define ABI_AUDIT_ARCH_NATIVE 0xc000003eu
#else
#define ABI_AUDIT_ARCH_NATIVE 0xc00000b7u
#endif

/* ---- where the plan's shared memory is mapped, in the runtime and again in init (base/arena.h) ---- */
#if defined(__x86_64__)
/* Above AddressSanitizer's shadow, below the mmap area. */
#define ARENA_ADDRESS 0x200000000000ul
#else
/* Inside a 39-bit address space (arm64 and riscv64 kernels may be built with one). */
#define ARENA_ADDRESS 0x2000000000ul
#endif
/* Address space reserved, not memory used: pages appear as they are touched. */
#define ARENA_SIZE (512ul << 20)

/* ---- listmount(2) ---- */
#define ABI_LSMT_ROOT 0xffffffffffffffffull /* all of the namespace, below our root */
struct abi_mnt_id_req {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

/* ---- getdents64(2) ---- */
struct abi_dirent64 {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};
