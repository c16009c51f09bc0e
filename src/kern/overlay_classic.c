/* Overlays by mount(2), for kernels before 6.15, in a mount namespace that lasts for one call. */
#include "kern/overlay.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include "base/cleanup.h"
#include "base/format.h"
#include "kern/momentary.h"
#include "kern/mount.h"
#include "kern/overlay_parts.h"
#include "kern/sys.h"

#define DATA_MOST 4096   /* mount(2) takes one page */
#define LAYERS_MOST 512  /* overlayfs itself takes 500 */

struct classic {
	const struct overlay *overlay;
	struct overlay_fault *fault;
	int layer[LAYERS_MOST];  /* ours, open until the mount is made */
	size_t layers;
	size_t length;
	char data[DATA_MOST];
};

/* Adds "key=" or ":" and the number of a descriptor: a name relative to /proc/self/fd, four bytes a layer. */
static int add_fd(struct classic *c, const char *before, int fd)
{
	c->length += format(c->data + c->length, DATA_MOST - c->length, "%s%d", before, fd);
	return c->length < DATA_MOST ? 0 : -E2BIG;
}

static int add_text(struct classic *c, const struct overlay_parameter *p)
{
	c->length += format(c->data + c->length, DATA_MOST - c->length, ",%s%s%s", p->key, p->value ? "=" : "",
			    p->value ? p->value : "");
	return c->length < DATA_MOST ? 0 : -E2BIG;
}

static int add_layer(struct classic *c, const char *before, const char *path)
{
	c->fault->what = path;
	if (c->layers == LAYERS_MOST)
		return -E2BIG;
	int fd = overlay_layer(path);
	if (fd < 0)
		return fd;
	c->layer[c->layers++] = fd;
	return add_fd(c, before, fd);
}

/* Mounted over /proc of this passing namespace: layers must lie in the namespace the overlay is made in (CVE-2021-3732). */
static int add_ephemeral(struct classic *c)
{
	_cleanup_fd int tmpfs = overlay_tmpfs();
	if (tmpfs < 0)
		return tmpfs;
	int r = mount_attach_at(tmpfs, AT_FDCWD, "/proc");
	if (r == 0)
		r = overlay_fresh_upper(tmpfs, c->layer[0]);
	if (r == 0)
		r = add_layer(c, ",upperdir=", "/proc/upper");
	return r < 0 ? r : add_layer(c, ",workdir=", "/proc/work");
}

static int add_all(struct classic *c)
{
	const struct overlay *o = c->overlay;
	int r = 0;

	for (size_t i = 0; i < o->lower_count && r == 0; i++)
		r = add_layer(c, i ? ":" : "lowerdir=", o->lower[i]);
	if (r == 0 && o->ephemeral) {
		r = add_ephemeral(c);
	} else if (r == 0 && o->upper) {
		r = add_layer(c, ",upperdir=", o->upper);
		if (r == 0)
			r = add_layer(c, ",workdir=", o->work);
	}
	for (size_t i = 0; i < o->parameter_count && r == 0; i++) {
		c->fault->what = o->parameters[i].key;
		r = add_text(c, &o->parameters[i]);
	}
	return r;
}

/* In the child, in its own mount namespace. */
static int assemble(struct classic *c)
{
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 || chdir("/proc/self/fd") < 0)
		return -errno;
	int r = add_all(c);
	if (r < 0)
		return r;
	c->fault->what = NULL;
	/* The working directory is under it and is still found. The one place that exists for certain is /proc. */
	if (mount("overlay", "/proc", "overlay", 0, c->data) < 0)
		return -errno;
	return mount_clone(AT_FDCWD, "/proc", 0);
}

static int child(void *data)
{
	struct classic *c = data;
	if (syscall(SYS_unshare, (unsigned long)ABI_CLONE_NEWNS) < 0)
		return -errno;
	return assemble(c);
}

int overlay_open_classic(const struct overlay *overlay, struct overlay_fault *fault)
{
	struct classic classic = { .overlay = overlay, .fault = fault };

	*fault = (struct overlay_fault){ 0 };
	int tree = momentary(child, &classic);
	for (size_t i = 0; i < classic.layers; i++)
		close(classic.layer[i]);
	return tree;
}
