/* A foreground `run`: waits for init, forwards signals, reaps what is orphaned to us. */
#pragma once

#include <signal.h>
#include <sys/types.h>
#include "base/error.h"

/* Blocks what a foreground run forwards, or a create wants to be told of; the previous mask is not kept: init resets its own.
 * A signalfd, close-on-exec; -1 with the error filled. */
int signals_block(struct error *error);

/* 0 if no signal that asks us to end has come; else its number. Takes it. */
int signals_pending(int signal_fd);

/* Until the child `init`, behind `pidfd`, ends: its exit code, 128+N if signal N ended it. Reaps it. */
int attend(pid_t init, int pidfd, int signal_fd);
