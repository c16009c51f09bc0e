/* Names of what a host may have. */
#include "plan/host.h"

const char cgroup_controller_names[CG_CONTROLLERS][12] = {
	[CG_CPU] = "cpu", [CG_CPUSET] = "cpuset", [CG_MEMORY] = "memory", [CG_IO] = "io", [CG_PIDS] = "pids",
	[CG_HUGETLB] = "hugetlb", [CG_RDMA] = "rdma", [CG_DEVICES] = "devices", [CG_FREEZER] = "freezer", [CG_CPUACCT] = "cpuacct",
	[CG_NET_CLS] = "net_cls", [CG_NET_PRIO] = "net_prio", [CG_PERF_EVENT] = "perf_event", [CG_MISC] = "misc",
	[CG_DMEM] = "dmem",
};

const char cgroup_controller_v1_names[CG_CONTROLLERS][12] = {
	[CG_CPU] = "cpu", [CG_CPUSET] = "cpuset", [CG_MEMORY] = "memory", [CG_IO] = "blkio", [CG_PIDS] = "pids",
	[CG_HUGETLB] = "hugetlb", [CG_RDMA] = "rdma", [CG_DEVICES] = "devices", [CG_FREEZER] = "freezer", [CG_CPUACCT] = "cpuacct",
	[CG_NET_CLS] = "net_cls", [CG_NET_PRIO] = "net_prio", [CG_PERF_EVENT] = "perf_event", [CG_MISC] = "misc",
	[CG_DMEM] = "dmem",
};
