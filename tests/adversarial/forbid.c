/* A caller that may not make some system calls, as under a service manager's or an old engine's filter.
 *
 * Usage: forbid NAME=ERRNO... -- COMMAND ARG...
 * The filter is inherited: it holds for the runtime, for its init and for the container's program. "pidns" is no call but a parameter of
 * procfs, by which Linux 6.18 and later are told a pid namespace; before, it is EINVAL. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; unsigned number; } calls[] = {
	{ "openat2", 437 }, { "clone3", 435 }, { "mount_setattr", 442 }, { "open_tree", 428 }, { "move_mount", 429 }, { "fsopen", 430 },
	{ "close_range", 436 }, { "pidfd_open", 434 }, { "pidfd_send_signal", 424 }, { "pidfd_getfd", 438 }, { "statx", 332 },
	{ "pidns", 431 },
};
static const struct { const char *name; unsigned code; } errors[] = { { "ENOSYS", ENOSYS }, { "EPERM", EPERM }, { "EINVAL", EINVAL } };

static struct sock_filter program[64];
static unsigned short length;

static void add(unsigned short code, unsigned char yes, unsigned char no, unsigned value)
{
	if (length == sizeof(program) / sizeof(program[0]))
		errx(2, "too many calls");
	program[length++] = (struct sock_filter){ code, yes, no, value };
}

static void forbid(char *word)
{
	char *value = strchr(word, '=');
	unsigned number = 0, code = 0;
	if (!value)
		errx(2, "'%s' is not NAME=ERRNO", word);
	*value++ = 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		number = strcmp(calls[i].name, word) ? number : calls[i].number;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		code = strcmp(errors[i].name, value) ? code : errors[i].code;
	if (!number || !code)
		errx(2, "unknown: %s=%s", word, value);
	bool descriptors = strcmp(word, "pidns") == 0; /* fsconfig(2) takes no other one from us */
	add(BPF_JMP | BPF_JEQ | BPF_K, 0, descriptors ? 4 : 1, number);
	if (descriptors) {
		add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[1]));
		add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 5); /* FSCONFIG_SET_FD */
	}
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | code);
	if (descriptors)
		add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
}

int main(int argc, char **argv)
{
	int i = 1;
	add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	for (; i < argc && strcmp(argv[i], "--"); i++)
		forbid(argv[i]);
	if (i + 1 >= argc)
		errx(2, "no command");
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = { length, program };
	/* With privileges there is no need of no_new_privs, which would change what is tested. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
								    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)))
		err(2, "filter");
	execvp(argv[i + 1], argv + i + 1);
	err(127, "%s", argv[i + 1]);
}
