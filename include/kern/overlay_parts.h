/* What the two ways of making an overlay share; for kern/overlay*.c alone. -errno everywhere, descriptors are the caller's. */
#pragma once

/* A layer's directory on the host, O_PATH. */
int overlay_layer(const char *path);

/* A detached tmpfs of its own. */
int overlay_tmpfs(void);

/* Makes `upper` and `work` in it; upper gets the mode and owner of the directory `top`. */
int overlay_fresh_upper(int tmpfs, int top);
