/* An overlay as a detached mount: the host's mount table never shows it, no crash can leave it behind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct overlay_parameter { const char *key, *value; /* NULL: a flag */ };

struct overlay {
	const char *const *lower;  /* absolute directories, topmost first; at least one */
	size_t lower_count;
	const char *upper, *work;  /* both or neither */
	bool ephemeral;            /* upper and work on a tmpfs that nothing else holds: it dies with the mount */
	const struct overlay_parameter *parameters;
	size_t parameter_count;
};

/* What made it fail, for the message. */
struct overlay_fault {
	const char *what;          /* the layer's path, the parameter's key, or NULL: the whole */
	char words[160];           /* the kernel's, as mount_words gives them */
};

/* Layers one by one, by the new mount API: needs `lowerdir+` (Linux 6.8) and layers on detached mounts (6.15). The caller's fd, or
 * -errno with the fault filled. */
int overlay_open(const struct overlay *overlay, struct overlay_fault *fault);

/* By mount(2), for older kernels: assembled in a mount namespace that a child makes and that is gone when this returns. All layers
 * are open at once. */
int overlay_open_classic(const struct overlay *overlay, struct overlay_fault *fault);
