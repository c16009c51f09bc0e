/* Updates as text: what a change makes of what was asked before, what is written for it on each kind of host, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "cmd/container.h"
#include "plan/cgroup.h"
#include "plan/update.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct error error;
static struct plan_update update;
static const struct plan_warning *warnings;

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
					    .v1 = { [CG_CPU] = "/cg/cpu",
						    [CG_CPUSET] = "/cg/cpuset",
						    [CG_MEMORY] = "/cg/memory",
						    [CG_IO] = "/cg/blkio",
						    [CG_PIDS] = "/cg/pids",
						    [CG_DEVICES] = "/cg/devices",
						    [CG_NET_CLS] = "/cg/net",
						    [CG_NET_PRIO] = "/cg/net" },
				    } };

/* JSON is written with ' for ", to be readable in here. */
static const char *quoted(const char *text)
{
	char *to = arena_string(&arena, text);

	for (char *at = to; *at; at++)
		if (*at == '\'')
			*at = '"';
	return to;
}

static struct spec_resources *resources(const char *members)
{
	struct spec_resources *to = arena_new(&arena, struct spec_resources);
	const char *text = quoted(arena_printf(&arena, "{%s}", members));

	if (spec_resources_read("change.json", text, strlen(text), &arena, to, NULL, &error) < 0)
		printf("%s: %s: %s\n", members, error.path, error.text);
	assert_string_equal(error.text, "");
	return to;
}

static void begin(void)
{
	arena_close(&arena);
	assert_int_equal(arena_open(&arena), 0);
	memset(&error, 0, sizeof(error));
}

static const char *json(const struct spec_resources *of)
{
	struct text text = text_in(&arena);

	json_encode(&spec_resources_table, of, JSON_COMPACT, &text);
	for (char *at = text.data; *at; at++)
		if (*at == '"')
			*at = '\'';
	return text.data;
}

/* ---- the merge ---- */

static void merges(const char *current, const char *change, const char *expected, const char *expected_to_write)
{
	struct spec_resources merged, to_write;

	begin();
	struct spec_resources *old = resources(current), *new = resources(change);
	spec_resources_merge(old, new, &arena, &merged);
	spec_resources_to_write(old, &merged, new, &arena, &to_write);
	assert_string_equal(json(&merged), arena_printf(&arena, "{%s}", expected));
	assert_string_equal(json(&to_write), arena_printf(&arena, "{%s}", expected_to_write));
	assert_string_equal(json(old), arena_printf(&arena, "{%s}", current)); /* nobody else's copy has changed */
}

static void a_field_replaces_its_own_kind_alone(void **unused)
{
	(void)unused;
	merges("", "", "", "");
	merges("'memory':{'limit':1000}", "", "'memory':{'limit':1000}", "");
	merges("", "'pids':{'limit':5}", "'pids':{'limit':5}", "'pids':{'limit':5}");
	merges("'memory':{'reservation':10},'cpu':{'shares':20,'cpus':'0-1'},'pids':{'limit':5}",
	       "'cpu':{'shares':30},'pids':{'limit':-1}",
	       "'memory':{'reservation':10},'cpu':{'shares':30,'cpus':'0-1'},'pids':{'limit':-1}",
	       "'cpu':{'shares':30},'pids':{'limit':-1}");
	merges("'memory':{'swappiness':10,'disableOOMKiller':true}", "'memory':{'disableOOMKiller':false,'checkBeforeUpdate':true}",
	       "'memory':{'swappiness':10,'disableOOMKiller':false,'checkBeforeUpdate':true}",
	       "'memory':{'disableOOMKiller':false,'checkBeforeUpdate':true}");
}

static void what_means_not_set_changes_nothing(void **unused)
{
	static const char zeros[] = "'memory':{'limit':0,'reservation':0,'swap':0,'kernel':0,'kernelTCP':0},"
				    "'cpu':{'shares':0,'quota':0,'period':0,'realtimeRuntime':0,'realtimePeriod':0,'cpus':'','mems':''},"
				    "'blockIO':{'weight':0,'leafWeight':0}";
	static const char set[] = "'memory':{'limit':9,'reservation':9,'swap':9},"
				  "'cpu':{'shares':9,'quota':9,'period':9,'realtimeRuntime':9,'realtimePeriod':9,'cpus':'1','mems':'0'},"
				  "'blockIO':{'weight':99}";

	(void)unused;
	merges(set, zeros, set, zeros);
	/* These are values. */
	merges("'cpu':{'burst':9,'idle':1},'pids':{'limit':9},'network':{'classID':9}",
	       "'cpu':{'burst':0,'idle':0},'pids':{'limit':0},'network':{'classID':0}",
	       "'cpu':{'burst':0,'idle':0},'pids':{'limit':0},'network':{'classID':0}",
	       "'cpu':{'burst':0,'idle':0},'pids':{'limit':0},'network':{'classID':0}");
}

