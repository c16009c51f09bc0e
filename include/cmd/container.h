/* What several commands share: reading a bundle, making a container, finding one again. */
#pragma once

#include "base/arena.h"
#include "cmd/commands.h"
#include "plan/plan.h"
#include "plan/request.h"
#include "run/container.h"
#include "run/stage.h"
#include "spec/spec.h"

/* ---- options of create and run; explain has some of them ---- */
struct create_options {
	const char *bundle, *config, *console_socket, *pidfd_socket, *pid_file, *trace;
	bool no_pivot, no_new_keyring, ephemeral;
	unsigned preserve_fds, config_limit;
	struct option_list lower;
	const char *upper, *work;
	bool explain;                       /* explain alone: nothing will be done */
	bool detach;                        /* create always does */
	bool keep, no_subreaper;            /* run alone */
};
#define TRACE_HELP "how long each step took, as Trace Event JSON; \"-\": for people, on stderr"
#define CREATE_OPTION(member) offsetof(struct create_options, member)
#define CREATE_OPTIONS                                                                                                              \
	{ "bundle", 'b', OPTION_STRING, CREATE_OPTION(bundle), "DIR", "the bundle (default: the working directory)" },              \
	{ "config", 'f', OPTION_STRING, CREATE_OPTION(config), "FILE", "another file than BUNDLE/config.json" },                    \
	{ "config-limit", 0, OPTION_COUNT, CREATE_OPTION(config_limit), "MIB", "read a config.json of up to MIB MiB (4; at most 64)" },\
	{ "no-pivot", 0, OPTION_FLAG, CREATE_OPTION(no_pivot), NULL, "chroot instead of pivot_root: for a root in a ramdisk" },     \
	{ "lower", 0, OPTION_LIST, CREATE_OPTION(lower), "DIR", "a layer above root.path, topmost first; repeats" },                \
	{ "upper", 0, OPTION_STRING, CREATE_OPTION(upper), "DIR", "where changes to the root go" },                                 \
	{ "work", 0, OPTION_STRING, CREATE_OPTION(work), "DIR", "overlay's work directory, beside upper" },                         \
	{ "ephemeral", 0, OPTION_FLAG, CREATE_OPTION(ephemeral), NULL, "changes to the root go to memory and vanish" },             \
	{ "preserve-fds", 0, OPTION_COUNT, CREATE_OPTION(preserve_fds), "N", "pass descriptors 3 to 3+N-1 on" }
#define CREATE_OPTIONS_MORE                                                                                                         \
	{ "pid-file", 0, OPTION_STRING, CREATE_OPTION(pid_file), "FILE", "write the pid of init there" },                           \
	{ "console-socket", 0, OPTION_STRING, CREATE_OPTION(console_socket), "PATH", "send the master of the terminal there" },     \
	{ "pidfd-socket", 0, OPTION_STRING, CREATE_OPTION(pidfd_socket), "PATH", "send a pidfd of init there" },                      \
	{ "trace", 0, OPTION_STRING, CREATE_OPTION(trace), "FILE", TRACE_HELP },                                                     \
	{ "no-new-keyring", 0, OPTION_FLAG, CREATE_OPTION(no_new_keyring), NULL, "keep the caller's session keyring" }

/* A bundle read and planned; nothing is done yet. */
struct prepared {
	struct arena arena;         /* the shared one: the plan is its first object */
	struct arena *own;          /* the command's: the document, and what init is not to see */
	struct spec spec;
	struct plan *plan;
	const char *config_text;
	size_t config_length;
};
int container_prepare(const struct invocation *invocation, const char *id, struct prepared *prepared, struct error *error);

/* document.c: what an option's FILE names, or "-" standard input, into the arena; `name` is for messages about it. */
struct document {
	const char *name, *text; /* the text ends with a 0 after `length` bytes */
	size_t length;
};
int document_read(const char *path, struct arena *arena, struct document *document, struct error *error);

/* Without its directories. */
const char *file_name(const char *path);

/* What reading a document, and planning, found worth telling: to stderr, or with --debug alone. */
struct plan_warning;
void tell_notes(const char *name, const struct json_note *notes);
void tell_warnings(const struct plan_warning *warning);

/* Creates; on failure nothing is left. On success `stage` holds the lock and init's pidfd; container_close gives them back. */
int container_create(const struct invocation *invocation, struct prepared *prepared, int signal_fd, struct stage *stage,
		     struct error *error);
void container_close(struct stage *stage);

/* Says why what was to be undone after another error is still there. */
void container_tell_left(const struct error *error);

/* The state root by --root, or the default one. */
const char *state_root_path(const struct invocation *invocation);

/* Opens container ID: state directory (locked if asked), record. 1; 0: no committed record; -1. */
int container_open(const struct invocation *invocation, const char *id, int flags, struct state_dir *state, struct record *record,
		   struct error *error);

/* --regex: calls `each` for every container whose id the extended regular expression matches, anywhere in it. Those that fail are warned
 * of and do not keep the others; then the whole is -1. No match is no error. */
int container_each_matching(const struct invocation *invocation, const char *pattern,
			    int (*each)(const struct invocation *invocation, const char *id, struct error *error), struct error *error);

/* The configuration the container was made from: our copy of it. */
int container_config(const struct state_dir *state, struct arena *arena, struct spec *spec, struct error *error);
int container_config_into(const struct state_dir *state, const struct json_homes *homes, struct spec *spec, struct error *error);

/* Hooks of a kind the record says there are, from the private copy of config.json; an empty set if there are none. */
int container_hooks(const struct invocation *invocation, const struct state_dir *state, const struct record *record,
		    struct plan_hooks **hooks, struct error *error);

/* The signal a word or number names, 0 to 64; -1 with "unknown signal". */
int signal_number(const char *word, struct error *error);

/* Bytes with a suffix as engines write them: "512m", "1.5GiB", "4096". -EINVAL or -ERANGE. */
int size_parse(const char *text, int64_t *to);
