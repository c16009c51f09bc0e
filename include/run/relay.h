/* A foreground terminal: the caller's own one stands for the container's. Bytes are copied both ways, its size follows, and while the
 * program runs it is in raw mode: Ctrl-C and Ctrl-Z are the container's.
 *
 *     relay_open    before anything is made: finds the terminal; a background job stops here, as jobs do that want it (SIGTTOU)
 *     relay_start   the container's master is there and its program does not run yet: the size
 *     attend        copies; raw mode begins with it
 *     relay_close   everything as it was; also without the other two, and more than once
 *
 * What is not ours to change (the caller's shell shares its descriptors) is left alone: no O_NONBLOCK on 0, 1, 2. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>
#include "base/error.h"

struct relay_flow { size_t from, to; char data[8192]; };

struct relay {
	int terminal;          /* the caller's, whose size the container's has; -1: none is wanted */
	int own;               /* /dev/tty, if it had to be opened; else -1 */
	int in, out;           /* our own descriptions of 0 and 1 where that is possible */
	int master, peer;      /* of the container's terminal; the peer keeps it from hanging up while the program has closed its ends */
	bool mode, raw;        /* 0 is a terminal, so its mode matters; and it has been changed */
	struct termios before; /* of 0 */
	bool in_ended, background; /* nothing comes from 0 any more; or not as long as the terminal is another job's */
	struct relay_flow up, down;
};
#define RELAY_NONE { .terminal = -1, .own = -1, .in = -1, .out = -1, .master = -1, .peer = -1 }

/* "open /dev/tty: no such device or address" if there is no terminal on stderr, stdout, stdin, nor a controlling one. */
int relay_open(struct relay *relay, struct error *error);

/* Takes the master. 0, or -1 with the error filled. */
int relay_start(struct relay *relay, int master, struct error *error);

void relay_close(struct relay *relay);

/* ---- for attend ---- */

/* Raw mode, unless we are a background job; at the beginning, after each SIGCONT, and after relay_patience. */
void relay_raw(struct relay *relay);

/* The container's terminal takes the caller's size. */
void relay_resize(const struct relay *relay);

/* What to wait for, for how many milliseconds (-1: as long as it takes), and what to do when that has come. */
#define RELAY_POLLS 3
void relay_wanted(const struct relay *relay, struct pollfd polls[RELAY_POLLS]);
int relay_patience(const struct relay *relay);
void relay_step(struct relay *relay, const struct pollfd polls[RELAY_POLLS]);

/* The program has ended: what it had written goes out, all of it, unless a signal on the signalfd asks us to end, or nothing of it is taken
 * for `patience` milliseconds (-1: as long as it takes). */
void relay_drain(struct relay *relay, int signals, int patience);
