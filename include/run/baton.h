/* The baton on the wire: one struct in one message of a SOCK_SEQPACKET socket, at most one descriptor with it. */
#pragma once

#include "run/score.h"

/* 0, or -errno. `fd` -1: none comes along; it stays the caller's. */
int baton_send(int socket, const struct baton *baton, int fd);

/* 1: received (`fd` is the caller's, -1 if none came), 0: the other side is gone, -errno. Texts inside are NUL-terminated. */
int baton_receive(int socket, struct baton *baton, int *fd);

/* Texts from the other side end, whatever it sent. */
void baton_terminate(struct baton *baton);

/* Each side's answer to what only it can know; in run/birth.c and init/main.c. */
int score_wait(struct stage *stage, struct error *error);                 /* until a baton is there; the runtime may be told to end */
int score_other_side_gone(struct stage *stage, struct error *error);      /* -1, filled with why, as far as it can be told */
/* We have failed: if the other side had failed before, and that is why, its error is the one to tell. */
void score_prefer_other(struct stage *stage, struct error *error);
int score_reborn(struct stage *stage, int pidfd, struct error *error);    /* init goes on in a new process; takes pidfd */
int score_terminal(struct stage *stage, int master, struct error *error); /* in run/console.c: init has made a terminal; takes master */