static void companions_are_written_too(void **unused)
{
	(void)unused;
	merges("'cpu':{'quota':5000,'period':10000}", "'cpu':{'quota':-1}", "'cpu':{'quota':-1,'period':10000}",
	       "'cpu':{'quota':-1,'period':10000}");
	merges("'cpu':{'quota':5000}", "'cpu':{'period':20000}", "'cpu':{'quota':5000,'period':20000}",
	       "'cpu':{'quota':5000,'period':20000}");
	merges("'cpu':{'shares':7,'quota':5000}", "'cpu':{'burst':20}", "'cpu':{'shares':7,'quota':5000,'burst':20}", "'cpu':{'burst':20}");
	merges("'memory':{'limit':100,'swap':300}", "'memory':{'swap':400}", "'memory':{'limit':100,'swap':400}",
	       "'memory':{'limit':100,'swap':400}");
	merges("'memory':{'limit':100,'swap':300}", "'memory':{'limit':200}", "'memory':{'limit':200,'swap':300}",
	       "'memory':{'limit':200,'swap':300}");
	merges("'memory':{'limit':100,'swap':300}", "'memory':{'reservation':50}", "'memory':{'limit':100,'reservation':50,'swap':300}",
	       "'memory':{'reservation':50}");
	/* No limit of memory is none of both. */
	merges("'memory':{'limit':100,'swap':300}", "'memory':{'limit':-1}", "'memory':{'limit':-1,'swap':-1}",
	       "'memory':{'limit':-1,'swap':-1}");
	merges("", "'memory':{'limit':-1,'swap':0}", "'memory':{'limit':-1,'swap':-1}", "'memory':{'limit':-1,'swap':-1}");
}

static void an_idle_cgroup_has_no_weight(void **unused)
{
	(void)unused;
	merges("'cpu':{'shares':500}", "'cpu':{'idle':1}", "'cpu':{'shares':500,'idle':1}", "'cpu':{'idle':1}");
	merges("'cpu':{'shares':500,'idle':1}", "'cpu':{'shares':600}", "'cpu':{'shares':600,'idle':1}", "'cpu':{'shares':600,'idle':1}");
	merges("'cpu':{'shares':600,'idle':1}", "'cpu':{'idle':0}", "'cpu':{'shares':600,'idle':0}", "'cpu':{'shares':600,'idle':0}");
	merges("'cpu':{'shares':600,'idle':0}", "'cpu':{'idle':0}", "'cpu':{'shares':600,'idle':0}", "'cpu':{'idle':0}");
}

static void lists_are_taken_together_by_key(void **unused)
{
	(void)unused;
	merges("'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':100},{'major':8,'minor':16,'weight':200}],"
	       "'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':5}]}",
	       "'blockIO':{'weightDevice':[{'major':8,'minor':16,'weight':300},{'major':9,'minor':0,'weight':50}],"
	       "'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':0}],'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':7}]}",
	       "'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':100},{'major':8,'minor':16,'weight':300},"
	       "{'major':9,'minor':0,'weight':50}],'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':0}],"
	       "'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':7}]}",
	       "'blockIO':{'weightDevice':[{'major':8,'minor':16,'weight':300},{'major':9,'minor':0,'weight':50}],"
	       "'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':0}],'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':7}]}");
	merges("'hugepageLimits':[{'pageSize':'2MB','limit':1}],'rdma':{'a':{'hcaHandles':1,'hcaObjects':2}},'unified':{'io.max':'x'}",
	       "'hugepageLimits':[{'pageSize':'1GB','limit':2},{'pageSize':'2MB','limit':0}],'rdma':{'a':{'hcaHandles':3}},"
	       "'unified':{'io.max':'y','pids.max':'z'}",
	       "'hugepageLimits':[{'pageSize':'2MB','limit':0},{'pageSize':'1GB','limit':2}],"
	       "'rdma':{'a':{'hcaHandles':3,'hcaObjects':2}},'unified':{'io.max':'y','pids.max':'z'}",
	       "'hugepageLimits':[{'pageSize':'1GB','limit':2},{'pageSize':'2MB','limit':0}],'rdma':{'a':{'hcaHandles':3}},"
	       "'unified':{'io.max':'y','pids.max':'z'}");
	merges("'network':{'classID':1,'priorities':[{'name':'lo','priority':1}]}",
	       "'network':{'priorities':[{'name':'eth0','priority':2},{'name':'lo','priority':3}]}",
	       "'network':{'classID':1,'priorities':[{'name':'lo','priority':3},{'name':'eth0','priority':2}]}",
	       "'network':{'priorities':[{'name':'eth0','priority':2},{'name':'lo','priority':3}]}");
}

static void device_rules_are_replaced_whole(void **unused)
{
	(void)unused;
	merges("'devices':[{'allow':true,'type':'c','major':1,'minor':2}]", "'pids':{'limit':1}",
	       "'devices':[{'allow':true,'type':'c','major':1,'minor':2}],'pids':{'limit':1}", "'pids':{'limit':1}");
	merges("'devices':[{'allow':true,'type':'c','major':1,'minor':2}]", "'devices':[{'allow':false}]", "'devices':[{'allow':false}]",
	       "'devices':[{'allow':false}]");
	merges("'devices':[{'allow':true}]", "'devices':[]", "'devices':[]", "'devices':[]");
}

