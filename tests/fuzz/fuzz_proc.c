/* libFuzzer: what procfs says of a process and of mounts, where names are whatever somebody chose: PID/stat, fdinfo of a pidfd, mountinfo.
 * The first byte says which. */
#include <sys/mman.h>
#include <sys/mount.h>
#include "fuzz.h"
#include "kern/process.h"

/* Reading alone: nothing is unmounted here. */
#define umount2(path, flags) (-1)
#include "../../src/kern/mount_root.c"
#undef umount2

/* "pid (name) S ...": the name ends with the last ')' of the file; the 22nd word is when it began (proc(5)). */
static bool stat_by_book(const char *text, struct arena *arena, uint64_t *start, char *state)
{
	const char *at = strrchr(text, ')');

	if (!at || at == text || at[1] != ' ')
		return false;
	*state = at[2];
	for (int blanks = 0; *++at && blanks < 20;)
		blanks += *at == ' ';
	return number_u64(arena_copy(arena, at, strspn(at, "0123456789")), start) == 0;
}

static void try_stat(struct input *in, struct arena *arena)
{
	uint64_t start = 0, wanted = 0;
	char state = 0, wanted_state = 0;

	mkdirat(own_directory(), "7", 0755);
	put_file(own_directory(), "7/stat", in->data, in->size);
	int r = process_stat(own_directory(), 7, &start, &state);
	if (memchr(in->data, 0, in->size) || in->size >= 1024)
		return;
	bool known = stat_by_book(take_rest(in, arena), arena, &wanted, &wanted_state);
	must(known == (r == 0));
	must(r < 0 || (start == wanted && state == wanted_state));
}

static void try_fdinfo(struct input *in)
{
	mkdirat(own_directory(), "self", 0755);
	mkdirat(own_directory(), "self/fdinfo", 0755);
	put_file(own_directory(), "self/fdinfo/5", in->data, in->size);
	pid_t pid = pidfd_pid(own_directory(), 5);
	if (pid >= 0)
		must(memmem(in->data, in->size, "Pid:\t", 5));
}

/* mountinfo with lines of any length, from a file that is read in pieces. */
static void try_mountinfo(struct input *in, struct arena *arena)
{
	static int file = -1;
	struct lines lines = { .start = 0 };
	char *rest = take_rest(in, arena);
	size_t length = strlen(rest);

	if (file < 0)
		file = memfd_create("mountinfo", MFD_CLOEXEC);
	must(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, rest, length, 0) == (ssize_t)length && lseek(file, 0, SEEK_SET) == 0);
	lines.fd = file;
	for (char *line; (line = next_line(&lines));) {
		uint64_t id;
		char *wanted;
		/* All but those that are too long, in order; an end without newline is none. */
		do {
			must(rest && strchr(rest, '\n'));
			wanted = strsep(&rest, "\n");
		} while (strlen(wanted) >= LINE_MOST);
		must(strcmp(line, wanted) == 0);
		char *path = kernel_view(line, &id);
		if (!path)
			continue;
		must(strlen(path) < LINE_MOST && (strstr(wanted, " - proc ") || strstr(wanted, " - sysfs ")));
		must(strtoull(wanted, NULL, 10) == id);
	}
	while (rest && strchr(rest, '\n'))
		must(strlen(strsep(&rest, "\n")) >= LINE_MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct arena arena;

	must(arena_open(&arena) == 0);
	switch (take_below(&in, 3)) {
	case 0: try_stat(&in, &arena); break;
	case 1: try_fdinfo(&in); break;
	default: try_mountinfo(&in, &arena); break;
	}
	arena_close(&arena);
	return 0;
}
