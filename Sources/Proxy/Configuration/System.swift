import CLinux

/// What the machine, or the container, grants.
enum System {
    /// CPUs of the affinity mask, or of the cgroup's quota if that is less; at least 1.
    static func availableCPUs() -> Int {
        let affinity = max(1, Int(cl_affinity_cpus()))
        let quota = readLine("/sys/fs/cgroup/cpu.max")?.split(separator: " ").compactMap { Double($0) } ?? []
        guard quota.count == 2, quota[1] > 0 else { return min(affinity, Limits.workers) }
        return min(affinity, max(1, Int((quota[0] / quota[1]).rounded(.up))), Limits.workers)
    }

    /// 1 GiB, or a quarter of the cgroup's memory if that is less.
    static func defaultMaxBuffered() -> Int {
        let gibibyte = 1 << 30
        guard let memory = readLine("/sys/fs/cgroup/memory.max").flatMap({ Int($0) }) else { return gibibyte }
        return min(gibibyte, memory / 4)
    }

    private static func readLine(_ path: String) -> String? {
        let file = unsafe cl_open_read(path)
        guard file >= 0 else { return nil }
        defer { _ = cl_close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe cl_read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).prefix { $0 != ASCII.lineFeed }, as: UTF8.self)
    }
}
