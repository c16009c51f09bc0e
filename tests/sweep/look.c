/* What confines a process, read from outside: a fault that was survived must not have changed a line of it. */
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sweep.h"

#define MOST_MOUNTS 512

/* linux/ptrace.h's and linux/filter.h's, which go together with no libc's headers everywhere. */
#define SECCOMP_GET_FILTER 0x420c
#define MOST_INSTRUCTIONS 4096

static char text[64 * 1024];

/* ---- /proc/PID/status ---- */

static const char *const status_keys[] = {
	"Umask:", "Uid:", "Gid:", "Groups:", "NStgid:", "SigBlk:", "SigIgn:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:",
	"NoNewPrivs:", "Seccomp:", "Seccomp_filters:", "Speculation_Store_Bypass:", "SpeculationIndirectBranch:", "Cpus_allowed:",
	"Mems_allowed:",
};

static void look_at_status(int proc, struct words *words)
{
	if (slurp(proc, "status", text, sizeof(text)) < 0)
		return;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		for (size_t i = 0; i < array_length(status_keys); i++) {
			const size_t length = strlen(status_keys[i]);
			if (strncmp(line, status_keys[i], length) != 0)
				continue;
			/* Of the pids only how deep it is in pid namespaces. */
			int tabs = 0;
			for (const char *c = line; *c; c++)
				tabs += *c == '\t';
			if (strcmp(status_keys[i], "NStgid:") == 0)
				say(words, "pid namespaces %d\n", tabs);
			else
				say(words, "%s\n", line);
		}
}

/* ---- other files of /proc/PID ---- */

static void look_at_file(int proc, const char *name, struct words *words)
{
	ssize_t length = slurp(proc, name, text, sizeof(text));

	for (ssize_t i = 0; i < length - 1; i++)
		if (!text[i])
			text[i] = ' ';
	say(words, "%s: %s\n", name, length < 0 ? "not to be read" : text);
}

/* The container's name and numbers that the kernel gives out in turn are left out. */
static void say_without(struct words *words, const char *line, const char *id)
{
	while (*line) {
		if (*id && strncmp(line, id, strlen(id)) == 0) {
			say(words, "ID");
			line += strlen(id);
		} else {
			say(words, "%c", *line++);
		}
	}
	say(words, "\n");
}

static void look_at_cgroups(int proc, const char *id, struct words *words)
{
	if (slurp(proc, "cgroup", text, sizeof(text)) >= 0)
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			say_without(words, line, id);
}

/* Each mount's number and its mount point: whose numbers differ from one container to the next. */
static struct { int number; char point[256]; } points[MOST_MOUNTS];
static int point_count;

static void note_points(void)
{
	point_count = 0;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (point_count == MOST_MOUNTS)
			give_up("more than %d mounts", MOST_MOUNTS);
		point_count += sscanf(line, "%d %*d %*s %*s %255s", &points[point_count].number, points[point_count].point) == 2;
	}
}

/* Of what lies outside there is no line. */
static const char *point_of(int number)
{
	for (int i = 0; i < point_count; i++)
		if (points[i].number == number)
			return points[i].point;
	return "?";
}

/* 36 35 0:42 / /proc rw,nosuid shared:12 - proc proc rw: without ids, devices and peer groups, but with the mount point of what it
 * is mounted on. */
static void look_at_mounts(int proc, const char *id, struct words *words)
{
	char *at;

	if (slurp(proc, "mountinfo", text, sizeof(text)) < 0)
		return;
	note_points();
	for (char *line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		char kept[1024] = "mount", *in;
		const char *parent = "";
		int field = 0;
		for (char *word = strtok_r(line, " ", &in); word; word = strtok_r(NULL, " ", &in)) {
			char *number = strchr(word, ':');
			if (++field == 2)
				parent = word;
			if (field <= 3)
				continue;
			if (field > 6 && number && (strncmp(word, "shared", 6) == 0 || strncmp(word, "master", 6) == 0))
				number[1] = '\0';
			size_t used = strlen(kept);
			snprintf(kept + used, sizeof(kept) - used, " %s", word);
		}
		const size_t used = strlen(kept);
		snprintf(kept + used, sizeof(kept) - used, " on %s", point_of(atoi(parent)));
		say_without(words, kept, id);
	}
}

