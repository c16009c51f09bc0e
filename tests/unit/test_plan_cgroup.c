/* What plan writes into which cgroup directory, on each kind of host, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/show.h"
#include "plan/cgroup.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct plan *plan;
static struct plan_warning *warnings;
static struct error error;

#define BIT(controller) (1u << (controller))

static const struct host unified = { .cgroup = {
					     .layout = CGROUP_UNIFIED,
					     .v2 = "/cg",
					     .v2_controllers = BIT(CG_CPU) | BIT(CG_CPUSET) | BIT(CG_MEMORY) | BIT(CG_IO) |
							       BIT(CG_PIDS) | BIT(CG_HUGETLB) | BIT(CG_RDMA),
				     } };

static const struct host legacy = { .cgroup = {
					    .layout = CGROUP_LEGACY,
					    .memory_v1_swap = true,
					    .v1 = { [CG_CPU] = "/cg/cpu,cpuacct",
						    [CG_CPUACCT] = "/cg/cpu,cpuacct",
						    [CG_CPUSET] = "/cg/cpuset",
						    [CG_MEMORY] = "/cg/memory",
						    [CG_IO] = "/cg/blkio",
						    [CG_PIDS] = "/cg/pids",
						    [CG_DEVICES] = "/cg/devices",
						    [CG_FREEZER] = "/cg/freezer",
						    [CG_HUGETLB] = "/cg/hugetlb",
						    [CG_NET_CLS] = "/cg/net_cls,net_prio",
						    [CG_NET_PRIO] = "/cg/net_cls,net_prio" },
				    } };

static const struct host
	hybrid = { .cgroup = {
			   .layout = CGROUP_HYBRID,
			   .v2 = "/cg/unified",
			   .v2_controllers = BIT(CG_HUGETLB),
			   .v1 = { [CG_CPU] = "/cg/cpu", [CG_MEMORY] = "/cg/memory", [CG_DEVICES] = "/cg/devices" },
		   } };

static const struct host bare = { .cgroup = { .layout = CGROUP_NONE } };

/* JSON is written with ' for ", to be readable in here. */
static void requote(char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			*text = '"';
}

/* Plans the cgroup chapter of a configuration whose "linux" has these members, `top` beside it. */
static int decide_with(const struct host *host, const char *members, const char *top, const struct request *request)
{
	static char text[65536];
	static struct spec spec;

	arena_close(&arena);
	assert_int_equal(arena_open(&arena), 0);
	memset(&error, 0, sizeof(error));
	plan = arena_new(&arena, struct plan);
	int length = snprintf(text, sizeof(text), "{'ociVersion':'1.3.0','root':{'path':'r'},%s'linux':{%s}}", top, members);
	assert_in_range(length, 1, sizeof(text) - 1);
	requote(text);
	if (spec_read("config.json", text, (size_t)length, &arena, &spec, NULL, &error) < 0)
		return -1;
	struct planning planning = { .spec = &spec, .host = host, .request = request, .arena = &arena, .plan = plan };
	int r = plan_namespaces(&planning, &error);
	if (r == 0)
		r = plan_cgroup(&planning, &error);
	warnings = planning.warnings;
	return r;
}

static int decide(const struct host *host, const char *members)
{
	static const struct request request = { .id = "c1", .bundle = "/b" };

	return decide_with(host, members, "", &request);
}

static void refused(const struct host *host, const char *members, const char *path, const char *says)
{
	assert_int_equal(decide(host, members), -1);
	if (!strstr(error.text, says) || strcmp(error.path, path))
		printf("of %s got: %s: %s\n", members, error.path, error.text);
	assert_non_null(strstr(error.text, says));
	assert_string_equal(error.path, path);
	assert_true(error.line > 0);
}

