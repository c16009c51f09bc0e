/* The last talk with init, up to the exec: of `start` with one that has waited, of `exec` with one that goes on at once. */
#pragma once

#include "cgroup/oom.h"
#include "state/state.h"

struct arena;

/* A process that waits for nothing but us: if it does not answer within this time, somebody has stopped it. */
#define TALK_ANSWER_MS 10000

struct talk {
	const struct record *record;
	struct arena *arena;
	int socket, pidfd;
	int agent;       /* connected to the seccomp agent before anything is done; -1: no listener to hand over */
	int signals;     /* a signalfd: a signal that ends a foreground run ends the talk; -1: none */
	struct oom_tally *oom;
	pid_t pid;       /* the process that is to execute, as the agent is told it, beside this: */
	const char *metadata;
	enum status status; /* of the container */
	int patience_ms; /* how long init may take until its exec once it has taken the start; -1: hooks may take as long as they like */
	bool taken;      /* init has taken the start: from here on it is this start or none */
	bool executing;  /* init has nothing left to do but to execute */
};

#define UNANSWERED " does not answer: it may be stopped (SIGSTOP) or frozen"

/* init has not answered in that time: -1, and the error says what may be the reason. */
int talk_unanswered(struct error *error);

/* Hears init until the connection is closed, by its exec; hands the listener of a late filter to the agent. -1 with the error filled: what
 * kept init from it. */
int talk_until_exec(struct talk *talk, struct error *error);
