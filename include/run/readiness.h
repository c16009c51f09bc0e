/* A program that tells it is ready (sd_notify(3)): its word goes on to the service manager that started us, and nothing else of what it
 * sends (contract 7.4). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include "base/error.h"
#include "run/listener.h"
#include "state/state.h"

struct readiness {
	struct listener listener; /* at /run/notify/notify.sock; none: nobody waits for the program's word, or it has been told */
	int manager;  /* connected to our own NOTIFY_SOCKET; -1 */
	int barrier;  /* at its end once the manager has dealt with what we sent; -1: nothing to wait for */
	pid_t main;   /* what the manager is told to be the service's main process */
};
#define READINESS_NONE { LISTENER_NONE, -1, -1, 0 }

/* Whether a NOTIFY_SOCKET can be one: an absolute path, or '@' and an abstract name. */
bool readiness_address_valid(const char *address);

/* Before the program is executed. Without an address (NULL), or for a container that was made without one, nobody is told. What cannot be
 * done is a warning: a manager that is not there is no reason not to start. */
void readiness_open(const struct state_dir *state, const char *address, pid_t main, struct readiness *readiness);

/* Once readiness->listener.line is readable: the manager is told that the program is ready, and who the main process is. */
void readiness_hear(struct readiness *readiness);

/* What it has said before it ended; others of the container may go on talking, so not for ever. */
void readiness_hear_last(struct readiness *readiness);

/* Until the program says that it is ready or has ended (`pidfd`), and the manager, for at most 30 s, has dealt with it. -1 with the error
 * filled only for a signal on the signalfd `signals` (-1: none). */
int readiness_wait(struct readiness *readiness, int pidfd, int signals, struct error *error);

/* The last part of it: the manager looks up who sent what, so we must not be gone before that. A signal that asks us to end (attend.h) ends
 * it, too, and is no error: the program has been started. Takes all others that come. */
void readiness_settle(struct readiness *readiness, int signals);

void readiness_close(struct readiness *readiness);