/* All rows but the device rules: "label file=value; ..."; '?' may be missing, '|' or the next. */
static const char *rows(void)
{
	struct text out = text_in(&arena);

	text_add(&out, "");
	for (size_t i = 0; i < plan->cgroup.directory_count; i++) {
		const struct plan_cgroup_directory *directory = &plan->cgroup.directories[i];
		for (size_t k = 0; k < directory->write_count; k++) {
			const struct plan_write *write = &directory->writes[k];
			if (strncmp(write->file, "devices.", 8) == 0)
				continue;
			text_printf(&out, "%s%s%s%s=%s%s%s", out.length ? "; " : "", directory->v2 ? "" : directory->label,
				    directory->v2 ? "" : " ", write->file, write->value, write->may_be_missing ? "?" : "",
				    write->or_next ? "|" : "");
		}
	}
	return out.data ? out.data : "";
}

static void writes(const struct host *host, const char *resources, const char *expected)
{
	char members[4096];

	snprintf(members, sizeof(members), "'resources':{%s}", resources);
	if (decide(host, members) < 0)
		printf("%s: refused: %s: %s\n", resources, error.path, error.text);
	assert_string_equal(error.text, "");
	assert_string_equal(rows(), expected);
}

static void rejects(const struct host *host, const char *resources, const char *path, const char *says)
{
	char members[4096], full[256];

	snprintf(members, sizeof(members), "'resources':{%s}", resources);
	snprintf(full, sizeof(full), "linux.resources%s", path);
	requote(full);
	refused(host, members, full, says);
}

static void nothing_asked_nothing_written(void **unused)
{
	(void)unused;
	writes(&unified, "", "");
	assert_string_equal(plan->cgroup.path, "/c1");
	assert_int_equal(plan->cgroup.directory_count, 1);
	assert_true(plan->cgroup.directories[0].v2 && plan->cgroup.devices_v2);
	assert_true(plan->cgroup.directories[0].controllers == unified.cgroup.v2_controllers);
	assert_true(plan->cgroup.owner_uid == (uid_t)-1);
	writes(&hybrid, "", "");
	assert_int_equal(plan->cgroup.directory_count, 4);
	assert_true(plan->cgroup.directories[0].v2 && plan->cgroup.directories[0].controllers == 0);
	assert_false(plan->cgroup.devices_v2);
	writes(&legacy, "", "");
	assert_string_equal(plan->cgroup.directories[0].label, "cpu,cpuacct");
	assert_true(plan->cgroup.directories[0].controllers == (BIT(CG_CPU) | BIT(CG_CPUACCT)));
	assert_int_equal(plan->cgroup.directory_count, 9);
}

static void memory_limits(void **unused)
{
	(void)unused;
	writes(&unified, "'memory':{'limit':536870912}", "memory.max=536870912");
	writes(&unified, "'memory':{'limit':-1}", "memory.max=max; memory.swap.max=max?");
	writes(&unified, "'memory':{'limit':0,'swap':0,'reservation':0}", "");
	writes(&unified, "'memory':{'limit':100000,'swap':300000,'reservation':50000}",
	       "memory.max=100000; memory.swap.max=200000; memory.low=50000");
	writes(&unified, "'memory':{'limit':100000,'swap':100000}", "memory.max=100000; memory.swap.max=0?");
	writes(&unified, "'memory':{'limit':100000,'swap':-1,'reservation':-1}",
	       "memory.max=100000; memory.swap.max=max?; memory.low=max");
	writes(&unified,
	       "'memory':{'limit':1,'kernel':-1,'kernelTCP':0,'disableOOMKiller':false,'useHierarchy':true,"
	       "'checkBeforeUpdate':true}",
	       "memory.max=1");
	writes(&legacy, "'memory':{'limit':100000,'swap':300000,'reservation':50000,'swappiness':0,'disableOOMKiller':true}",
	       "memory memory.limit_in_bytes=100000; memory memory.memsw.limit_in_bytes=300000; "
	       "memory memory.soft_limit_in_bytes=50000; memory memory.oom_control=1; memory memory.swappiness=0");
	writes(&legacy, "'memory':{'limit':-1}", "memory memory.limit_in_bytes=-1; memory memory.memsw.limit_in_bytes=-1");
	assert_null(warnings);
	writes(&legacy, "'memory':{'kernel':5000}", "");
	assert_non_null(strstr(warnings->text, "kernel memory"));
	assert_string_equal(warnings->at.path, "linux.resources.memory.kernel");
	writes(&hybrid, "'memory':{'limit':-1}", "memory memory.limit_in_bytes=-1");
}

