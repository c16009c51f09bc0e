/* Errors as sentences: the words for each errno, the one form a message has. Not linked into init. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include "base/cleanup.h"
#include "base/format.h"

/* Engines search messages for libc's words and draw conclusions (contract section 9): podman and moby turn those for ENOENT,
 * EACCES, EPERM, ENOTDIR and EISDIR into exit codes 126 and 127, containerd takes those for ESRCH, and "does not exist", as proof
 * that the container is gone. So none of these stands here. */
#define CAUSE(name, words) { name, #name ": " words }
static const struct {
	int code;
	const char *text;
} causes[] = {
	CAUSE(EPERM, "the kernel does not allow it"),
	CAUSE(ENOENT, "it is missing"),
	CAUSE(ESRCH, "the process is gone"),
	CAUSE(EINTR, "interrupted by a signal"),
	CAUSE(EIO, "input/output error"),
	CAUSE(ENXIO, "no such device or address"),
	CAUSE(E2BIG, "argument list too long"),
	CAUSE(ENOEXEC, "exec format error"),
	CAUSE(EBADF, "bad file descriptor"),
	CAUSE(ECHILD, "no child processes"),
	CAUSE(EAGAIN, "temporarily unavailable, or a limit is reached"),
	CAUSE(ENOMEM, "cannot allocate memory"),
	CAUSE(EACCES, "access was refused"),
	CAUSE(EFAULT, "bad address"),
	CAUSE(ENOTBLK, "a block device is required"),
	CAUSE(EBUSY, "it is in use"),
	CAUSE(EEXIST, "it exists already"),
	CAUSE(EXDEV, "it leads to another file system or out of the tree"),
	CAUSE(ENODEV, "no such device or file system type"),
	CAUSE(ENOTDIR, "a part of the path is no directory"),
	CAUSE(EISDIR, "it is the name of a directory"),
	CAUSE(EINVAL, "invalid argument"),
	CAUSE(ENFILE, "too many open files in the system"),
	CAUSE(EMFILE, "too many open files"),
	CAUSE(ENOTTY, "not a terminal"),
	CAUSE(ETXTBSY, "the file is open for writing or executing"),
	CAUSE(ETOOMANYREFS, "more descriptors are on their way between the user's processes than one may have open"),
	CAUSE(EFBIG, "too big, or the limit on the size of files (RLIMIT_FSIZE) is too low"),
	CAUSE(ENOSPC, "no space left on device"),
	CAUSE(ESPIPE, "not seekable"),
	CAUSE(EROFS, "read-only file system"),
	CAUSE(EMLINK, "too many links"),
	CAUSE(EPIPE, "the other end is closed"),
	CAUSE(EDOM, "argument out of domain"),
	CAUSE(ERANGE, "out of range"),
	CAUSE(EDEADLK, "it would deadlock"),
	CAUSE(ENAMETOOLONG, "the name is too long"),
	CAUSE(ENOLCK, "no locks available"),
	CAUSE(ENOSYS, "the kernel does not have this function"),
	CAUSE(ENOTEMPTY, "the directory is not empty"),
	CAUSE(ELOOP, "a symbolic link where none may be, or too many"),
	CAUSE(ENODATA, "no data available"),
	CAUSE(ETIME, "the timer expired"),
	CAUSE(EPROTO, "protocol error"),
	CAUSE(EBADMSG, "bad message"),
	CAUSE(EOVERFLOW, "the value is too large"),
	CAUSE(ENOTUNIQ, "the name is not unique"),
	CAUSE(EBADFD, "the descriptor is in a bad state"),
	CAUSE(ELIBACC, "a library of the program cannot be used"),
	CAUSE(ELIBBAD, "a library of the program is damaged"),
	CAUSE(EILSEQ, "invalid byte sequence"),
	CAUSE(ERESTART, "to be restarted"),
	CAUSE(EUSERS, "as many namespaces exist as user.max_*_namespaces allow, or they are nested too deeply"),
	CAUSE(ENOTSOCK, "not a socket"),
	CAUSE(EDESTADDRREQ, "a destination address is required"),
	CAUSE(EMSGSIZE, "the message is too long"),
	CAUSE(EPROTOTYPE, "wrong protocol type"),
	CAUSE(ENOPROTOOPT, "the protocol option is not available"),
	CAUSE(EPROTONOSUPPORT, "the protocol is not supported"),
	CAUSE(EOPNOTSUPP, "not supported"),
	CAUSE(EAFNOSUPPORT, "the address family is not supported"),
	CAUSE(EADDRINUSE, "the address is in use"),
	CAUSE(EADDRNOTAVAIL, "the address is not available"),
	CAUSE(ENETDOWN, "the network is down"),
	CAUSE(ENETUNREACH, "the network is unreachable"),
	CAUSE(ECONNABORTED, "the connection was aborted"),
	CAUSE(ECONNRESET, "the connection was reset"),
	CAUSE(ENOBUFS, "no buffer space"),
	CAUSE(EISCONN, "already connected"),
	CAUSE(ENOTCONN, "not connected"),
	CAUSE(ESHUTDOWN, "it was shut down"),
	CAUSE(ETIMEDOUT, "timed out"),
	CAUSE(ECONNREFUSED, "the connection was refused"),
	CAUSE(EHOSTDOWN, "the host is down"),
	CAUSE(EHOSTUNREACH, "no route to the host"),
	CAUSE(EALREADY, "already in progress"),
	CAUSE(EINPROGRESS, "in progress"),
	CAUSE(ESTALE, "stale file handle"),
	CAUSE(EUCLEAN, "the file system is damaged"),
	CAUSE(EREMOTEIO, "remote input/output error"),
	CAUSE(EDQUOT, "the disk quota is exceeded"),
	CAUSE(ENOMEDIUM, "no medium"),
	CAUSE(ECANCELED, "cancelled"),
	CAUSE(ENOKEY, "the key is not available"),
	CAUSE(EKEYEXPIRED, "the key has expired"),
	CAUSE(EKEYREVOKED, "the key was revoked"),
	CAUSE(EKEYREJECTED, "the key was rejected"),
	CAUSE(EOWNERDEAD, "the owner died"),
	CAUSE(ENOTRECOVERABLE, "the state is not recoverable"),
	CAUSE(ERFKILL, "switched off"),
	CAUSE(EHWPOISON, "a memory page is broken"),
};

