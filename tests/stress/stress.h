/* What the stress program's files share: many commands of the runtime at the same time, and what must hold whatever comes of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

/* So many times the patience, and a command is killed. */
#define HANGS 6

struct options {
	const char *runtime, *work, *token, *only;
	uint64_t seed;
	int seconds;  /* of the storm on one id; that on many goes on for half of them */
	int slow;     /* by which every limit of time is multiplied */
	int patience; /* ms that a command may take */
	bool whole;   /* the long form */
};
extern struct options options;

/* How often in the short form, and in the whole one. */
static inline int times(int brief, int whole) { return options.whole ? whole : brief; }

/* ---- words.c ---- */

/* Ends everything with one line: the test itself cannot go on. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What must not be, of the runtime: counted for all processes, the first of them told. And a comment. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
int complaints(void);
void complaints_share(void);
/* While they are expected they are counted, not told. */
void complaints_expected(bool expected);
bool complaints_are_expected(void);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A whole file, NUL added: its length, or -1. What is longer than `size` is cut. */
ssize_t slurp(const char *path, char *text, size_t size);

int64_t now_ms(void);
void nap(int ms);
/* Memory that children share; zero. */
void *shared(size_t size);

/* Random numbers, which depend on the seed and the worker alone. */
void dice_begin(unsigned worker);
unsigned dice(unsigned below);

/* ---- json.c ---- */

/* Whether it is one JSON value, and nothing but blanks behind it. */
bool json_whole(const char *text);
/* Of a whole value: the member of that name, NULL: none; the items of an array; whether it is that string; its integer. */
const char *json_member(const char *object, const char *name);
int json_items(const char *array, const char **items, int most);
bool json_is(const char *value, const char *string);
long json_integer(const char *value);

/* ---- call.c ---- */

struct outcome {
	int status, ms;
	bool hung;         /* and was killed */
	bool apart;        /* what was said on stderr is in `err`; else all of it is in `out` */
	size_t length;     /* of `out` */
	const char *out, *err;
};
/* Of this process's last command. */
extern struct outcome outcome;
bool succeeded(void);
bool exited_with(int code);

/* Files: the command's own, empty ones. Pipe, terminal: read until their end; what is on stderr is with the rest then. */
enum streams { FILES, PIPE, TERMINAL };

/* Runs the runtime with a template's words, which are parted by blanks: %i is the id, %b its bundle of that kind (bundle_make), %p a pid
 * file, %n a random number, %s a random signal. Without judging it. */
void call_on(enum streams streams, const char *template, const char *id, const char *kind);
/* While a command runs this is called again and again. */
void call_meanwhile(void (*again)(pid_t pid));

/* The same with files, judged: counted under its first word; no death by a signal, no hang, an error is one line of words. */
bool call(const char *template, const char *id, const char *kind);
/* ... and a failure is one of the runtime. */
bool must(const char *template, const char *id, const char *kind);

/* Makes the document WORK/here/bundles/ID/KIND/config.json of WORK/KIND.json, where @ID@ is the id, @N@ the number. */
void bundle_make(const char *id, const char *kind, int number);

/* A file of ROOT/ID, or ROOT/ID itself if the name is "". */
const char *state_path(const char *id, const char *name);

/* ---- tally.c ---- */

/* Counts an outcome, and complains of what must not be. */
void judge(const char *template, const char *id);
void tally_open(void);
/* Since the last: a table, and in which words was refused. */
void tally_print(void);

/* ---- crowd.c ---- */

/* Many processes of this program, numbered from 0, each with its own dice; to the end. */
void crowd(int workers, void (*work)(int worker, void *data), void *data);

/* Commands that begin at the same moment; judged. */
struct shot {
	int status;
	char err[300];
};
#define MOST_SHOTS 256
/* The `count` commands are the templates in turn. How many have succeeded. */
int volley(int count, const char *const *templates, const char *id, const char *kind, struct shot *shots);

/* ---- remains.c ---- */

enum { PARENTS_MAY_STAY = 1 }; /* empty cgroups that several containers were below */
/* Complains of whatever is there besides this process: processes, cgroups, mounts, state. */
bool nothing_left(const char *when, int flags);
void remains_begin(void);
/* Takes all of it away by force. */
void remains_clear(void);
/* A container's directory below /sys/fs/cgroup/HIERARCHY, also where all is one. */
bool cgroup_exists(const char *id);
int cgroups_below(const char *id);
/* Of this pid namespace. */
int process_count(void);

/* ---- the chapters ---- */

void storm_one(void);       /* C70 */
void storm_many(void);
void race_creates(void);    /* C69 */
void race_starts(void);     /* C71 */
void race_deletes(void);    /* C82 */
void mass_thousand(void);
void mass_bomb(void);       /* C79 */
void mass_paused(void);     /* C80 */
void mass_cgroups(void);    /* C81 */
void pids_again(void);      /* C77 */
void records_read(void);    /* C96 */
void signals_rain(void);    /* C96 */
void brief_programs(void);  /* C75 */

/* Whether all that is looked for is found: the number of things that are not. */
int self_test(void);
/* The program as a runtime that does everything wrong, for the self-test. */
int fake_runtime(char **words);

/* ---- payload.c: the program inside ---- */

int payload(char **words);
