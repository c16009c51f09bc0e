/* The way to systemd: which sockets lead there, the process that connects and holds a scope's place, and what is said if nobody answers. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/arena.h"
#include "cgroup/bus.h"
#include "cgroup/placeholder.h"
#include "cgroup/unit.h"
#include <cmocka.h>
#undef fail

static struct bus_places places;
static struct error error;

static int begin(void **unused)
{
	(void)unused;
	unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	memset(&error, 0, sizeof(error));
	memset(&places, 0, sizeof(places));
	return 0;
}

/* "path path @abstract": where they are looked for; those that need no bus have an exclamation mark. */
static const char *found(void)
{
	static char text[2048];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < places.count; i++) {
		const struct bus_place *place = &places.of[i];
		const char *path = place->address.sun_path;
		bool abstract = !path[0];
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s%.*s", i ? " " : "", place->direct ? "!" : "",
					   abstract ? "@" : "",
					   (int)(place->length - offsetof(struct sockaddr_un, sun_path) - 1), path + abstract);
	}
	return text;
}

static void the_system_bus(void **unused)
{
	const bool root = geteuid() == 0;

	(void)unused;
	assert_int_equal(bus_places(false, &places, &error), 0);
	assert_string_equal(found(), root ? "/run/dbus/system_bus_socket !/run/systemd/private" : "/run/dbus/system_bus_socket");
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/a", 1);
	assert_int_equal(bus_places(false, &places, &error), 0);
	assert_string_equal(found(), root ? "/a !/run/systemd/private" : "/a");
}

static void the_users_bus(void **unused)
{
	static const struct { const char *address, *expected; } table[] = {
		{ "unix:path=/run/user/1000/bus", "/run/user/1000/bus" },
		{ "unix:path=/run/user/1000/bus,guid=00ff", "/run/user/1000/bus" },
		{ "unix:guid=00ff,path=/x", "/x" },
		{ "unix:abstract=/tmp/dbus-AbC", "@/tmp/dbus-AbC" },
		{ "unix:path=/a;unix:path=/b", "/a /b" },
		{ "tcp:host=127.0.0.1,port=1;unix:path=/b", "/b" },
		{ "unix:path=/with%20blank%2fand%2C", "/with blank/and," },
		{ "tcp:host=127.0.0.1,port=1", NULL },
		{ "unixexec:path=ssh", NULL },
		{ "unix:path=/a%0", NULL },
		{ "unix:path=/a%zz", NULL },
		{ "unix:path=/a%00b", NULL },
		{ "unix:path=", NULL },
		{ "unix:tmpdir=/tmp", NULL },
		{ "rubbish", NULL },
	};
	char longer[300];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin(NULL);
		setenv("DBUS_SESSION_BUS_ADDRESS", table[i].address, 1);
		setenv("XDG_RUNTIME_DIR", "/not/asked", 1);
		assert_int_equal(bus_places(true, &places, &error), table[i].expected ? 0 : -1);
		assert_string_equal(found(), table[i].expected ? table[i].expected : "");
	}
	begin(NULL);
	assert_int_equal(bus_places(true, &places, &error), -1);
	assert_non_null(strstr(error.text, "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR"));
	begin(NULL);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(bus_places(true, &places, &error), 0);
	assert_string_equal(found(), "/run/user/7/bus");
	snprintf(longer, sizeof(longer), "/%0107d", 0);
	setenv("XDG_RUNTIME_DIR", longer, 1);
	assert_int_equal(bus_places(true, &places, &error), -1);
	snprintf(longer, sizeof(longer), "unix:path=/%0108d", 0);
	setenv("DBUS_SESSION_BUS_ADDRESS", longer, 1);
	assert_int_equal(bus_places(true, &places, &error), -1);
}

