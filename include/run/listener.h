/* Hears a program's word of readiness in a process of its own: a container may send descriptors along, and whoever takes a message off the
 * socket closes them, which may last as long as the container likes (SO_LINGER, a FUSE server of its own). So we never hold that socket.
 *
 * Refusing descriptors (SO_PASSRIGHTS, Linux 6.16) would fail programs that mean well: sd_notify_barrier(3) sends one. */
#pragma once

struct listener {
	int line;  /* readable once there is a word, or the listener has ended; -1: none */
	int pidfd; /* our child; -1: none */
};
#define LISTENER_NONE { -1, -1 }

/* Makes the socket PLAN_READINESS_SOCKET in `dir`, which a hostile program may write to: nothing that lies there is followed. 0, or
 * -errno. */
int listener_start(int dir, struct listener *listener);

/* Once `line` is readable: 1 if the program has said READY=1, 0 if the listener is gone without a word. Either way it is ended. */
int listener_hear(struct listener *listener);

/* The same of what lies in the socket by now: for a program that has ended. Takes a moment, and never more than two seconds. */
int listener_hear_last(struct listener *listener);

/* Kills it; waited for, but not for ever: it may be where no signal reaches it. */
void listener_end(struct listener *listener);
