/* Executables of ours that we carry in ourselves, as files nobody can change. */
#pragma once

#include <stddef.h>

/* A sealed memfd with these bytes in it, executable by execveat(2); where memfds may not be executed (vm.memfd_noexec=2), an unlinked
 * file below `scratch_dir`, reopened read-only. The caller owns it. Close-on-exec. -errno. Rule B.5. */
int executable_open(const char *name, const void *image, size_t size, int scratch_dir);
