/* Containers that ran out of memory, as their cgroups tell. */
#include "run/oom.h"

#include <errno.h>
#include "run/container.h"

static int64_t count(const struct record *record)
{
	struct cgroup_at at = record_cgroup_at(record);
	uint64_t kills;
	int r = cgroup_oom_kills(&at, &kills);

	return r < 0 ? r : kills > INT64_MAX ? INT64_MAX : (int64_t)kills;
}

int64_t container_oom_kills(const struct record *record)
{
	int64_t kills = count(record);

	if (kills < 0)
		return kills;
	return (uint64_t)kills > record->oom_before ? kills - (int64_t)record->oom_before : 0;
}

void container_oom_follow(const struct record *record, struct oom_tally *tally)
{
	struct cgroup_at at = record_cgroup_at(record);

	if (record->unit)
		oom_tally_open(&at, tally);
}

int64_t container_oom_seen(const struct record *record, struct oom_tally *tally)
{
	oom_tally_read(tally);
	if (tally->kills)
		return tally->kills > INT64_MAX ? INT64_MAX : (int64_t)tally->kills;
	return tally->counted ? 0 : container_oom_kills(record);
}

bool container_oom_at_birth(const struct record *record)
{
	struct cgroup_at at = record_cgroup_at(record);
	uint64_t times;

	return cgroup_oom_times(&at, &times) == 0 && times > 0;
}

void record_oom_before(struct record *record)
{
	int64_t kills = count(record);

	record->oom_before = kills > 0 ? (uint64_t)kills : 0;
}
