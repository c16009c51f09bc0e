/* What a container leaves: processes, cgroups, mounts, files. For the first process of a pid namespace, in a mount namespace of its own;
 * or for one to which all its descendants come when they are orphans. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sweep.h"

#define CGROUPS "/sys/fs/cgroup"
#define DEPTH 6
#define TRIES 1500 /* of 2 ms each: the kernel, too, takes its time */

static char mounts_before[64 * 1024], mounts_now[64 * 1024];
static struct words files_before, files_now;
static const char *work;
static bool by_systemd;
static pid_t stays;

/* ---- files ---- */

static struct words *listed;

/* Where a runtime has nothing to write: what containers see, and what nobody has told it of. */
static bool is_canary(const char *path)
{
	const char *below = path + strlen(work);

	return strstr(below, "/rootfs") || strstr(below, "/source") || strstr(below, "/canary");
}

/* The name and the kind of each; of canaries all that a change would change. What the sweep writes itself, the streams, is there from the
 * beginning. */
static int list_one(const char *path, const struct stat *stat, int type, struct FTW *where)
{
	(void)type, (void)where;
	say(listed, "%s %o", path, stat->st_mode);
	if (is_canary(path))
		say(listed, " %lu %u:%u %ld %ld.%09ld %ld.%09ld",
		    (unsigned long)stat->st_ino, stat->st_uid, stat->st_gid, (long)stat->st_size,
		    (long)stat->st_mtim.tv_sec, stat->st_mtim.tv_nsec, (long)stat->st_ctim.tv_sec, stat->st_ctim.tv_nsec);
	say(listed, "\n");
	return 0;
}

static void list_files(struct words *words)
{
	words->length = 0;
	listed = words;
	nftw(work, list_one, 16, FTW_PHYS);
	if (words->cut)
		give_up("too many files in '%s'", work);
}

void remains_begin(const char *directory)
{
	work = directory;
	slurp(AT_FDCWD, "/proc/self/mountinfo", mounts_before, sizeof(mounts_before));
	list_files(&files_before);
}

static bool files_remain(struct words *words)
{
	list_files(&files_now);
	if (strcmp(files_before.text, files_now.text) == 0)
		return false;
	say(words, " files:");
	look_difference(&files_before, &files_now, words);
	return true;
}

/* ---- processes ---- */

void remains_by_systemd(void) { by_systemd = true; }
void remains_but(pid_t pid) { stays = pid; }

/* From the fourth field of /proc/PID/stat: behind the last parenthesis, for the second one is a name. */
static pid_t parent_of(pid_t pid)
{
	char name[32], line[512];

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	if (slurp(AT_FDCWD, name, line, sizeof(line)) < 1 || !strrchr(line, ')') || strlen(strrchr(line, ')')) < 5)
		return 0;
	return atoi(strrchr(line, ')') + 4);
}

static bool is_ours(pid_t pid)
{
	if (!by_systemd)
		return pid > 1 && pid != stays;
	for (int depth = 0; pid > 1 && depth < 32; depth++)
		if ((pid = parent_of(pid)) == getpid())
			return true;
	return false;
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

/* Calls for each of ours, until that says that it is enough. */
static void each_process(bool (*call)(pid_t, void *), void *data)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		give_up("cannot list /proc");
	while ((entry = readdir(proc)))
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' && is_ours(atoi(entry->d_name)) && call(atoi(entry->d_name), data))
			break;
	closedir(proc);
}

static bool tell_process(pid_t pid, void *words)
{
	char name[64], comm[64];

	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	if (slurp(AT_FDCWD, name, comm, sizeof(comm)) < 1)
		return false; /* it has just ended: the next look tells */
	comm[strcspn(comm, "\n")] = '\0';
	say(words, " process %d %s", pid, comm);
	return false;
}

static bool count_process(pid_t pid, void *count)
{
	(void)pid;
	++*(int *)count;
	return false;
}

static bool kill_process(pid_t pid, void *data)
{
	(void)data;
	kill(pid, SIGKILL);
	return false;
}

int processes_of_ours(void)
{
	int count = 0;

	reap();
	each_process(count_process, &count);
	return count;
}

/* Some may be born in between. */
void kill_ours(void)
{
	if (!by_systemd && getpid() != 1)
		give_up("not in a pid namespace of its own");
	for (int i = 0; i < 3; i++)
		each_process(kill_process, NULL);
}