/* Update looks each entry up among the others, with the container locked (rule B.17). */
static void lists_have_an_end(void **unused)
{
	static const struct { const char *before, *entry, *after, *path, *says; int most; } lists[] = {
		{ "'unified':{", "'a.%d':'1'", "}", "", "more than 1024 entries in unified", 1024 },
		{ "'rdma':{", "'a%d':{'hcaHandles':1}", "}", "", "more than 1024 entries in rdma", 1024 },
		{ "'devices':[", "{'allow':true,'minor':%d}", "]", "devices", "4096", 4096 },
		{ "'hugepageLimits':[", "{'pageSize':'%dKB','limit':1}", "]", "hugepageLimits", "20000", 20000 },
		{ "'blockIO':{'throttleReadBpsDevice':[", "{'major':8,'minor':%d,'rate':1}", "]}", "blockIO.throttleReadBpsDevice", "20000",
		  20000 },
		{ "'blockIO':{'weightDevice':[", "{'major':8,'minor':%d,'weight':10}", "]}", "blockIO.weightDevice", "20000", 20000 },
	};
	struct spec_resources to;

	(void)unused;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		begin();
		struct text text = text_in(&arena);
		text_printf(&text, "{%s", lists[i].before);
		for (int k = 1; k <= lists[i].most; k++) {
			char entry[100];
			snprintf(entry, sizeof(entry), lists[i].entry, k);
			text_printf(&text, "%s%s", k > 1 ? "," : "", entry);
		}
		const char *full = quoted(arena_printf(&arena, "%s%s}", text.data, lists[i].after));
		assert_int_equal(spec_resources_read("c", full, strlen(full), &arena, &to, NULL, &error), 0);
		char entry[100];
		snprintf(entry, sizeof(entry), lists[i].entry, lists[i].most + 1);
		const char *more = quoted(arena_printf(&arena, "%s,%s%s}", text.data, entry, lists[i].after));
		assert_int_equal(spec_resources_read("c", more, strlen(more), &arena, &to, NULL, &error), -1);
		if (strcmp(error.path, lists[i].path) || !strstr(error.text, lists[i].says))
			printf("%s: %s: %s\n", lists[i].before, error.path, error.text);
		assert_string_equal(error.path, lists[i].path);
		assert_non_null(strstr(error.text, lists[i].says));
	}
}

/* ---- the plan ---- */

static const char *annotations = "";

static int decide(const struct host *host, const char *current, const char *change, const char *unit)
{
	static struct spec spec;
	begin();
	const char *text = quoted(arena_printf(&arena, "{'ociVersion':'1.3.0','root':{'path':'r'},'annotations':{%s},'linux':{'devices':"
					       "[{'path':'/dev/fuse','type':'c','major':10,'minor':229}]}}", annotations));

	assert_int_equal(spec_read("config.json", text, strlen(text), &arena, &spec, NULL, &error), 0);
	struct planning planning = { .spec = &spec, .host = host, .arena = &arena };
	const struct update_request request = {
		.current = resources(current), .change = resources(change), .path = "/box", .unit = unit,
	};
	int r = plan_update(&planning, &request, &update, &error);
	warnings = planning.warnings;
	return r;
}

static const char *rows_of(const struct plan_cgroup *plan)
{
	struct text out = text_in(&arena);

	text_add(&out, "");
	for (size_t i = 0; i < plan->directory_count; i++) {
		const struct plan_cgroup_directory *directory = &plan->directories[i];
		for (size_t k = 0; k < directory->write_count; k++)
			text_printf(&out, "%s%s=%s", out.length ? "; " : "", directory->writes[k].file, directory->writes[k].value);
	}
	return out.data;
}

static void writes(const struct host *host, const char *current, const char *change, const char *expected)
{
	if (decide(host, current, change, NULL) < 0)
		printf("%s: refused: %s: %s\n", change, error.path, error.text);
	assert_string_equal(error.text, "");
	assert_string_equal(rows_of(&update.to), expected);
	assert_string_equal(update.to.path, "/box");
	assert_null(update.to.unit);
}

static void refuses(const struct host *host, const char *current, const char *change, const char *path, const char *says)
{
	assert_int_equal(decide(host, current, change, NULL), -1);
	if (!strstr(error.text, says) || strcmp(error.path, path))
		printf("of %s got: %s: %s\n", change, error.path, error.text);
	assert_non_null(strstr(error.text, says));
	assert_string_equal(error.path, path);
	assert_string_equal(error.file, "change.json");
	assert_int_equal(error.line, 1);
}

