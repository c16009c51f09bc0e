/* What caisson can do: one table of commands, one file a command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/log.h"

struct arena;

/* ---- options ---- */
enum option_kind {
	OPTION_FLAG,    /* bool; --flag, --flag=true|false */
	OPTION_ANSWER,  /* const bool *, as a flag; NULL: not given */
	OPTION_STRING,  /* const char * */
	OPTION_WORD,    /* const char *, one of `words` */
	OPTION_COUNT,   /* unsigned */
	OPTION_LIST,    /* struct option_list: repeats; no splitting at commas */
	OPTION_IGNORED, /* accepted for callers that send it; takes a value if `argument` is set */
};

struct option {
	const char *name;      /* without dashes; one or two are accepted (contract 1.7) */
	char letter;           /* 0: none */
	enum option_kind kind;
	size_t offset;         /* of the member in the command's options */
	const char *argument;  /* "DIR", for help */
	const char *help;      /* NULL: not in the help */
	const char *const *words; /* OPTION_WORD: what is allowed, NULL-ended */
	const char *wrong;        /* OPTION_WORD: how its refusal begins; NULL: "invalid NAME" */
};

struct option_list { const char **items; size_t count; };

/* ---- commands ---- */
struct global_options {
	struct log_options log;
	const char *log_format, *log_level;
	const char *root;           /* NULL: the default */
	bool systemd_cgroup;
	const char *rootless, *cgroup_manager;
	bool version, help;
};

struct invocation {
	const struct command *command;
	const struct global_options *globals;
	const void *options;        /* the command's own struct */
	const char *const *args;    /* positionals; NULL-ended */
	size_t count;
	struct arena *arena;
};

enum command_flags {
	COMMAND_STOP_AT_FIRST = 1,  /* options end at the first positional: exec, ps (contract section 2) */
};

struct command {
	const char *name, *arguments, *summary;
	const struct option *options;
	size_t option_count, options_size;
	size_t least, most;         /* positionals */
	int flags;
	int failure;                /* the exit code of an error; 0: 1 */
	/* The exit code, or -1 with the error filled. */
	int (*run)(const struct invocation *invocation, struct error *error);
};

extern const struct command *const commands[];   /* NULL-ended */
extern const struct option global_option_table[];
extern const size_t global_option_count;

extern const struct command command_create, command_run, command_exec, command_start, command_state, command_kill, command_delete,
	command_pause, command_resume, command_ps, command_list, command_spec, command_features, command_explain, command_events,
	command_mounts, command_update;

/* ---- parsing (options.c) ---- */
enum parse_flags { PARSE_STOP_AT_FIRST = 1 };

struct parsed {
	const char *const *args;
	size_t count;
	bool help;                  /* --help or -h was there */
};

/* Parses argv[0..count) into `into` by the table; `flags` as above. -1 with the contract's text. */
int options_parse(const struct option *table, size_t table_count, const char *const *argv, size_t count, int flags, struct arena *arena,
		  void *into, struct parsed *parsed, struct error *error);

/* ---- output ---- */
struct text;
void help_all(struct text *out);
void help_command(const struct command *command, struct text *out);
void version_text(struct text *out);

/* Writes to standard output, whole. */
int print(const struct text *text, struct error *error);
