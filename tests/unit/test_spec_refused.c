/* Small documents that are refused, each with its line, column and path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "spec/spec.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct arena arena;
static struct spec spec;
static char sentence[1024];

static int read_text(const char *text)
{
	struct error error = { 0 };
	int result = spec_read("config.json", text, strlen(text), &arena, &spec, NULL, &error);
	error_sentence(&error, sentence, sizeof(sentence));
	return result;
}

/* The second line of each document, so that columns are those of the text in the test. */
static int read_members(const char *members)
{
	char *document = arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\n%s}", members);
	return read_text(document);
}

static void accept_members(const char *members)
{
	if (read_members(members) < 0)
		fail_msg("%s: %s", members, sentence);
}

/* The expected text stands behind "config.json:2:"; "..." is any end. */
static const struct { const char *members, *expected; } refused[] = {
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":\"1000\",\"gid\":0}}",
	  "36: process.user.uid: expected a number, found a string" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":4294967295,\"gid\":0}}",
	  "36: process.user.uid: must be 0 to 4294967294, found '4294967295'" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":-1}}",
	  "44: process.user.gid: must be 0 to 4294967294, found '-1'" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":1.0,\"gid\":0}}",
	  "36: process.user.uid: expected a whole number in plain digits, found '1.0'" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":1e3,\"gid\":0}}",
	  "36: process.user.uid: expected a whole number in plain digits, found '1e3'" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"gid\":0}}",
	  "29: process.user.uid: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":null}}",
	  "44: process.user.gid: is required, not null" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0,\"umask\":512}}",
	  "54: process.user.umask: must be 0 to 511, found '512'" },
	{ "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1,4294967295]}}",
	  "66: process.user.additionalGids[1]: must be 0 to 4294967294, found '4294967295'" },
	{ "\"process\":{\"cwd\":\"tmp\"}",
	  "18: process.cwd: must be an absolute path, found 'tmp'" },
	{ "\"process\":{\"cwd\":\"\"}",
	  "18: process.cwd: must be an absolute path, found ''" },
	{ "\"process\":{}",
	  "11: process.cwd: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"args\":\"sh\"}",
	  "29: process.args: expected an array, found a string" },
	{ "\"process\":{\"cwd\":\"/\",\"args\":[1]}",
	  "30: process.args[0]: expected a string, found a number" },
	{ "\"process\":{\"cwd\":\"/\",\"oomScoreAdj\":1001}",
	  "36: process.oomScoreAdj: must be -1000 to 1000, found '1001'" },
	{ "\"process\":{\"cwd\":\"/\",\"oomScoreAdj\":-1001}",
	  "36: process.oomScoreAdj: must be -1000 to 1000, found '-1001'" },
	{ "\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}}",
	  "73: process.ioPriority.priority: must be 0 to 7, found '8'" },
	{ "\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}}",
	  "35: process.ioPriority.priority: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"ioPriority\":{\"class\":\"BE\",\"priority\":1}}",
	  "44: process.ioPriority.class: unknown value 'BE', allowed are ..." },
	{ "\"process\":{\"cwd\":\"/\",\"scheduler\":{\"nice\":1}}",
	  "34: process.scheduler.policy: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":2147483648}}",
	  "65: process.scheduler.nice: must be -2147483648 to 2147483647, found '2147483648'" },
	{ "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CORE\",\"s"
	"oft\":1,\"hard\":1}]}",
	  "74: process.rlimits[1]: duplicated rlimit type 'RLIMIT_CORE'" },
	{ "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":2,\"hard\":1}]}",
	  "33: process.rlimits[0]: the soft limit of 'RLIMIT_CORE' is above the hard one" },
	{ "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1}]}",
	  "33: process.rlimits[0].hard: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":18446744073709551616}]}",
	  "71: process.rlimits[0].hard: must be 0 to 18446744073709551615, found '18446744073709551616'" },
	{ "\"process\":{\"cwd\":\"/\",\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}}",
	  "11: process: consoleSize is over 65535" },
	{ "\"process\":{\"cwd\":\"/\",\"consoleSize\":{\"height\":1}}",
	  "36: process.consoleSize.width: is required" },
	{ "\"process\":{\"cwd\":\"/\",\"execCPUAffinity\":{\"initial\":\"0-3;7\"}}",
	  "40: process.execCPUAffinity: 'initial' is not a list of CPUs such as '0-3,7': '0-3;7'" },
	{ "\"process\":{\"cwd\":\"/\",\"noNewPrivileges\":\"true\"}",
	  "40: process.noNewPrivileges: expected a boolean, found a string" },
	{ "\"process\":{\"cwd\":\"/\",\"cwd\":\"/tmp\"}",
	  "28: process.cwd: this property is given twice" },
	{ "\"process\":{\"cwd\":\"/\",\"env\":[\"A=\\u0000\"]}",
	  "29: process.env[0]: a string must not contain \\u0000" },
	{ "\"root\":{\"path\":\"again\"}",
	  "8: root: this property is given twice" },
	{ "\"hostname\":5",
	  "12: hostname: expected a string, found a number" },
	{ "\"mounts\":{}",
	  "10: mounts: expected an array, found an object" },
	{ "\"mounts\":[{\"source\":\"tmpfs\"}]",
	  "11: mounts[0].destination: is required" },
	{ "\"mounts\":[{\"destination\":\"\"}]",
	  "26: mounts[0].destination: must not be empty" },
	{ "\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\""
	":1}]}]",
	  "32: mounts[1]: id-mapped mounts must have both uid and gid mappings specified: '/b' has one" },
	{ "\"mounts\":[{\"destination\":\"/b\",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":0}],\"gidMappings\":[{\""
	"containerID\":0,\"hostID\":1,\"size\":1}]}]",
	  "46: mounts[0].uidMappings[0]: the size of an id mapping is 0" },
	{ "\"linux\":{\"uidMappings\":[{\"containerID\":1,\"hostID\":0,\"size\":4294967295}]}",
	  "25: linux.uidMappings[0]: an id mapping reaches beyond 4294967294" },
	{ "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":100,\"size\":10},{\"containerID\":9,\"hostID\":200,\"size\":"
	"10}]}",
	  "66: linux.uidMappings[1]: an id mapping overlaps 'linux.uidMappings[0]'" },
	{ "\"linux\":{\"gidMappings\":[{\"containerID\":0,\"hostID\":100,\"size\":10},{\"containerID\":50,\"hostID\":91,\"size\":"
	"10}]}",
	  "66: linux.gidMappings[1]: an id mapping overlaps 'linux.gidMappings[0]'" },
	{ "\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":1}]}",
	  "25: linux.uidMappings[0].size: is required" },
	{ "\"hooks\":{\"prestart\":[{\"path\":\"bin/hook\"}]}",
	  "30: hooks.prestart[0].path: must be an absolute path, found 'bin/hook'" },
	{ "\"hooks\":{\"poststop\":[{\"path\":\"/hook\",\"timeout\":0}]}",
	  "48: hooks.poststop[0].timeout: must be 1 to 2147483647, found '0'" },
	{ "\"hooks\":{\"createRuntime\":[{\"args\":[\"x\"]}]}",
	  "27: hooks.createRuntime[0].path: is required" },
	{ "\"annotations\":{\"a\":1}",
	  "20: annotations.a: expected a string, found a number" },
	{ "\"annotations\":{\"\":\"x\"}",
	  "19: annotations[\"\"]: the key must not be empty" },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]}",
	  "39: linux.namespaces[1]: duplicated namespace type 'pid'" },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"pidns\"}]}",
	  "32: linux.namespaces[0].type: unknown value 'pidns', allowed are ..." },
	{ "\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"ns/pid\"}]}",
	  "45: linux.namespaces[0].path: must be an absolute path, found 'ns/pid'" },
	{ "\"linux\":{\"namespaces\":[{\"path\":\"/ns/pid\"}]}",
	  "24: linux.namespaces[0].type: is required" },
	{ "\"linux\":{\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}}",
	  "49: linux.timeOffsets.monotonic.nanosecs: must be 0 to 999999999, found '1000000000'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1}]}",
	  "29: linux.devices[0].path: must be an absolute path, found 'dev/x'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"d\",\"major\":1,\"minor\":1}]}",
	  "21: linux.devices[0]: the type of a device is one of c, b, u and p, not 'd'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1}]}",
	  "21: linux.devices[0]: major and minor are required for a device of type 'c'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":4096,\"minor\":1}]}",
	  "57: linux.devices[0].major: must be 0 to 4095, found '4096'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1048576}]}",
	  "67: linux.devices[0].minor: must be 0 to 1048575, found '1048576'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1,\"fileMode\":25014}]}",
	  "21: linux.devices[0]: fileMode says another type of file than type 'c'" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":1,\"fileMode\":65536}]}",
	  "80: linux.devices[0].fileMode: must be 0 to 65535, found '65536'" },
	{ "\"linux\":{\"intelRdt\":{\"memBwSchema\":\"L3:0=7f0\"}}",
	  "21: linux.intelRdt: memBwSchema must start with 'MB:' and be one line" },
	{ "\"linux\":{\"intelRdt\":{\"memBwSchema\":\"MB:0=20\\nMB:1=70\"}}",
	  "21: linux.intelRdt: memBwSchema must start with 'MB:' and be one line" },
	{ "\"linux\":{\"intelRdt\":{\"schemata\":[\"a\",\"b\\nc\"]}}",
	  "21: linux.intelRdt: schemata[1] has a newline" },
	{ "\"linux\":{\"memoryPolicy\":{\"nodes\":\"0\"}}",
	  "25: linux.memoryPolicy.mode: is required" },
	{ "\"linux\":{\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"flags\":[\"MPOL_F_X\"]}}",
	  "54: linux.memoryPolicy.flags[0]: unknown value 'MPOL_F_X', allowed are ..." },
	{ "\"linux\":{\"rootfsPropagation\":\"foo\"}",
	  "30: linux.rootfsPropagation: rootfsPropagation=foo is not supported: there are [r]shared, [r]slave, [r]private and ["
	"r]unbindable" },
	{ "\"linux\":{\"maskedPaths\":[\"/proc/kcore\",\"proc/keys\"]}",
	  "24: linux.maskedPaths: the path 'proc/keys' is not absolute" },
	{ "\"linux\":{\"readonlyPaths\":[\"\"]}",
	  "26: linux.readonlyPaths: the path '' is not absolute" },
	{ "\"linux\":{\"personality\":{\"domain\":\"LINUX33\"}}",
	  "34: linux.personality.domain: unknown value 'LINUX33', allowed are ..." },
	{ "\"linux\":{\"personality\":{\"flags\":[]}}",
	  "24: linux.personality.domain: is required" },
	{ "\"linux\":{\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}}",
	  "24: linux.personality: unknown personality flag 'ADDR_NO_RANDOMIZE': there are none" },
	{ "\"linux\":{\"sysctl\":{\"net.ipv4.ip_forward\":1}}",
	  "42: linux.sysctl[\"net.ipv4.ip_forward\"]: expected a string, found a number" },
	{ "\"linux\":{\"resources\":{\"memory\":{\"limit\":\"64M\"}}}",
	  "41: linux.resources.memory.limit: expected a number, found a string" },
	{ "\"linux\":{\"resources\":{\"memory\":{\"limit\":-2}}}",
	  "41: linux.resources.memory.limit: must be -1 to 9223372036854775807, found '-2'" },
	{ "\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775808}}}",
	  "41: linux.resources.memory.limit: must be -1 to 9223372036854775807, found '9223372036854775808'" },
	{ "\"linux\":{\"resources\":{\"memory\":{\"swappiness\":101}}}",
	  "46: linux.resources.memory.swappiness: must be 0 to 100, found '101'" },
	{ "\"linux\":{\"resources\":{\"cpu\":{\"idle\":2}}}",
	  "37: linux.resources.cpu.idle: must be 0 to 1, found '2'" },
	{ "\"linux\":{\"resources\":{\"pids\":{\"limit\":1.5}}}",
	  "39: linux.resources.pids.limit: expected a whole number in plain digits, found '1.5'" },
	{ "\"linux\":{\"resources\":{\"devices\":[{\"type\":\"c\"}]}}",
	  "34: linux.resources.devices[0].allow: is required" },
	{ "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"p\"}]}}",
	  "34: linux.resources.devices[0]: the type of a device rule is one of a, b and c, not 'p'" },
	{ "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rx\"}]}}",
	  "34: linux.resources.devices[0]: the access of a device rule is made of r, w and m, not 'rx'" },
	{ "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"\"}]}}",
	  "57: linux.resources.devices[0].access: must not be empty" },
	{ "\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"major\":-2}]}}",
	  "56: linux.resources.devices[0].major: must be -1 to 4095, found '-2'" },
	{ "\"linux\":{\"resources\":{\"blockIO\":{\"weight\":65536}}}",
	  "43: linux.resources.blockIO.weight: must be 0 to 65535, found '65536'" },
	{ "\"linux\":{\"resources\":{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}}}",
	  "50: linux.resources.blockIO.weightDevice[0]: one of weight and leafWeight is required" },
	{ "\"linux\":{\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}}}",
	  "59: linux.resources.blockIO.throttleReadBpsDevice[0].rate: is required" },
	{ "\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1}]}}",
	  "41: linux.resources.hugepageLimits[0]: a pageSize is like '64KB', '2MB' or '1GB', not '64kB'" },
	{ "\"linux\":{\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"../2MB\",\"limit\":1}]}}",
	  "41: linux.resources.hugepageLimits[0]: a pageSize is like '64KB', '2MB' or '1GB', not '../2MB'" },
	{ "\"linux\":{\"resources\":{\"network\":{\"classID\":4294967296}}}",
	  "44: linux.resources.network.classID: must be 0 to 4294967295, found '4294967296'" },
	{ "\"linux\":{\"resources\":{\"network\":{\"priorities\":[{\"name\":\"eth0\"}]}}}",
	  "48: linux.resources.network.priorities[0].priority: is required" },
	{ "\"linux\":{\"resources\":{\"rdma\":{\"mlx5_1\":{}}}}",
	  "40: linux.resources.rdma.mlx5_1: one of hcaHandles and hcaObjects is required" },
	{ "\"linux\":{\"resources\":{\"unified\":{\"\":\"1\"}}}",
	  "37: linux.resources.unified[\"\"]: the key must not be empty" },
	{ "\"linux\":{\"seccomp\":{}}",
	  "20: linux.seccomp.defaultAction: is required" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"ALLOW\"}}",
	  "37: linux.seccomp.defaultAction: unknown value 'ALLOW', allowed are ..." },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}}",
	  "20: linux.seccomp: defaultErrnoRet is given, but the action takes none: errno value specified for action 'SCMP_ACT_A"
	"LLOW'" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}}",
	  "20: linux.seccomp: defaultErrnoRet is over 4095" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_VAX\"]}}",
	  "71: linux.seccomp.architectures[0]: unknown value 'SCMP_ARCH_VAX', allowed are ..." },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"x\"}}",
	  "20: linux.seccomp: listenerMetadata is set without listenerPath" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_ERRNO\""
	"}]}}",
	  "75: linux.seccomp.syscalls[0].names: must not be empty" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"\"],\"action\":\"SCMP_ACT_ERR"
	"NO\"}]}}",
	  "66: linux.seccomp.syscalls[0]: names[0] is empty" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_KI"
	"LL\",\"errnoRet\":1}]}}",
	  "66: linux.seccomp.syscalls[0]: errnoRet is given, but the action takes none: errno value specified for action 'SCMP_"
	"ACT_KILL'" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_AL"
	"LOW\",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}]}}",
	  "124: linux.seccomp.syscalls[0].args[0].index: must be 0 to 5, found '6'" },
	{ "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_AL"
	"LOW\",\"args\":[{\"index\":0,\"value\":0}]}]}}",
	  "115: linux.seccomp.syscalls[0].args[0].op: is required" },
	{ "\"linux\":{\"netDevices\":{\"eth0\":{\"name\":23}}}",
	  "39: linux.netDevices.eth0.name: expected a string, found a number" },
};

