import CLinux
import CTable
import Synchronization

/// The file of `--state`: rows of the state in a mapping that processes of one host share and that outlives them.
///
/// The file is never trusted: whatever is not as `state.h` says is set aside under another name. A file that somebody
/// truncates while it is mapped costs what stood behind its new end, not the process.
@safe
package final class StateFile: @unchecked Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package let path: String
    package let capacity: Int
    package let byteCount: Int
    private let descriptor: Int32
    // Safe: `byteCount` bytes, mapped until `unmap`.
    package let mapping: UnsafeMutableRawPointer
    private var header: UnsafeMutablePointer<rtbl_state_header> { unsafe mapping.assumingMemoryBound(to: rtbl_state_header.self) }
    private var keyWords: UnsafeMutablePointer<UInt64> { unsafe (mapping + Int(RTBL_STATE_HEADER_BYTES)).assumingMemoryBound(to: UInt64.self) }
    private var inUse: UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (mapping + MemoryLayout<rtbl_state_header>.offset(of: \.in_use)!).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    package static func rowsOffset(capacity: Int) -> Int { Int(RTBL_STATE_HEADER_BYTES) + capacity * MemoryLayout<UInt64>.stride }
    package static func byteCount(capacity: Int) -> Int { rowsOffset(capacity: capacity) + capacity * StateRegion.rowBytes }

    // MARK: - Opening

    /// Opens the file, or makes it, with room for `rows` more than it has.
    ///
    /// - Parameter warn: told what was found wrong and what was done about it.
    /// - Throws: `Problem` where there can be no such file.
    package static func open(_ path: String, rows: Int, warn: (String) -> Void) throws(Problem) -> StateFile {
        for _ in 0..<8 { // others may make, set aside or replace it at the same time
            let descriptor = unsafe cl_open_state(path)
            if descriptor == -ENOENT {
                try create(path, capacity: StateRegion.capacity(for: rows), copying: nil)
                continue
            }
            guard descriptor >= 0 else { throw Problem(description: "cannot open \(path): \(systemMessage(descriptor))") }
            guard lock(descriptor), unsafe cl_is_file(descriptor, path) == 1 else {
                _ = cl_close(descriptor)
                continue
            }
            let opened: StateFile
            switch check(descriptor, path) {
            case .sound(let file): opened = file
            case .damaged(let reason):
                try setAside(path, reason, warn)
                _ = cl_close(descriptor)
                continue
            }
            opened.adjustToBoot()
            guard opened.capacity - opened.count < rows else {
                opened.unlock()
                return opened
            }
            defer {
                opened.unlock()
                opened.unmap()
            }
            try create(path, capacity: StateRegion.capacity(for: opened.count + rows), copying: opened)
        }
        throw Problem(description: "cannot lock \(path): another process holds it, or replaces it again and again")
    }

    private static func setAside(_ path: String, _ reason: String, _ warn: (String) -> Void) throws(Problem) {
        let aside = path + ".damaged"
        let result = unsafe cl_rename(path, aside)
        guard result == 0 else { throw Problem(description: "\(path) \(reason), and it cannot be set aside: \(systemMessage(result))") }
        warn("the state file \(path) \(reason); it was set aside as \(aside), suspensions and rotation begin anew")
    }

    private enum Check {
        case sound(StateFile)
        case damaged(String)
    }

    private static func check(_ descriptor: Int32, _ path: String) -> Check {
        let size = cl_file_size(descriptor)
        guard size >= 0 else { return .damaged("is not a regular file") }
        guard Int(size) >= byteCount(capacity: 8) else { return .damaged("is too short for one") }
        guard let mapping = unsafe cl_map_shared(descriptor, Int(size)) else { return .damaged("cannot be mapped") }
        let file = unsafe StateFile(path, descriptor, mapping, byteCount: Int(size))
        guard let reason = file.damage() else { return .sound(file) }
        unsafe cl_unguard_mapping(mapping)
        unsafe _ = cl_unmap(mapping, Int(size))
        return .damaged(reason)
    }

    private init(_ path: String, _ descriptor: Int32, _ mapping: UnsafeMutableRawPointer, byteCount: Int) {
        self.path = path
        self.descriptor = descriptor
        unsafe self.mapping = mapping
        self.byteCount = byteCount
        capacity = unsafe Int(mapping.assumingMemoryBound(to: rtbl_state_header.self).pointee.capacity)
        unsafe cl_guard_mapping(mapping, byteCount)
    }

    /// What is wrong with it; nil: nothing.
    private func damage() -> String? {
        let magic = Array(RTBL_STATE_MAGIC.utf8)
        for (i, byte) in magic.enumerated() where unsafe mapping.load(fromByteOffset: i, as: UInt8.self) != byte { return "is not a state file" }
        let version = unsafe header.pointee.version
        guard Int(version) == RTBL_STATE_VERSION else { return "has the version \(version), not \(RTBL_STATE_VERSION)" }
        guard capacity % 8 == 0, Self.byteCount(capacity: capacity) == byteCount, unsafe Int(header.pointee.bytes) == byteCount else {
            return "is not as long as it says"
        }
        guard count <= capacity, unsafe UInt32(truncatingIfNeeded: inUse.pointee.load(ordering: .acquiring)) == checksum(count) else { return "is damaged" }
        var seen = Set<UInt64>(minimumCapacity: count)
        for row in 0..<count {
            let key = unsafe keyWords[row]
            guard seen.insert(key).inserted, isPlausible(row, StateKey(raw: key)) else { return "is damaged in row \(row)" }
        }
        return nil
    }

    /// Whether a row can be one of its kind.
    private func isPlausible(_ row: Int, _ key: StateKey) -> Bool {
        let words = unsafe (mapping + Self.rowsOffset(capacity: capacity) + row * StateRegion.rowBytes).assumingMemoryBound(to: UInt64.self)
        let used: Int
        switch key.kind {
        case RTBL_STATE_POOL: used = 2
        case RTBL_STATE_TARGET:
            guard unsafe words[3] < UInt64(RTBL_REASONS) else { return false }
            used = 4
        case RTBL_STATE_RATE_LIMIT: used = 1
        case RTBL_STATE_AI_RATE_LIMIT: used = 6
        case RTBL_STATE_API: used = 0
        default: return false
        }
        return (used..<8).allSatisfy { unsafe words[$0] == 0 }
    }

    // MARK: - Making

    /// Makes the file under another name first: whoever opens it sees all of it, and a process that is killed leaves no part.
    ///
    /// - Parameter old: whose rows it begins with, and whose name it takes; nil: it is the first, unless another process
    ///   was faster.
    private static func create(_ path: String, capacity: Int, copying old: StateFile?) throws(Problem) {
        let fresh = path + ".\(cl_process_id())"
        _ = unsafe cl_unlink(fresh)
        let descriptor = unsafe cl_create(fresh)
        guard descriptor >= 0 else { throw Problem(description: "cannot create \(fresh): \(systemMessage(descriptor))") }
        defer {
            _ = cl_close(descriptor)
            _ = unsafe cl_unlink(fresh)
        }
        let bytes = byteCount(capacity: capacity)
        let allocated = cl_allocate(descriptor, bytes) // now, so that a full disk is no SIGBUS later
        guard allocated == 0 else { throw Problem(description: "no room for \(path), which takes \(bytes) bytes: \(systemMessage(allocated))") }
        guard let mapping = unsafe cl_map_shared(descriptor, bytes) else { throw Problem(description: "cannot map \(fresh)") }
        let header = unsafe mapping.assumingMemoryBound(to: rtbl_state_header.self)
        unsafe mapping.copyMemory(from: Array(RTBL_STATE_MAGIC.utf8), byteCount: 8)
        unsafe header.pointee.version = UInt32(RTBL_STATE_VERSION)
        unsafe header.pointee.capacity = UInt32(capacity)
        unsafe header.pointee.bytes = UInt64(bytes)
        unsafe header.pointee.boot = bootIdentity()
        let file = unsafe StateFile(path, -1, mapping, byteCount: bytes)
        if let old {
            for row in 0..<old.count { unsafe file.keyWords[row] = old.keyWords[row] }
            unsafe (mapping + rowsOffset(capacity: capacity)).copyMemory(
                from: old.mapping + rowsOffset(capacity: old.capacity), byteCount: old.count * StateRegion.rowBytes)
        }
        file.setCount(old?.count ?? 0)
        file.unmap()
        let result = unsafe old == nil ? cl_link(fresh, path) : cl_rename(fresh, path)
        guard result == 0 || result == -EEXIST else { throw Problem(description: "cannot create \(path): \(systemMessage(result))") }
    }

    /// The kernel's boot_id: 128 random bits as a UUID; 0 where it cannot be read, which is taken for another boot.
    private static func bootIdentity() -> (UInt64, UInt64) {
        let file = unsafe cl_open_read("/proc/sys/kernel/random/boot_id")
        guard file >= 0 else { return (0, 0) }
        defer { _ = cl_close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = unsafe cl_read(file, &text, text.count)
        let digits = String(decoding: text.prefix(max(0, count)), as: UTF8.self).filter(\.isHexDigit)
        return (UInt64(digits.prefix(16), radix: 16) ?? 0, UInt64(digits.suffix(16), radix: 16) ?? 0)
    }

    /// After a reboot the boot clock has begun anew: ends of suspensions are taken from the wall clock.
    private func adjustToBoot() {
        let boot = Self.bootIdentity()
        guard unsafe header.pointee.boot != boot || boot == (0, 0) else { return }
        let now = cl_boot_nanos(), wallMillis = cl_wall_nanos() / 1_000_000
        for row in 0..<count {
            let words = unsafe (mapping + Self.rowsOffset(capacity: capacity) + row * StateRegion.rowBytes).assumingMemoryBound(to: UInt64.self)
            switch unsafe StateKey(raw: keyWords[row]).kind {
            case RTBL_STATE_TARGET:
                // no longer than it was to last: the clock may have been set back, or not be set yet
                let whole = unsafe words[1] > words[2] ? words[1] - words[2] : 0
                let left = unsafe words[1] > wallMillis ? min(words[1] - wallMillis, whole) : 0
                unsafe words[0] = left > 0 ? now &+ left &* 1_000_000 : 0
            case RTBL_STATE_AI_RATE_LIMIT: unsafe words[4] = 0 // the next count finds out
            default: break
            }
        }
        unsafe header.pointee.boot = boot
    }

    // MARK: - Rows

    /// Rows in use.
    private var count: Int { unsafe Int(inUse.pointee.load(ordering: .acquiring) >> 32) }

    private func setCount(_ count: Int) {
        unsafe inUse.pointee.store(UInt64(count) << 32 | UInt64(checksum(count)), ordering: .releasing)
    }

    private func checksum(_ count: Int) -> UInt32 {
        var hash = TableHash.mix(UInt64(capacity) << 32 | UInt64(RTBL_STATE_VERSION), UInt64(count) ^ 0x9e37_79b9_7f4a_7c15)
        for row in 0..<count { hash = unsafe TableHash.mix(hash ^ keyWords[row], 0xa076_1d64_78bd_642f) }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    /// The keys of the rows from `first` on, some of which another process may have added; nil: the file is damaged.
    func keys(from first: Int) -> [StateKey]? {
        guard !isLost, count >= first, count <= capacity else { return nil }
        return (first..<count).map { unsafe StateKey(raw: keyWords[$0]) }
    }

    /// - Returns: false if the file is not the one that it was.
    func append(_ new: [StateKey], behind present: Int) -> Bool {
        guard !isLost, present + new.count <= capacity else { return false }
        for (offset, key) in new.enumerated() { unsafe keyWords[present + offset] = key.raw }
        setCount(present + new.count)
        return true
    }

    // MARK: - While it is in use

    func whileLocked<Result>(_ body: () -> Result?) -> Result? {
        guard Self.lock(descriptor) else { return nil }
        defer { unlock() }
        return body()
    }

    /// Nobody holds the lock for long; who is stopped while holding it must not stop the others.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<200 {
            let result = cl_lock(descriptor)
            if result == 0 { return true }
            guard result == -EWOULDBLOCK || result == -EINTR else { return false }
            cl_sleep_micros(10_000)
        }
        return false
    }

    /// Whether this process is the one that speaks for the file, which it is until it lets go of it.
    func claim() -> Bool { cl_claim(descriptor) == 0 }

    private func unlock() { _ = cl_unlock(descriptor) }

    /// Somebody has truncated it: what stood behind its new end is gone, and what is written there stays in this process.
    package var isLost: Bool { unsafe cl_mapping_was_lost(mapping) == 1 || cl_file_size(descriptor) != byteCount }

    /// Whether the name stands for another file now, or for none.
    package var isReplaced: Bool { unsafe cl_is_file(descriptor, path) != 1 }

    func unmap() {
        unsafe cl_unguard_mapping(mapping)
        unsafe _ = cl_unmap(mapping, byteCount)
        if descriptor >= 0 { _ = cl_close(descriptor) }
    }
}
