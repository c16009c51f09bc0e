/* config.md#process, as tables; process.json of `exec` is the same object. */
#include "spec/process.h"

#include <linux/ioprio.h>
#include <linux/sched.h>

#include "spec/limits.h"
#include "spec/linux.h"

/* Reserved by the kernel's ABI and never implemented: the word is the specification's, plan refuses it. */
#define POLICY_ISO 4

const struct json_word scheduler_policy_words[] = {
	{ "SCHED_OTHER", SCHED_NORMAL }, { "SCHED_FIFO", SCHED_FIFO }, { "SCHED_RR", SCHED_RR }, { "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_ISO", POLICY_ISO }, { "SCHED_IDLE", SCHED_IDLE }, { "SCHED_DEADLINE", SCHED_DEADLINE }, { NULL, 0 },
};

const struct json_word scheduler_flag_words[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK }, { "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN }, { "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS }, { "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX }, { NULL, 0 },
};

const struct json_word io_class_words[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT }, { "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE }, { "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
	{ NULL, 0 },
};

/* Any size decodes: it must be ignored without a terminal, so check.c looks at it only with one. */
JSON_TABLE(spec_console_size_table, "console size", struct spec_console_size,
	F_UINT(struct spec_console_size, height, "height", FIELD_REQUIRED, UINT64_MAX),
	F_UINT(struct spec_console_size, width, "width", FIELD_REQUIRED, UINT64_MAX));

JSON_TABLE(spec_user_table, "user", struct spec_user,
	F_PLACE(struct spec_user, at),
	F_UINT(struct spec_user, uid, "uid", FIELD_REQUIRED, ID_MAX),
	F_UINT(struct spec_user, gid, "gid", FIELD_REQUIRED, ID_MAX),
	F_OPT_UINT(struct spec_user, umask, "umask", 0777), /* umask(2) would drop the other bits in silence */
	F_UINTS(struct spec_user, additional_gids, "additionalGids", 0, ID_MAX));

JSON_TABLE(spec_capabilities_table, "capabilities", struct spec_capabilities,
	F_PLACE(struct spec_capabilities, at),
	F_STRINGS(struct spec_capabilities, bounding, "bounding", 0, 0),
	F_STRINGS(struct spec_capabilities, effective, "effective", 0, 0),
	F_STRINGS(struct spec_capabilities, inheritable, "inheritable", 0, 0),
	F_STRINGS(struct spec_capabilities, permitted, "permitted", 0, 0),
	F_STRINGS(struct spec_capabilities, ambient, "ambient", 0, 0));

JSON_TABLE(spec_rlimit_table, "rlimit", struct spec_rlimit,
	F_PLACE(struct spec_rlimit, at),
	F_STRING(struct spec_rlimit, type, "type", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_UINT(struct spec_rlimit, hard, "hard", FIELD_REQUIRED, UINT64_MAX),
	F_UINT(struct spec_rlimit, soft, "soft", FIELD_REQUIRED, UINT64_MAX));

JSON_TABLE(spec_scheduler_table, "scheduler", struct spec_scheduler,
	F_PLACE(struct spec_scheduler, at),
	F_ENUM(struct spec_scheduler, policy, "policy", FIELD_REQUIRED, scheduler_policy_words),
	F_INT(struct spec_scheduler, nice, "nice", 0, INT32_MIN, INT32_MAX),
	F_INT(struct spec_scheduler, priority, "priority", 0, INT32_MIN, INT32_MAX),
	F_ENUMS(struct spec_scheduler, flags, "flags", 0, scheduler_flag_words),
	F_UINT(struct spec_scheduler, runtime, "runtime", 0, UINT64_MAX),
	F_UINT(struct spec_scheduler, deadline, "deadline", 0, UINT64_MAX),
	F_UINT(struct spec_scheduler, period, "period", 0, UINT64_MAX));

JSON_TABLE(spec_io_priority_table, "ioPriority", struct spec_io_priority,
	F_PLACE(struct spec_io_priority, at),
	F_ENUM(struct spec_io_priority, class, "class", FIELD_REQUIRED, io_class_words),
	F_INT(struct spec_io_priority, priority, "priority", FIELD_REQUIRED, 0, 7));

JSON_TABLE(spec_cpu_affinity_table, "execCPUAffinity", struct spec_cpu_affinity,
	F_PLACE(struct spec_cpu_affinity, at),
	F_STRING(struct spec_cpu_affinity, initial, "initial", 0),
	F_STRING(struct spec_cpu_affinity, final, "final", 0));

/* `commandLine` and `user.username` are Windows' and have no rows. The most rlimits: the kernel has 16, and duplicates are looked
 * for pairwise. */
JSON_TABLE(spec_process_table, "process", struct spec_process,
	F_PLACE(struct spec_process, at),
	F_BOOL(struct spec_process, terminal, "terminal", 0),
	F_OPT_OBJECT(struct spec_process, console_size, "consoleSize", &spec_console_size_table),
	F_OBJECT(struct spec_process, user, "user", 0, &spec_user_table),
	F_STRINGS_AT(struct spec_process, args, args_at, "args", 0, 0),
	F_STRINGS_AT(struct spec_process, env, env_at, "env", 0, 65536), /* rule B.17 */
	F_STRING_AT(struct spec_process, cwd, cwd_at, "cwd", FIELD_REQUIRED | FIELD_ABSOLUTE),
	F_OPT_OBJECT(struct spec_process, capabilities, "capabilities", &spec_capabilities_table),
	F_OBJECTS(struct spec_process, rlimits, "rlimits", 0, &spec_rlimit_table, 64),
	F_BOOL(struct spec_process, no_new_privileges, "noNewPrivileges", 0),
	F_STRING_AT(struct spec_process, apparmor_profile, apparmor_profile_at, "apparmorProfile", 0),
	F_STRING_AT(struct spec_process, selinux_label, selinux_label_at, "selinuxLabel", 0),
	F_OPT_INT_AT(struct spec_process, oom_score_adj, oom_score_adj_at, "oomScoreAdj", -1000, 1000),
	F_OPT_OBJECT(struct spec_process, scheduler, "scheduler", &spec_scheduler_table),
	F_OPT_OBJECT(struct spec_process, io_priority, "ioPriority", &spec_io_priority_table),
	F_OPT_OBJECT(struct spec_process, exec_cpu_affinity, "execCPUAffinity", &spec_cpu_affinity_table));
