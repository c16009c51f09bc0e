/* Shared by src/run/read_back*.c alone, in debug builds: what the host's procfs says of a process, compared with the plan. */
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include "run/stage.h"

/* What is compared with what. */
struct read_back {
	const struct plan *plan;
	int procfs;               /* the host's */
	pid_t pid;
	pid_t container;          /* PLAN_EXEC: the container's init; 0: not known, or none */
	const char *cpus;         /* what the cgroup has, as a list; NULL: not known */
	char *room;               /* READ_BACK_ROOM bytes for a file of procfs */
};
#define READ_BACK_ROOM (1u << 20)

/* Reads `name` of the process (`pid` 0: our own) into b->room. The length, or -errno. */
ssize_t read_back_file(const struct read_back *b, pid_t pid, const char *name);

/* Where the process has that link ("ns/net", "cwd"), as text; -errno. */
ssize_t read_back_link(const struct read_back *b, pid_t pid, const char *name, char *to, size_t size);

/* ---- read_back_status.c ---- */

/* The value of a line of /proc/PID/status in `text`: "CapEff". False if there is none. */
bool status_value(const char *text, const char *key, char *to, size_t size);

enum read_back_when { BEFORE_EXEC, AFTER_EXEC };
int read_back_status(const struct read_back *b, enum read_back_when when, struct error *error);

/* ---- read_back_namespaces.c ---- */
int read_back_namespaces(const struct read_back *b, struct error *error);

/* ---- read_back_settings.c ---- */
int read_back_limits(const struct read_back *b, enum read_back_when when, struct error *error);
int read_back_scheduling(const struct read_back *b, struct error *error);
int read_back_place(const struct read_back *b, struct error *error);