static void only_what_changes_is_written(void **unused)
{
	(void)unused;
	writes(&unified, "'memory':{'limit':100000},'cpu':{'shares':512},'unified':{'pids.max':'5'}", "'pids':{'limit':20}", "pids.max=20");
	writes(&legacy, "'memory':{'limit':100000},'cpu':{'shares':512}", "'pids':{'limit':0}", "pids.max=1");
	writes(&unified, "", "", "");
	assert_int_equal(update.to.device_rule_count, 0);
	writes(&unified, "", "'unified':{'memory.high':'1000','pids.max':'4'}", "memory.high=1000; pids.max=4");
	/* What cannot be taken back is last. */
	writes(&unified, "", "'cpu':{'cpus':'0','mems':'0'},'hugepageLimits':[{'pageSize':'2MB','limit':0}],'unified':{'cpuset.cpus':'1',"
			     "'pids.max':'4'}",
	       "hugetlb.2MB.max=0; hugetlb.2MB.rsvd.max=0; pids.max=4; cpuset.cpus=0; cpuset.mems=0; cpuset.cpus=1");
	writes(&unified, "'hugepageLimits':[{'pageSize':'1GB','limit':0}]", "'hugepageLimits':[{'pageSize':'2MB','limit':4194304}]",
	       "hugetlb.2MB.max=4194304; hugetlb.2MB.rsvd.max=4194304");
	writes(&unified, "'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1}]}",
	       "'blockIO':{'weight':0,'throttleReadBpsDevice':[{'major':8,'minor':16,'rate':0}]}", "io.max=8:16 rbps=max");
	writes(&legacy, "", "'network':{'classID':0,'priorities':[{'name':'lo','priority':3}]}",
	       "net_cls.classid=0; net_prio.ifpriomap=lo 3");
}

static void who_is_idle_by_name_gets_no_weight(void **unused)
{
	(void)unused;
	writes(&unified, "'cpu':{'shares':512},'unified':{'cpu.idle':'1'}", "'cpu':{'shares':512,'cpus':'0'},'unified':{'cpu.idle':'1'}",
	       "cpu.idle=1; cpuset.cpus=0");
	writes(&unified, "'unified':{'cpu.idle':'0'}", "'cpu':{'shares':1024}", "cpu.weight=100");
}

static void bandwidth_keeps_its_other_half(void **unused)
{
	(void)unused;
	writes(&unified, "'cpu':{'quota':5000,'period':20000}", "'cpu':{'quota':8000}", "cpu.max=8000 20000");
	writes(&unified, "'cpu':{'quota':5000,'period':20000}", "'cpu':{'period':40000}", "cpu.max=5000 40000");
	writes(&unified, "'cpu':{'quota':5000,'period':20000}", "'cpu':{'quota':-1}", "cpu.max=max 20000");
	writes(&unified, "", "'cpu':{'quota':5000}", "cpu.max=5000 100000");
	writes(&unified, "'cpu':{'quota':5000}", "'cpu':{'quota':0,'period':0,'burst':1000}", "cpu.max.burst=1000");
	writes(&legacy, "'cpu':{'quota':5000,'period':20000}", "'cpu':{'quota':8000}", "cpu.cfs_period_us=20000; cpu.cfs_quota_us=8000");
	writes(&legacy, "", "'cpu':{'period':50000,'realtimeRuntime':100,'realtimePeriod':0}",
	       "cpu.cfs_period_us=50000; cpu.rt_runtime_us=100");
	writes(&unified, "'cpu':{'idle':1}", "'cpu':{'shares':1024}", "cpu.idle=1");
	writes(&unified, "'cpu':{'idle':1,'shares':1024}", "'cpu':{'idle':0}", "cpu.idle=0; cpu.weight=100");
	writes(&unified, "", "'cpu':{'shares':400000}", "cpu.weight=10000");
}

static void swap_is_counted_with_memory(void **unused)
{
	(void)unused;
	writes(&unified, "'memory':{'limit':100000,'swap':300000}", "'memory':{'limit':200000}",
	       "memory.max=200000; memory.swap.max=100000");
	/* Above all that both were: v2 counts swap alone, as much of which stays. */
	writes(&unified, "'memory':{'limit':100000,'swap':300000}", "'memory':{'limit':400000}",
	       "memory.max=400000; memory.swap.max=200000");
	assert_string_equal(json(&update.resources), "{'memory':{'limit':400000,'swap':600000}}");
	writes(&unified, "'memory':{'limit':100000}", "'memory':{'swap':150000}", "memory.max=100000; memory.swap.max=50000");
	writes(&unified, "'memory':{'limit':100000,'swap':300000}", "'memory':{'limit':-1}", "memory.max=max; memory.swap.max=max");
	writes(&unified, "'memory':{'limit':100000}", "'memory':{'limit':200000}", "memory.max=200000");
	writes(&legacy, "'memory':{'limit':100000,'swap':300000}", "'memory':{'limit':200000}",
	       "memory.limit_in_bytes=200000; memory.memsw.limit_in_bytes=300000");
	writes(&legacy, "", "'memory':{'limit':-1}", "memory.limit_in_bytes=-1; memory.memsw.limit_in_bytes=-1");
	assert_false(update.to.check_usage);
	writes(&legacy, "'memory':{'disableOOMKiller':true,'checkBeforeUpdate':true}", "'memory':{'disableOOMKiller':false}",
	       "memory.oom_control=0");
	assert_true(update.to.check_usage);
}

