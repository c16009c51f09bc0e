/* systemd as the owner of the cgroup: which unit plan decides on, where it is, what systemd is told of its limits. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "base/text.h"
#include "plan/unit.h"
#include <cmocka.h>
#undef fail

static struct arena arena;
static struct plan *plan;
static struct error error;

#define BIT(controller) (1u << (controller))
#define ALL (BIT(CG_CPU) | BIT(CG_CPUSET) | BIT(CG_MEMORY) | BIT(CG_IO) | BIT(CG_PIDS) | BIT(CG_HUGETLB))

static struct host host;
static struct request request;

static int usual(void **unused)
{
	(void)unused;
	host = (struct host){ .systemd = true, .cgroup = { .layout = CGROUP_UNIFIED, .v2 = "/cg", .v2_controllers = ALL } };
	request = (struct request){ .id = "c1", .bundle = "/b", .systemd_cgroup = true };
	return 0;
}

/* JSON is written with ' for " and ` for ', to be readable in here. */
static void requote(char *text)
{
	for (; *text; text++)
		*text = *text == '\'' ? '"' : *text == '`' ? '\'' : *text;
}

static int decide(const char *members, const char *annotations)
{
	static char text[65536];
	static struct spec spec;

	arena_close(&arena);
	assert_int_equal(arena_open(&arena), 0);
	memset(&error, 0, sizeof(error));
	plan = arena_new(&arena, struct plan);
	int length = snprintf(text, sizeof(text), "{'ociVersion':'1.3.0','root':{'path':'r'},'annotations':{%s},'linux':{%s}}", annotations,
			      members);
	assert_in_range(length, 1, sizeof(text) - 1);
	requote(text);
	if (spec_read("config.json", text, (size_t)length, &arena, &spec, NULL, &error) < 0)
		return -1;
	struct planning planning = { .spec = &spec, .host = &host, .request = &request, .arena = &arena, .plan = plan };
	int r = plan_namespaces(&planning, &error);
	return r ? r : plan_cgroup(&planning, &error);
}

static void says(const char *what, const char *expected)
{
	if (!strstr(error.text, expected))
		printf("of %s got: %s: %s\n", what, error.path, error.text);
	assert_non_null(strstr(error.text, expected));
}

/* Properties as text: "MemoryMax=t:5 After=as:a,b"; those of device rules are told on demand only. */
static const char *properties(const char *devices)
{
	struct text out = text_in(&arena);
	const struct plan_unit *unit = plan->cgroup.unit;

	text_add(&out, "");
	for (size_t i = 0; i < unit->property_count; i++) {
		const struct plan_property *p = &unit->properties[i];
		if (!strncmp(p->name, "Device", 6) != (devices != NULL))
			continue;
		text_printf(&out, "%s%s=%s:", out.length ? " " : "", p->name, p->signature);
		for (size_t k = 0; k < p->count; k++) {
			text_printf(&out, "%s%s", k ? "," : "", p->strings[k]);
			if (p->numbers)
				text_printf(&out, "=%" PRIu64, p->numbers[k]);
		}
		for (size_t k = 0; k < p->byte_count; k++)
			text_printf(&out, "%02x", p->bytes[k]);
		if (p->count || p->signature[0] == 'a')
			continue;
		if (p->number == UINT64_MAX && p->signature[0] == 't')
			text_add(&out, "max");
		else
			text_printf(&out, "%" PRId64, (int64_t)p->number);
		if (p->since)
			text_printf(&out, "@%u", p->since);
	}
	return out.data ? out.data : "";
}

