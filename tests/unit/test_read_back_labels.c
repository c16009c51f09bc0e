/* What a debug build takes for the label that was asked for, before a process's exec and after it, in the words of SELinux and AppArmor: on
 * a host that has neither no container can be given a wrong one. procfs is a directory here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifndef CAISSON_READ_BACK
#define CAISSON_READ_BACK
#endif
#include "../../src/run/read_back.c"
#define compare_label compare_label_in_force
#include "../../src/run/read_back_watch.c"
#undef compare_label
#include <cmocka.h>

#define SELINUX "system_u:system_r:container_t:s0:c1,c2"
#define OTHER "system_u:system_r:unconfined_t:s0"
#define PID 7

/* What else is compared is as it should be. */
int read_back_namespaces(const struct read_back *b, struct error *error) { (void)b; (void)error; return 0; }
int read_back_status(const struct read_back *b, enum read_back_when w, struct error *error) { (void)b; (void)w; (void)error; return 0; }
int read_back_limits(const struct read_back *b, enum read_back_when w, struct error *error) { (void)b; (void)w; (void)error; return 0; }
int read_back_scheduling(const struct read_back *b, struct error *error) { (void)b; (void)error; return 0; }
int read_back_place(const struct read_back *b, struct error *error) { (void)b; (void)error; return 0; }
int read_back_rows(const struct plan_cgroup_directory *d, int dir, struct error *error) { (void)d; (void)dir; (void)error; return 0; }
int read_back_device_rules(const struct plan_cgroup *plan, const struct plan_cgroup_directory *d, int dir, struct error *error)
{
	(void)plan, (void)d, (void)dir, (void)error;
	return 0;
}

static char base[64];
static int procfs;
static struct arena arena;

static const char *const files[] = { "7/attr/exec", "7/attr/current", "7/attr/apparmor/current" };

/* NULL: there is no such file. An LSM ends its words with a newline, a NUL, or nothing. */
static void put(const char *file, const char *text, size_t length)
{
	unlinkat(procfs, file, 0);
	if (!text)
		return;
	int fd = openat(procfs, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static void tells(int r, const struct error *error, const char *told)
{
	assert_int_equal(r, told ? -1 : 0);
	if (told && !strstr(error->text, told))
		fail_msg("'%s' does not say '%s'", error->text, told);
}

/* ---- before the exec: what it will be ---- */

static const struct { const char *asked, *exec, *told; } to_come[] = {
	{ SELINUX, SELINUX, NULL },
	{ SELINUX, SELINUX "\n", NULL },
	{ SELINUX, OTHER, "read back: SELinux label: asked for '" SELINUX "', found '" OTHER "'" },
	{ SELINUX, SELINUX ",c3", "SELinux label" },
	{ SELINUX, "system_u", "SELinux label" },
	{ SELINUX, "", NULL }, /* looked at after the exec */
	{ SELINUX, NULL, NULL },
	{ NULL, OTHER, NULL },
};

static void labels_to_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(to_come); i++) {
		struct plan plan = { .has_process = true, .process.selinux = to_come[i].asked };
		struct stage stage = { .plan = &plan, .procfs = procfs, .pid = PID, .arena = &arena };
		struct error error = { 0 };
		put(files[0], to_come[i].exec, to_come[i].exec ? strlen(to_come[i].exec) : 0);
		tells(read_back_commit(&stage, &error), &error, to_come[i].told);
		put(files[0], NULL, 0);
	}
}

/* ---- after it: what is in force ---- */

static const struct { const char *selinux, *apparmor, *current, *apparmor_current, *told; } in_force[] = {
	{ SELINUX, NULL, SELINUX, NULL, NULL },
	{ SELINUX, NULL, OTHER, NULL, "read back: SELinux label: asked for '" SELINUX "', found '" OTHER "'" },
	{ SELINUX, NULL, SELINUX ",c3", NULL, "SELinux label" },
	{ SELINUX, NULL, "", NULL, "SELinux label: cannot be read" },
	{ SELINUX, NULL, NULL, NULL, "SELinux label: cannot be read" },
	{ NULL, "exec a-profile", "a-profile (enforce)\n", NULL, NULL },
	{ NULL, "exec a-profile", NULL, "a-profile (enforce)\n", NULL },
	{ NULL, "exec a-profile", NULL, "a-profile\n", NULL },
	{ NULL, "exec a-profile", "unconfined\n", NULL, "read back: AppArmor profile: asked for 'a-profile', found 'unconfined'" },
	{ NULL, "exec a-profile", "a-profile (enforce)\n", "unconfined\n", "found 'unconfined'" },
	{ NULL, "exec a-profile", "a-profile//child (enforce)\n", NULL, "found 'a-profile//child'" },
	{ NULL, "exec a-profile", NULL, NULL, "AppArmor profile: cannot be read" },
	{ SELINUX, "exec a-profile", SELINUX, "a-profile (complain)\n", NULL },
	{ SELINUX, "exec a-profile", OTHER, "a-profile (complain)\n", "SELinux label" },
	{ SELINUX, "exec a-profile", SELINUX, "another (enforce)\n", "AppArmor profile" },
	{ NULL, NULL, OTHER, "unconfined\n", NULL },
};

static void labels_in_force(void **state)
{
	static char room[READ_BACK_ROOM];

	(void)state;
	for (size_t i = 0; i < array_length(in_force); i++) {
		const struct plan plan = { .process = { .selinux = in_force[i].selinux, .apparmor = in_force[i].apparmor } };
		const struct read_back b = { .plan = &plan, .procfs = procfs, .pid = PID, .room = room };
		struct error error = { 0 };
		/* SELinux's words have their NUL with them. */
		put(files[1], in_force[i].current, in_force[i].current && *in_force[i].current ? strlen(in_force[i].current) + 1 : 0);
		put(files[2], in_force[i].apparmor_current, in_force[i].apparmor_current ? strlen(in_force[i].apparmor_current) : 0);
		tells(compare(&b, &error), &error, in_force[i].told);
	}
}

static int make_procfs(void **state)
{
	(void)state;
	snprintf(base, sizeof(base), "/tmp/read-back-labels-XXXXXX");
	if (!mkdtemp(base) || (procfs = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || arena_open(&arena) < 0)
		return -1;
	return mkdirat(procfs, "7", 0700) | mkdirat(procfs, "7/attr", 0700) | mkdirat(procfs, "7/attr/apparmor", 0700);
}

static int remove_procfs(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_length(files); i++)
		unlinkat(procfs, files[i], 0);
	unlinkat(procfs, "7/attr/apparmor", AT_REMOVEDIR);
	unlinkat(procfs, "7/attr", AT_REMOVEDIR);
	unlinkat(procfs, "7", AT_REMOVEDIR);
	close(procfs);
	return rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(labels_to_come), cmocka_unit_test(labels_in_force) };

	return cmocka_run_group_tests(tests, make_procfs, remove_procfs);
}
