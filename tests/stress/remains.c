/* What containers leave: processes, cgroups, mounts, state. For a process that is alone in a pid namespace but for its first one, which
 * waits for orphans, and that has a mount namespace. All cgroups are below /TOKEN. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stress.h"

#define CGROUPS "/sys/fs/cgroup"
#define TRIES 300 /* of 10 ms: the kernel, too, takes its time */

static char mounts_before[256 * 1024], mounts_now[256 * 1024];

/* ---- directories ---- */

/* Calls for each entry but the dots, in a directory that may vanish meanwhile: the number of them. */
static int each(const char *path, void (*visit)(const char *path, const char *name, void *data), void *data)
{
	DIR *directory = opendir(path);
	int count = 0;

	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		visit(path, entry->d_name, data);
	}
	if (directory)
		closedir(directory);
	return count;
}

struct finding { int count; char text[300]; };

static void found(struct finding *finding, const char *kind, const char *name)
{
	size_t length = strlen(finding->text);

	finding->count++;
	snprintf(finding->text + length, sizeof(finding->text) - length, " %s %.60s", kind, name);
}

/* ---- processes ---- */

static void process(const char *path, const char *name, void *data)
{
	char file[300], comm[64] = "?";
	int pid = atoi(name);

	(void)path;
	if (pid < 2 || pid == getpid())
		return;
	snprintf(file, sizeof(file), "/proc/%d/comm", pid);
	slurp(file, comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	found(data, "process", comm);
}

int process_count(void)
{
	struct finding finding = { 0 };

	each("/proc", process, &finding);
	return finding.count;
}

/* ---- cgroups ---- */

/* Calls with the containers' place in each hierarchy, and with that where all are one. */
struct place { void (*visit)(const char *path, void *data); void *data; const char *below; };

static void one_place(const char *path, const char *name, void *data)
{
	const struct place *place = data;
	char at[600];

	snprintf(at, sizeof(at), "%s%s%s/%s%s", path, *name ? "/" : "", name, options.token, place->below);
	if (access(at, F_OK) == 0)
		place->visit(at, place->data);
}

static void each_place(const char *below, void (*visit)(const char *path, void *data), void *data)
{
	struct place place = { visit, data, below };

	each(CGROUPS, one_place, &place);
	one_place(CGROUPS, "", &place);
}

static bool is_directory(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void child_cgroup(const char *path, const char *name, void *data)
{
	char at[900];

	snprintf(at, sizeof(at), "%s/%s", path, name);
	if (is_directory(at))
		found(data, "cgroup", at + strlen(CGROUPS));
}

static void cgroups_of(const char *path, void *data)
{
	each(path, child_cgroup, data);
}

static void parent_of(const char *path, void *data)
{
	/* A parent that others have used, too. */
	if (rmdir(path) < 0)
		found(data, "cgroup", path + strlen(CGROUPS));
}

static void any_parent(const char *path, void *data) { found(data, "cgroup", path + strlen(CGROUPS)); }

static void count_it(const char *path, void *data)
{
	(void)path;
	++*(int *)data;
}

bool cgroup_exists(const char *id)
{
	char below[200];
	int count = 0;

	snprintf(below, sizeof(below), "/%s", id);
	each_place(below, count_it, &count);
	return count > 0;
}

static void count_below(const char *path, void *data);

static void count_child(const char *path, const char *name, void *data)
{
	char at[8192];

	snprintf(at, sizeof(at), "%s/%s", path, name);
	if (is_directory(at))
		count_below(at, data);
}

static void count_below(const char *path, void *data)
{
	++*(int *)data;
	each(path, count_child, data);
}

int cgroups_below(const char *id)
{
	char below[200];
	int count = 0;

	snprintf(below, sizeof(below), "/%s", id);
	each_place(below, count_below, &count);
	return count;
}

/* Whoever is in a frozen one dies only when it thaws. The deepest goes first. */
static void tear_down(const char *path, void *data);

static void tear_child(const char *path, const char *name, void *data)
{
	char at[8192];

	snprintf(at, sizeof(at), "%s/%s", path, name);
	if (is_directory(at))
		tear_down(at, data);
}

static void tear_down(const char *path, void *data)
{
	static const char *const thaws[][2] = { { "freezer.state", "THAWED" }, { "cgroup.freeze", "0" } };
	char file[8300];

	for (size_t i = 0; i < array_length(thaws); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, thaws[i][0]);
		int fd = open(file, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, thaws[i][1], strlen(thaws[i][1])) < 0)
			note("cannot thaw '%s'", path);
		if (fd >= 0)
			close(fd);
	}
	each(path, tear_child, data);
	rmdir(path);
}

/* ---- state ---- */

static void state_entry(const char *path, const char *name, void *data)
{
	(void)path;
	found(data, "state", name);
}

static void drop(const char *path, const char *name, void *data)
{
	char at[4096];

	snprintf(at, sizeof(at), "%s/%s", path, name);
	if (unlink(at) < 0 && is_directory(at)) {
		each(at, drop, data);
		rmdir(at);
	}
}

/* ---- all of it ---- */

static struct finding look(int flags)
{
	struct finding finding = { 0 };

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	each("/proc", process, &finding);
	each(state_path("", ""), state_entry, &finding);
	each_place("", cgroups_of, &finding);
	if (!finding.count)
		each_place("", flags & PARENTS_MAY_STAY ? parent_of : any_parent, &finding);
	return finding;
}

void remains_begin(void)
{
	slurp("/proc/self/mountinfo", mounts_before, sizeof(mounts_before));
}

bool nothing_left(const char *when, int flags)
{
	struct finding finding = look(flags);

	for (int i = 0; finding.count && i < TRIES * options.slow; i++) {
		nap(10);
		finding = look(flags);
	}
	slurp("/proc/self/mountinfo", mounts_now, sizeof(mounts_now));
	if (strcmp(mounts_before, mounts_now) != 0)
		found(&finding, "mount", "the table has changed");
	if (finding.count)
		complain("%s: %d things are left:%s", when, finding.count, finding.text);
	return !finding.count;
}

static void tear_place(const char *path, void *data) { tear_down(path, data); }

void remains_clear(void)
{
	for (int i = 0; i < TRIES; i++) {
		struct finding finding = { 0 };
		kill(-1, SIGKILL);
		each_place("", tear_place, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		each("/proc", process, &finding);
		each_place("", any_parent, &finding);
		if (!finding.count)
			break;
		nap(10);
	}
	each(state_path("", ""), drop, NULL);
	slurp("/proc/self/mountinfo", mounts_before, sizeof(mounts_before));
}