const char *errno_text(int code)
{
	for (size_t i = 0; i < array_length(causes); i++)
		if (causes[i].code == code)
			return causes[i].text;
	return "an error the kernel has no common name for";
}

struct sentence {
	char *to;
	size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct sentence *s, const char *words, ...)
{
	bool room = s->length < s->size;
	va_list args;

	va_start(args, words);
	s->length += format_v(room ? s->to + s->length : NULL, room ? s->size - s->length : 0, words, args);
	va_end(args);
}

static const char *file_of(const struct error *error)
{
	return error->file[0] ? error->file : "config.json";
}

/* Nothing was tried: the document is wrong, and its place comes first, as from a compiler. */
static void document_sentence(struct sentence *s, const struct error *error)
{
	if (error->line)
		add(s, "%s:%u:%u: ", file_of(error), error->line, error->column);
	if (error->path[0])
		add(s, "%s: ", error->path);
	add(s, "%s", error->text);
	if (error->step[0])
		add(s, " (in step '%s')", error->step);
}

static void refusal_sentence(struct sentence *s, const struct error *error)
{
	bool placed = error->path[0] || error->line;

	add(s, "%s: %s", error->text, errno_text(error->code));
	if (!placed && !error->step[0])
		return;
	add(s, " (%s", error->path);
	if (error->line)
		add(s, "%s%s:%u:%u", error->path[0] ? " at " : "", file_of(error), error->line, error->column);
	if (error->step[0])
		add(s, "%sin step '%s'", placed ? ", " : "", error->step);
	add(s, ")");
}

size_t error_sentence(const struct error *error, char *to, size_t size)
{
	struct sentence s = { .to = to, .size = size };

	if (size)
		to[0] = '\0';
	if (error->code)
		refusal_sentence(&s, error);
	else
		document_sentence(&s, error);
	return s.length;
}
