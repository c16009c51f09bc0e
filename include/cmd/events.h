/* The lines that `events` prints (contract 8.4), and the durations it takes. */
#pragma once

#include <stdint.h>

struct stats;
struct text;

/* {"type":"stats",...} and {"type":"oom",...}, each with its newline. What is 0 is left out where runc leaves it out. */
void events_stats_line(const char *id, const struct stats *stats, struct text *out);
void events_oom_line(const char *id, struct text *out);

/* A duration as Go has it: "500ms", "1m30s", "1.5h", "-2us", "0". In nanoseconds; -EINVAL or -ERANGE. */
int duration_parse(const char *text, int64_t *to);