static void memory_refused(void **unused)
{
	(void)unused;
	rejects(&unified, "'memory':{'swap':5}", ".memory.swap", "unable to set swap limit without memory limit");
	rejects(&legacy, "'memory':{'swap':5,'limit':-1}", ".memory.swap", "unable to set swap limit without memory limit");
	rejects(&unified, "'memory':{'swap':5,'limit':6}", ".memory.swap", "memory+swap limit should be >= memory limit");
	rejects(&hybrid, "'memory':{'swap':7,'limit':6}", ".memory.swap", "does not account swap");
	rejects(&unified, "'memory':{'kernel':5}", ".memory.kernel", "cgroup v2");
	rejects(&unified, "'memory':{'kernelTCP':5}", ".memory.kernelTCP", "cgroup v2");
	rejects(&unified, "'memory':{'swappiness':0}", ".memory.swappiness", "cgroup v2");
	rejects(&unified, "'memory':{'disableOOMKiller':true}", ".memory.disableOOMKiller", "cgroup v2");
	rejects(&unified, "'memory':{'useHierarchy':false}", ".memory.useHierarchy", "hierarchically");
	rejects(&unified, "'memory':{'limit':-2}", ".memory.limit", "");
}

static void cpu_limits(void **unused)
{
	(void)unused;
	writes(&unified, "'cpu':{'quota':50000,'period':100000}", "cpu.max=50000 100000");
	writes(&unified, "'cpu':{'quota':20000}", "cpu.max=20000 100000");
	writes(&unified, "'cpu':{'period':50000}", "cpu.max=max 50000");
	writes(&unified, "'cpu':{'quota':-1}", "cpu.max=max 100000");
	writes(&unified, "'cpu':{'quota':0,'period':0,'shares':0}", "");
	writes(&unified, "'cpu':{'shares':1024,'quota':5000,'burst':5000,'idle':0,'cpus':'0-3,7','mems':'0'}",
	       "cpu.idle=0?; cpu.weight=100; cpu.max=5000 100000; cpu.max.burst=5000; cpuset.cpus=0-3,7; cpuset.mems=0");
	writes(&unified, "'cpu':{'shares':1024,'idle':1}", "cpu.idle=1");
	writes(&unified, "'cpu':{'burst':0}", "cpu.max.burst=0?");
	writes(&unified, "'cpu':{'realtimeRuntime':0,'realtimePeriod':0}", "");
	writes(&legacy,
	       "'cpu':{'shares':1024,'quota':50000,'period':100000,'burst':1000,'cpus':'1','realtimePeriod':1000000,"
	       "'realtimeRuntime':950000}",
	       "cpu,cpuacct cpu.shares=1024; cpu,cpuacct cpu.cfs_period_us=100000; cpu,cpuacct cpu.cfs_quota_us=50000; "
	       "cpu,cpuacct cpu.cfs_burst_us=1000; cpu,cpuacct cpu.rt_period_us=1000000; cpu,cpuacct cpu.rt_runtime_us=950000; "
	       "cpuset cpuset.cpus=1");
	writes(&legacy, "'cpu':{'quota':-1,'idle':1,'shares':5}", "cpu,cpuacct cpu.idle=1; cpu,cpuacct cpu.cfs_quota_us=-1");
}

