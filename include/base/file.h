/* Small files, whole. All descriptors are close-on-exec; EINTR and short transfers are dealt with. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Writes all of it. 0, or -errno. */
int write_all(int fd, const void *data, size_t length);

/* Opens `name` below `dir`, writes `text` with one write(2), closes. For files of the kernel. 0, or -errno. */
int file_write(int dir, const char *name, const char *text);

/* Reads up to size-1 bytes of `name` below `dir` and adds a NUL. The length, or -errno; -EFBIG if there was more. */
ssize_t file_read(int dir, const char *name, char *to, size_t size);

/* As much of a small file of the kernel's as one read(2) brings: all of it. */
ssize_t file_look(int dir, const char *name, char *to, size_t size);

/* As file_read, from an open descriptor. */
ssize_t read_all(int fd, char *to, size_t size);

/* Puts a file in place complete or not at all: a new temporary beside it (O_EXCL, O_NOFOLLOW), then rename. 0, or -errno. */
int file_replace(int dir, const char *name, const void *data, size_t length, mode_t mode);

/* The same for a file that is not there yet, as a rule: then it never has another name that somebody who is killed would leave behind. A
 * file or link is replaced; -EEXIST: a device, a fifo or a socket is not. */
int file_place(int dir, const char *name, const void *data, size_t length, mode_t mode);

/* Memory with a descriptor, for data alone, that may be sealed. The descriptor, or -errno. */
int memfd_make(const char *name);