static void names(void **unused)
{
	static const struct { const char *given, *unit, *slice, *path; } good[] = {
		{ "", "caisson-c1.scope", "system.slice", "/system.slice/caisson-c1.scope" },
		{ "::x", "x.scope", "system.slice", "/system.slice/x.scope" },
		{ ":docker:x", "docker-x.scope", "system.slice", "/system.slice/docker-x.scope" },
		{ "-.slice:p:x", "p-x.scope", "-.slice", "/p-x.scope" },
		{ "machine.slice:p:x", "p-x.scope", "machine.slice", "/machine.slice/p-x.scope" },
		{ "a-b-c.slice:p:x", "p-x.scope", "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice/p-x.scope" },
		{ "a.b-c.slice::x", "x.scope", "a.b-c.slice", "/a.b.slice/a.b-c.slice/x.scope" },
		{ "a.slice:p:x@y", "p-x@y.scope", "a.slice", "/a.slice/p-x@y.scope" },
		{ "a.slice:p:x.scope", "p-x.scope.scope", "a.slice", "/a.slice/p-x.scope.scope" },
		{ "a.slice:-:x", "--x.scope", "a.slice", "/a.slice/--x.scope" },
		/* A slice is named in full, and has its place in its name. */
		{ "a.slice:p:x.slice", "x.slice", "a.slice", "/x.slice" },
		{ "a.slice::kube-pod.slice", "kube-pod.slice", "a.slice", "/kube.slice/kube-pod.slice" },
		/* systemd keeps clear of the kernel's files. */
		{ "::_x", "_x.scope", "system.slice", "/system.slice/__x.scope" },
		{ "::.x", ".x.scope", "system.slice", "/system.slice/_.x.scope" },
		{ "::memory", "memory.scope", "system.slice", "/system.slice/_memory.scope" },
		{ "cgroup.slice::x", "x.scope", "cgroup.slice", "/_cgroup.slice/x.scope" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char members[256];
		snprintf(members, sizeof(members), "'cgroupsPath':'%s'", good[i].given);
		if (decide(members, "") < 0)
			printf("%s: %s\n", good[i].given, error.text);
		assert_string_equal(error.text, "");
		assert_string_equal(plan->cgroup.unit->name, good[i].unit);
		assert_string_equal(plan->cgroup.unit->slice, good[i].slice);
		assert_string_equal(plan->cgroup.path, good[i].path);
		assert_int_equal(plan->cgroup.unit->is_slice, strstr(good[i].unit, ".slice") != NULL);
		assert_false(plan->cgroup.unit->user);
	}
	assert_int_equal(decide("", ""), 0);
	assert_string_equal(plan->cgroup.unit->description, "caisson container c1");
}

static void names_refused(void **unused)
{
	static const struct { const char *given, *says; } bad[] = {
		{ "/a/b", "slice:prefix:name" },
		{ "x", "slice:prefix:name" },
		{ "a.slice:x", "slice:prefix:name" },
		{ "a.slice:b:c:d", "slice:prefix:name" },
		{ "a.slice:b:", "empty" },
		{ "a:b:c", "'a' is not the name of a slice" },
		{ "a.scope:b:c", "slice" },
		{ ".slice:b:c", "slice" },
		{ "-a.slice:b:c", "slice" },
		{ "a-.slice:b:c", "slice" },
		{ "a--b.slice:b:c", "slice" },
		{ "--.slice:b:c", "slice" },
		{ "a@b.slice:b:c", "slice" },
		{ "a/b.slice:b:c", "slice" },
		{ "../a.slice:b:c", "slice" },
		{ "a.slice:b/:c", "'b/-c.scope' is not the name of a unit" },
		{ "a.slice:b:c/d", "name of a unit" },
		{ "a.slice:b:..", NULL }, /* "b-...scope": strange, and a name */
		{ "a.slice::c d", "name of a unit" },
		{ "a.slice::c@", "name of a unit" },
		{ "a.slice::@c", "name of a unit" },
		{ "a.slice::c+d", "name of a unit" },
		{ "a.slice::\\u00e9", "name of a unit" },
		{ "a.slice::c\\n", "name of a unit" },
		{ "a.slice:b:-.slice", "root" },
		{ "a.slice:b:.slice", "slice" },
		{ "a.slice:b:x-.slice", "slice" },
		{ "a.slice:b:x/y.slice", "slice" },
	};
	char members[512];

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(members, sizeof(members), "'cgroupsPath':'%s'", bad[i].given);
		assert_int_equal(decide(members, ""), bad[i].says ? -1 : 0);
		if (!bad[i].says)
			continue;
		says(bad[i].given, bad[i].says);
		assert_string_equal(error.path, "linux.cgroupsPath");
		assert_true(error.line > 0);
	}
	snprintf(members, sizeof(members), "'cgroupsPath':'::%0249d'", 0);
	assert_int_equal(decide(members, ""), 0);
	snprintf(members, sizeof(members), "'cgroupsPath':'::%0250d'", 0);
	assert_int_equal(decide(members, ""), -1);
}

