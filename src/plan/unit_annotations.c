/* org.systemd.property.NAME: properties of the unit that the caller wants besides (contract section 13). */
#include <string.h>
#include "base/arena.h"
#include "plan/unit.h"

#define PREFIX "org.systemd.property."
#define NAME_LEAST 3

/* What makes the unit the container's is not the configuration's to say: a PIDs would fetch any process of the host into it. */
static const char *const ours[] = { "Controller", "Delegate", "DelegateControllers", "DelegateSubgroup", "PIDFDs", "PIDs", "Slice" };

/* What a configuration may set: how the unit is told, ordered, ended, and what it may use (org.freedesktop.systemd1(5)). Others reach
 * beyond the container: SuccessAction reboots the host, Conflicts stops its services, BPFProgram loads programs. Callers have been seen to
 * let strangers write annotations (CVE-2024-3154). */
static const char *const allowed[] = {
	"After", "AllowedCPUs", "AllowedMemoryNodes", "Before", "BlockIOAccounting", "CPUAccounting", "CPUQuotaPerSecUSec",
	"CPUQuotaPeriodUSec", "CPUShares", "CPUWeight", "CollectMode", "CoredumpReceive", "DefaultDependencies", "DefaultMemoryLow",
	"DefaultMemoryMin", "DefaultStartupMemoryLow", "Description", "DeviceAllow", "DevicePolicy", "DisableControllers", "Documentation",
	"FinalKillSignal", "IOAccounting", "IODeviceLatencyTargetUSec", "IODeviceWeight", "IOReadBandwidthMax", "IOReadIOPSMax",
	"IOWeight", "IOWriteBandwidthMax", "IOWriteIOPSMax", "IPAccounting", "IPAddressAllow", "IPAddressDeny", "KillMode", "KillSignal",
	"ManagedOOMMemoryPressure", "ManagedOOMMemoryPressureDurationUSec", "ManagedOOMMemoryPressureLimit",
	"ManagedOOMMemoryPressureLimitPermyriad", "ManagedOOMPreference", "ManagedOOMSwap", "MemoryAccounting", "MemoryHigh", "MemoryLimit",
	"MemoryLow", "MemoryMax", "MemoryMin", "MemoryPressureThresholdUSec", "MemoryPressureWatch", "MemorySwapMax", "MemoryZSwapMax",
	"MemoryZSwapWriteback", "OOMPolicy", "RequiresMountsFor", "RestartKillSignal", "RestrictNetworkInterfaces", "RuntimeMaxUSec",
	"RuntimeRandomizedExtraUSec", "SendSIGHUP", "SendSIGKILL", "SocketBindAllow", "SocketBindDeny", "StartupAllowedCPUs",
	"StartupAllowedMemoryNodes", "StartupCPUWeight", "StartupIOWeight", "StartupMemoryHigh", "StartupMemoryLow", "StartupMemoryMax",
	"StartupMemorySwapMax", "StartupMemoryZSwapMax", "TasksAccounting", "TasksMax", "TimeoutStopUSec", "WantsMountsFor",
	"WatchdogSignal",
};

static bool is_among(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static int check_name(const struct json_pair *pair, const char *name, struct error *error)
{
	for (const char *at = name; *at; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z')))
			return fail_at(error, &pair->at, 0, "annotation %s name incorrect: contains non-alphabetic character", pair->key);
	if (strlen(name) < NAME_LEAST)
		return fail_at(error, &pair->at, 0, "annotation %s name incorrect: too short", pair->key);
	if (is_among(name, ours, sizeof(ours) / sizeof(ours[0])))
		return fail_at(error, &pair->at, 0, "annotation %s: this property belongs to the runtime", pair->key);
	return 0;
}

/* By its name over D-Bus: TimeoutStopSec has become TimeoutStopUSec. */
static int check_allowed(const struct json_pair *pair, const char *name, struct error *error)
{
	if (is_among(name, allowed, sizeof(allowed) / sizeof(allowed[0])))
		return 0;
	return fail_at(error, &pair->at, 0,
		       "annotation %s: no property that a configuration may set: unknown, or it reaches beyond the container", pair->key);
}

/* "TimeoutStopSec" is how unit files spell it; over D-Bus there is TimeoutStopUSec alone. */
static bool in_seconds(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, "Sec") == 0 && name[length - 4] >= 'a' && name[length - 4] <= 'z';
}

static const char *to_microseconds(struct arena *arena, struct plan_property *property)
{
	bool is_signed = strchr("nix", property->signature[0]), is_number = is_signed || strchr("yqut", property->signature[0]);

	if (property->signature[1] || !is_number)
		return "seconds are a number";
	if (is_signed && (int64_t)property->number < 0)
		return "seconds are not negative";
	if (__builtin_mul_overflow(property->number, UINT64_C(1000000), &property->number))
		return "the number of seconds is out of range";
	property->name = arena_printf(arena, "%.*sUSec", (int)strlen(property->name) - 3, property->name);
	property->signature = arena_string(arena, "t");
	return NULL;
}

static int add(const struct json_pair *pair, struct unit_properties *properties, struct error *error)
{
	const char *name = pair->key + strlen(PREFIX);
	struct plan_property property = { .name = name, .at = pair->at };

	try(check_name(pair, name, error));
	const char *wrong = unit_value_parse(properties->arena, pair->value, &property);
	if (!wrong && in_seconds(name))
		wrong = to_microseconds(properties->arena, &property);
	if (wrong)
		return fail_at(error, &pair->at, 0, "annotation %s=%s value parse error: %s", pair->key, pair->value, wrong);
	try(check_allowed(pair, property.name, error));
	*unit_property(properties, property.name, property.signature, 0, &pair->at) = property;
	return 0;
}

int unit_plan_annotations(const struct planning *p, struct unit_properties *properties, struct error *error)
{
	const struct json_map *annotations = &p->spec->annotations;

	for (uint32_t i = 0; i < annotations->count; i++)
		if (strncmp(annotations->items[i].key, PREFIX, strlen(PREFIX)) == 0)
			try(add(&annotations->items[i], properties, error));
	return 0;
}
