/* Pseudoterminals and terminals: what ioctl_tty(2) has. -errno everywhere. */
#pragma once

#include <stdint.h>

/* A new terminal of the devpts mounted at `path` below `root` (as in kern/path.h): its master, close-on-exec, unlocked. -ENOENT: nothing
 * is there; -ENODEV: what is there is no devpts. */
int terminal_make(int root, const char *path);

/* The other end, by descriptor: no name in the container is trusted (rule B.9). Does not become the controlling terminal. */
int terminal_peer(int master);

/* The session's leader takes it for the controlling terminal. */
int terminal_control(int fd);

int terminal_set_size(int fd, uint16_t rows, uint16_t columns);
int terminal_size(int fd, uint16_t *rows, uint16_t *columns);
