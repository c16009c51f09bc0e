/* config-linux.md#control-groups: linux.resources, as tables. */
#include "spec/resources.h"

#include "spec/limits.h"

/* Update looks each entry up among the others, with the container locked (rule B.17). */
#define ENTRIES_MOST 20000

/* -1 and an absent number are the "*" of devices.allow. */
JSON_TABLE(spec_device_rule_table, "device rule", struct spec_device_rule,
	F_PLACE(struct spec_device_rule, at),
	F_BOOL(struct spec_device_rule, allow, "allow", FIELD_REQUIRED),
	F_STRING(struct spec_device_rule, type, "type", 0),
	F_OPT_INT(struct spec_device_rule, major, "major", -1, DEVICE_MAJOR_MAX),
	F_OPT_INT(struct spec_device_rule, minor, "minor", -1, DEVICE_MINOR_MAX),
	F_STRING(struct spec_device_rule, access, "access", FIELD_NOT_EMPTY));

JSON_TABLE(spec_memory_table, "memory", struct spec_memory,
	F_PLACE(struct spec_memory, at),
	F_OPT_INT(struct spec_memory, limit, "limit", -1, INT64_MAX),
	F_OPT_INT(struct spec_memory, reservation, "reservation", -1, INT64_MAX),
	F_OPT_INT(struct spec_memory, swap, "swap", -1, INT64_MAX),
	F_OPT_INT(struct spec_memory, kernel, "kernel", -1, INT64_MAX),
	F_OPT_INT(struct spec_memory, kernel_tcp, "kernelTCP", -1, INT64_MAX),
	F_OPT_UINT(struct spec_memory, swappiness, "swappiness", 100),
	F_OPT_BOOL(struct spec_memory, disable_oom_killer, "disableOOMKiller"),
	F_OPT_BOOL(struct spec_memory, use_hierarchy, "useHierarchy"),
	F_OPT_BOOL(struct spec_memory, check_before_update, "checkBeforeUpdate"));

JSON_TABLE(spec_cpu_table, "cpu", struct spec_cpu,
	F_PLACE(struct spec_cpu, at),
	F_OPT_UINT(struct spec_cpu, shares, "shares", UINT64_MAX),
	F_OPT_INT(struct spec_cpu, quota, "quota", INT64_MIN, INT64_MAX),
	F_OPT_UINT(struct spec_cpu, burst, "burst", UINT64_MAX),
	F_OPT_UINT(struct spec_cpu, period, "period", UINT64_MAX),
	F_OPT_INT(struct spec_cpu, realtime_runtime, "realtimeRuntime", INT64_MIN, INT64_MAX),
	F_OPT_UINT(struct spec_cpu, realtime_period, "realtimePeriod", UINT64_MAX),
	F_STRING(struct spec_cpu, cpus, "cpus", 0),
	F_STRING(struct spec_cpu, mems, "mems", 0),
	F_OPT_INT(struct spec_cpu, idle, "idle", 0, 1));

JSON_TABLE(spec_pids_table, "pids", struct spec_pids,
	F_PLACE(struct spec_pids, at),
	F_OPT_INT(struct spec_pids, limit, "limit", -1, INT64_MAX));

JSON_TABLE(spec_weight_device_table, "weight device", struct spec_weight_device,
	F_PLACE(struct spec_weight_device, at),
	F_INT(struct spec_weight_device, major, "major", FIELD_REQUIRED, 0, DEVICE_MAJOR_MAX),
	F_INT(struct spec_weight_device, minor, "minor", FIELD_REQUIRED, 0, DEVICE_MINOR_MAX),
	F_OPT_UINT(struct spec_weight_device, weight, "weight", UINT16_MAX),
	F_OPT_UINT(struct spec_weight_device, leaf_weight, "leafWeight", UINT16_MAX));

JSON_TABLE(spec_throttle_device_table, "throttle device", struct spec_throttle_device,
	F_PLACE(struct spec_throttle_device, at),
	F_INT(struct spec_throttle_device, major, "major", FIELD_REQUIRED, 0, DEVICE_MAJOR_MAX),
	F_INT(struct spec_throttle_device, minor, "minor", FIELD_REQUIRED, 0, DEVICE_MINOR_MAX),
	F_UINT(struct spec_throttle_device, rate, "rate", FIELD_REQUIRED, UINT64_MAX));

