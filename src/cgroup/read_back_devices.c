/* Device rules in force compared with those that were asked for (debug builds): devices.list of a legacy hierarchy; on v2 that a program
 * of ours is attached, and no other. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/file.h"
#include "base/read_back.h"
#include "cgroup/read_back.h"

#define RULES_MOST 512
#define RULE_ROOM 48

/* ---- legacy ---- */

struct rules { char text[RULES_MOST][RULE_ROOM]; size_t count; };

/* "c 1:3 rwm" has the device before its last blank. */
static size_t device_length(const char *rule)
{
	const char *blank = strrchr(rule, ' ');

	return blank ? (size_t)(blank - rule) : strlen(rule);
}

static char *find(struct rules *rules, const char *rule)
{
	size_t length = device_length(rule);

	for (size_t i = 0; i < rules->count; i++)
		if (device_length(rules->text[i]) == length && memcmp(rules->text[i], rule, length) == 0)
			return rules->text[i];
	return NULL;
}

static unsigned access_of(const char *rule)
{
	static const char letters[] = "rwm";
	const char *at = rule + device_length(rule);
	unsigned bits = 0;

	for (; *at; at++)
		if (*at != ' ')
			bits |= strchr(letters, *at) ? 1u << (strchr(letters, *at) - letters) : 0;
	return bits;
}

static void write_access(char *rule, unsigned bits)
{
	char *at = rule + device_length(rule) + 1;

	for (unsigned i = 0; i < 3; i++)
		if (bits & 1u << i)
			*at++ = "rwm"[i];
	*at = '\0';
}

/* The kernel keeps one exception for each device, and takes nothing out of a larger one. "a" forgets all. */
static void play(struct rules *rules, const char *rule, bool allow)
{
	char *there = find(rules, rule);

	if (rule[0] == 'a') {
		rules->count = 0;
		return;
	}
	if (!there && allow && rules->count < RULES_MOST)
		format(rules->text[rules->count++], RULE_ROOM, "%s", rule);
	else if (there)
		write_access(there, allow ? access_of(there) | access_of(rule) : access_of(there) & ~access_of(rule));
}

static bool has_device_row(const struct plan_cgroup_directory *directory, bool *denies_by_default)
{
	bool any = false;

	for (size_t i = 0; i < directory->write_count; i++) {
		bool deny = strcmp(directory->writes[i].file, "devices.deny") == 0;
		bool allow = strcmp(directory->writes[i].file, "devices.allow") == 0;
		if ((deny || allow) && directory->writes[i].value[0] == 'a')
			*denies_by_default = deny;
		any = any || deny || allow;
	}
	return any;
}

static int compare_list(struct rules *asked, char *found, struct error *error)
{
	size_t count = 0;

	for (char *line = found; *line; count++) {
		size_t length = strcspn(line, "\n");
		bool last = !line[length];
		line[length] = '\0';
		const char *rule = find(asked, line);
		if (!rule || access_of(rule) != access_of(line))
			return read_back_differs(error, "devices.list", rule ? rule : "no such line", line);
		line += length + !last;
	}
	size_t left = 0;
	for (size_t i = 0; i < asked->count; i++)
		left += access_of(asked->text[i]) != 0;
	return read_back_number(error, "lines of devices.list", left, count);
}

static int compare_legacy(const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	static struct rules asked; /* who called us may have left little of a stack (case C97) */
	static char found[RULES_MOST * RULE_ROOM];
	bool denies = false;

	asked.count = 0;
	if (!has_device_row(directory, &denies))
		return 0;
	for (size_t i = 0; i < directory->write_count; i++)
		if (strncmp(directory->writes[i].file, "devices.", 8) == 0)
			play(&asked, directory->writes[i].value, strcmp(directory->writes[i].file, "devices.allow") == 0);
	ssize_t n = file_read(dir, "devices.list", found, sizeof(found));
	if (n < 0)
		return read_back_unreadable(error, "devices.list", (int)-n);
	/* Everything but some is told as everything alone. */
	return denies ? compare_list(&asked, found, error) : read_back_text(error, "devices.list", "a *:* rwm\n", found);
}

/* ---- v2 ---- */

static int programs(int dir, uint32_t *count)
{
	uint32_t ids[64];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = 64;
	long r = syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr));
	*count = attr.query.prog_cnt;
	return r < 0 ? -errno : 0;
}

static bool allows_everything(const struct plan_cgroup *plan)
{
	const struct plan_device_rule *last = plan->device_rule_count ? &plan->device_rules[plan->device_rule_count - 1] : NULL;

	return last && last->allow && last->type == 'a';
}

int read_back_device_rules(const struct plan_cgroup *plan, const struct plan_cgroup_directory *directory, int dir, struct error *error)
{
	uint32_t count = 0;

	if (!directory->v2)
		return compare_legacy(directory, dir, error);
	if (!plan->devices_v2 || plan->devices_optional || allows_everything(plan) || programs(dir, &count) < 0)
		return 0;
	/* systemd has one of its own beside ours where its unit has a device policy. */
	return count == 1 || (count && plan->unit) ? 0 : read_back_number(error, "device programs of the cgroup", 1, count);
}
