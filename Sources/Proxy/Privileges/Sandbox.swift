import CLinux
import CSeccomp
import RoutingTable

/// What the process gives up once it serves: new privileges, core dumps, and every system call that it does not need.
///
/// A call that is not on the list fails with ENOSYS, as on a kernel that is too old for it: libc then does without. Those
/// that start or inspect other programs end the process instead, since nothing here ever makes them.
enum Sandbox {
    /// No core dump, no debugger of the same user: both would show Secrets. And no program could gain privileges.
    static func giveUpPrivileges() {
        cl_no_new_privileges()
        cl_no_core_dumps()
    }

    /// Puts the filter over all threads.
    ///
    /// - Returns: why the system does not take it; nil: it is on.
    static func filterSystemCalls() -> String? {
        guard let filter = unsafe seccomp_init(scmpErrno(ENOSYS)) else { return "no memory" }
        defer { unsafe seccomp_release(filter) }
        var code = unsafe seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)
        for name in allowed where code == 0 { code = unsafe add(name, allow, to: filter) }
        for name in deadly where code == 0 { code = unsafe add(name, killProcess, to: filter) }
        // a new thread, but no new process
        var isThread = scmp_arg_cmp(arg: 0, op: SCMP_CMP_MASKED_EQ, datum_a: cloneThread, datum_b: cloneThread)
        if code == 0 { code = unsafe seccomp_rule_add_array(filter, allow, seccomp_syscall_resolve_name("clone"), 1, &isThread) }
        if code == 0 { code = unsafe seccomp_load(filter) }
        return code == 0 ? nil : systemMessage(code)
    }

    private static let cloneThread: scmp_datum_t = 0x10000 // CLONE_THREAD of linux/sched.h
    private static let allow: UInt32 = 0x7fff_0000 // SCMP_ACT_ALLOW
    private static let killProcess: UInt32 = 0x8000_0000 // SCMP_ACT_KILL_PROCESS
    private static func scmpErrno(_ code: Int32) -> UInt32 { 0x0005_0000 | UInt32(code) } // SCMP_ACT_ERRNO

    private static func add(_ name: String, _ action: UInt32, to filter: scmp_filter_ctx) -> Int32 {
        let number = unsafe seccomp_syscall_resolve_name(name)
        // this machine's kind has no such call
        guard number != __NR_SCMP_ERROR, number >= 0 else { return 0 }
        return unsafe seccomp_rule_add_array(filter, action, number, 0, nil)
    }

    private static let allowed = [
        // sockets and events
        "accept4", "bind", "connect", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2", "getpeername", "getsockname",
        "getsockopt", "ioctl", "listen", "poll", "ppoll", "pselect6", "recvfrom", "recvmmsg", "recvmsg", "select", "sendmmsg", "sendmsg", "sendto",
        "setsockopt", "shutdown", "signalfd4", "socket", "socketpair", "timerfd_create", "timerfd_settime",
        // files: Secrets, certificates, tables, what names are resolved with
        "access", "close", "close_range", "dup", "faccessat", "faccessat2", "fallocate", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate",
        "getcwd", "getdents64", "inotify_add_watch", "inotify_init1", "inotify_rm_watch", "link", "linkat", "lseek", "lstat", "newfstatat", "open", "openat", "pipe2",
        "pread64", "preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "stat", "statfs", "statx",
        "unlink", "unlinkat", "write", "writev",
        // memory
        "brk", "madvise", "membarrier", "memfd_create", "mmap", "mprotect", "mremap", "munmap",
        // threads, signals, time, and what libc asks for
        "clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid", "getrandom", "getrlimit",
        "getrusage", "gettid", "gettimeofday", "getuid", "nanosleep", "prlimit64", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
        "sched_getaffinity", "sched_yield", "set_robust_list", "sigaltstack", "sysinfo", "tgkill", "time", "uname",
    ]

    private static let deadly = ["execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "init_module", "mount"]
}
