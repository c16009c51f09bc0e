"""Gives a runtime broken versions of a config.json, to its `explain` command, which does nothing but read and plan.

Usage: broken_documents.py RUNTIME BUNDLE cut STEP | flip TIMES | depth | blanks MEGABYTES
Prints what went wrong, one line each, and "tried N"; exit code 1 if anything did."""
import os
import pathlib
import random
import subprocess
import sys
import time

runtime, bundle, what = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
document = bundle / "config.json"
whole = document.read_bytes()
faults, tried = [], 0


def explain():
    """Its exit code, its words, seconds, and the most memory it had, in bytes."""
    begin = time.monotonic()
    child = subprocess.Popen([runtime, "explain", str(bundle)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, words, time.monotonic() - begin, usage.ru_maxrss * 1024


def attempt(name, data, refused):
    global tried
    tried += 1
    document.write_bytes(data)
    code, words, _, _ = explain()
    if code < 0 or code > 1 or b"Sanitizer" in words or b"runtime error" in words:
        faults.append("%s: exit code %d: %r" % (name, code, words[:300]))
    elif code == 0 and refused:
        faults.append("%s: accepted" % name)
    elif code == 1 and (words.count(b"level=error") != 1 or words.count(b"\n") != 1 + words.count(b"level=warning") or b"\x1b" in words):
        faults.append("%s: no clean words: %r" % (name, words[:300]))


def in_bounds(name, data, seconds, memory):
    """The best of three, or of up to 15 where none was in time: others use the machine, too; and with ROOMY set memory does not count.
    `data` is in parts, so that no child begins with as much memory."""
    global tried
    tried += 1
    with document.open("wb") as file:
        for part in data:
            file.write(part)
    results = [explain() for _ in range(3)]
    while min(taken for _, _, taken, _ in results) > seconds and len(results) < 15:
        results.append(explain())
    if any(code != 1 for code, _, _, _ in results):
        faults.append("%s: exit codes %s" % (name, [code for code, _, _, _ in results]))
    if min(taken for _, _, taken, _ in results) > seconds:
        faults.append("%s: took %.3f s" % (name, min(taken for _, _, taken, _ in results)))
    if "ROOMY" not in os.environ and min(most for _, _, _, most in results) > memory:
        faults.append("%s: took %d bytes" % (name, min(most for _, _, _, most in results)))


if explain()[0] != 0:
    sys.exit("the whole document is refused: %r" % explain()[1])
if what == "cut":
    for at in range(0, len(whole.rstrip()), int(sys.argv[4])):
        attempt("cut at %d" % at, whole[:at], True)
elif what == "flip":
    chance = random.Random(7)
    for _ in range(int(sys.argv[4])):
        at, bit = chance.randrange(len(whole)), chance.randrange(8)
        broken = bytearray(whole)
        broken[at] ^= 1 << bit
        attempt("bit %d of byte %d" % (bit, at), bytes(broken), False)
elif what == "depth":
    slow, big = 0.05 * float(os.environ.get("SLOW", 1)) * (4 if "ROOMY" in os.environ else 1), 64 << 20
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        for depth in (65, 1000, 1000000):
            if depth * len(opening) > 4 << 20:
                depth = (4 << 20) // len(opening) - 100
            in_bounds("%d %s unclosed" % (depth, opening), [opening * depth], slow, big)
            in_bounds("%d %s closed" % (depth, opening), [opening * depth, b"1", closing * depth], slow, big)
            in_bounds("%d %s within" % (depth, opening), [b'{"x":', opening * depth, b"1", closing * depth, b"}"], slow, big)
elif what == "blanks":
    in_bounds("%s MiB of blanks" % sys.argv[4], (b" " * (1 << 20) for _ in range(int(sys.argv[4]))), 1.0, 64 << 20)
document.write_bytes(whole)
print("\n".join(faults[:20] + ["tried %d" % tried]))
sys.exit(bool(faults))