static void kernel_memory_is_ignored(void **unused)
{
	(void)unused;
	assert_int_equal(decide(&unified, "", "'memory':{'limit':5000,'kernel':-1,'kernelTCP':0}", NULL), 0);
	assert_null(warnings);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(decide(i ? &legacy : &unified, "", "'memory':{'kernel':5000,'kernelTCP':6000}", NULL), 0);
		assert_string_equal(rows_of(&update.to), "");
		assert_non_null(strstr(warnings->text, "kernel memory"));
		assert_null(warnings->next);
		assert_string_equal(json(&update.resources), "{'memory':{}}");
	}
}

static void contradictions_are_refused(void **unused)
{
	(void)unused;
	refuses(&legacy, "'memory':{'limit':100000,'swap':300000}", "'memory':{'limit':400000}", "memory.limit",
		"memory+swap limit should be >= memory limit: that of this container is 300000");
	refuses(&unified, "'memory':{'limit':100000}", "'memory':{'swap':5000}", "memory.swap", "should be >= memory limit");
	refuses(&unified, "", "'memory':{'swap':5000}", "memory.swap", "without memory limit");
	refuses(&unified, "'cpu':{'burst':8000,'quota':9000}", "'cpu':{'quota':5000}", "cpu.burst", "larger than the quota");
	refuses(&unified, "", "'cpu':{'quota':999}", "cpu.quota", "below 1000");
	refuses(&unified, "", "'cpu':{'quota':-2}", "cpu.quota", "-1 for none");
	refuses(&unified, "", "'cpu':{'realtimeRuntime':100}", "cpu.realtimeRuntime", "cgroup v2");
	refuses(&unified, "", "'cpu':{'cpus':'0-'}", "cpu.cpus", "a list such as");
	refuses(&unified, "", "'memory':{'swappiness':5}", "memory.swappiness", "cgroup v2");
	refuses(&unified, "", "'network':{'classID':5}", "network.classID", "net_cls");
	refuses(&legacy, "", "'unified':{'memory.high':'5'}", "unified[\"memory.high\"]", "cannot use unified on cgroup v1");
	refuses(&unified, "", "'unified':{'../memory.high':'5'}", "unified[\"../memory.high\"]", "not the name of a cgroup v2 file");
	refuses(&unified, "", "'unified':{'memory.high/x':'5'}", "unified[\"memory.high/x\"]", "'/'");
	refuses(&unified, "", "'unified':{'memory.max':''}", "unified[\"memory.max\"]", "'memory.max' has no value");
	refuses(&unified, "", "'unified':{'memory.max':' \\n'}", "unified[\"memory.max\"]", "no value");
	refuses(&unified, "", "'unified':{'pids.max':' 00\\n'}", "unified[\"pids.max\"]", "not even the first process");
	refuses(&unified, "", "'unified':{'pids.max':'0'}", "unified[\"pids.max\"]", "not even the first process");
	refuses(&unified, "'unified':{'cpu.max':'5000 10000'}", "'cpu':{'period':5000}", "cpu.period", "was set by unified 'cpu.max'");
}

/* ---- the same file by a field and by its name ---- */

static void keeps(const char *current, const char *change, const char *rows, const char *expected)
{
	writes(&unified, current, change, rows);
	assert_string_equal(json(&update.resources), arena_printf(&arena, "{%s}", expected));
}

static void the_later_of_a_field_and_its_file_holds(void **unused)
{
	(void)unused;
	keeps("'unified':{'memory.max':'67108864','memory.high':'5'}", "'memory':{'limit':134217728}", "memory.max=134217728",
	      "'memory':{'limit':134217728},'unified':{'memory.high':'5'}");
	/* And so it stays. */
	keeps("'memory':{'limit':134217728},'unified':{'memory.high':'5'}", "'pids':{'limit':4}", "pids.max=4",
	      "'memory':{'limit':134217728},'pids':{'limit':4},'unified':{'memory.high':'5'}");
	keeps("'pids':{'limit':9}", "'unified':{'pids.max':'7'}", "pids.max=7", "'pids':{'limit':9},'unified':{'pids.max':'7'}");
	/* Both at once: unified is written last (contract 14.3). */
	keeps("'unified':{'pids.max':'5'}", "'pids':{'limit':9},'unified':{'pids.max':'7'}", "pids.max=9; pids.max=7",
	      "'pids':{'limit':9},'unified':{'pids.max':'7'}");
	keeps("'unified':{'cpu.max':'20000 100000'}", "'cpu':{'quota':50000,'period':50000}", "cpu.max=50000 50000",
	      "'cpu':{'quota':50000,'period':50000}");
}

