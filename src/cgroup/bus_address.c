/* Which sockets lead to systemd's manager (dbus specification, "Server Addresses"; sd_bus_default_user(3)). */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "cgroup/bus.h"

#define SYSTEM_BUS "/run/dbus/system_bus_socket"
#define SYSTEM_MANAGER "/run/systemd/private"
#define CONNECT_S 10

/* An abstract name begins with a NUL, and ends with the address. */
static void add(struct bus_places *places, const char *name, bool abstract, bool direct)
{
	struct bus_place *place = &places->of[places->count];
	size_t length = strlen(name);

	if (places->count == BUS_PLACES_MOST || length == 0 || length + 1 >= sizeof(place->address.sun_path))
		return;
	*place = (struct bus_place){ .address = { .sun_family = AF_UNIX }, .direct = direct };
	memcpy(place->address.sun_path + abstract, name, length);
	place->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
	places->count++;
}

static int hexadecimal(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%2f" is '/'. False: it is broken, has a NUL in it, or is too long for any socket. */
static bool unescape(const char *from, size_t length, char to[sizeof(((struct sockaddr_un *)0)->sun_path)])
{
	size_t at = 0;

	for (size_t i = 0; i < length; i++) {
		int c = (unsigned char)from[i];
		if (c == '%') {
			if (i + 2 >= length || hexadecimal(from[i + 1]) < 0 || hexadecimal(from[i + 2]) < 0)
				return false;
			c = hexadecimal(from[i + 1]) << 4 | hexadecimal(from[i + 2]);
			i += 2;
		}
		if (c == '\0' || at + 1 >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return false;
		to[at++] = (char)c;
	}
	to[at] = '\0';
	return true;
}

/* "unix:path=/run/user/1000/bus,guid=..." of several, with ';' between them. What is no socket of this host is passed over. */
static void add_address(struct bus_places *places, const char *address)
{
	static const struct { const char *key; bool abstract; } keys[] = { { "path=", false }, { "abstract=", true } };
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)];

	for (size_t length; *address; address += length + (address[length] == ';')) {
		length = strcspn(address, ";");
		if (strncmp(address, "unix:", 5) != 0)
			continue;
		for (const char *at = address + 5; at < address + length; at += *at == ',') {
			size_t word = strcspn(at, ",;");
			for (size_t i = 0; i < array_length(keys); i++) {
				size_t key = strlen(keys[i].key);
				if (strncmp(at, keys[i].key, key) == 0 && unescape(at + key, word - key, name))
					add(places, name, keys[i].abstract, false);
			}
			at += word;
		}
	}
}

static int user_places(struct bus_places *places, struct error *error)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *runtime_dir = getenv("XDG_RUNTIME_DIR");
	char path[256];

	if (address && *address) {
		add_address(places, address);
		return places->count ? 0 : fail(error, 0, "DBUS_SESSION_BUS_ADDRESS names no socket of this host: '%s'", address);
	}
	if (!runtime_dir || runtime_dir[0] != '/')
		return fail(error, 0, "cannot reach the user's bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set");
	if (format(path, sizeof(path), "%s/bus", runtime_dir) < sizeof(path))
		add(places, path, false, false);
	return places->count ? 0 : fail(error, ENAMETOOLONG, "cannot reach the user's bus in '%s'", runtime_dir);
}

int bus_places(bool user, struct bus_places *places, struct error *error)
{
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");

	places->count = 0;
	if (user)
		return user_places(places, error);
	if (address && *address)
		add_address(places, address);
	else
		add(places, SYSTEM_BUS, false, false);
	if (geteuid() == 0)
		add(places, SYSTEM_MANAGER, false, true);
	return places->count ? 0 : fail(error, 0, "DBUS_SYSTEM_BUS_ADDRESS names no socket of this host: '%s'", address);
}

int bus_socket(void)
{
	_cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval most = { .tv_sec = CONNECT_S };

	/* Where nobody accepts any more a connect waits for ever. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most)) < 0)
		return -errno;
	return take_fd(&fd);
}

int bus_connect(int socket, const struct bus_places *places)
{
	int first = -ENOENT;

	for (size_t i = 0; i < places->count; i++) {
		if (again_connect(socket, (const struct sockaddr *)&places->of[i].address, places->of[i].length) == 0)
			return (int)i;
		if (i == 0)
			first = -errno;
	}
	return first;
}
