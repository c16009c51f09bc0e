/* libFuzzer: any /etc/passwd of an image, for HOME: the first line of the user's that has a directory, "/" where there is none. Compared
 * with a reading of the whole file at once. The first bytes are the user. */
#include <sys/mman.h>
#include "fuzz.h"
#include "../../src/init/home.c"

#define PIECE 4096

/* The sixth of at least six fields, if the third is the user in decimal digits. */
static bool by_book(char *line, uid_t uid, char *home, size_t size)
{
	char *rest = line, *field[7] = { NULL };
	uint32_t number;

	for (size_t i = 0; i < 7 && rest; i++)
		field[i] = strsep(&rest, ":");
	if (!field[5] || !field[5][0] || strlen(field[5]) >= size || number_u32(field[2], UINT32_MAX, &number) < 0 || number != uid)
		return false;
	strcpy(home, field[5]);
	return true;
}

static void find_by_book(char *text, uid_t uid, char *home, size_t size)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		if (strlen(line) >= PIECE || by_book(line, uid, home, size)) /* no line is as long as that: there it ends */
			return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	struct input in = { data, size };
	struct arena arena;
	char home[256] = "/", wanted[256] = "/";

	if (file < 0)
		file = memfd_create("passwd", MFD_CLOEXEC);
	must(arena_open(&arena) == 0);
	uid_t uid = take_byte(&in);
	size_t room = 2 + take_byte(&in) % (sizeof(home) - 1);
	must(ftruncate(file, 0) == 0 && pwrite(file, in.data, in.size, 0) == (ssize_t)in.size && lseek(file, 0, SEEK_SET) == 0);
	read_lines(file, uid, home, room);
	must(memchr(home, 0, room));
	if (!memchr(in.data, 0, in.size)) {
		find_by_book(take_rest(&in, &arena), uid, wanted, room);
		must(strcmp(home, wanted) == 0);
	}
	arena_close(&arena);
	return 0;
}