static void half_a_file_is_not_put_beside_its_other_half_by_name(void **unused)
{
	(void)unused;
	refuses(&unified, "'cpu':{'quota':50000},'unified':{'cpu.max':'20000 100000'}", "'cpu':{'period':50000}", "cpu.period",
		"the quota of this container was set by unified 'cpu.max': give both, or that");
	refuses(&unified, "'cpu':{'quota':50000},'unified':{'cpu.max':'20000 50000'}", "'cpu':{'quota':30000}", "cpu.quota",
		"the period of this container was set by unified 'cpu.max'");
	refuses(&unified, "'memory':{'limit':100000},'unified':{'memory.max':'50000'}", "'memory':{'swap':200000}", "memory.swap",
		"the limit of this container was set by unified 'memory.max'");
	/* What is there by name is not written over by a companion. */
	keeps("'memory':{'limit':100000,'swap':300000},'unified':{'memory.swap.max':'7'}", "'memory':{'limit':200000}", "memory.max=200000",
	      "'memory':{'limit':200000,'swap':300000},'unified':{'memory.swap.max':'7'}");
	keeps("'cpu':{'idle':1},'unified':{'cpu.idle':'0'}", "'cpu':{'shares':1024}", "cpu.weight=100",
	      "'cpu':{'shares':1024,'idle':1},'unified':{'cpu.idle':'0'}");
	keeps("'cpu':{'shares':1024,'idle':1},'unified':{'cpu.weight':'33'}", "'cpu':{'idle':0}", "cpu.idle=0; cpu.weight=33",
	      "'cpu':{'shares':1024,'idle':0},'unified':{'cpu.weight':'33'}");
}

#define READ(minor, rate) "'throttleReadBpsDevice':[{'major':8,'minor':" #minor ",'rate':" #rate "}]"

static void of_files_with_lines_those_of_others_stay(void **unused)
{
	(void)unused;
	keeps("'unified':{'io.max':'8:0 rbps=1 wbps=2\\n8:16 rbps=3\\n'}", "'blockIO':{" READ(16, 5) "}", "io.max=8:16 rbps=5",
	      "'blockIO':{" READ(16, 5) "},'unified':{'io.max':'8:0 rbps=1 wbps=2\\n8:16 rbps=5'}");
	keeps("'unified':{'io.max':'8:0 rbps=1 wbps=2\\n8:1 rbps=3'}", "'blockIO':{" READ(0, 5) "}", "io.max=8:0 rbps=5",
	      "'blockIO':{" READ(0, 5) "},'unified':{'io.max':'8:0 rbps=1 wbps=2\\n8:1 rbps=3\\n8:0 rbps=5'}");
	keeps("'unified':{'io.weight':'8:0 20\\ndefault 50\\n9:0 7'}", "'blockIO':{'weight':10}", "io.bfq.weight=10; io.weight=1",
	      "'blockIO':{'weight':10},'unified':{'io.weight':'8:0 20\\n9:0 7\\n1'}");
}

/* ---- device rules ---- */

#define FUSE_DENIED "'devices':[{'allow':false,'access':'rwm'}]"
#define KVM "{'allow':true,'type':'c','major':10,'minor':232,'access':'rw'}"

static const char *last_rules(const struct plan_cgroup *plan)
{
	struct text out = text_in(&arena);
	char text[DEVICE_RULE_TEXT];

	text_printf(&out, "%zu:", plan->device_rule_count);
	for (size_t i = 0; i < plan->device_rule_count; i++) {
		device_rule_text(&plan->device_rules[i], text);
		if (i < 3 || i + 1 == plan->device_rule_count)
			text_printf(&out, " %c%s", plan->device_rules[i].allow ? '+' : '-', text);
	}
	return out.data;
}

static void device_rules_stay_unless_they_are_given(void **unused)
{
	(void)unused;
	assert_int_equal(decide(&unified, FUSE_DENIED, "'pids':{'limit':5}", NULL), 0);
	assert_false(update.to.devices_v2 || update.back.devices_v2);
	/* The same list again, as containerd sends it. */
	assert_int_equal(decide(&unified, FUSE_DENIED, FUSE_DENIED ",'pids':{'limit':5}", NULL), 0);
	assert_false(update.to.devices_v2 || update.back.devices_v2);
	assert_int_equal(decide(&legacy, FUSE_DENIED, FUSE_DENIED, NULL), 0);
	assert_string_equal(rows_of(&update.to), "");
}

static void new_device_rules_are_complete_and_have_a_way_back(void **unused)
{
	(void)unused;
	assert_int_equal(decide(&unified, FUSE_DENIED, "'devices':[" KVM "]", NULL), 0);
	assert_true(update.to.devices_v2 && update.back.devices_v2);
	assert_string_equal(last_rules(&update.to), "14: -a *:* rwm +c 10:232 rw +c *:* m +c 10:229 rwm");
	assert_string_equal(last_rules(&update.back), "14: -a *:* rwm -a *:* rwm +c *:* m +c 10:229 rwm");
}