static bool text_matches(const char *text, const char *expected)
{
	const char *any = strstr(expected, "...");
	return any ? !strncmp(text, expected, any - expected) : !strcmp(text, expected);
}

static void wrong_values_are_refused_with_their_place(void **state)
{
	static const char prefix[] = "config.json:2:";
	(void)state;
	for (size_t i = 0; i < array_length(refused); i++) {
		if (read_members(refused[i].members) == 0)
			fail_msg("accepted: %s", refused[i].members);
		if (strncmp(sentence, prefix, strlen(prefix)) || !text_matches(sentence + strlen(prefix), refused[i].expected))
			fail_msg("%s\n  gives:    %s\n  expected: %s%s", refused[i].members, sentence, prefix, refused[i].expected);
	}
}

static void wrong_documents_are_refused(void **state)
{
	static const struct { const char *text, *expected; } documents[] = {
		{ "", "" },
		{ "null", "config.json:1:1: expected an object, found null" },
		{ "[]", "config.json:1:1: expected an object, found an array" },
		{ "{}", "config.json:1:1: ociVersion: is required" },
		{ "{\"ociVersion\":\"\",\"root\":{\"path\":\"r\"}}", "config.json:1:15: ociVersion: must not be empty" },
		{ "{\"ociVersion\":1,\"root\":{\"path\":\"r\"}}",
		  "config.json:1:15: ociVersion: expected a string, found a number" },
		{ "{\"ociVersion\":\"1.0.0\"}", "root must be specified: the configuration has no 'root'" },
		{ "{\"ociVersion\":\"1.0.0\",\"root\":null}", "root must be specified: the configuration has no 'root'" },
		{ "{\"ociVersion\":\"1.0.0\",\"root\":{}}", "config.json:1:30: root.path: is required" },
		{ "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}}", "config.json:1:38: root.path: must not be empty" },
	};
	(void)state;
	for (size_t i = 0; i < array_length(documents); i++) {
		assert_int_equal(read_text(documents[i].text), -1);
		if (documents[i].expected[0])
			assert_string_equal(sentence, documents[i].expected);
	}
}

