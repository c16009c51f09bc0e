/* config.md#process, and process.json of `exec --process` */
#pragma once

#include "json/json.h"

struct spec_console_size { uint64_t height, width; };

struct spec_user {
	struct place at;
	uint32_t uid, gid;                  /* 0 to 4294967294 (rule B.17) */
	const uint32_t *umask;
	struct json_uints additional_gids;
};

struct spec_rlimit {
	struct place at;
	const char *type;
	uint64_t soft, hard;
};

struct spec_capabilities {
	struct place at;
	struct json_strings bounding, effective, inheritable, permitted, ambient;
};

struct spec_scheduler {
	struct place at;
	int policy;                         /* SCHED_* of sched(7) */
	int32_t nice, priority;
	struct json_ints flags;             /* bits of SCHED_FLAG_* */
	uint64_t runtime, deadline, period; /* nanoseconds */
};

struct spec_io_priority {
	struct place at;
	int class;                          /* 1 RT, 2 BE, 3 IDLE, as in ioprio_set(2) */
	int64_t priority;                   /* 0 to 7 */
};

struct spec_cpu_affinity {
	struct place at;
	const char *initial, *final;        /* lists such as "0-3,7" */
};

struct spec_process {
	struct place at;
	bool terminal;
	struct spec_console_size *console_size;
	const char *cwd;
	struct place cwd_at;
	struct json_strings env;
	struct place env_at;
	struct json_strings args;
	struct place args_at;
	struct spec_user user;              /* absent: 0:0 (contract 11.4); given, it must have both ids */
	struct json_objects rlimits;        /* struct spec_rlimit */
	const char *apparmor_profile;
	struct place apparmor_profile_at;
	const char *selinux_label;
	struct place selinux_label_at;
	struct spec_capabilities *capabilities;
	bool no_new_privileges;
	const int64_t *oom_score_adj;       /* -1000 to 1000 */
	struct place oom_score_adj_at;
	struct spec_scheduler *scheduler;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
};
extern const struct json_table spec_process_table;

/* Decodes and checks a document that is a process object (`exec --process`), as spec_read does with process. */
int spec_process_read(const char *name, const char *text, size_t length, const struct json_homes *homes, struct spec_process *process,
		      struct json_note **notes, struct error *error);
