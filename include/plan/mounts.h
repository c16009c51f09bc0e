/* What the files about the container's file system share inside plan; pure, like all of it. */
#pragma once

#include "plan/build.h"

/* ---- mount_options.c ---- */

enum mount_act { ACT_BIND = 1, ACT_RBIND = 2, ACT_REMOUNT = 4, ACT_IDMAP = 8, ACT_RIDMAP = 16, ACT_COPY_UP = 32 };

/* The options of one mount, read. */
struct mount_options {
	unsigned acts;                   /* enum mount_act */
	uint64_t set, clear;             /* MOUNT_ATTR_* */
	uint64_t recursive_set, recursive_clear;
	bool writable;                   /* "rw" was said and not taken back */
	struct propagation *propagation; /* in order */
	size_t propagation_count;
	struct mount_param *params;      /* superblock words, for file systems alone; then the file system's own */
	size_t param_count;
	const char *first_own;           /* the first word that is the file system's own, as written; NULL: none */
	struct plan_overlay *overlay;    /* what lowerdir, upperdir, workdir say; only for `type` overlay */
};

int mount_options_read(struct planning *p, const struct spec_mount *spec, struct mount_options *to, struct error *error);

/* ---- overlay.c ---- */

/* Splits "a:b\:c" into absolute directories, escapes taken out; NULL with the error filled. */
int overlay_add_layers(struct planning *p, struct plan_overlay *overlay, const char *list, const struct place *at,
		       struct error *error);
int overlay_add_layer(struct planning *p, struct plan_overlay *overlay, const char *path, const struct place *at,
		      struct error *error);

/* One directory: escapes taken out, relative to the bundle. NULL with the error filled. */
const char *overlay_directory(struct planning *p, const char *text, const struct place *at, struct error *error);

/* What makes no overlay is refused; then the way to make it is chosen. */
int overlay_check(struct planning *p, struct plan_overlay *overlay, const struct place *at, struct error *error);

/* ---- path_text.c ---- */

/* An absolute path: `path`, or below the bundle. Slashes and "." are tidied, ".." is left to the kernel. */
const char *plan_host_path(struct planning *p, const char *path);
/* The same for a path of the container: relative ones begin at "/". */
const char *plan_inside_path(struct planning *p, const char *path);
/* The path with ".." taken literally, clamped at "/": for comparing with names, never for opening. */
const char *plan_lexical_path(struct planning *p, const char *path);
/* Whether `path` is `directory` or below it, by parts. */
bool plan_path_below(const char *path, const char *directory);

/* ---- mount_rights.c ---- */

/* What EPERM means if a file system of that type is refused with it: words after a sentence, or NULL. Needs the namespaces. */
const char *mount_why_refused(const struct planning *p, const char *type);
/* Whether a sysfs of the container's own may be mounted: it shows a network namespace, and asks for rights in that. */
bool mount_may_show_network(const struct planning *p);

/* ---- cgroup_mounts.c ---- */

/* Decides a mount of type cgroup or cgroup2; the target and attributes are set already. */
int plan_cgroup_mount(struct planning *p, const struct spec_mount *spec, const struct mount_options *options,
		      struct plan_mount *mount,
		      struct error *error);
