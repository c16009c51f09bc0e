/* A child for a moment: what changes the namespaces of a task, done in one that is thrown away. */
#pragma once

/* Runs `run(data)` in a child that shares memory and descriptors with us, while we wait: descriptors it opens are ours. What it
 * returns (0 or more, or -errno), or -errno if there was no child. */
int momentary(int (*run)(void *data), void *data);