static void cpu_refused(void **unused)
{
	(void)unused;
	rejects(&unified, "'cpu':{'quota':-2}", ".cpu.quota", "-1 for none");
	rejects(&legacy, "'cpu':{'quota':999}", ".cpu.quota", "below 1000");
	rejects(&unified, "'cpu':{'period':999}", ".cpu.period", "1000 to 1000000");
	rejects(&unified, "'cpu':{'period':1000001}", ".cpu.period", "1000 to 1000000");
	rejects(&unified, "'cpu':{'quota':5000,'burst':5001}", ".cpu.burst", "larger than the quota");
	rejects(&unified, "'cpu':{'realtimeRuntime':5}", ".cpu.realtimeRuntime", "cgroup v2");
	rejects(&unified, "'cpu':{'realtimePeriod':5}", ".cpu.realtimePeriod", "cgroup v2");
	rejects(&unified, "'cpu':{'idle':2}", ".cpu.idle", "");
	static const char *const lists[] = { "x", "0-", "3-1", "0,,1", "0;1", "-1", "0 1", "1/2" };
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "'cpu':{'cpus':'%s'}", lists[i]);
		rejects(&unified, text, ".cpu.cpus", "expected a list such as '0-3,7'");
		snprintf(text, sizeof(text), "'cpu':{'mems':'%s'}", lists[i]);
		rejects(&legacy, text, ".cpu.mems", "expected a list such as '0-3,7'");
	}
	rejects(&unified, "'cpu':{'cpus':'0-99999'}", ".cpu.cpus", "counts that far");
}

