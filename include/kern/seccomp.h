/* Loading a compiled filter on the calling thread. -errno everywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/abi.h"

/* seccomp(2): without no_new_privs it needs CAP_SYS_ADMIN. 0, or with ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER the listener, which is
 * close-on-exec from birth. */
int seccomp_install(const struct abi_bpf_insn *program, size_t length, uint32_t flags);

/* Whether this kernel takes a flag: asked with no program, so nothing is loaded (seccomp(2), EFAULT). */
bool seccomp_flag_supported(uint32_t flag);

/* The same for a filter with a listener (the flag is added here): before it returns, the listener has been sent over `socket` in a
 * message of the one byte SECCOMP_LISTENER_BYTE, and closed here. From the load on this thread makes no system call, so that the
 * filter may notify any of them, sendmsg and execve included. */
int seccomp_install_notifying(const struct abi_bpf_insn *program, size_t length, uint32_t flags, int socket);

/* The first part of it, which makes a thread: for who cannot make one later, once our next child belongs to another pid namespace
 * (clone(2), CLONE_THREAD). */
int seccomp_prepare_notifying(int socket);

#define SECCOMP_LISTENER_BYTE 'L'
