/* What the runtime's own process must be before it does anything: descriptors, signals, umask (rule B.1.2, B.6). */
#pragma once

#include "base/error.h"

/* 0, 1 and 2 exist; all others are close-on-exec, and counted; SIGCHLD and SIGPIPE are as we need them. Before anything else is
 * opened. 0, or -errno. */
int process_sanitize(void);

/* Descriptors 3 to 3+preserved-1 go on to the container: each must have been there when we were started. 0, 1 and 2 must not be
 * directories: a container could walk out of its root by them. */
int process_pass_on(unsigned preserved, struct error *error);

/* How many these are with --preserve-fds N: those of LISTEN_FDS come first. */
unsigned process_preserved(unsigned preserve_fds);

/* How many descriptors the service manager passed: LISTEN_FDS, if LISTEN_PID is us (sd_listen_fds(3)). */
unsigned process_listen_fds(void);

/* Their names, as LISTEN_FDNAMES has them; NULL: none, or none that can go into an environment as they are. */
const char *process_listen_names(void);

/* Where a service manager waits for word that the service is ready: NOTIFY_SOCKET, or NULL if there is none, or none we can use. */
const char *process_notify_socket(void);