JSON_TABLE(spec_block_io_table, "blockIO", struct spec_block_io,
	F_PLACE(struct spec_block_io, at),
	F_OPT_UINT(struct spec_block_io, weight, "weight", UINT16_MAX),
	F_OPT_UINT(struct spec_block_io, leaf_weight, "leafWeight", UINT16_MAX),
	F_OBJECTS(struct spec_block_io, weight_device, "weightDevice", 0, &spec_weight_device_table, ENTRIES_MOST),
	F_OBJECTS(struct spec_block_io, throttle_read_bps, "throttleReadBpsDevice", 0, &spec_throttle_device_table, ENTRIES_MOST),
	F_OBJECTS(struct spec_block_io, throttle_write_bps, "throttleWriteBpsDevice", 0, &spec_throttle_device_table, ENTRIES_MOST),
	F_OBJECTS(struct spec_block_io, throttle_read_iops, "throttleReadIOPSDevice", 0, &spec_throttle_device_table, ENTRIES_MOST),
	F_OBJECTS(struct spec_block_io, throttle_write_iops, "throttleWriteIOPSDevice", 0, &spec_throttle_device_table, ENTRIES_MOST));

JSON_TABLE(spec_hugepage_limit_table, "hugepage limit", struct spec_hugepage_limit,
	F_PLACE(struct spec_hugepage_limit, at),
	F_STRING(struct spec_hugepage_limit, page_size, "pageSize", FIELD_REQUIRED),
	F_UINT(struct spec_hugepage_limit, limit, "limit", FIELD_REQUIRED, UINT64_MAX));

JSON_TABLE(spec_interface_priority_table, "interface priority", struct spec_interface_priority,
	F_PLACE(struct spec_interface_priority, at),
	F_STRING(struct spec_interface_priority, name, "name", FIELD_REQUIRED | FIELD_NOT_EMPTY),
	F_UINT(struct spec_interface_priority, priority, "priority", FIELD_REQUIRED, UINT32_MAX));

JSON_TABLE(spec_network_table, "network", struct spec_network,
	F_PLACE(struct spec_network, at),
	F_OPT_UINT(struct spec_network, class_id, "classID", UINT32_MAX),
	F_OBJECTS(struct spec_network, priorities, "priorities", 0, &spec_interface_priority_table, ENTRIES_MOST));

JSON_TABLE(spec_rdma_table, "rdma device", struct spec_rdma,
	F_KEY(struct spec_rdma, key),
	F_PLACE(struct spec_rdma, at),
	F_OPT_UINT(struct spec_rdma, hca_handles, "hcaHandles", UINT32_MAX),
	F_OPT_UINT(struct spec_rdma, hca_objects, "hcaObjects", UINT32_MAX));

JSON_TABLE(spec_resources_table, "resources", struct spec_resources,
	F_PLACE(struct spec_resources, at),
	F_OBJECTS(struct spec_resources, devices, "devices", 0, &spec_device_rule_table, 4096), /* rule B.17 */
	F_OPT_OBJECT(struct spec_resources, memory, "memory", &spec_memory_table),
	F_OPT_OBJECT(struct spec_resources, cpu, "cpu", &spec_cpu_table),
	F_OPT_OBJECT(struct spec_resources, pids, "pids", &spec_pids_table),
	F_OPT_OBJECT(struct spec_resources, block_io, "blockIO", &spec_block_io_table),
	F_OBJECTS(struct spec_resources, hugepage_limits, "hugepageLimits", 0, &spec_hugepage_limit_table, ENTRIES_MOST),
	F_OPT_OBJECT(struct spec_resources, network, "network", &spec_network_table),
	F_OBJECT_MAP(struct spec_resources, rdma, "rdma", 0, &spec_rdma_table),
	F_MAP(struct spec_resources, unified, "unified", 0));
