"""For tests/lint/paths: what it has to find. Each flag of the sources is taken out, one at a time, wrong calls of all kinds are added, and
what paths.allow lets pass is used once more, or once less."""
import re

# Where no descriptor is made: the flags' own names, and what closes what is open already.
NONE_MADE = re.compile(r"^#define \w+CLOEXEC\b|\bDESCRIPTORS_CLOEXEC\b")
# A call in a function, and what is to be told of it.
CALLS = {
    "syscall(SYS_eventfd2, 0, 0);": "without EFD_CLOEXEC",
    "syscall(SYS_eventfd, 0);": "cannot be close-on-exec",
    "syscall(SYS_signalfd4, -1, set, 8, 0);": "without SFD_CLOEXEC",
    "syscall(SYS_signalfd, -1, set, 8);": "cannot be close-on-exec",
    "syscall(ABI_SYS_openat2, dir, path, &(struct abi_open_how){ .flags = O_RDONLY }, 24);": "without O_CLOEXEC",
    "syscall(SYS_openat2, dir, path, somewhere, 24);": "not to be seen",
    "struct abi_open_how how;": "without O_CLOEXEC",
    "struct abi_open_how how = { .flags = O_CLOEXEC }; how.flags = O_RDONLY;": "lose O_CLOEXEC",
    "struct abi_open_how how = { .flags = O_CLOEXEC }; how.flags &= ~O_CLOEXEC;": "lose O_CLOEXEC",
    "syscall(SYS_memfd_secret, 0);": "without O_CLOEXEC",
    "syscall(SYS_userfaultfd, 0);": "without O_CLOEXEC",
    "syscall(SYS_open_by_handle_at, mount, handle, O_PATH);": "without O_CLOEXEC",
    "syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);": "without PERF_FLAG_FD_CLOEXEC",
    "syscall(ABI_SYS_fsopen, type, 0);": "without FSOPEN_CLOEXEC",
    "syscall(ABI_SYS_fsmount, context, 0, 0);": "without FSMOUNT_CLOEXEC",
    "syscall(ABI_SYS_open_tree, dir, path, 0);": "without OPEN_TREE_CLOEXEC",
    "raw_call(SYS_openat, dir, path, O_RDONLY);": "without O_CLOEXEC",
    "syscall(number, 0);": "not to be seen",
    "socketpair(AF_UNIX, SOCK_STREAM, 0, ends);": "without SOCK_CLOEXEC",
    "accept4(listening, NULL, NULL, SOCK_NONBLOCK);": "without SOCK_CLOEXEC",
    "accept(listening, NULL, NULL);": "cannot be close-on-exec",
    "recvmsg(socket, &message, 0);": "without MSG_CMSG_CLOEXEC",
    "inotify_init1(0);": "without IN_CLOEXEC",
    "epoll_create1(0);": "without EPOLL_CLOEXEC",
    "timerfd_create(CLOCK_MONOTONIC, 0);": "without TFD_CLOEXEC",
    "openat(openat(dir, above, O_CLOEXEC), name, O_RDONLY);": "without O_CLOEXEC",
    "dup(fd);": "cannot be close-on-exec",
    "fcntl(fd, F_DUPFD, 3);": "F_DUPFD",
    "fcntl(fd, 0, 3);": "close-on-exec from birth",
    "fcntl(fd, F_SETFD, 0);": "takes close-on-exec away",
    "ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &added);": "does it make a descriptor",
    "ioctl(fd, request);": "does it make a descriptor",
    "ioctl(fd, ABI_TIOCGPTPEER, O_RDWR);": "without O_CLOEXEC",
    "open(path, O_RDONLY | O_CLOEXEC);": "by name",
    "listxattr(path, list, sizeof(list));": "by name",
    "llistxattr(path, list, sizeof(list));": "by name",
    "removexattr(path, name);": "by name",
    "lremovexattr(path, name);": "by name",
    "utime(path, NULL);": "by name",
    "lutimes(path, times);": "by name",
    "inotify_add_watch(fd, path, IN_MODIFY);": "by name",
    "syscall(SYS_inotify_add_watch, fd, path, IN_MODIFY);": "by name",
    "dlopen(library, RTLD_NOW);": "by name",
    "dlmopen(LM_ID_NEWLM, library, RTLD_NOW);": "by name",
    "posix_spawn(&child, path, NULL, NULL, argv, environ);": "by name",
    "posix_spawnp(&child, name, NULL, NULL, argv, environ);": "by name",
    "shm_open(name, O_RDONLY | O_CLOEXEC, 0);": "by name",
    "shm_unlink(name);": "by name",
    "mq_open(name, O_RDONLY | O_CLOEXEC);": "by name",
    "syscall(SYS_mq_open, name, O_RDONLY | O_CLOEXEC, 0, NULL);": "by name",
    "mq_unlink(name);": "by name",
    "sem_open(name, 0);": "by name",
    "sem_unlink(name);": "by name",
    "execle(path, name, NULL, environ);": "by name",
    "eaccess(path, R_OK);": "by name",
    "canonicalize_file_name(path);": "by name",
    "get_current_dir_name();": "by name",
    "openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);": "no directory of ours",
    "again_create_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);": "no directory of ours",
    "again_create_at(dir, name, O_WRONLY | O_CREAT, 0600);": "without O_CLOEXEC",
    "again_openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC);": "without a mode",
    "again_openat(dir, name, O_WRONLY | O_TMPFILE | O_CLOEXEC);": "without a mode",
    "again_openat2(dir, path, somewhere);": "not to be seen",
    "again_open(path, O_RDONLY | O_CLOEXEC);": "by name",
}


