/* The container's mount table for read_back: /proc/self/mountinfo (proc_pid_mountinfo(5)), whole, in memory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/format.h"
#include "base/number.h"
#include "init/read_back_parts.h"
#include "kern/procfs.h"

#define TABLE_MOST (64u << 20) /* address space: pages appear as they are touched */

int mount_table_read(int procfs, struct mount_table *table)
{
	_cleanup_fd int fd = procfs_open(procfs, "self/mountinfo", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	void *room = mmap(NULL, TABLE_MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return -errno;
	*table = (struct mount_table){ .text = room, .room = TABLE_MOST };
	while ((n = again_read(fd, table->text + table->length, table->room - table->length)) > 0)
		table->length += (size_t)n;
	return n < 0 ? -errno : 0;
}

void mount_table_close(struct mount_table *table)
{
	if (table->text)
		munmap(table->text, table->room);
	table->text = NULL;
}

/* Octal escapes of blanks and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; to++)
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to = *text++;
		}
	*to = '\0';
}

static char *next_word(char **rest)
{
	char *word = *rest;
	size_t length = strcspn(word, " ");

	*rest = word + length + (word[length] == ' ');
	word[length] = '\0';
	return word;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool split(char *rest, struct mount_line *line)
{
	const char *id = next_word(&rest), *parent = next_word(&rest);

	next_word(&rest);
	next_word(&rest);
	char *point = next_word(&rest);
	line->options = next_word(&rest);
	char *end = strncmp(rest, "- ", 2) == 0 ? rest : strstr(rest, " - ");
	if (!end || number_u64(id, &line->id) < 0 || number_u64(parent, &line->parent) < 0)
		return false;
	line->propagation = end == rest ? "" : rest;
	rest = end + (end == rest ? 2 : 3);
	*end = '\0';
	unescape(point);
	line->point = point;
	line->type = next_word(&rest);
	line->source = next_word(&rest);
	line->super = next_word(&rest);
	return true;
}

bool mount_table_next(const struct mount_table *table, size_t *at, struct mount_line *line)
{
	static char buffer[65536];

	while (*at < table->length) {
		const char *begin = table->text + *at;
		const char *end = memchr(begin, '\n', table->length - *at);
		size_t length = end ? (size_t)(end - begin) : table->length - *at;
		*at += length + 1;
		if (length >= sizeof(buffer))
			continue;
		memcpy(buffer, begin, length);
		buffer[length] = '\0';
		if (split(buffer, line))
			return true;
	}
	return false;
}

bool mount_table_find(const struct mount_table *table, uint64_t id, struct mount_line *line)
{
	for (size_t at = 0; mount_table_next(table, &at, line);)
		if (line->id == id)
			return true;
	return false;
}

bool mount_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (;; list++) {
		size_t here = strcspn(list, ",");
		if (here == length && strncmp(list, word, length) == 0)
			return true;
		list += here;
		if (!*list)
			return false;
	}
}

const char *mount_value(const char *list, const char *key, char *to, size_t size)
{
	size_t length = strlen(key);

	for (;; list++) {
		size_t here = strcspn(list, ",");
		if (here > length && strncmp(list, key, length) == 0 && list[length] == '=') {
			format(to, size, "%.*s", (int)(here - length - 1), list + length + 1);
			return to;
		}
		list += here;
		if (!*list)
			return NULL;
	}
}
