/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"
#include "cgroup/oom.h"

struct relay;
struct readiness;

/* Blocks all but the signals of our own faults; the previous mask is not kept: init resets its own. */
void signals_block(void);

/* Signalfds, close-on-exec, for blocked signals; -1 with the error filled. */
int signals_ending(struct error *error); /* SIGTERM, SIGINT, SIGHUP, SIGQUIT: they end a create cleanly */
int signals_all(struct error *error);    /* what a foreground run forwards */

/* 0 if no signal that asks us to end has come; else its number. Takes it. */
int signals_pending(int signal_fd);

/* Whether it is one of those that ask us to end. */
bool signal_ends(int signal);

/* Whom a foreground run waits for. */
struct attended {
	pid_t init;          /* our child ... */
	int pidfd;           /* ... and what stands for it */
	int signals;         /* signals_all */
	struct oom_tally *oom; /* kept up to date, as far as it is open */
	struct relay *relay; /* started: a terminal to copy to and from; NULL: none */
	struct readiness *readiness; /* heard, as far as it is open; NULL: nobody waits for that */
	bool asked_to_end;   /* init got a signal that asked us for it */
};

/* Until init ends: its exit code, 128+N if signal N ended it. Reaps it. */
int attend(struct attended *attended);