/* `count` times the element, as a list under linux or at the top. */
static char *many(const char *before, const char *element, unsigned count, const char *after)
{
	struct text text = text_in(&arena);
	text_add(&text, before);
	for (unsigned i = 0; i < count; i++)
		text_printf(&text, "%s%s", i ? "," : "", element);
	text_add(&text, after);
	return text.data;
}

static void lists_have_limits(void **state)
{
	static const struct { const char *before, *element, *after; unsigned most; } lists[] = {
		{ "\"mounts\":[", "{\"destination\":\"/a\"}", "]", 32768 },
		{ "\"process\":{\"cwd\":\"/\",\"env\":[", "\"A=1\"", "]}", 65536 },
		{ "\"linux\":{\"devices\":[", "{\"path\":\"/dev/p\",\"type\":\"p\"}", "]}", 4096 },
		{ "\"linux\":{\"resources\":{\"devices\":[", "{\"allow\":false}", "]}}", 4096 },
	};
	(void)state;
	for (size_t i = 0; i < array_length(lists); i++) {
		accept_members(many(lists[i].before, lists[i].element, lists[i].most, lists[i].after));
		assert_int_equal(read_members(many(lists[i].before, lists[i].element, lists[i].most + 1, lists[i].after)), -1);
		assert_non_null(strstr(sentence, "elements, at most "));
	}
}

static char *id_mappings(unsigned count)
{
	struct text text = text_in(&arena);
	text_add(&text, "\"linux\":{\"gidMappings\":[");
	for (unsigned i = 0; i < count; i++)
		text_printf(&text, "%s{\"containerID\":%u,\"hostID\":%u,\"size\":1}", i ? "," : "", i, i + 1000);
	text_add(&text, "]}");
	return text.data;
}

static void id_mappings_have_a_limit(void **state)
{
	(void)state;
	accept_members(id_mappings(340));
	assert_int_equal(read_members(id_mappings(341)), -1);
}

static int open_arena(void **state)
{
	(void)state;
	return arena_open(&arena);
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
		TEST(wrong_values_are_refused_with_their_place), TEST(wrong_documents_are_refused), TEST(lists_have_limits),
		TEST(id_mappings_have_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
