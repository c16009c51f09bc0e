"""The two configurations and what they run in: a root file system with busybox, bundles that end at once or wait, and a root of layers."""
import copy
import json
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
CONFIGS = ("plain", "engine")
LAYERS = 200

CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE").split()]
BINDS = ("resolv.conf", "hostname", "hosts")
SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
DEVICES = [{"allow": False, "access": "rwm"}] + [
    {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"}
    for major, minor in ((1, 5), (1, 3), (1, 9), (1, 8), (5, 0), (5, 1))] + [
    {"allow": False, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]
# A limit for each controller that the host's cgroup v2 has.
LIMITS = {
    "memory": {"memory": {"limit": 512 << 20}},
    "pids": {"pids": {"limit": 512}},
    "cpu": {"cpu": {"shares": 512, "quota": 150000, "period": 100000}},
    "hugetlb": {"hugepageLimits": [{"pageSize": "2MB", "limit": 64 << 20}]},
}
# What the floor writes for the first of them.
FLOOR_LIMITS = {
    "memory": f"memory.max={512 << 20}", "pids": "pids.max=512", "cpu": "cpu.max=150000 100000", "hugetlb": f"hugetlb.2MB.max={64 << 20}",
}


def busybox():
    path = shutil.which("busybox")
    if not path:
        raise SystemExit("bench: busybox is missing")
    return path


def make_root(root):
    for name in ("bin", "etc", "proc", "sys", "dev", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(busybox(), root / "bin/busybox")
    for name in ("true", "sleep", "sh"):
        (root / "bin" / name).symlink_to("busybox")
    for name in BINDS:
        (root / "etc" / name).touch()


def plain_config(caisson, work):
    """What `spec` writes, without a terminal, and without a cgroup namespace, which it has on some hosts and on others not."""
    directory = work / "spec"
    directory.mkdir()
    subprocess.run([caisson, "spec"], cwd=directory, check=True)
    config = json.loads((directory / "config.json").read_text())
    config["ociVersion"] = "1.0.2"  # older peers refuse newer ones, though there is nothing newer in it
    config["process"]["terminal"] = False
    config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "cgroup"]
    return config


def engine_config(plain, binds, controllers):
    """What an engine asks for: a default profile for three architectures, 14 capabilities, 10 mounts, limits, rules for devices."""
    config = copy.deepcopy(plain)
    process, linux = config["process"], config["linux"]
    process["capabilities"] = {name: CAPABILITIES for name in ("bounding", "effective", "permitted")}
    process["noNewPrivileges"] = False
    config["root"]["readonly"] = False
    config["mounts"] += [
        {"destination": "/etc/" + name, "type": "bind", "source": str(binds / name), "options": ["rbind", "rprivate"]} for name in BINDS]
    linux["namespaces"].append({"type": "cgroup"})
    linux["seccomp"] = json.loads((HERE / "engine_seccomp.json").read_text())
    linux["sysctl"] = SYSCTLS
    linux["maskedPaths"] += ["/proc/interrupts", "/sys/devices/virtual/powercap"]
    linux["resources"] = {"devices": DEVICES}
    for controller in controllers:
        linux["resources"].update(LIMITS.get(controller, {}))
    return config


class Bundles:
    """bundles.path(config, program): a directory; program is "true", which ends at once, or "sleep", which waits to be killed."""

    def __init__(self, work, caisson, controllers, token):
        self.work, self.token = work, token  # the token is in the name of every container
        self.root = work / "rootfs"
        self.binds = work / "binds"
        make_root(self.root)
        self.binds.mkdir()
        for name in BINDS:
            (self.binds / name).write_text("\n")
        plain = plain_config(caisson, work)
        self.configs = {"plain": plain, "engine": engine_config(plain, self.binds, controllers)}
        self.floor_limit = next((FLOOR_LIMITS[name] for name in controllers if name in FLOOR_LIMITS), None)
        for name in CONFIGS:
            self.write(name, "true", self.root)
            self.write(name, "sleep", self.root)

    def write(self, config, program, root, suffix=""):
        document = copy.deepcopy(self.configs[config])
        document["process"]["args"] = ["/bin/sleep", "100000"] if program == "sleep" else ["/bin/true"]
        document["root"]["path"] = str(root)
        directory = self.work / "bundles" / f"{config}-{program}{suffix}"
        directory.mkdir(parents=True)
        (directory / "config.json").write_text(json.dumps(document, indent="\t"))
        return directory

    def path(self, config, program):
        return self.work / "bundles" / f"{config}-{program}"

    def layers_bundle(self, config):
        directory = self.work / "bundles" / f"{config}-true-layers"
        return directory if directory.exists() else self.write(config, "true", self.layered(), "-layers")

    def layered(self):
        """An overlay of 200 layers, the root's at the bottom: what an engine mounts before it calls a runtime. Its path."""
        layers = self.work / "layers"
        merged = layers / "merged"
        if merged.exists():
            return merged
        for name in [str(i) for i in range(LAYERS - 1)] + ["merged", "upper", "work"]:
            (layers / name).mkdir(parents=True)
        for i in range(LAYERS - 1):
            (layers / str(i) / f"file{i}").touch()
        (layers / "r").symlink_to(self.root)
        lower = ":".join([str(i) for i in range(LAYERS - 1)] + ["r"])
        subprocess.run(["mount", "-i", "-t", "overlay", "-o", f"lowerdir={lower},upperdir=upper,workdir=work", "overlay", str(merged)],
                       cwd=layers, check=True)
        return merged