# Uses that need leave, of calls that would need none with a path and the flag.
LEAVE = {
    "AT_FDCWD": "openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);",
    "accept4": "accept4(fd, NULL, NULL, 0);",
    "recvmsg": "recvmsg(fd, &message, 0);",
    "create_at": "again_create_at(dir, name, 0, 0);",
    "dup2": "dup2(fd, 0);",
    "dup3": "dup3(fd, 0, 0);",
    "ioctl": "ioctl(fd, request);",
    "openat": "openat(dir, name, 0);",
    "fcntl": "fcntl(fd, F_SETFD, 0);",
    "open_tree": "syscall(ABI_SYS_open_tree, dir, path, 0);",
    "syscall": "syscall(number, 0);",
}


def function(call):
    return "static int mutant(void)\n{\n\t%s\n}\n" % call


def missed_leave(texts, allowed, offences):
    """Of each line of paths.allow: what is not found of a use too many, and of a number too high."""
    for (path, call), number in allowed.items():
        if offences(path, texts[path], allowed):  # which is told anyhow
            continue
        more = texts[path] + function(LEAVE.get(call, "%s(path, O_CLOEXEC);" % call))
        for uses, leave, found in (
            (number + 1, number, offences(path, more, allowed)),
            (number, number + 1, offences(path, texts[path], {**allowed, (path, call): number + 1})),
        ):
            told = any(re.search(rf": uses of {call} that need leave: {uses}\b.* has {leave}$", line) for line in found)
            yield "" if told else f"mutants: {path}: {uses} uses of {call} are not found where paths.allow has {leave}"


def missed(texts, allowed, offences):
    """How many were tried, and which the lint does not find: `offences` of a path, a text and what paths.allow says."""
    out, tried = [], 0
    for call, told in CALLS.items():
        for mutant in (function(call), "static int mutant(void) { %s }\n" % call):
            tried += 1
            if not any(told in line for line in offences("src/mutant.c", mutant, allowed)):
                out.append(f"mutants: '{' '.join(mutant.split())}' is not found ('{told}')")
    for fault in missed_leave(texts, allowed, offences):
        tried += 1
        out += [fault] if fault else []
    for path, text in texts.items():
        for flag in re.finditer(r"\b\w*CLOEXEC\b", text):
            begin = text.rfind("\n", 0, flag.start()) + 1
            if NONE_MADE.search(text[begin:text.find("\n", begin)]):
                continue
            tried += 1
            if not offences(path, text[:flag.start()] + "0" + text[flag.end():], allowed):
                out.append(f"mutants: {path}:{text.count(chr(10), 0, flag.start()) + 1}: nobody misses {flag.group()}")
    return tried, out
