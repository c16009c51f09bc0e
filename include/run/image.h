/* init's executable as a file nobody can change. */
#pragma once

#include "base/error.h"

/* A sealed memfd with init in it, executable by execveat(2); where memfds may not be executed (vm.memfd_noexec=2), an unlinked
 * file below `scratch_dir`, reopened read-only. The caller owns it. -1 with the error filled. Rule B.5. */
int image_open(int scratch_dir, struct error *error);