static void shares_become_weights(void **unused)
{
	(void)unused;
	/* Values of 10^((l*l + 125*l)/612 - 7/34), rounded up, worked out beside this code. */
	static const struct {
		uint64_t shares;
		unsigned weight;
	} table[] = {
		{ 0, 1 },      { 1, 1 },       { 2, 1 },         { 3, 2 },          { 10, 4 },         { 100, 17 },
		{ 512, 59 },   { 1000, 99 },   { 1023, 100 },    { 1024, 100 },     { 1025, 101 },     { 2048, 174 },
		{ 4096, 303 }, { 10000, 627 }, { 100000, 4340 }, { 262143, 10000 }, { 262144, 10000 }, { UINT64_MAX, 10000 },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(cgroup_cpu_weight(table[i].shares), table[i].weight);
	for (uint64_t shares = 2; shares <= 262144; shares++) {
		unsigned one = cgroup_cpu_weight(shares), next = cgroup_cpu_weight(shares + 1);
		assert_true(one >= 1 && one <= next && next <= 10000);
	}
}

static void pids(void **unused)
{
	(void)unused;
	writes(&unified, "'pids':{'limit':100}", "pids.max=100");
	writes(&unified, "'pids':{'limit':-1}", "pids.max=max");
	writes(&unified, "'pids':{'limit':0}", "pids.max=1");
	writes(&unified, "'pids':{'limit':9223372036854775807}", "pids.max=max");
	writes(&unified, "'pids':{}", "");
	writes(&legacy, "'pids':{'limit':100}", "pids pids.max=100");
	rejects(&hybrid, "'pids':{'limit':100}", ".pids.limit",
		"this needs the cgroup controller 'pids', which this host does not have");
	writes(&hybrid, "'pids':{'limit':-1}", "");
}

static void block_io(void **unused)
{
	(void)unused;
	writes(&unified, "'blockIO':{'weight':0}", "");
	writes(&unified, "'blockIO':{'weight':10}", "io.bfq.weight=10|; io.weight=1");
	writes(&unified, "'blockIO':{'weight':1000,'weightDevice':[{'major':8,'minor':16,'weight':500}]}",
	       "io.bfq.weight=1000|; io.weight=10000; io.bfq.weight=8:16 500|; io.weight=8:16 4950");
	writes(&unified,
	       "'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':600}],"
	       "'throttleWriteBpsDevice':[{'major':8,'minor':0,'rate':0}],"
	       "'throttleReadIOPSDevice':[{'major':8,'minor':0,'rate':7}],"
	       "'throttleWriteIOPSDevice':[{'major':8,'minor':1,'rate':18446744073709551615}]}",
	       "io.max=8:0 rbps=600; io.max=8:0 wbps=max; io.max=8:0 riops=7; io.max=8:1 wiops=18446744073709551615");
	writes(&legacy, "'blockIO':{'weight':300,'throttleWriteIOPSDevice':[{'major':8,'minor':1,'rate':5}]}",
	       "blkio blkio.bfq.weight=300|; blkio blkio.weight=300; blkio blkio.throttle.write_iops_device=8:1 5");
	rejects(&unified, "'blockIO':{'weight':9}", ".blockIO.weight", "10 to 1000");
	rejects(&legacy, "'blockIO':{'weight':1001}", ".blockIO.weight", "10 to 1000");
	rejects(&unified, "'blockIO':{'leafWeight':100}", ".blockIO.leafWeight", "CFQ");
	rejects(&unified, "'blockIO':{'weightDevice':[{'major':8,'minor':16,'leafWeight':500}]}",
		".blockIO.weightDevice[0].leafWeight", "CFQ");
	rejects(&hybrid, "'blockIO':{'weight':100}", ".blockIO.weight", "'io'");
}

static void pages_rdma_network(void **unused)
{
	(void)unused;
	writes(&unified, "'hugepageLimits':[{'pageSize':'2MB','limit':209715200}]",
	       "hugetlb.2MB.max=209715200; hugetlb.2MB.rsvd.max=209715200?");
	writes(&hybrid, "'hugepageLimits':[{'pageSize':'1GB','limit':0}]", "hugetlb.1GB.max=0; hugetlb.1GB.rsvd.max=0?");
	assert_true(plan->cgroup.directories[0].controllers == BIT(CG_HUGETLB));
	writes(&legacy, "'hugepageLimits':[{'pageSize':'2MB','limit':1}]",
	       "hugetlb hugetlb.2MB.limit_in_bytes=1; hugetlb hugetlb.2MB.rsvd.limit_in_bytes=1?");
	writes(&unified, "'rdma':{'mlx5_1':{'hcaHandles':3,'hcaObjects':10000},'rxe3':{'hcaObjects':7}}",
	       "rdma.max=mlx5_1 hca_handle=3 hca_object=10000; rdma.max=rxe3 hca_object=7");
	rejects(&legacy, "'rdma':{'rxe3':{'hcaObjects':7}}", ".rdma.rxe3.hcaObjects", "'rdma'");
	rejects(&unified, "'rdma':{'a b':{'hcaObjects':7}}", ".rdma['a b']", "blank");
	writes(&legacy, "'network':{'classID':1048577,'priorities':[{'name':'eth0','priority':500}]}",
	       "net_cls,net_prio net_cls.classid=1048577; net_cls,net_prio net_prio.ifpriomap=eth0 500");
	rejects(&unified, "'network':{'classID':1048577}", ".network.classID", "'net_cls'");
	rejects(&unified, "'network':{'priorities':[{'name':'eth0','priority':500}]}", ".network.priorities", "'net_prio'");
	rejects(&legacy, "'network':{'priorities':[{'name':'eth 0','priority':5}]}", ".network.priorities[0]", "blank");
}

static void unified_files(void **unused)
{
	(void)unused;
	writes(&unified,
	       "'memory':{'limit':5},'unified':{'memory.max':'6','io.max':'8:0 rbps=1\\n8:1 wbps=2\\n',"
	       "'cgroup.max.depth':'3'}",
	       "memory.max=5; memory.max=6; io.max=8:0 rbps=1; io.max=8:1 wbps=2; cgroup.max.depth=3");
	writes(&hybrid, "'unified':{'hugetlb.2MB.max':'0'}", "hugetlb.2MB.max=0");
	assert_true(plan->cgroup.directories[0].controllers == BIT(CG_HUGETLB));
	rejects(&hybrid, "'unified':{'memory.high':'5'}", ".unified['memory.high']", "cgroup v2 controller 'memory'");
	rejects(&unified, "'unified':{'misc.max':'5'}", ".unified['misc.max']", "'misc'");
	rejects(&unified, "'unified':{'nosuch.max':'5'}", ".unified['nosuch.max']", "'nosuch'");
	rejects(&legacy, "'unified':{'memory.max':'5'}", ".unified['memory.max']", "cannot use unified on cgroup v1");
	static const char *const keys[] = { "memory",       "memory.", ".max",          "../memory.max",
					    "memory.max/x", "a/b.c",   "memory.\\nmax", "Memory.max" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char members[128];
		snprintf(members, sizeof(members), "'resources':{'unified':{'%s':'1'}}", keys[i]);
		assert_int_equal(decide(&unified, members), -1);
		assert_non_null(strstr(error.text, "is not the name of a cgroup v2 file"));
	}
	rejects(&unified, "'unified':{'cgroup.procs':'1'}", ".unified['cgroup.procs']", "no setting");
	rejects(&unified, "'unified':{'cgroup.freeze':'1'}", ".unified['cgroup.freeze']", "no setting");
}

static void paths(void **unused)
{
	static const struct {
		const char *given, *path;
	} good[] = {
		{ "/a/b", "/a/b" },
		{ "a/b", "/a/b" },
		{ "//a/./b//", "/a/b" },
		{ "", "/c1" },
		{ "/a:b:c", "/a:b:c" },
		{ "system.slice:docker:abc", "/system.slice:docker:abc" },
		{ "/..x/...", "/..x/..." },
		{ "/my memory/cgroups", "/my memory/cgroups" },
	};
	static const struct {
		const char *given, *says;
	} bad[] = {
		{ "..", "'..'" },
		{ "../../x", "'..'" },
		{ "a/../../b", "'..'" },
		{ "/a/..", "'..'" },
		{ "/", "root" },
		{ "/./", "root" },
		{ "a\\nb", "control" },
		{ "/a\\u007f", "control" },
		{ "cgroup.procs", "reserves" },
		{ "/a/memory.max/b", "reserves" },
		{ "/blkio.x", "reserves" },
		{ "tasks", "reserves" },
	};
	char members[512];

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(members, sizeof(members), "'cgroupsPath':'%s'", good[i].given);
		assert_int_equal(decide(&unified, members), 0);
		assert_string_equal(plan->cgroup.path, good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(members, sizeof(members), "'cgroupsPath':'%s'", bad[i].given);
		refused(&hybrid, members, "linux.cgroupsPath", bad[i].says);
	}
	static char longer[5000];
	size_t length = (size_t)snprintf(longer, sizeof(longer), "'cgroupsPath':'/%0300d'", 0);
	refused(&hybrid, longer, "linux.cgroupsPath", "255");
	length = (size_t)snprintf(longer, sizeof(longer), "'cgroupsPath':'");
	for (int i = 0; i < 1100; i++)
		length += (size_t)snprintf(longer + length, sizeof(longer) - length, "/abc");
	snprintf(longer + length, sizeof(longer) - length, "'");
	refused(&hybrid, longer, "linux.cgroupsPath", "4095");
	assert_int_equal(decide_with(&unified, "", "", &(struct request){ .id = "cgroup.x", .bundle = "/" }), -1);
}

static void a_host_without_cgroups(void **unused)
{
	(void)unused;
	assert_int_equal(decide(&bare, ""), 0);
	assert_null(plan->cgroup.path);
	assert_int_equal(plan->cgroup.directory_count, 0);
	assert_non_null(warnings);
	writes(&bare, "'memory':{'limit':-1}", "");
	rejects(&bare, "'memory':{'limit':5}", ".memory.limit", "'memory'");
	rejects(&bare, "'unified':{'memory.max':'5'}", ".unified['memory.max']", "unified");
	rejects(&bare, "'devices':[{'allow':false}]", ".devices[0]", "device rules");
	refused(&bare, "'cgroupsPath':'/x'", "linux.cgroupsPath", "no cgroups");
}

static void the_owner(void **unused)
{
	static const struct {
		const char *namespaces, *mount;
		uid_t owner;
	} table[] = {
		{ "{'type':'user'},{'type':'cgroup'}", "'options':['nosuid']", 100005 },
		{ "{'type':'user'},{'type':'cgroup'}", "'options':['nosuid','ro']", (uid_t)-1 },
		{ "{'type':'user'}", "'options':[]", (uid_t)-1 },
		{ "{'type':'user'},{'type':'cgroup','path':'/x'}", "'options':[]", (uid_t)-1 },
	};
	static const struct request request = { .id = "c", .bundle = "/b" };
	char members[512], top[512];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(members, sizeof(members),
			 "'uidMappings':[{'containerID':0,'hostID':100000,'size':10}],'gidMappings':[{"
			 "'containerID':0,'hostID':100000,'size':10}],'namespaces':[%s]",
			 table[i].namespaces);
		snprintf(top, sizeof(top),
			 "'process':{'cwd':'/','args':['a'],'user':{'uid':5,'gid':0}},'mounts':[{'destination':"
			 "'/sys/fs/cgroup','type':'cgroup','source':'cgroup',%s}],",
			 table[i].mount);
		assert_int_equal(decide_with(&unified, members, top, &request), 0);
		assert_true(plan->cgroup.owner_uid == table[i].owner);
		assert_int_equal(decide_with(&hybrid, members, top, &request), 0);
		assert_true(plan->cgroup.owner_uid == (uid_t)-1);
	}
}

