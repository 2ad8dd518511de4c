import CLinux

/// What the machine, or the container, grants.
enum System {
    /// CPUs of the affinity mask, or of the cgroup's quota if that is less; at least 1.
    static func availableCPUs() -> Int {
        let affinity = max(1, Int(cl_affinity_cpus()))
        let quotas = cgroupLimits("cpu.max").compactMap { (line) -> Double? in
            let numbers = line.split(separator: " ").compactMap { Double($0) } // `max` instead of the first: no quota
            return numbers.count == 2 && numbers[1] > 0 ? numbers[0] / numbers[1] : nil
        }
        guard let quota = quotas.min() else { return min(affinity, Limits.workers) }
        return min(affinity, max(1, Int(quota.rounded(.up))), Limits.workers)
    }

    /// 1 GiB, or a quarter of the cgroup's memory if that is less.
    static func defaultMaxBuffered() -> Int {
        let gibibyte = 1 << 30
        return min(gibibyte, (cgroupLimits("memory.max").compactMap { Int($0) }.min() ?? .max) / 4)
    }

    /// A file of the process's cgroup and of those above it, whose limits hold too. Inside a container its own is the root.
    private static func cgroupLimits(_ file: String) -> [String] {
        var path = readLine("/proc/self/cgroup").flatMap { $0.hasPrefix("0::/") ? String($0.dropFirst(3)) : nil } ?? "/"
        var limits: [String] = []
        for _ in 0..<Limits.cgroupDepth {
            if let line = readLine("/sys/fs/cgroup\(path == "/" ? "" : path)/\(file)") { limits.append(line) }
            guard path != "/", let slash = path.lastIndex(of: "/") else { break }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return limits
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
