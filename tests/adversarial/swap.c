/* One half of a race: exchanges two names without end, on as many cores as asked, until it is killed or its time is up.
 *
 * Usage: swap PROCESSES SECONDS A B [A B]...
 * Says "swapping" once the first exchange has succeeded, and at the end how many there were. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void end(int number)
{
	(void)number;
	over = 1;
}

static void swap(char **names, unsigned long *count)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!over)
		for (char **pair = names; pair[0] && pair[1]; pair += 2)
			*count += !syscall(SYS_renameat2, AT_FDCWD, pair[0], AT_FDCWD, pair[1], 2 /* RENAME_EXCHANGE */);
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		errx(2, "usage: swap PROCESSES SECONDS A B...");
	int processes = atoi(argv[1]);
	unsigned long *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), all = 0;
	signal(SIGTERM, end);
	signal(SIGALRM, end);
	for (int i = 0; i < processes; i++)
		if (!fork())
			swap(argv + 3, counts + i);
	for (int tries = 0; !*(volatile unsigned long *)counts && tries < 5000; tries++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	printf(*counts ? "swapping\n" : "cannot swap\n");
	fflush(stdout);
	alarm((unsigned)atoi(argv[2]));
	while (!over)
		pause();
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < processes; i++)
		all += counts[i];
	printf("swapped %lu\n", all);
	return 0;
}
