/* Runs a command within what the bench prepares: a cgroup that limits its memory, a host with many mounts.
 *
 *   within [-p FILE] [-m COUNT -d DIRECTORY] COMMAND...
 *
 * -p is the cgroup.procs to join; -m makes a mount namespace in which COUNT more things are mounted, in DIRECTORY. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "within: %s: %s\n", what, strerror(errno));
	return 126;
}

static int join(const char *path)
{
	int procs = open(path, O_WRONLY | O_CLOEXEC);

	return procs >= 0 && write(procs, "0", 1) == 1 ? 0 : fail(path);
}

static int crowd_mounts(int count, const char *directory)
{
	char target[4096];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail("a mount namespace");
	for (int i = 0; i < count; i++) {
		snprintf(target, sizeof(target), "%s/%d", directory, i);
		if ((mkdir(target, 0755) < 0 && errno != EEXIST) || mount(target, target, NULL, MS_BIND, NULL) < 0)
			return fail(target);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *procs = NULL, *directory = NULL;
	int mounts = 0, option;

	while ((option = getopt(argc, argv, "+p:m:d:")) != -1)
		switch (option) {
		case 'p': procs = optarg; break;
		case 'm': mounts = atoi(optarg); break;
		case 'd': directory = optarg; break;
		default: return 2;
		}
	if (optind >= argc || (mounts > 0 && !directory))
		return 2;
	if (mounts > 0 && crowd_mounts(mounts, directory))
		return 126;
	/* Last: what the limit allows is for the command. */
	if (procs && join(procs))
		return 126;
	execv(argv[optind], argv + optind);
	return fail(argv[optind]);
}
