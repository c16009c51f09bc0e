/* What a tree looks like: a line for each file with all that a change of it would change, contents and extended attributes included.
 *
 * Usage: look PATH... Times of access are left out: reading is no harm. Symbolic links are told, never followed; only regular files are
 * opened. */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* FNV-1a: not to withstand anybody, only to see a difference. */
static uint64_t digest(uint64_t so_far, const void *data, size_t size)
{
	for (const unsigned char *byte = data; size--; byte++)
		so_far = (so_far ^ *byte) * 0x100000001b3u;
	return so_far;
}

static uint64_t content(const char *path)
{
	static char data[65536];
	uint64_t sum = 0xcbf29ce484222325u;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME);
	for (ssize_t size; fd >= 0 && (size = read(fd, data, sizeof(data))) > 0;)
		sum = digest(sum, data, (size_t)size);
	if (fd >= 0)
		close(fd);
	return sum;
}

static void attributes(const char *path)
{
	char names[4096], value[4096];
	ssize_t size = llistxattr(path, names, sizeof(names));
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		ssize_t length = lgetxattr(path, name, value, sizeof(value));
		printf(" %s=%016llx", name, (unsigned long long)digest(0, value, length > 0 ? (size_t)length : 0));
	}
}

static void look(const char *path)
{
	struct stat st;
	if (lstat(path, &st)) {
		printf("%s missing\n", path);
		return;
	}
	printf("%s inode=%llu mode=%o owner=%u:%u links=%u size=%lld device=%llx modified=%lld.%09ld changed=%lld.%09ld", path,
	       (unsigned long long)st.st_ino, st.st_mode, st.st_uid, st.st_gid, (unsigned)st.st_nlink, (long long)st.st_size,
	       (unsigned long long)st.st_rdev, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
	       st.st_ctim.tv_nsec);
	char target[4096];
	ssize_t size = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target)) : -1;
	if (size >= 0)
		printf(" to=%.*s", (int)size, target);
	if (S_ISREG(st.st_mode))
		printf(" content=%016llx", (unsigned long long)content(path));
	attributes(path);
	printf("\n");
	struct dirent **names;
	int count = S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, alphasort) : 0;
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		char *child;
		if (strcmp(name, ".") && strcmp(name, "..") && asprintf(&child, "%s/%s", path, name) >= 0) {
			look(child);
			free(child);
		}
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		look(argv[i]);
	return fflush(stdout) ? 1 : 0;
}
