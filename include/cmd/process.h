/* What the runtime's own process must be before it does anything: descriptors, signals, umask (rule B.1.2, B.6). */
#pragma once

#include "base/error.h"

/* 0, 1 and 2 exist; SIGCHLD and SIGPIPE are as we need them. Opens nothing else. 0, or -errno. */
int process_sanitize(void);

/* All descriptors from 3 + preserved on become close-on-exec; each preserved one must be there. Before anything is opened. */
int process_close_on_exec(unsigned preserved, struct error *error);

/* How many descriptors the service manager passed: LISTEN_FDS, if LISTEN_PID is us (sd_listen_fds(3)). */
unsigned process_listen_fds(void);
