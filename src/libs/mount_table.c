/* The mount table, by libmount, for hierarchies that are not in their usual place. */
#include "libs/libs.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/format.h"

#define LIBRARY "libmount.so.1"
#define FORWARD 0 /* MNT_ITER_FORWARD */

struct libmnt_table;
struct libmnt_iter;
struct libmnt_fs;

/* The functions we use, as libmount.h has them. */
struct libmount {
	struct libmnt_table *(*mnt_new_table_from_file)(const char *file);
	void (*mnt_unref_table)(struct libmnt_table *table);
	struct libmnt_iter *(*mnt_new_iter)(int direction);
	void (*mnt_free_iter)(struct libmnt_iter *iter);
	int (*mnt_table_next_fs)(struct libmnt_table *table, struct libmnt_iter *iter, struct libmnt_fs **fs);
	const char *(*mnt_fs_get_fstype)(struct libmnt_fs *fs);
	const char *(*mnt_fs_get_fs_options)(struct libmnt_fs *fs);
	const char *(*mnt_fs_get_root)(struct libmnt_fs *fs);
	const char *(*mnt_fs_get_target)(struct libmnt_fs *fs);
};

static bool bind(void *library, struct libmount *to)
{
	const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{ "mnt_new_table_from_file", &to->mnt_new_table_from_file },
		{ "mnt_unref_table", &to->mnt_unref_table },
		{ "mnt_new_iter", &to->mnt_new_iter },
		{ "mnt_free_iter", &to->mnt_free_iter },
		{ "mnt_table_next_fs", &to->mnt_table_next_fs },
		{ "mnt_fs_get_fstype", &to->mnt_fs_get_fstype },
		{ "mnt_fs_get_fs_options", &to->mnt_fs_get_fs_options },
		{ "mnt_fs_get_root", &to->mnt_fs_get_root },
		{ "mnt_fs_get_target", &to->mnt_fs_get_target },
	};

	for (size_t i = 0; i < array_length(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);
		if (!symbol)
			return false;
		memcpy(symbols[i].function, &symbol, sizeof(symbol)); /* dlsym(3): C has no cast from an object to a function */
	}
	return true;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}

static bool fits(const struct libmount *l, struct libmnt_fs *fs, const char *controller)
{
	const char *type = l->mnt_fs_get_fstype(fs), *root = l->mnt_fs_get_root(fs);

	return type && strcmp(type, "cgroup") == 0 && root && strcmp(root, "/") == 0 && l->mnt_fs_get_target(fs) &&
	       has_word(l->mnt_fs_get_fs_options(fs), controller);
}

/* From its root. */
static void search(const struct libmount *l, const char *controller, char *path, size_t size)
{
	struct libmnt_table *table = l->mnt_new_table_from_file("/proc/self/mountinfo");
	struct libmnt_iter *iter = l->mnt_new_iter(FORWARD);
	struct libmnt_fs *fs;

	while (table && iter && !*path && l->mnt_table_next_fs(table, iter, &fs) == 0)
		if (fits(l, fs, controller) && format(path, size, "%s", l->mnt_fs_get_target(fs)) >= size)
			*path = '\0';
	if (iter)
		l->mnt_free_iter(iter);
	if (table)
		l->mnt_unref_table(table);
}

int libs_find_v1(const char *controller, struct libs_answer *answer)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	struct libmount functions;

	/* dlopen(3) has no number for "it is not there". */
	const char *said = library ? NULL : dlerror();
	if (said && !strstr(said, "No such file"))
		return fail(&answer->error, 0, "cannot load " LIBRARY ": %s", said);
	if (library && bind(library, &functions))
		search(&functions, controller, answer->path, sizeof(answer->path));
	return 0;
}
