/* Signals by name or number (contract 6.4). */
#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include "base/cleanup.h"
#include "base/number.h"
#include "cmd/container.h"

static const struct { const char *name; int number; } names[] = {
	{ "ABRT", SIGABRT }, { "ALRM", SIGALRM }, { "BUS", SIGBUS }, { "CHLD", SIGCHLD }, { "CLD", SIGCHLD }, { "CONT", SIGCONT },
	{ "FPE", SIGFPE }, { "HUP", SIGHUP }, { "ILL", SIGILL }, { "INT", SIGINT }, { "IO", SIGIO }, { "IOT", SIGABRT },
	{ "KILL", SIGKILL }, { "PIPE", SIGPIPE }, { "POLL", SIGIO }, { "PROF", SIGPROF }, { "PWR", SIGPWR }, { "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV }, { "STKFLT", SIGSTKFLT }, { "STOP", SIGSTOP }, { "SYS", SIGSYS }, { "TERM", SIGTERM }, { "TRAP", SIGTRAP },
	{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
	{ "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH }, { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
};

/* The kernel's real-time signals as callers count them: libc keeps 32 and 33 for itself. */
#define RT_FIRST 34
#define RT_LAST 64

static int real_time(const char *name)
{
	uint32_t offset = 0;

	if (strncasecmp(name, "RTMIN", 5) == 0) {
		if (name[5] == '\0')
			return RT_FIRST;
		return name[5] == '+' && number_u32(name + 6, RT_LAST - RT_FIRST, &offset) == 0 ? RT_FIRST + (int)offset : -1;
	}
	if (strncasecmp(name, "RTMAX", 5) == 0) {
		if (name[5] == '\0')
			return RT_LAST;
		return name[5] == '-' && number_u32(name + 6, RT_LAST - RT_FIRST, &offset) == 0 ? RT_LAST - (int)offset : -1;
	}
	return -1;
}

int signal_number(const char *word, struct error *error)
{
	uint32_t number;
	const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;

	if (isdigit((unsigned char)word[0])) {
		if (number_u32(word, RT_LAST, &number) == 0)
			return (int)number;
		return fail(error, 0, "unknown signal \"%s\"", word);
	}
	for (size_t i = 0; i < array_length(names); i++)
		if (strcasecmp(names[i].name, name) == 0)
			return names[i].number;
	int found = real_time(name);
	return found >= 0 ? found : fail(error, 0, "unknown signal \"%s\"", word);
}