/* The word of that number, from 0, and all behind it. */
static const char *word_of(const char *line, int number)
{
	while (number-- > 0 && (line = strchr(line, ' ')))
		line++;
	return line ? line : "";
}

/* Up to the end of a word: as strcmp. */
static int compare_words(const char *a, const char *b)
{
	while (*a == *b && *a && *a != ' ' && *a != '\n')
		a++, b++;
	return (*a == ' ' ? 0 : *a) - (*b == ' ' ? 0 : *b);
}

void look_sort_mounts(struct words *words, int point)
{
	static struct words sorted;
	const char *lines[MOST_MOUNTS];
	int count = 0;

	sorted.length = 0;
	sorted.cut = false;
	sorted.text[0] = '\0';
	for (const char *line = words->text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		int place = count;
		if (strncmp(line, "mount ", 6) != 0) {
			say(&sorted, "%.*s\n", (int)strcspn(line, "\n"), line);
			continue;
		}
		if (count++ == MOST_MOUNTS)
			give_up("more than %d mounts", MOST_MOUNTS);
		for (; place > 0 && compare_words(word_of(line, point), word_of(lines[place - 1], point)) < 0; place--)
			lines[place] = lines[place - 1];
		lines[place] = line;
	}
	for (int i = 0; i < count; i++)
		say(&sorted, "%.*s\n", (int)strcspn(lines[i], "\n"), lines[i]);
	memcpy(words, &sorted, sizeof(*words));
}

static void look_at_namespaces(int proc, struct words *words)
{
	static const char *const types[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };

	for (size_t i = 0; i < array_length(types); i++) {
		char name[32], own[64], theirs[64];
		snprintf(name, sizeof(name), "/proc/self/ns/%s", types[i]);
		ssize_t a = readlink(name, own, sizeof(own));
		ssize_t b = readlinkat(proc, name + strlen("/proc/self/"), theirs, sizeof(theirs));
		bool same = a > 0 && a == b && memcmp(own, theirs, (size_t)a) == 0;
		say(words, "%s namespace: %s\n", types[i], same ? "the host's" : "its own");
	}
}

/* Descriptors: "socket:[12]" without the number. */
static void look_at_descriptors(int proc, struct words *words)
{
	for (int fd = 0; fd < 64; fd++) {
		char name[16], link[512];
		snprintf(name, sizeof(name), "fd/%d", fd);
		ssize_t length = readlinkat(proc, name, link, sizeof(link) - 1);
		if (length < 0)
			continue;
		link[length] = '\0';
		if (link[0] != '/')
			link[strcspn(link, "[")] = '\0';
		say(words, "descriptor %d: %s\n", fd, link);
	}
}

/* ---- what only its own namespaces and its root show ---- */

/* A terminal that cannot be given away stays whose it is: the user has it open all the same (contract 7.1). */
static int whose(const char *device, uid_t owner) { return strcmp(device, "console") == 0 ? -1 : (int)owner; }

