/* Namespaces: opened and verified, joined, made; and the few things that live in them. -errno everywhere. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Opens a namespace file and verifies that it is one, of type `flag` (CLONE_NEW*). The fd; -EINVAL: of another type; -ENOTTY: none. */
int namespace_open(const char *path, uint64_t flag);

int namespace_join(int fd, uint64_t flag);
/* -EUSERS: a limit of namespaces(7), /proc/sys/user, is reached. The kernel says ENOSPC since 4.9, which reads as a full disk. */
int namespace_unshare(uint64_t flags);

int hostname_set(const char *name);
int domainname_set(const char *name);

/* Sets the loopback device up. */
int loopback_up(void);

/* PR_SET_DUMPABLE 0: nothing in a namespace we join may trace us (CVE-2016-9962). */
int process_undumpable(void);
/* SIGKILL when the creating thread dies; 0 takes it back. */
int process_die_with_parent(int signal);