/* What may be in an id and not in a unit's name. */
static void an_id_is_escaped(void **unused)
{
	(void)unused;
	request.id = "a+b_c.D-1";
	assert_int_equal(decide("", ""), 0);
	assert_string_equal(plan->cgroup.unit->name, "caisson-a\\x2bb_c.D-1.scope");
}

static void the_users_manager(void **unused)
{
	(void)unused;
	host.systemd_user = true;
	assert_int_equal(decide("", ""), 0);
	assert_true(plan->cgroup.unit->user);
	assert_string_equal(plan->cgroup.unit->slice, "user.slice");
	assert_int_equal(decide("'cgroupsPath':'app.slice:p:x'", ""), 0);
	assert_string_equal(plan->cgroup.unit->slice, "app.slice");
}

static void hosts_refused(void **unused)
{
	(void)unused;
	host.systemd = false;
	assert_int_equal(decide("", ""), -1);
	says("a host without systemd", "there is no systemd here");
	host.systemd = true;
	host.cgroup = (struct host_cgroup){ .layout = CGROUP_HYBRID, .v2 = "/cg/unified", .v1 = { [CG_DEVICES] = "/cg/d" } };
	assert_int_equal(decide("", ""), -1);
	says("a hybrid host", "cgroup v2 alone");
	host.cgroup.layout = CGROUP_LEGACY;
	assert_int_equal(decide("", ""), -1);
	says("a legacy host", "cgroup v2 alone");
	host.cgroup.layout = CGROUP_NONE;
	assert_int_equal(decide("", ""), -1);
}

static void our_own_directories_have_no_unit(void **unused)
{
	(void)unused;
	request.systemd_cgroup = false;
	assert_int_equal(decide("'cgroupsPath':'/a/b'", "'org.systemd.property.x y':'not even looked at'"), 0);
	assert_null(plan->cgroup.unit);
	assert_string_equal(plan->cgroup.path, "/a/b");
}

static void limits_are_told(void **unused)
{
	static const struct { const char *resources, *expected; } table[] = {
		{ "", "" },
		{ "'memory':{'limit':67108864}", "MemoryMax=t:67108864" },
		{ "'memory':{'limit':-1}", "MemoryMax=t:max MemorySwapMax=t:max" },
		{ "'memory':{'limit':0,'reservation':0,'swap':0}", "" },
		{ "'memory':{'limit':1048576,'swap':3145728,'reservation':4096}",
		  "MemoryMax=t:1048576 MemorySwapMax=t:2097152 MemoryLow=t:4096" },
		{ "'memory':{'limit':1048576,'swap':1048576}", "MemoryMax=t:1048576 MemorySwapMax=t:0" },
		{ "'memory':{'limit':9007199254740993}", "MemoryMax=t:9007199254740993" },
		{ "'cpu':{'shares':2}", "CPUWeight=t:1" },
		{ "'cpu':{'shares':1024}", "CPUWeight=t:100" },
		{ "'cpu':{'shares':262144}", "CPUWeight=t:10000" },
		{ "'cpu':{'shares':0}", "" },
		{ "'cpu':{'idle':1}", "CPUWeight=t:0@252" },
		{ "'cpu':{'idle':1,'shares':1024}", "CPUWeight=t:0@252" },
		{ "'cpu':{'idle':0,'shares':1024}", "CPUWeight=t:100" },
		{ "'cpu':{'quota':50000,'period':100000}", "CPUQuotaPeriodUSec=t:100000@242 CPUQuotaPerSecUSec=t:500000" },
		{ "'cpu':{'quota':50000}", "CPUQuotaPeriodUSec=t:100000@242 CPUQuotaPerSecUSec=t:500000" },
		{ "'cpu':{'quota':50001}", "CPUQuotaPeriodUSec=t:100000@242 CPUQuotaPerSecUSec=t:510000" },
		{ "'cpu':{'quota':1000,'period':1000000}", "CPUQuotaPeriodUSec=t:1000000@242 CPUQuotaPerSecUSec=t:10000" },
		{ "'cpu':{'quota':400000,'period':100000}", "CPUQuotaPeriodUSec=t:100000@242 CPUQuotaPerSecUSec=t:4000000" },
		{ "'cpu':{'quota':30000,'period':70000}", "CPUQuotaPeriodUSec=t:70000@242 CPUQuotaPerSecUSec=t:430000" },
		{ "'cpu':{'quota':-1,'period':50000}", "CPUQuotaPeriodUSec=t:50000@242 CPUQuotaPerSecUSec=t:max" },
		{ "'cpu':{'quota':0,'period':0}", "" },
		{ "'cpu':{'cpus':'0','mems':'0-1'}", "AllowedCPUs=ay:01 AllowedMemoryNodes=ay:03" },
		{ "'cpu':{'cpus':'0-3,7,9-8,64'}", NULL },
		{ "'cpu':{'cpus':'0-3,7,9,64'}", "AllowedCPUs=ay:8f0200000000000001" },
		{ "'cpu':{'cpus':''}", "" },
		{ "'pids':{'limit':100}", "TasksMax=t:100" },
		{ "'pids':{'limit':-1}", "TasksMax=t:max" },
		{ "'pids':{'limit':0}", "TasksMax=t:1" },
		{ "'blockIO':{'weight':10}", "IOWeight=t:1" },
		{ "'blockIO':{'weight':1000}", "IOWeight=t:10000" },
		{ "'blockIO':{'weight':0}", "" },
		{ "'blockIO':{'weightDevice':[{'major':8,'minor':16,'weight':1000},{'major':8,'minor':0,'weight':10}]}",
		  "IODeviceWeight=a(st):/dev/block/8:16=10000,/dev/block/8:0=1" },
		{ "'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':7}],"
		  "'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':0}]}",
		  "IOReadBandwidthMax=a(st):/dev/block/8:0=7 IOWriteIOPSMax=a(st):/dev/block/8:0=18446744073709551615" },
		/* systemd has no word for these */
		{ "'hugepageLimits':[{'pageSize':'2MB','limit':0}]", "" },
		{ "'cpu':{'burst':1000,'quota':2000}", "CPUQuotaPeriodUSec=t:100000@242 CPUQuotaPerSecUSec=t:20000" },
	};
	char members[1024];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(members, sizeof(members), "'resources':{%s}", table[i].resources);
		int r = decide(members, "");
		assert_int_equal(r, table[i].expected ? 0 : -1);
		if (r == 0 && strcmp(properties(NULL), table[i].expected))
			printf("of %s\n", table[i].resources);
		if (r == 0)
			assert_string_equal(properties(NULL), table[i].expected);
	}
}