static bool processes_remain(struct words *words)
{
	bool found = processes_of_ours() > 0;

	if (found && words)
		each_process(tell_process, words);
	return found;
}

/* ---- cgroups ---- */

static int cgroups_below(const char *path, const char *part, int depth, struct words *words)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int count = 0;

	if (!directory)
		return 0; /* it may be of others, who have removed it */
	while ((entry = readdir(directory))) {
		char below[512];
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= (int)sizeof(below))
			continue;
		if (strstr(entry->d_name, part)) {
			count++;
			say(words, " cgroup %s", below);
		}
		if (depth > 0)
			count += cgroups_below(below, part, depth - 1, words);
	}
	closedir(directory);
	return count;
}

int cgroups_called(const char *part, struct words *words) { return cgroups_below(CGROUPS, part, DEPTH, words); }

/* cgroupsPath is /ID, or system.slice:sweep:ID. */
const char *cgroup_of(const char *id)
{
	static char path[128];

	snprintf(path, sizeof(path), by_systemd ? "system.slice/sweep-%s.scope" : "%s", id);
	return path;
}

/* systemd has a unit as long as the file of it is there. */
static bool unit_remains(const char *id, bool (*call)(const char *, struct words *), struct words *words)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/systemd/transient/sweep-%s.scope", id);
	return access(path, F_OK) == 0 && call(path, words);
}

/* The containers' own place in each hierarchy. */
static bool each_cgroup(const char *id, bool (*call)(const char *, struct words *), struct words *words)
{
	DIR *directory = opendir(CGROUPS);
	struct dirent *entry;
	char path[600];
	bool found = false;

	if (!directory)
		give_up("cannot list " CGROUPS);
	while ((entry = readdir(directory))) {
		const char *name = strcmp(entry->d_name, ".") == 0 ? "" : entry->d_name;
		snprintf(path, sizeof(path), CGROUPS "/%s%s%s", name, *name ? "/" : "", cgroup_of(id));
		if (entry->d_name[0] != '.' || !*name)
			found |= access(path, F_OK) == 0 && call(path, words);
	}
	closedir(directory);
	return found | unit_remains(id, call, words);
}

static bool told(const char *path, struct words *words)
{
	if (words)
		say(words, " cgroup %s", path);
	return true;
}

static bool removed(const char *path, struct words *words)
{
	(void)words;
	char below[700];
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
			removed(below, NULL);
		}
	if (directory)
		closedir(directory);
	rmdir(path);
	return false;
}

/* ---- mounts ---- */

/* With the ids: equal means that nothing at all has happened. */
static bool mounts_remain(struct words *words)
{
	slurp(AT_FDCWD, "/proc/self/mountinfo", mounts_now, sizeof(mounts_now));
	if (strcmp(mounts_before, mounts_now) == 0)
		return false;
	say(words, " the mount table has changed");
	return true;
}

/* ---- all of it ---- */

static void nap(void) { nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL); }

bool remains_of(const char *id, struct words *words)
{
	int tries = 0;

	while (tries++ < TRIES && (processes_remain(NULL) || each_cgroup(id, told, NULL)))
		nap();
	bool found = processes_remain(words);
	found |= each_cgroup(id, told, words);
	found |= mounts_remain(words);
	found |= files_remain(words);
	return found;
}

static int unlink_new(const char *path, const struct stat *stat, int type, struct FTW *where)
{
	char line[700];

	(void)type, (void)where;
	snprintf(line, sizeof(line), "%s %o", path, stat->st_mode);
	if (!strstr(files_before.text, line))
		remove(path);
	return 0;
}

void remains_remove_cgroups(const char *id) { each_cgroup(id, removed, NULL); }

void remains_clear(const char *id)
{
	kill_ours();
	for (int i = 0; i < TRIES && processes_remain(NULL); i++)
		nap();
	for (int i = 0; i < 50 && (remains_remove_cgroups(id), each_cgroup(id, told, NULL)); i++)
		nap();
	nftw(work, unlink_new, 16, FTW_PHYS | FTW_DEPTH);
	/* What cannot be unmounted here, or has been written to, would be found at every later point. */
	slurp(AT_FDCWD, "/proc/self/mountinfo", mounts_before, sizeof(mounts_before));
	list_files(&files_before);
}
