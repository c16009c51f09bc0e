/* Signals as a program expects them when it begins. */
#include "kern/process.h"

#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS_MOST 64 /* the kernel's _NSIG; libc's NSIG may be another */

void signals_default(void)
{
	const unsigned long usual[8] = { 0 }; /* the kernel's struct sigaction: SIG_DFL, no flags, in any order of its members */
	const uint64_t none = 0;

	for (int signal = 1; signal <= SIGNALS_MOST; signal++)
		syscall(SYS_rt_sigaction, signal, usual, NULL, sizeof(none)); /* SIGKILL and SIGSTOP refuse; they have no other */
	syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL, sizeof(none));
}
