/* Commands of the runtime, what they need and what must hold after them; the sweeps made of them. */
#pragma once

#include "sweep.h"

/* ---- box.c ---- */

/* What does not come at once is waited for so often, for so many microseconds. */
#define TRIES 500
#define NAP 2000

/* A worker's own place: bundles CONFIG/config.json below `work`, whose containers have the name `id`, and cgroups /ID. */
struct box {
	const char *runtime, *work, *id;
	int worker, workers;
	bool systemd; /* makes the cgroups: units sweep-ID.scope */
};
extern struct box box;
void box_open(const struct box *box);

/* A configuration: its bundle, its console socket, its undisturbed container, what there is without one. */
void box_enter(const char *config);

/* What must be there before a command. */
enum before { NOTHING, CREATED, RUNNING, PAUSED, ENDED };
/* The undisturbed processes: what confines them, or what they say of it themselves. */
enum reference { OF_INIT, OF_EXEC, OF_EXEC_TTY, OF_EXEC_WORDS, OF_EXEC_TTY_WORDS, OF_RUN_WORDS, REFERENCES };

#define EXEC_DETACHED "exec --detach --pid-file %p %i /bin/probe wait"
#define EXEC_TTY "exec --detach --tty --console-socket %s --pid-file %p %i /bin/probe wait"
#define EXEC_TTY_FOREGROUND "exec %T %i /bin/probe ids + caps + confinement + limits + mounts + sleep 0.02"
#define EXEC_FOREGROUND "exec %i /bin/probe ids + caps + confinement + limits + mounts + sleep 0.02"
#define RUN_FOREGROUND "run --bundle %b --config %e --pid-file %p %i"

struct command {
	const char *name;
	enum before before;
	const char *line;
	bool (*right)(struct words *words); /* after success */
	bool attended; /* by a person at a terminal: for bundles that have one */
	bool makes; /* a container, which after a failure is not there */
	bool cgroup; /* it is about the cgroup: for bundles that have one */
	bool (*intact)(struct words *words); /* after a failure; NULL: whatever there is may be deleted */
};

/* What one sweep found: of a command, a configuration, a side. */
struct figures {
	int calls;     /* that an undisturbed run makes */
	int points;    /* tried, and the call came */
	int survived;  /* faults after which the command succeeded, and was right */
	int leftovers; /* points after which something was there that must not be, or was not as it was before */
	int hangs;     /* of more than `patience` */
	int errors;    /* of commands that must not fail; deaths by signal; failures without words */
	int wrong;     /* success, but the container is not what was asked for */
};

/* The status. Words that are more than words: %b the bundle, %e its configuration with a program that ends, %i the id, %p the pid file,
 * %s the console socket, %t the option for it and %T --tty if the bundle has a terminal, %r the option for a trace. */
int call(const char *template);
void call_disturbed(const char *template, const struct shot *shot, struct traced *result);
/* What the last one wrote to its stdout or stderr. */
const char *said_by(int stream);

/* These say what is wrong, if anything is. */
bool prepared(enum before before, struct words *words);
bool comes_to_be(const char *status, struct words *words); /* what `state` says, now or soon */
pid_t waiting_init(const struct command *command); /* that its preparation has left for it, or 0 */
bool has_terminal(void), has_cgroup(void); /* the bundle */
bool looks_right(enum reference which, struct words *words);
bool said_right(enum reference which, struct words *words); /* the last call, on stdout */
bool nothing_left(struct words *words);
/* A success that is none, but nobody is there to be told: what `right` lets pass. */
extern bool excused;

/* `turn`: each other one tries another command on what lies about; or it makes another container there, which may hide what was left. */
bool debris_is_made_anew(int turn);
void after_kill(const struct traced *run, int turn, struct figures *figures, struct words *words);
void after_fault(const struct command *command, const struct traced *run, struct figures *figures, struct words *words);
void after_short(const struct command *command, const struct traced *run, struct figures *figures, struct words *words);
void after_term(const struct command *command, struct traced *run, struct figures *figures, struct words *words);

/* ---- commands.c ---- */

extern const struct command commands[];
extern const int command_count;

/* ---- points.c ---- */

/* Of a command's calls every so-manieth, one alone (and what comes before and after it is told), or only those of a name. */
struct selection {
	int stride, call; /* 0: all */
	const char *name; /* of a call; NULL: all */
	const char *error; /* the name of an errno; NULL: all */
};

/* All points of one command that are selected and this worker's. */
void points_sweep(const char *config, const struct command *command, enum act act, enum side side, const struct selection *select,
		  struct figures *figures);

/* ---- rows.c ---- */

/* Tells which rows the configuration that has been entered plays: lines "# row SCORE SIDE NAME". */
void rows_played(void);

/* ---- selftest.c ---- */

/* Whether the sweep finds what is put in its way: the number of things that it did not find, told on stdout. */
int self_test(void);
