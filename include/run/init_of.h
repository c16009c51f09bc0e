/* What the init of a container that runs has, asked by its number: the answer is its own if its pidfd, opened before, still says afterwards
 * that it lives (rule B.14.9). */
#pragma once

#include "run/stage.h"

/* A directory below /proc/PID ("" or "/ns"), or what a link in it leads to; O_PATH, the caller's. -errno. */
int init_open(const struct stage *stage, const char *directory, const char *link);

/* 1: its namespace of that name ("user", "mnt") is the runtime's own; 0; -errno. */
int init_shares(const struct stage *stage, const char *name);
