/* What some configurations need around them: namespaces to be joined, a network device to be moved. All of it is the worker's own. */
#include <errno.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sweep.h"

/* ---- namespaces ---- */

/* The first process of a pid namespace: what becomes its child there it does not leave as a zombie. */
static _Noreturn void hold(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;)
		pause();
}

/* By a child between us, so that our own children stay in our pid namespace. */
static pid_t begin_holder(void)
{
	int ends[2];
	pid_t holder = 0;

	if (pipe(ends) < 0)
		give_up("cannot have a pipe");
	pid_t between = fork();
	if (between == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNET) < 0)
			_exit(1);
		holder = fork();
		if (holder == 0) {
			close(ends[0]);
			close(ends[1]);
			hold();
		}
		_exit(write(ends[1], &holder, sizeof(holder)) != sizeof(holder));
	}
	close(ends[1]);
	ssize_t got = read(ends[0], &holder, sizeof(holder));
	close(ends[0]);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	if (got != sizeof(holder) || holder < 2)
		give_up("cannot have namespaces to be joined");
	return holder;
}

pid_t around_namespaces(const char *place)
{
	static const char *const types[] = { "pid", "net" };
	const pid_t holder = begin_holder();
	char link[300], target[64];

	snprintf(link, sizeof(link), "%s/ns", place);
	if (mkdir(link, 0755) < 0)
		give_up("cannot make '%s'", link);
	for (size_t i = 0; i < array_length(types); i++) {
		snprintf(link, sizeof(link), "%s/ns/%s", place, types[i]);
		snprintf(target, sizeof(target), "/proc/%d/ns/%s", holder, types[i]);
		if (symlink(target, link) < 0)
			give_up("cannot make '%s'", link);
	}
	return holder;
}

/* ---- an ordinary user ---- */

void around_user(const char *work)
{
	static const char *const files[] = { "passwd", "subuid", "subgid" };
	char from[300], to[32];

	for (size_t i = 0; i < array_length(files); i++) {
		snprintf(from, sizeof(from), "%s/etc/%s", work, files[i]);
		snprintf(to, sizeof(to), "/etc/%s", files[i]);
		if (access(from, F_OK) == 0 && mount(from, to, NULL, MS_BIND, NULL) < 0)
			give_up("cannot mount '%s': %s", from, strerror(errno));
	}
}

/* ---- a network device ---- */

#define DEVICE "sweep0"

#define ADDRESS "10.99.0.1"

static unsigned number;

/* One request about the device, to read or to set it: its flags or its address. */
static bool ask(int request, struct ifreq *about)
{
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(about->ifr_name, sizeof(about->ifr_name), "%s", DEVICE);
	int r = any < 0 ? -1 : ioctl(any, (unsigned long)request, about);
	if (any >= 0)
		close(any);
	return r == 0;
}

static struct sockaddr_in address(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(ADDRESS) };
}

/* Up, and with an address: what a device loses that is moved. */
static void dress_device(void)
{
	const struct sockaddr_in its = address();
	struct ifreq flags = { .ifr_flags = IFF_UP }, where;

	memset(&where, 0, sizeof(where));
	memcpy(&where.ifr_addr, &its, sizeof(its));
	if (!ask(SIOCSIFADDR, &where) || !ask(SIOCSIFFLAGS, &flags))
		give_up("cannot set the network device: %s", strerror(errno));
	number = if_nametoindex(DEVICE);
}

/* Whether it is here, as it was. */
bool around_device_there(void)
{
	const struct sockaddr_in its = address();
	struct ifreq flags = { 0 }, where = { 0 };

	return if_nametoindex(DEVICE) == number && number > 0 && ask(SIOCGIFFLAGS, &flags) && (flags.ifr_flags & IFF_UP) &&
	       ask(SIOCGIFADDR, &where) &&
	       memcmp(&((const struct sockaddr_in *)&where.ifr_addr)->sin_addr, &its.sin_addr, sizeof(its.sin_addr)) == 0;
}

/* linux/rtnetlink.h's, which goes together with no libc's headers everywhere. */
#define NEW_LINK 16
#define FLAGS (1 | 4 | 0x200 | 0x400) /* a request, acknowledged, that makes what is not there */
#define LINK_NAME 3
#define LINK_INFO 18
#define INFO_KIND 1

struct netlink_header { uint32_t length; uint16_t type, flags; uint32_t sequence, port; };
struct attribute { uint16_t length, type; };

/* A veth, whose other end the kernel names: it goes with this one. */
void around_device(void)
{
	static const struct {
		struct netlink_header header;
		struct { uint8_t family, pad; uint16_t type; int32_t index; uint32_t flags, change; } link;
		struct attribute name;
		char name_text[8];
		struct attribute info, kind;
		char kind_text[8];
	} request = {
		.header = { sizeof(request), NEW_LINK, FLAGS, 1, 0 },
		.name = { sizeof(struct attribute) + sizeof(DEVICE), LINK_NAME }, .name_text = DEVICE,
		.info = { 2 * sizeof(struct attribute) + sizeof(request.kind_text), LINK_INFO },
		.kind = { sizeof(struct attribute) + sizeof("veth"), INFO_KIND }, .kind_text = "veth",
	};
	struct { struct netlink_header header; int32_t error; char room[512]; } answer;

	if (if_nametoindex(DEVICE) > 0)
		return;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (netlink < 0 || send(netlink, &request, sizeof(request), 0) < 0 || recv(netlink, &answer, sizeof(answer), 0) < 0)
		give_up("cannot ask for a network device: %s", strerror(errno));
	close(netlink);
	if (answer.error != 0)
		give_up("cannot make a network device: %s", strerror(-answer.error));
	dress_device();
}
