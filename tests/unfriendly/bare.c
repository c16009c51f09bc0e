/* Executes a command with no arguments at all, not even its name; or in a mount namespace where something is missing.
 *
 * Usage: bare [no-argv] [no-proc] [no-null] [file-null] -- COMMAND [ARG...]
 * no-argv: argv is empty (since Linux 5.18 the kernel puts "" there); the command gets no arguments then.
 * no-proc: nothing is mounted at /proc. no-null: there is no /dev/null. file-null: it is an ordinary file. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

extern char **environ;

static void apart(void)
{
	static bool already;
	if (!already && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		err(2, "a mount namespace");
	already = true;
}

static bool no_argv;

static void without_argv(void)
{
	no_argv = true;
}

static void without_proc(void)
{
	apart();
	/* One may lie on another, of an outer pid namespace. */
	if (umount2("/proc", MNT_DETACH))
		err(2, "/proc");
	while (!umount2("/proc", MNT_DETACH))
		;
}

/* All else that one has of a /dev is not asked for. */
static void empty_dev(void)
{
	apart();
	if (mount("dev", "/dev", "tmpfs", 0, NULL))
		err(2, "/dev");
}

static void file_null(void)
{
	empty_dev();
	if (open("/dev/null", O_WRONLY | O_CREAT | O_CLOEXEC, 0666) < 0)
		err(2, "/dev/null");
}

static const struct { const char *word; void (*play)(void);
} words[] = {
	{ "no-argv", without_argv }, { "no-proc", without_proc }, { "no-null", empty_dev }, { "file-null", file_null },
};

static void play(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, word)) {
			words[i].play();
			return;
		}
	errx(2, "unknown word '%s'", word);
}

int main(int argc, char **argv)
{
	char *none[] = { NULL };
	int i = 1;
	for (; i < argc && strcmp(argv[i], "--"); i++)
		play(argv[i]);
	if (i + 1 >= argc)
		errx(2, "no command");
	execve(argv[i + 1], no_argv ? none : argv + i + 1, environ);
	err(127, "%s", argv[i + 1]);
}