static void look_at_devices(int proc, struct words *words)
{
	struct dirent **entries;
	char name[300];
	struct stat stat;
	char dev[64];

	snprintf(dev, sizeof(dev), "/proc/self/fd/%d/root/dev", proc);
	int count = scandir(dev, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "root/dev/%s", entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && fstatat(proc, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
			say(words, "%s %o %d:%u %u:%u\n", name, stat.st_mode, whose(entries[i]->d_name, stat.st_uid), stat.st_gid,
			    major(stat.st_rdev), minor(stat.st_rdev));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static const char *const parameters[] = {
	"/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname", "/proc/sys/kernel/shm_rmid_forced",
	"/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/net/ipv4/ping_group_range",
};

/* In a child, which enters the namespaces and writes into the pipe. */
static void inside(int pidfd, int to)
{
	struct ifreq request = { .ifr_name = "lo" };
	char line[256];

	if (setns(pidfd, CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		_exit(1);
	for (size_t i = 0; i < array_length(parameters); i++) {
		if (slurp(AT_FDCWD, parameters[i], line, sizeof(line)) < 0)
			line[0] = '\0';
		dprintf(to, "%s: %s\n", parameters[i], line);
	}
	int lo = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (lo >= 0 && ioctl(lo, SIOCGIFFLAGS, &request) == 0)
		dprintf(to, "loopback %x\n", request.ifr_flags);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "eth0");
	if (lo >= 0 && ioctl(lo, SIOCGIFFLAGS, &request) == 0)
		dprintf(to, "eth0 %s\n", request.ifr_flags & IFF_UP ? "up" : "down");
	_exit(0);
}

static void look_inside(pid_t pid, struct words *words)
{
	int pidfd = (int)syscall(434 /* pidfd_open */, pid, 0), ends[2];
	char said[4096];
	size_t length = 0;
	ssize_t got;

	if (pidfd < 0 || pipe(ends) < 0)
		give_up("cannot look into a container");
	pid_t child = fork();
	if (child == 0)
		inside(pidfd, ends[1]);
	close(ends[1]);
	while ((got = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)got;
	said[length] = '\0';
	close(ends[0]);
	close(pidfd);
	while (waitpid(child, NULL, 0) != child)
		;
	say(words, "%s", said);
}

/* ---- limits ---- */

static const char *const limits[] = {
	"pids/%s/pids.max", "memory/%s/memory.limit_in_bytes", "cpu/%s/cpu.shares", "devices/%s/devices.list",
	"%s/pids.max", "%s/memory.max", "%s/cpu.weight",
};

static void look_at_limits(const char *id, struct words *words)
{
	for (size_t i = 0; i < array_length(limits); i++) {
		char path[256] = "/sys/fs/cgroup/";
		snprintf(path + strlen(path), sizeof(path) - strlen(path), limits[i], cgroup_of(id));
		if (slurp(AT_FDCWD, path, text, sizeof(text)) >= 0)
			say(words, "%.*s %s\n", (int)strcspn(limits[i], "%"), limits[i], text);
	}
}

/* ---- seccomp ---- */

/* The instructions themselves, as a sum: a kernel without checkpoint/restore does not show them. */
static void look_at_filters(pid_t pid, struct words *words)
{
	static uint64_t code[MOST_INSTRUCTIONS];
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return;
	for (long nth = 0; nth < 4; nth++) {
		long length = ptrace(SECCOMP_GET_FILTER, pid, nth, code);
		uint64_t sum = 14695981039346656037u;
		for (long i = 0; i < length; i++)
			sum = (sum ^ code[i]) * 1099511628211u;
		if (length > 0)
			say(words, "filter %ld: %ld instructions %llx\n", nth, length, (unsigned long long)sum);
	}
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

/* ---- all of it ---- */

bool look_at(pid_t pid, const char *id, struct words *words)
{
	char name[32];

	words->length = 0;
	words->cut = false;
	snprintf(name, sizeof(name), "/proc/%d", pid);
	int proc = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return false;
	look_at_status(proc, words);
	look_at_namespaces(proc, words);
	look_at_cgroups(proc, id, words);
	look_at_mounts(proc, id, words);
	look_sort_mounts(words, 2);
	look_at_descriptors(proc, words);
	static const char *const files[] = { "cmdline", "environ", "limits", "oom_score_adj", "personality", "uid_map", "gid_map",
					     "timens_offsets" };
	for (size_t i = 0; i < array_length(files); i++)
		look_at_file(proc, files[i], words);
	look_at_devices(proc, words);
	look_inside(pid, words);
	look_at_limits(id, words);
	look_at_filters(pid, words);
	/* Read to the end, it was there all the time. */
	bool there = kill(pid, 0) == 0 && faccessat(proc, "status", F_OK, 0) == 0;
	close(proc);
	return there && !words->cut;
}

static int next_line(const char **at, const char **line)
{
	*line = *at;
	size_t length = strcspn(*at, "\n");
	*at += length + ((*at)[length] == '\n');
	return (int)length;
}

void look_difference(const struct words *expected, const struct words *found, struct words *words)
{
	const char *a = expected->text, *b = found->text, *left, *right;

	while (*a || *b) {
		int left_length = next_line(&a, &left), right_length = next_line(&b, &right);
		if (left_length != right_length || memcmp(left, right, (size_t)left_length) != 0) {
			say(words, " expected '%.*s', found '%.*s'", left_length, left, right_length, right);
			return;
		}
	}
}
