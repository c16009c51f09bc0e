/* Paths below "/" as the process itself sees them, once it is in its root: never through a magic link (rule B.1.5), so that no
 * /proc/self/fd/N and no /proc/self/exe is taken for something of the container (CVE-2024-21626, CVE-2019-5736). */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

enum lookup_flags {
	/* A filter is loaded already, and one written before openat2 and faccessat2 refuses them: then openat and faccessat. What
	 * magic links could lead to is gone by then but for our own sealed image. If faccessat is refused too, execve tells. */
	LOOKUP_FILTERED = 1,
};

/* Opens with open(2)'s `flags`; close-on-exec. The fd, or -errno; -ELOOP: a magic link, or too many others. */
int lookup_open(const char *path, int flags, enum lookup_flags lookup);

/* Whether this process may execute the file: 0, -EISDIR, -EACCES (no right, no regular file, a noexec mount), or opening's. */
int lookup_executable(const char *path, enum lookup_flags lookup);

/* Where this process is, as the kernel says it: 0, or -EXDEV if that is outside of its root. */
int lookup_inside(void);
