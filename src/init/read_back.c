/* What init can ask of the kernel about itself and its namespaces, compared with the plan (debug builds). */
#include "init/read_back.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <net/if.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/read_back.h"
#include "init/lookup.h"
#include "init/read_back_parts.h"
#include "kern/mount.h"
#include "kern/procfs.h"
#include "run/baton.h"

#define KEYCTL_DESCRIBE 6
#define SESSION_KEYRING (-3l)
#define MEMORY_NODES_MOST 16384 /* the kernel takes a page of them */
#define DESCRIPTORS_MOST 4096

/* ---- names, clocks ---- */

static int compare_names(const struct plan_namespaces *n, struct error *error)
{
	struct utsname names;

	if (uname(&names) < 0)
		return read_back_unreadable(error, "hostname", errno);
	if (n->hostname)
		try(read_back_text(error, "hostname", n->hostname, names.nodename));
	return n->domainname ? read_back_text(error, "domainname", n->domainname, names.domainname) : 0;
}

/* Words with one blank between them: the kernel has its own columns, and words for the clocks' numbers. */
static const char *word_of(const char **at, char *to, size_t size)
{
	*at += strspn(*at, " \t\n");
	size_t length = strcspn(*at, " \t\n");
	format(to, size, "%.*s", (int)length, *at);
	*at += length;
	return to;
}

static const char *clock_name(const char *word)
{
	return strcmp(word, "1") == 0 ? "monotonic" : strcmp(word, "7") == 0 ? "boottime" : word;
}

/* One line asked for: it is among the lines found. */
static bool has_offset(const char *found, const char *const asked[3])
{
	char word[3][40];

	while (*word_of(&found, word[0], sizeof(word[0]))) {
		word_of(&found, word[1], sizeof(word[1]));
		word_of(&found, word[2], sizeof(word[2]));
		if (strcmp(clock_name(asked[0]), word[0]) == 0 && strcmp(asked[1], word[1]) == 0 && strcmp(asked[2], word[2]) == 0)
			return true;
	}
	return false;
}

static int compare_clocks(const struct stage *stage, struct error *error)
{
	const char *asked = stage->plan->namespaces.time_offsets;
	char found[512], word[3][40];

	if (!asked)
		return 0;
	_cleanup_fd int fd = procfs_open(stage->procfs, "self/timens_offsets", O_RDONLY);
	ssize_t n = fd < 0 ? fd : read_all(fd, found, sizeof(found));
	if (n < 0)
		return read_back_unreadable(error, "time offsets", (int)-n);
	if (read_back_breaks(stage->plan->process.env, "time-offsets"))
		found[0] = '\0';
	for (const char *at = asked; *word_of(&at, word[0], sizeof(word[0]));) {
		word_of(&at, word[1], sizeof(word[1]));
		word_of(&at, word[2], sizeof(word[2]));
		const char *const line[3] = { word[0], word[1], word[2] };
		if (!has_offset(found, line))
			return read_back_differs(error, "time offsets", asked, found);
	}
	return 0;
}

/* ---- sysctls ---- */

/* The kernel makes columns of lists ("1\t2"), and other texts of the same numbers ("0x10"): words are compared, numbers as such. */
static bool same_words(const char *asked, const char *found)
{
	char a[128], b[128];
	int64_t x, y;

	for (;;) {
		word_of(&asked, a, sizeof(a));
		word_of(&found, b, sizeof(b));
		bool numbers = number_i64(a, &x) == 0 && number_i64(b, &y) == 0;
		if (numbers ? x != y : strcmp(a, b) != 0)
			return false;
		if (!*a)
			return true;
	}
}

static bool set_again(const struct plan *plan, size_t i)
{
	for (size_t k = i + 1; k < plan->sysctl_count; k++)
		if (strcmp(plan->sysctls[k].path, plan->sysctls[i].path) == 0)
			return true;
	return false;
}

/* What may not be read, or is written only ("flush"), tells nothing. */
static int compare_sysctls(const struct plan *plan, struct error *error)
{
	char path[300], found[4096];
	_cleanup_fd int context = plan->sysctl_count ? mount_context("proc") : -ENOENT;
	_cleanup_fd int procfs = context < 0 ? context : mount_make(context, 0);

	if (procfs < 0) /* a user namespace that does not own its pid namespace */
		return 0;
	for (size_t i = 0; i < plan->sysctl_count; i++) {
		const struct plan_sysctl *sysctl = &plan->sysctls[i];
		format(path, sizeof(path), "sys/%s", sysctl->path);
		_cleanup_fd int fd = procfs_open(procfs, path, O_RDONLY);
		if (fd < 0 || read_all(fd, found, sizeof(found)) < 0 || set_again(plan, i))
			continue;
		if (!same_words(sysctl->value, found))
			return read_back_differs(error, sysctl->path, sysctl->value, found);
	}
	return 0;
}

/* ---- network ---- */