static void legacy_device_rules_change_only_where_they_differ(void **unused)
{
	(void)unused;
	assert_int_equal(decide(&legacy, FUSE_DENIED, "'devices':[" KVM "]", NULL), 0);
	assert_false(update.to.devices_v2);
	assert_string_equal(rows_of(&update.to), "devices.allow=c 10:232 rw");
	assert_string_equal(rows_of(&update.back), "devices.deny=c 10:232 rw");
	/* Less of one, none of another, and a new one: first what is taken away. */
	assert_int_equal(decide(&legacy, "'devices':[" KVM ",{'allow':true,'type':'b','major':8,'minor':0,'access':'r'}]",
				"'devices':[{'allow':true,'type':'c','major':10,'minor':232,'access':'r'},"
				"{'allow':true,'type':'b','major':8,'minor':16,'access':'r'}]",
				NULL),
			 0);
	assert_string_equal(rows_of(&update.to), "devices.deny=c 10:232 w; devices.deny=b 8:0 r; devices.allow=b 8:16 r");
	assert_string_equal(rows_of(&update.back), "devices.deny=b 8:16 r; devices.allow=c 10:232 w; devices.allow=b 8:0 r");
	/* From all to little: the default first. */
	assert_int_equal(decide(&legacy, "'devices':[{'allow':true,'access':'rwm'}]", FUSE_DENIED, NULL), 0);
	assert_memory_equal(rows_of(&update.to), "devices.deny=a; devices.allow=c *:* m; ", 38);
	assert_string_equal(rows_of(&update.back), "devices.allow=a");
	/* With everything allowed the exceptions are what is denied. */
	assert_int_equal(decide(&legacy, "'devices':[{'allow':true,'access':'rwm'},{'allow':false,'type':'c','major':4,'access':'w'}]",
				"'devices':[{'allow':true,'access':'rwm'},{'allow':false,'type':'c','major':7,'access':'w'}]", NULL),
			 0);
	assert_string_equal(rows_of(&update.to), "devices.deny=c 7:* w; devices.allow=c 4:* w");
}

/* ---- systemd's properties ---- */

static const char *properties(const struct plan_unit *unit)
{
	struct text out = text_in(&arena);

	text_add(&out, "");
	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *p = &unit->properties[i];
		text_printf(&out, "%s%s=", out.length ? "; " : "", p->name);
		if (strcmp(p->signature, "t") == 0)
			text_printf(&out, p->number == UINT64_MAX ? "max" : "%" PRIu64, p->number);
		for (size_t k = 0; k < p->count; k++)
			text_printf(&out, "%s%s", k ? " " : "", p->strings[k]);
		for (size_t k = 0; k < p->count && p->numbers; k++)
			text_printf(&out, p->numbers[k] == UINT64_MAX ? " max" : " %" PRIu64, p->numbers[k]);
		for (size_t k = 0; k < p->byte_count; k++)
			text_printf(&out, "%02x", p->bytes[k]);
	}
	return out.data;
}

static void tells(const char *current, const char *change, const char *expected, const char *back)
{
	if (decide(&unified, current, change, "caisson-box.scope") < 0)
		printf("%s: refused: %s: %s\n", change, error.path, error.text);
	assert_string_equal(error.text, "");
	assert_string_equal(update.to.unit->name, "caisson-box.scope");
	assert_string_equal(update.back.unit->name, "caisson-box.scope");
	assert_string_equal(properties(update.to.unit), expected);
	assert_string_equal(properties(update.back.unit), back);
}

static void a_unit_is_told_and_has_a_way_back(void **unused)
{
	(void)unused;
	tells("'memory':{'limit':100000},'cpu':{'cpus':'0'}", "'memory':{'limit':200000},'pids':{'limit':7}",
	      "TasksMax=7; MemoryMax=200000", "TasksMax=max; MemoryMax=100000");
	tells("'memory':{'limit':100000,'reservation':500}", "'cpu':{'cpus':'0-1'},'memory':{'reservation':700}",
	      "MemoryLow=700; AllowedCPUs=03", "MemoryLow=500; AllowedCPUs=");
	tells("", "'memory':{'reservation':700}", "MemoryLow=700", "MemoryLow=0");
	tells("'cpu':{'quota':50000}", "'cpu':{'period':50000,'shares':2}",
	      "CPUWeight=1; CPUQuotaPeriodUSec=50000; CPUQuotaPerSecUSec=1000000",
	      "CPUWeight=max; CPUQuotaPeriodUSec=100000; CPUQuotaPerSecUSec=500000");
	tells("'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':5}]}",
	      "'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':6},{'major':8,'minor':16,'rate':7}]}",
	      "IOReadBandwidthMax=/dev/block/8:0 /dev/block/8:16 6 7", "IOReadBandwidthMax=/dev/block/8:0 /dev/block/8:16 5 max");
	tells("'pids':{'limit':5}", "'blockIO':{'weight':0}", "", "");
	/* systemd takes it of a new unit alone, and would refuse all the rest with it. */
	tells("", "'unified':{'memory.oom.group':'1'},'pids':{'limit':7}", "TasksMax=7", "TasksMax=max");
	assert_int_equal(decide(&unified, FUSE_DENIED, "'devices':[{'allow':true,'access':'rwm'}]", "x.scope"), 0);
	assert_memory_equal(properties(update.to.unit), "DevicePolicy=auto; DeviceAllow=", 31);
	assert_memory_equal(properties(update.back.unit), "DevicePolicy=strict; DeviceAllow=char-* m", 41);
}

