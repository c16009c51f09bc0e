/* What the command line asks for, beside the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct request {
	const char *id;
	const char *bundle;              /* absolute, resolved by the caller */
	bool no_pivot, no_new_keyring;
	bool detached;                   /* create, run --detach */
	unsigned preserve_fds;           /* LISTEN_FDS included */
	unsigned listen_fds;             /* > 0: LISTEN_FDS=n and LISTEN_PID=1 are added to the environment */
	const char *listen_names;        /* LISTEN_FDNAMES that came with them; NULL: none */
	bool readiness;                  /* NOTIFY_SOCKET: the program may tell that it is ready */
	enum rootless { ROOTLESS_AUTO, ROOTLESS_YES, ROOTLESS_NO } rootless; /* --rootless */
	bool no_cgroup;                  /* --cgroup-manager disabled: the container stays in the caller's */
	bool systemd_cgroup;             /* cgroupsPath is slice:prefix:name, and systemd owns the directories */
	const char *console_socket;      /* --console-socket: who takes the terminal of a detached process; NULL: nobody */

	/* --lower (repeatable, topmost first), --upper, --work, --ephemeral: override the annotations io.caisson.rootfs.* */
	const char *const *lower;
	size_t lower_count;
	const char *upper, *work;
	bool ephemeral;
};
