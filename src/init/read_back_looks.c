/* One mount, as the kernel shows it, compared with what was asked for: attributes, propagation, data options. */
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "base/again.h"
#include "base/cleanup.h"
#include "base/number.h"
#include "base/read_back.h"
#include "init/read_back_parts.h"

/* ---- attributes ---- */

static const struct { uint64_t attribute; const char *word; } words[] = {
	{ ABI_MOUNT_ATTR_RDONLY, "ro" },          { ABI_MOUNT_ATTR_NOSUID, "nosuid" },     { ABI_MOUNT_ATTR_NODEV, "nodev" },
	{ ABI_MOUNT_ATTR_NOEXEC, "noexec" },      { ABI_MOUNT_ATTR_NOATIME, "noatime" },   { ABI_MOUNT_ATTR_NODIRATIME, "nodiratime" },
	{ ABI_MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

/* Neither noatime nor relatime is strictatime. */
uint64_t mount_line_attributes(const struct mount_line *line)
{
	uint64_t found = 0;

	for (size_t i = 0; i < array_length(words); i++)
		found |= mount_word(line->options, words[i].word) ? words[i].attribute : 0;
	if (!(found & ABI_MOUNT_ATTR__ATIME) && !mount_word(line->options, "relatime"))
		found |= ABI_MOUNT_ATTR_STRICTATIME;
	return found;
}

int read_back_attributes(const char *target, uint64_t asked, uint64_t known, const struct mount_line *line, struct error *error)
{
	uint64_t found = mount_line_attributes(line), wrong = (asked ^ found) & known & READ_BACK_ATTRIBUTES;
	char field[200];

	if (!wrong)
		return 0;
	for (size_t i = 0; i < array_length(words); i++)
		if (wrong & words[i].attribute) {
			format(field, sizeof(field), "the mount at '%.100s' (%s)", target, words[i].word);
			return read_back_differs(error, field, asked & words[i].attribute ? words[i].word : "without", line->options);
		}
	format(field, sizeof(field), "access times of the mount at '%.100s'", target);
	return read_back_differs(error, field, asked & ABI_MOUNT_ATTR_STRICTATIME ? "strictatime" : "relatime", line->options);
}

/* ---- propagation ---- */

/* A slave whose master has gone is private, and so is what had none: "slave" asks that nothing goes out. */
int read_back_propagation(const char *target, uint64_t asked, const struct mount_line *line, struct error *error)
{
	bool shared = strstr(line->propagation, "shared:"), slave = strstr(line->propagation, "master:");
	bool unbindable = strstr(line->propagation, "unbindable");
	static const struct { uint64_t flag; const char *name; } names[] = {
		{ ABI_MS_SHARED, "shared" }, { ABI_MS_SLAVE, "slave" }, { ABI_MS_PRIVATE, "private" }, { ABI_MS_UNBINDABLE, "unbindable" },
	};
	char field[200];
	bool fine = true;

	if (asked == ABI_MS_SHARED)
		fine = shared;
	else if (asked == ABI_MS_SLAVE)
		fine = !shared;
	else if (asked == ABI_MS_PRIVATE)
		fine = !shared && !slave && !unbindable;
	else if (asked == ABI_MS_UNBINDABLE)
		fine = unbindable;
	for (size_t i = 0; !fine && i < array_length(names); i++)
		if (names[i].flag == asked) {
			format(field, sizeof(field), "propagation of the mount at '%.100s'", target);
			return read_back_differs(error, field, names[i].name, *line->propagation ? line->propagation : "private");
		}
	return 0;
}

/* ---- data options ---- */

/* "64m" as bytes (memparse of the kernel); false: it is a percentage or something else. */
static bool bytes_of(const char *text, uint64_t *to) { return number_bytes(text, to) == 0; }

static bool octal_of(const char *text, uint64_t *to)
{
	for (*to = 0; *text >= '0' && *text <= '7'; text++)
		*to = *to << 3 | (uint64_t)(*text - '0');
	return !*text;
}

/* procfs tells words for what may be asked by number. */
static const char *hidepid_word(const char *text)
{
	static const struct { const char *number, *word; } all[] = {
		{ "0", "off" }, { "1", "noaccess" }, { "2", "invisible" }, { "4", "ptraceable" },
	};
	for (size_t i = 0; i < array_length(all); i++)
		if (strcmp(all[i].number, text) == 0)
			return all[i].word;
	return text;
}

static bool same_value(const char *key, const char *asked, const char *found)
{
	uint64_t a, b;
	size_t length = strlen(key);

	if (length >= 4 && strcmp(key + length - 4, "mode") == 0)
		return octal_of(asked, &a) && octal_of(found, &b) && a == b;
	if (strcmp(key, "hidepid") == 0)
		return strcmp(hidepid_word(asked), hidepid_word(found)) == 0;
	if (bytes_of(asked, &a) && bytes_of(found, &b))
		return strcmp(key, "size") == 0 ? b >= a && b - a < 65536 : a == b;
	return strchr(asked, '%') || strcmp(asked, found) == 0;
}

static bool overridden(const struct plan_mount *m, size_t i)
{
	for (size_t k = i + 1; k < m->param_count; k++)
		if (strcmp(m->params[k].key, m->params[i].key) == 0)
			return true;
	return false;
}

/* tmpfs leaves out of its options what is the default: they are asked otherwise. Of the size it is the number of pages that counts. */
static int tmpfs_value(const struct plan_mount *m, const struct mount_param *param, int fd, struct error *error)
{
	struct statfs fs;
	struct stat root;
	char field[160];
	uint64_t asked;

	format(field, sizeof(field), "%s= of the mount at '%.100s'", param->key, m->target);
	if (strcmp(param->key, "size") == 0 && bytes_of(param->value, &asked) && again_fstatfs(fd, &fs) == 0) {
		uint64_t block = (uint64_t)fs.f_bsize;
		return read_back_number(error, field, (asked + block - 1) / block, fs.f_blocks);
	}
	if (strcmp(param->key, "uid") == 0 && number_u64(param->value, &asked) == 0 && fstat(fd, &root) == 0)
		return read_back_number(error, field, asked, root.st_uid);
	if (strcmp(param->key, "gid") == 0 && number_u64(param->value, &asked) == 0 && fstat(fd, &root) == 0)
		return read_back_number(error, field, asked, root.st_gid);
	if (strcmp(param->key, "mode") == 0 && octal_of(param->value, &asked) && fstat(fd, &root) == 0)
		return read_back_number(error, field, asked & 07777, root.st_mode & 07777);
	return 0;
}

/* Owners are shown as the initial user namespace has them, by some file systems (devpts) but not by all. */
static bool is_owner(const char *key)
{
	return strcmp(key, "uid") == 0 || strcmp(key, "gid") == 0;
}

int read_back_parameters(const struct plan *plan, const struct plan_mount *m, int fd, const struct mount_line *line, struct error *error)
{
	char field[160], found[256];

	for (size_t i = 0; i < m->param_count; i++) {
		const struct mount_param *param = &m->params[i];
		if (!param->value || param->optional || overridden(m, i))
			continue;
		if (strcmp(line->type, "tmpfs") == 0)
			try(tmpfs_value(m, param, fd, error));
		if (plan->in_user_namespace && is_owner(param->key))
			continue;
		if (!mount_value(line->super, param->key, found, sizeof(found)) || same_value(param->key, param->value, found))
			continue;
		format(field, sizeof(field), "%s= of the mount at '%.100s'", param->key, m->target);
		return read_back_differs(error, field, param->value, found);
	}
	return 0;
}
