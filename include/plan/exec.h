/* exec: one more process in a container there is, as a plan of its own (contract 6.6). Pure, as plan/build.h is. */
#pragma once

#include "plan/build.h"

struct exec_list { const char *const *items; size_t count; };

/* What is to run: a document that says all of it (--process), or the configuration's process with changes. */
struct exec_request {
	const char *id;
	const struct spec_process *document; /* NULL: by the rest of these */
	const char *const *args;             /* NULL-ended */
	const char *cwd, *user, *apparmor, *label; /* NULL: the configuration's; user is UID[:GID] */
	struct exec_list env, groups, capabilities; /* added to what the configuration has */
	const bool *no_new_privileges;       /* NULL: as configured */
	bool terminal;
	bool detached;
	const char *console_socket;          /* who takes the terminal of a detached process; NULL: nobody */
	unsigned preserve_fds;
};

/* `p` has the container's configuration, the host and an arena, and gets plan and warnings. 0, or -1 with the error filled. */
int plan_exec(struct planning *p, const struct exec_request *request, struct error *error);