static void what_annotations_have_set_is_the_way_back(void **unused)
{
	(void)unused;
	annotations = "'org.systemd.property.MemoryMax':'uint64 5000000','org.systemd.property.TasksMax':'uint64 9',"
		      "'org.systemd.property.TimeoutStopUSec':'uint64 3'";
	tells("", "'memory':{'limit':200000},'pids':{'limit':7}", "TasksMax=7; MemoryMax=200000", "TasksMax=9; MemoryMax=5000000");
	tells("'pids':{'limit':8}", "'pids':{'limit':7}", "TasksMax=7", "TasksMax=8");
	annotations = "";
}

/* ---- sizes ---- */

static void sizes_are_read_as_engines_write_them(void **unused)
{
	static const struct { const char *text; int64_t bytes; } good[] = {
		{ "0", 0 }, { "4096", 4096 }, { "7b", 7 }, { "1k", 1024 }, { "2kb", 2048 }, { "2KiB", 2048 }, { "3ki", 3072 },
		{ "64m", INT64_C(64) << 20 }, { "64M", INT64_C(64) << 20 }, { "1.5g", INT64_C(3) << 29 }, { "0.25 GB", INT64_C(1) << 28 },
		{ "2t", INT64_C(2) << 40 }, { "3P", INT64_C(3) << 50 }, { "1.9", 1 }, { "0.0009765625k", 1 },
		{ "9223372036854775807", INT64_MAX }, { "8191p", INT64_C(8191) << 50 },
		{ "1.00000000000000000000000000m", INT64_C(1) << 20 },
	};
	static const struct { const char *text; int code; } bad[] = {
		{ "", -EINVAL }, { "abc", -EINVAL }, { "m", -EINVAL }, { "-2", -EINVAL }, { "+5", -EINVAL }, { " 5", -EINVAL },
		{ "5 ", -EINVAL }, { "5mm", -EINVAL }, { "5mib2", -EINVAL }, { "5e3", -EINVAL }, { "1.", -EINVAL }, { "1.k", -EINVAL },
		{ ".5k", -EINVAL }, { "1.5.2k", -EINVAL }, { "0x10", -EINVAL }, { "5x", -EINVAL }, { "5\n", -EINVAL }, { "5  m", -EINVAL },
		{ "9223372036854775808", -ERANGE }, { "8192p", -ERANGE }, { "99999999999999999999999", -ERANGE }, { "16777216t", -ERANGE },
	};
	int64_t bytes;

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int r = size_parse(good[i].text, &bytes);
		if (r || bytes != good[i].bytes)
			printf("%s: %d, %" PRId64 "\n", good[i].text, r, bytes);
		assert_true(r == 0 && bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = size_parse(bad[i].text, &bytes);
		if (r != bad[i].code)
			printf("%s: %d\n", bad[i].text, r);
		assert_int_equal(r, bad[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_replaces_its_own_kind_alone),
		cmocka_unit_test(what_means_not_set_changes_nothing),
		cmocka_unit_test(companions_are_written_too),
		cmocka_unit_test(an_idle_cgroup_has_no_weight),
		cmocka_unit_test(lists_are_taken_together_by_key),
		cmocka_unit_test(device_rules_are_replaced_whole),
		cmocka_unit_test(only_what_changes_is_written),
		cmocka_unit_test(who_is_idle_by_name_gets_no_weight),
		cmocka_unit_test(bandwidth_keeps_its_other_half),
		cmocka_unit_test(swap_is_counted_with_memory),
		cmocka_unit_test(kernel_memory_is_ignored),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(lists_have_an_end),
		cmocka_unit_test(the_later_of_a_field_and_its_file_holds),
		cmocka_unit_test(half_a_file_is_not_put_beside_its_other_half_by_name),
		cmocka_unit_test(of_files_with_lines_those_of_others_stay),
		cmocka_unit_test(device_rules_stay_unless_they_are_given),
		cmocka_unit_test(new_device_rules_are_complete_and_have_a_way_back),
		cmocka_unit_test(legacy_device_rules_change_only_where_they_differ),
		cmocka_unit_test(a_unit_is_told_and_has_a_way_back),
		cmocka_unit_test(what_annotations_have_set_is_the_way_back),
		cmocka_unit_test(sizes_are_read_as_engines_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
