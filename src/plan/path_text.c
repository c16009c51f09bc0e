/* Paths as text: tidied and compared by parts. Nothing here says where a path really leads: that is the kernel's to tell. */
#include <string.h>
#include "base/arena.h"
#include "plan/mounts.h"

enum dots { KEEP_DOTS, TAKE_DOTS };

static size_t up(const char *path, size_t length)
{
	while (length && path[length - 1] != '/')
		length--;
	return length ? length - 1 : 0;
}

/* "/a//./b/" becomes "/a/b"; with TAKE_DOTS "/a/../b" becomes "/b". */
static const char *tidy(struct planning *p, const char *path, enum dots dots)
{
	char *to = arena_alloc(p->arena, strlen(path) + 2);
	size_t length = 0;

	while (*path) {
		path += strspn(path, "/");
		size_t part = strcspn(path, "/");
		bool up_one = part == 2 && path[0] == '.' && path[1] == '.';
		if (up_one && dots == TAKE_DOTS) {
			length = up(to, length);
		} else if (part && !(part == 1 && path[0] == '.')) {
			to[length++] = '/';
			memcpy(to + length, path, part);
			length += part;
		}
		path += part;
	}
	if (!length)
		to[length++] = '/';
	to[length] = '\0';
	return to;
}

const char *plan_host_path(struct planning *p, const char *path)
{
	return tidy(p, path[0] == '/' ? path : arena_printf(p->arena, "%s/%s", p->request->bundle, path), KEEP_DOTS);
}

const char *plan_inside_path(struct planning *p, const char *path)
{
	return tidy(p, path, KEEP_DOTS);
}

const char *plan_lexical_path(struct planning *p, const char *path)
{
	return tidy(p, path, TAKE_DOTS);
}

bool plan_path_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
