/* A network namespace made beside other work: the kernel takes longer for it than for all the others together. */
#pragma once

#include <sys/types.h>

struct network_beside {
	pid_t pid;          /* who makes it, in our memory; 0: nobody does */
	pid_t creator;
	int procfs;         /* the host's /proc */
	volatile int fd;    /* or -errno */
};

/* Begins. `beside` must stay where it is until network_take. 0, or -errno. */
int network_begin(struct network_beside *beside, int procfs);

/* Waits for it: the namespace, verified to be one and not our own, which is the caller's then; or -errno, also if nothing was begun. */
int network_take(struct network_beside *beside);

/* Nobody wants it any more. */
void network_drop(struct network_beside *beside);