/* The rules as the legacy files get them: 'd' for deny, 'a' for allow. */
static const char *v1_rules(void)
{
	struct text out = text_in(&arena);

	for (size_t i = 0; i < plan->cgroup.directory_count; i++)
		for (size_t k = 0; k < plan->cgroup.directories[i].write_count; k++) {
			const struct plan_write *write = &plan->cgroup.directories[i].writes[k];
			if (strncmp(write->file, "devices.", 8) == 0)
				text_printf(&out, "%s%c %s", out.length ? "; " : "", write->file[8], write->value);
		}
	return out.data;
}

#define DEFAULTS \
	"a c *:* m; a b *:* m; a c 1:3 rwm; a c 1:5 rwm; a c 1:7 rwm; a c 1:8 rwm; a c 1:9 rwm; a c 5:0 rwm; a c 136:* rwm; " \
	"a c 5:2 rwm; a c 10:200 rwm"

static void v1_devices(const char *rules, const char *expected)
{
	char members[1024];

	snprintf(members, sizeof(members), "'resources':{'devices':[%s]}", rules);
	assert_int_equal(decide(&hybrid, members), 0);
	assert_string_equal(v1_rules(), expected);
}

static void device_rules_of_v1(void **unused)
{
	(void)unused;
	v1_devices("", "d a; " DEFAULTS);
	v1_devices("{'allow':false,'access':'rwm'}", "d a; " DEFAULTS);
	v1_devices("{'allow':false},{'allow':true,'type':'c','major':10,'minor':229,'access':'rw'}",
		   "d a; a c 10:229 rw; " DEFAULTS);
	v1_devices("{'allow':true,'access':'rwm'}", "a a");
	v1_devices("{'allow':true},{'allow':false,'type':'b','major':8,'access':'w'}", "a a; d b 8:* w");
	/* "a" with numbers is both kinds, never the kernel's "a" */
	v1_devices("{'allow':true,'type':'a','major':7,'minor':1,'access':'r'}", "d a; a b 7:1 r; a c 7:1 r; " DEFAULTS);
	/* the last wins */
	v1_devices("{'allow':true,'type':'b','major':8,'minor':1},{'allow':false,'type':'b','major':8,'access':'w'}",
		   "d a; a b 8:1 rm; " DEFAULTS);
	v1_devices("{'allow':true,'type':'b','major':8,'minor':1},{'allow':false,'type':'b'}", "d a; " DEFAULTS);
	/* what is covered already needs no line; what O_RDWR needs stands in one */
	v1_devices("{'allow':true,'type':'c','major':1,'access':'r'},{'allow':true,'type':'c','major':1,'minor':4,'access':'w'}",
		   "d a; a c 1:* r; a c 1:4 rw; " DEFAULTS);
	v1_devices("{'allow':true,'type':'c'}", "d a; a c *:* rwm; a b *:* m");
	rejects(&hybrid,
		"'devices':[{'allow':true,'type':'c','major':1},{'allow':false,'type':'c','major':1,'minor':3,'access':'w'}]",
		".devices[0]", "takes back a part of an earlier one");
	assert_int_equal(decide(&unified, "'resources':{'devices':[{'allow':true,'type':'c','major':1},{'allow':false,'type':'c',"
					  "'major':1,'minor':3,'access':'w'}]}"),
			 0);
	assert_int_equal(decide(&hybrid, "'devices':[{'path':'/dev/fuse','type':'c','major':10,'minor':229},{'path':'/dev/p',"
					 "'type':'p'},{'path':'/dev/d','type':'b','major':7,'minor':0}]"),
			 0);
	assert_string_equal(v1_rules(), "d a; " DEFAULTS "; a c 10:229 rwm; a b 7:0 rwm");
}