/* A server in a place of its own. */
static int listen_at(const char *name)
{
	char address[200];

	snprintf(address, sizeof(address), "unix:abstract=%s-%d;unix:path=/nowhere", name, getpid());
	setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
	assert_int_equal(bus_places(true, &places, &error), 0);
	int server = bus_socket();
	assert_int_equal(bind(server, (struct sockaddr *)&places.of[0].address, places.of[0].length), 0);
	assert_int_equal(listen(server, 4), 0);
	return server;
}

/* Whom the other side sees: that is what PIDs=[0] stands for. */
static void the_placeholder_is_the_peer(void **unused)
{
	struct placeholder placeholder = { .pidfd = -1 };
	struct ucred peer;
	socklen_t length = sizeof(peer);

	(void)unused;
	int server = listen_at("caisson-test-peer"), socket = bus_socket();
	assert_int_equal(placeholder_begin(&placeholder, socket, &places), 0);
	int accepted = accept(server, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &length), 0);
	assert_int_equal(peer.pid, placeholder.pid);
	assert_int_not_equal(peer.pid, getpid());
	/* The connection is ours, not its: it outlives the process. */
	pid_t pid = placeholder.pid;
	placeholder_end(&placeholder);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(placeholder.pidfd, -1);
	placeholder_end(&placeholder);
	char byte = 'x';
	assert_int_equal(write(socket, &byte, 1), 1);
	assert_int_equal(read(accepted, &byte, 1), 1);
	close(socket);
	assert_int_equal(read(accepted, &byte, 1), 0);
	close(accepted);
	close(server);
}

/* It would keep a scope alive that nobody knows. */
static void the_placeholder_dies_with_its_creator(void **unused)
{
	int server = listen_at("caisson-test-death"), ends[2];
	char byte;

	(void)unused;
	assert_int_equal(pipe(ends), 0);
	pid_t creator = fork();
	if (creator == 0) {
		struct placeholder placeholder = { .pidfd = -1 };
		if (placeholder_begin(&placeholder, bus_socket(), &places) != 0)
			_exit(1);
		if (write(ends[1], &placeholder.pid, sizeof(placeholder.pid)) < 0)
			_exit(2);
		for (;;)
			pause();
	}
	pid_t pid;
	close(ends[1]);
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	kill(creator, SIGKILL);
	waitpid(creator, NULL, 0);
	/* It keeps nothing of its creator's open, so this is not what tells of its death. */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	char path[64], text[256] = "";
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		FILE *file = fopen(path, "r");
		text[0] = '\0';
		if (!file || !fgets(text, sizeof(text), file) || strstr(text, ") Z"))
			text[0] = '\0';
		if (file)
			fclose(file);
		if (!text[0])
			break;
		usleep(10000);
	}
	assert_string_equal(text, "");
	close(ends[0]);
	close(server);
}

static void nobody_there(void **unused)
{
	struct plan_unit unit = { .name = "x.scope", .slice = "user.slice", .description = "x", .user = true };
	struct placeholder placeholder = { .pidfd = -1 };
	struct arena arena;
	const char *path;

	(void)unused;
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus", 1);
	assert_int_equal(arena_open(&arena), 0);
	assert_int_equal(unit_start(&unit, &placeholder, &arena, &path, &error), -1);
	assert_string_equal(error.text, "cannot reach the user's bus");
	assert_int_equal(error.code, ENOENT);
	assert_int_equal(placeholder.pidfd, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	memset(&error, 0, sizeof(error));
	assert_int_equal(unit_stop("x.scope", true, &error), -1);
	assert_string_equal(error.text, "cannot reach the user's bus");
	memset(&error, 0, sizeof(error));
	assert_int_equal(unit_set("x.scope", true, NULL, 0, &error), 0); /* nothing to tell, nobody to ask */
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_system_bus, begin),
		cmocka_unit_test_setup(the_users_bus, begin),
		cmocka_unit_test_setup(the_placeholder_is_the_peer, begin),
		cmocka_unit_test_setup(the_placeholder_dies_with_its_creator, begin),
		cmocka_unit_test_setup(nobody_there, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