static void unified_is_told(void **unused)
{
	static const struct { const char *file, *value, *expected; } table[] = {
		{ "memory.high", "400M", "MemoryHigh=t:419430400" },
		{ "memory.high", "0", "MemoryHigh=t:1" }, /* systemd takes no 0, the file has it */
		{ "memory.max", "max", "MemoryMax=t:max" },
		{ "memory.max", "1g", "MemoryMax=t:1073741824" },
		{ "memory.max", "64MB", NULL },
		{ "memory.max", "-1", NULL },
		{ "memory.max", "", NULL },
		{ "memory.max", "99999999999P", NULL },
		{ "memory.min", "4096", "MemoryMin=t:4096@240" },
		{ "memory.swap.max", "0", "MemorySwapMax=t:0" },
		{ "memory.zswap.max", "0", "MemoryZSwapMax=t:0@253" },
		{ "memory.oom.group", "1", "OOMPolicy=s:kill" },
		{ "memory.oom.group", "0", "OOMPolicy=s:continue" },
		{ "memory.oom.group", "yes", NULL },
		{ "pids.max", "0", NULL },
		{ "pids.max", "7", "TasksMax=t:7" },
		{ "cpu.weight", "1", "CPUWeight=t:1" },
		{ "cpu.weight", "0", NULL },
		{ "cpu.weight", "10001", NULL },
		{ "cpu.idle", "1", "CPUWeight=t:0@252" },
		{ "cpu.idle", "0", "CPUWeight=t:max@252" },
		{ "cpu.max", "max", "CPUQuotaPerSecUSec=t:max" },
		{ "cpu.max", "20000", "CPUQuotaPerSecUSec=t:200000" },
		{ "cpu.max", "20000 50000", "CPUQuotaPeriodUSec=t:50000@242 CPUQuotaPerSecUSec=t:400000" },
		{ "cpu.max", "0 50000", NULL },
		{ "cpu.max", "5 0", NULL },
		{ "cpuset.cpus", "0-7", "AllowedCPUs=ay:ff" },
		{ "cpuset.cpus", "x", NULL },
		{ "io.weight", "default 50", "IOWeight=t:50" },
		{ "io.weight", "8:0 50", "IODeviceWeight=a(st):/dev/block/8:0=50" },
		{ "io.weight", "8:0 default", NULL },
		{ "io.max", "8:0 rbps=1 wiops=max",
		  "IOReadBandwidthMax=a(st):/dev/block/8:0=1 IOWriteIOPSMax=a(st):/dev/block/8:0=18446744073709551615" },
		{ "io.max", "8:0 speed=1", NULL },
		{ "io.max", "rbps=1", NULL },
		{ "cgroup.max.depth", "3", "" },
	};
	char members[512], path[128];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(members, sizeof(members), "'resources':{'unified':{'%s':'%s'}}", table[i].file, table[i].value);
		int r = decide(members, "");
		if ((r == 0) != (table[i].expected != NULL) || (r == 0 && strcmp(properties(NULL), table[i].expected)))
			printf("of %s: %s\n", members, error.text);
		assert_int_equal(r, table[i].expected ? 0 : -1);
		snprintf(path, sizeof(path), "linux.resources.unified[\"%s\"]", table[i].file);
		if (r < 0)
			assert_string_equal(error.path, path);
		else
			assert_string_equal(properties(NULL), table[i].expected);
	}
}