static void device_rules_of_v2(void **unused)
{
	const struct plan_device_rule *rules;

	(void)unused;
	assert_int_equal(decide(&unified, "'resources':{'devices':[{'allow':true,'type':'b','major':8,'access':'wr'}]}"), 0);
	assert_null(v1_rules());
	rules = plan->cgroup.device_rules;
	assert_int_equal(plan->cgroup.device_rule_count, 13);
	assert_true(!rules[0].allow && rules[0].type == 'a' && rules[0].major == -1 && rules[0].minor == -1 &&
		    rules[0].access == 7);
	assert_true(rules[1].allow && rules[1].type == 'b' && rules[1].major == 8 && rules[1].minor == -1 && rules[1].access == 6);
	assert_true(rules[2].allow && rules[2].type == 'c' && rules[2].major == -1 && rules[2].access == 1);
}

static void shown(void **unused)
{
	struct text out;

	(void)unused;
	assert_int_equal(decide(&hybrid, "'cgroupsPath':'/a/b','resources':{'memory':{'limit':5}}"), 0);
	out = text_in(&arena);
	show_cgroup(plan, &out);
	assert_non_null(strstr(out.data, "  /cg/unified/a/b  (v2)\n"));
	assert_non_null(strstr(out.data, "  /cg/memory/a/b\n    memory.limit_in_bytes = 5\n"));
	assert_non_null(strstr(out.data, "    devices.deny = a\n    devices.allow = c *:* m\n"));
	assert_int_equal(decide(&unified, "'resources':{'blockIO':{'weight':10}}"), 0);
	out = text_in(&arena);
	show_cgroup(plan, &out);
	assert_non_null(strstr(out.data, "    io.bfq.weight = 10  (if there is this file, else)\n    io.weight = 1\n"));
	assert_non_null(strstr(out.data, "    deny  a *:* rwm\n    allow c *:* m\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_nothing_written),
		cmocka_unit_test(memory_limits),
		cmocka_unit_test(memory_refused),
		cmocka_unit_test(cpu_limits),
		cmocka_unit_test(cpu_refused),
		cmocka_unit_test(shares_become_weights),
		cmocka_unit_test(pids),
		cmocka_unit_test(block_io),
		cmocka_unit_test(pages_rdma_network),
		cmocka_unit_test(unified_files),
		cmocka_unit_test(paths),
		cmocka_unit_test(a_host_without_cgroups),
		cmocka_unit_test(the_owner),
		cmocka_unit_test(device_rules_of_v1),
		cmocka_unit_test(device_rules_of_v2),
		cmocka_unit_test(shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
