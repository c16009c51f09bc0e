/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us. */
#pragma once

#include <signal.h>
#include <sys/types.h>
#include "base/error.h"
#include "cgroup/oom.h"

/* Blocks all but the signals of our own faults; the previous mask is not kept: init resets its own. */
void signals_block(void);

/* Signalfds, close-on-exec, for blocked signals; -1 with the error filled. */
int signals_ending(struct error *error); /* SIGTERM, SIGINT, SIGHUP, SIGQUIT: they end a create cleanly */
int signals_all(struct error *error);    /* what a foreground run forwards */

/* 0 if no signal that asks us to end has come; else its number. Takes it. */
int signals_pending(int signal_fd);

/* Whom a foreground run waits for. */
struct attended {
	pid_t init;          /* our child ... */
	int pidfd;           /* ... and what stands for it */
	int signals;         /* signals_all */
	struct oom_tally *oom; /* kept up to date, as far as it is open */
};

/* Until init ends: its exit code, 128+N if signal N ended it. Reaps it. */
int attend(struct attended *attended);