/* unified is written last, and so it is what systemd is told. */
static void what_is_written_last_is_told(void **unused)
{
	(void)unused;
	assert_int_equal(decide("'resources':{'memory':{'limit':5},'cpu':{'quota':1000,'period':2000},"
				"'unified':{'memory.max':'7','cpu.max':'4000'}}", ""), 0);
	assert_string_equal(properties(NULL), "MemoryMax=t:7 CPUQuotaPeriodUSec=t:2000@242 CPUQuotaPerSecUSec=t:2000000");
	/* The limits of the configuration hold, whatever an annotation says. */
	assert_int_equal(decide("'resources':{'memory':{'limit':5}}", "'org.systemd.property.MemoryMax':'uint64 9',"
				"'org.systemd.property.MemoryHigh':'uint64 3'"), 0);
	assert_string_equal(properties(NULL), "MemoryMax=t:5 MemoryHigh=t:3");
}

#define DEFAULTS "char-*,m,block-*,m,/dev/char/1:3,rwm,/dev/char/1:5,rwm,/dev/char/1:7,rwm,/dev/char/1:8,rwm,/dev/char/1:9,rwm," \
	"/dev/char/5:0,rwm,char-136,rwm,/dev/char/5:2,rwm,/dev/char/10:200,rwm"

/* systemd allows at least what our own program allows: the two are asked both. */
static void device_rules_are_told(void **unused)
{
	static const struct { const char *rules, *expected; } table[] = {
		{ "", "DevicePolicy=s:strict DeviceAllow=a(ss):" DEFAULTS },
		{ "{'allow':false}", "DevicePolicy=s:strict DeviceAllow=a(ss):" DEFAULTS },
		{ "{'allow':true,'type':'b','major':8,'minor':0,'access':'r'}",
		  "DevicePolicy=s:strict DeviceAllow=a(ss):/dev/block/8:0,r," DEFAULTS },
		{ "{'allow':true,'type':'c','major':7,'access':'wr'}", "DevicePolicy=s:strict DeviceAllow=a(ss):char-7,rw," DEFAULTS },
		{ "{'allow':true,'type':'c','minor':7}", "DevicePolicy=s:strict DeviceAllow=a(ss):char-*,rwm," DEFAULTS },
		{ "{'allow':true,'major':7,'minor':1,'access':'m'}",
		  "DevicePolicy=s:strict DeviceAllow=a(ss):/dev/char/7:1,m,/dev/block/7:1,m," DEFAULTS },
		{ "{'allow':true},{'allow':false,'type':'c','major':1,'minor':1}", "DevicePolicy=s:auto DeviceAllow=a(ss):" },
		{ "{'allow':true},{'allow':false}", "DevicePolicy=s:strict DeviceAllow=a(ss):" DEFAULTS },
	};
	char members[512];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(members, sizeof(members), "'resources':{'devices':[%s]}", table[i].rules);
		assert_int_equal(decide(members, ""), 0);
		if (strcmp(properties("these"), table[i].expected))
			printf("of %s\n", members);
		assert_string_equal(properties("these"), table[i].expected);
	}
}