static int interface(const char *name, struct ifreq *request)
{
	_cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*request = (struct ifreq){ .ifr_flags = 0 };
	format(request->ifr_name, sizeof(request->ifr_name), "%s", name);
	return again_ioctl(fd, SIOCGIFFLAGS, request) < 0 ? -errno : 0;
}

static int compare_network(const struct plan *plan, struct error *error)
{
	struct ifreq request = { .ifr_flags = 0 };
	int r = plan->namespaces.loopback ? interface("lo", &request) : 0;

	if (r < 0)
		return read_back_unreadable(error, "the loopback device", -r);
	if (plan->namespaces.loopback && !(request.ifr_flags & IFF_UP))
		return read_back_differs(error, "the loopback device", "up", "down");
	for (size_t i = 0; i < plan->net_device_count; i++) {
		const struct plan_net_device *device = &plan->net_devices[i];
		r = device->numbered ? 0 : interface(device->name, &request);
		if (r < 0)
			return fail(error, -r, "read back: network device '%s': it is not in the container as '%s'", device->host,
				    device->name);
	}
	return 0;
}

/* ---- keyring, memory policy ---- */

/* One of that name that was there before is not taken: the new one has none of its own (kern/keyring.h). */
static int compare_keyring(const struct stage *stage, struct error *error)
{
	const char *asked = stage->plan->process.keyring;
	char text[512];
	long length = asked ? syscall(SYS_keyctl, KEYCTL_DESCRIBE, SESSION_KEYRING, text, sizeof(text) - 1, 0ul) : -1;

	if (!asked || (length < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES)))
		return 0;
	if (length < 0)
		return read_back_unreadable(error, "session keyring", errno);
	text[length < (long)sizeof(text) ? length : (long)sizeof(text) - 1] = '\0';
	const char *name = strrchr(text, ';');
	if (!name || (strcmp(name + 1, asked) != 0 && strcmp(name + 1, "_ses") != 0))
		return read_back_differs(error, "session keyring", asked, text);
	return 0;
}

static int compare_memory_policy(const struct plan_process *process, struct error *error)
{
	static uint64_t nodes[MEMORY_NODES_MOST / 64];
	const struct plan_memory_policy *asked = process->memory_policy;
	int mode = 0;

	if (!asked)
		return 0;
	if (syscall(SYS_get_mempolicy, &mode, nodes, MEMORY_NODES_MOST + 1, NULL, 0) < 0)
		return read_back_unreadable(error, "memory policy", errno);
	try(read_back_number(error, "memory policy", (uint64_t)asked->mode, (uint64_t)mode));
	for (size_t i = 0; i < asked->bits / 64 && i < MEMORY_NODES_MOST / 64; i++)
		try(read_back_number(error, "nodes of the memory policy", asked->nodes[i], nodes[i]));
	return 0;
}

int read_back_settings(struct stage *stage, struct error *error)
{
	try(read_back_break_settings(stage, error));
	try(compare_names(&stage->plan->namespaces, error));
	try(compare_clocks(stage, error));
	try(compare_sysctls(stage->plan, error));
	try(compare_network(stage->plan, error));
	try(compare_keyring(stage, error));
	return compare_memory_policy(&stage->plan->process, error);
}

/* ---- the last look ---- */

/* Rule B.1.7: of all numbers only 0, 1, 2, the preserved ones and our socket are open, and no directory is among them but what was
 * preserved. Asked number by number: there may be no procfs. */
static int compare_descriptors(const struct stage *stage, struct error *error)
{
	unsigned first = 3 + stage->plan->preserve_fds;
	struct stat file;

	for (int fd = 0; fd < DESCRIPTORS_MOST; fd++) {
		if (fcntl(fd, F_GETFD) < 0 || fd == stage->socket)
			continue;
		if ((unsigned)fd >= first)
			return fail(error, 0, "read back: descriptor %d: asked to be closed, found open", fd);
		if (fd <= 2 && fstat(fd, &file) == 0 && S_ISDIR(file.st_mode))
			return fail(error, 0, "read back: descriptor %d: it is a directory", fd);
	}
	return 0;
}

/* What no other process can ask. A filter that is loaded by now may refuse prctl(2), and has been shown all before. */
static int compare_own(const struct stage *stage, struct error *error)
{
	int signal = 0;

	if (filtered(stage->plan))
		return 0;
	try(read_back_number(error, "keep_caps", 0, (uint64_t)prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0)));
	try(read_back_number(error, "securebits", 0, (uint64_t)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)));
	if (prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) == 0)
		try(read_back_number(error, "signal at the parent's death", 0, (uint64_t)signal));
	return 0;
}

int read_back_last(struct stage *stage, struct error *error)
{
	struct baton go;
	int fd = -1;

	if (read_back_breaks(stage->plan->process.env, "descriptor"))
		fd = again_open("/", O_PATH | O_CLOEXEC);
	try(compare_descriptors(stage, error));
	try(compare_own(stage, error));
	/* Whoever sees no need to look at the exec lets us go on at once; without him we go on, too. */
	if (stage->socket >= 0)
		baton_receive(stage->socket, &go, &fd);
	close_fd(&fd);
	return 0;
}
