/* Debug builds (make DEBUG=1): init reads back from the kernel what the plan asked for, and refuses to go on if that is something else.
 * In any other build these do nothing, and nothing of src/init/read_back*.c is there. */
#pragma once

#include "init/stage.h"

#ifdef CAISSON_READ_BACK

/* Once nothing is mounted any more, as root of the container and before a filter: mounts, masked and read-only paths, devices, the root. */
int read_back_mounts(struct stage *stage, struct error *error);

/* Before a filter, too: names, sysctls, clocks, network devices, the keyring, the memory policy. */
int read_back_settings(struct stage *stage, struct error *error);

/* Last of all that init sets of itself; what the runtime then compares is broken here, if that is to be tried. */
int read_back_break(struct stage *stage, struct error *error);

/* When all is closed: descriptors, and what only the process itself can ask. Then it waits for the runtime, which looks at the exec. */
int read_back_last(struct stage *stage, struct error *error);

#else

static inline int read_back_mounts(struct stage *stage, struct error *error) { (void)stage; (void)error; return 0; }
static inline int read_back_settings(struct stage *stage, struct error *error) { (void)stage; (void)error; return 0; }
static inline int read_back_break(struct stage *stage, struct error *error) { (void)stage; (void)error; return 0; }
static inline int read_back_last(struct stage *stage, struct error *error) { (void)stage; (void)error; return 0; }

#endif