static void annotations_become_properties(void **unused)
{
	static const struct { const char *name, *value, *expected; } table[] = {
		{ "SendSIGHUP", "true", "SendSIGHUP=b:1" },
		{ "SendSIGHUP", " false ", "SendSIGHUP=b:0" },
		{ "CollectMode", "`inactive-or-failed`", "CollectMode=s:inactive-or-failed" },
		{ "Description", "\\'double\\'", "Description=s:double" },
		{ "Description", "``", "Description=s:" },
		{ "Description", "`it\\\\`s \\\\u00e9\\\\t`", "Description=s:it's \xc3\xa9\t" },
		{ "Description", "`\\\\u20ac\\\\U0001f600`", "Description=s:\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "Description", "5", "Description=i:5" },
		{ "Description", "-5", "Description=i:-5" },
		{ "Description", "0x1f", "Description=i:31" },
		{ "Description", "uint64 18446744073709551615", "Description=t:max" },
		{ "Description", "int64 -9223372036854775808", "Description=x:-9223372036854775808" },
		{ "Description", "byte 255", "Description=y:255" },
		{ "Description", "uint16 0", "Description=q:0" },
		{ "Description", "@t 7", "Description=t:7" },
		{ "Description", "@s `x`", "Description=s:x" },
		{ "Description", "@as []", "Description=as:" },
		{ "After", "[`a.service`,`b.service`]", "After=as:a.service,b.service" },
		{ "After", "[ `a` ]", "After=as:a" },
		{ "Description", "[(`a`, `b`), (`c`, `d`)]", "Description=a(ss):a,b,c,d" },
		{ "Description", "[(`/dev/sda`, uint64 5)]", "Description=a(st):/dev/sda=5" },
		{ "Description", "@a(st) [(`/dev/sda`, 5), (`x`, 6)]", "Description=a(st):/dev/sda=5,x=6" },
		{ "Description", "[byte 0x01, 0xff]", "Description=ay:01ff" },
		{ "TimeoutStopSec", "uint64 30", "TimeoutStopUSec=t:30000000" },
		{ "TimeoutStopSec", "30", "TimeoutStopUSec=t:30000000" },
		{ "TimeoutStopUSec", "uint64 30", "TimeoutStopUSec=t:30" },
	};
	char annotation[256];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(annotation, sizeof(annotation), "'org.systemd.property.%s':'%s'", table[i].name, table[i].value);
		if (strchr(table[i].value, '"') || strstr(table[i].value, "\\'"))
			snprintf(annotation, sizeof(annotation), "'org.systemd.property.%s':'\\'double\\''", table[i].name);
		int r = decide("", annotation);
		if (r < 0 || strcmp(properties(NULL), table[i].expected))
			printf("of %s: %s\n", annotation, error.text);
		assert_int_equal(r, 0);
		assert_string_equal(properties(NULL), table[i].expected);
	}
	assert_int_equal(decide("", "'org.systemd.properties.X':'5','io.systemd.property.abc':'','org.systemd.property':'x'"), 0);
	assert_string_equal(properties(NULL), "");
}

static void annotations_refused(void **unused)
{
	static const struct { const char *name, *value, *says; } table[] = {
		{ "", "true", "too short" },
		{ "Ab", "true", "too short" },
		{ "Memory-Max", "true", "non-alphabetic" },
		{ "Memory.Max", "true", "non-alphabetic" },
		{ "M\\u00e9moire", "true", "non-alphabetic" },
		{ "PIDs", "@as []", "belongs to the runtime" },
		{ "Slice", "`x.slice`", "belongs to the runtime" },
		{ "Delegate", "false", "belongs to the runtime" },
		{ "SuccessAction", "`reboot-force`", "reaches beyond the container" },
		{ "Conflicts", "[`sshd.service`]", "reaches beyond the container" },
		{ "BPFProgram", "@a(ss) []", "reaches beyond the container" },
		{ "RefuseManualStop", "true", "reaches beyond the container" },
		{ "ABCSec", "uint64 3", "unknown" }, /* not behind a lower-case letter: not ABCUSec */
		{ "Description", "", "parse error" },
		{ "Description", "yes", "parse error" },
		{ "Description", "trueish", "parse error" },
		{ "Description", "true false", "parse error" },
		{ "Description", "`open", "parse error" },
		{ "Description", "open`", "parse error" },
		{ "Description", "`a` `b`", "parse error" },
		{ "Description", "5s", "parse error" },
		{ "Description", "1.5", "parse error" },
		{ "Description", "010", "parse error" },
		{ "Description", "0x", "parse error" },
		{ "Description", "- 5", "parse error" },
		{ "Description", "uint64", "parse error" },
		{ "Description", "uint64 -1", "out of range" },
		{ "Description", "uint64 18446744073709551616", "out of range" },
		{ "Description", "2147483648", "out of range" },
		{ "Description", "-2147483649", "out of range" },
		{ "Description", "byte 256", "out of range" },
		{ "Description", "[]", "type of an empty list" },
		{ "Description", "[`a`", "parse error" },
		{ "Description", "[`a`,]", "parse error" },
		{ "Description", "[`a`,5]", "parse error" },
		{ "Description", "[5]", "parse error" },
		{ "Description", "[`a`]x", "parse error" },
		{ "Description", "(`a`, `b`)", "parse error" },
		{ "Description", "@d 5", "parse error" },
		{ "Description", "@au [5]", "parse error" },
		{ "Description", "{`a`: `b`}", "parse error" },
		{ "Description", "<5>", "parse error" },
		{ "Description", "`\\\\u0000`", "parse error" },
		{ "Description", "`\\\\ud800`", "parse error" },
		{ "TimeoutStopSec", "`30`", "parse error" },
		{ "TimeoutStopSec", "true", "parse error" },
		{ "TimeoutStopSec", "-1", "parse error" },
		{ "TimeoutStopSec", "uint64 18446744073710", "parse error" },
	};
	char annotation[256], path[256];

	(void)unused;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(annotation, sizeof(annotation), "'org.systemd.property.%s':'%s'", table[i].name, table[i].value);
		int r = decide("", annotation);
		if (r == 0)
			printf("of %s got: %s\n", annotation, properties(NULL));
		assert_int_equal(r, -1);
		says(annotation, table[i].says);
		snprintf(path, sizeof(path), "annotations[\"org.systemd.property.%s", table[i].name[0] == 'M' ? "M" : table[i].name);
		assert_memory_equal(error.path, path, strlen(path));
		assert_true(error.line > 0);
	}
}

/* For new limits of a unit that runs: the same function with a planning of its own. */
static void new_limits_replace_properties(void **unused)
{
	static const struct spec_resources nothing;
	struct plan_unit unit = { .name = "x.scope" };

	(void)unused;
	assert_int_equal(decide("'resources':{'memory':{'limit':5},'cpu':{'shares':2}}", ""), 0);
	unit.properties = plan->cgroup.unit->properties;
	unit.property_count = plan->cgroup.unit->property_count;
	struct plan empty = { .id = "x" };
	struct planning planning = { .host = &host, .request = &request, .arena = &arena, .plan = &empty };
	struct cgroup_planning c = { .p = &planning, .host = &host.cgroup, .resources = &nothing };
	cgroup_list_directories(&c);
	cgroup_row(&c.rows[0], &nothing.at, ROW_PLAIN, "memory.max", "6");
	cgroup_row(&c.rows[0], &nothing.at, ROW_PLAIN, "pids.max", "7");
	assert_int_equal(cgroup_plan_unit_properties(&c, &unit, &error), 0);
	plan->cgroup.unit = &unit;
	assert_string_equal(properties(NULL), "MemoryMax=t:6 CPUWeight=t:1 TasksMax=t:7");
	struct plan_unit fresh = { .name = "x.scope" };
	assert_int_equal(cgroup_plan_unit_properties(&c, &fresh, &error), 0);
	assert_int_equal(fresh.property_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names, usual),
		cmocka_unit_test_setup(names_refused, usual),
		cmocka_unit_test_setup(an_id_is_escaped, usual),
		cmocka_unit_test_setup(the_users_manager, usual),
		cmocka_unit_test_setup(hosts_refused, usual),
		cmocka_unit_test_setup(our_own_directories_have_no_unit, usual),
		cmocka_unit_test_setup(limits_are_told, usual),
		cmocka_unit_test_setup(unified_is_told, usual),
		cmocka_unit_test_setup(what_is_written_last_is_told, usual),
		cmocka_unit_test_setup(device_rules_are_told, usual),
		cmocka_unit_test_setup(annotations_become_properties, usual),
		cmocka_unit_test_setup(annotations_refused, usual),
		cmocka_unit_test_setup(new_limits_replace_properties, usual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
