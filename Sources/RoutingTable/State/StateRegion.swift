import CLinux
import CTable
import Synchronization

/// The memory of cursors, suspensions and counts, a row for each by its key, so that it outlives the tables that are
/// served: the same key has the same row in every table. Rows are only ever added.
///
/// One thread adds rows. Whatever changes in a row is an atomic of its own, which any thread may change at any time.
@safe
package final class StateRegion: @unchecked Sendable {
    // Safe: the rows lie in a mapping that this object owns, which has room for `capacity` of them; they are given out
    // below that only.
    private let rows: UnsafeMutableRawPointer
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int
    package let capacity: Int
    /// Of each row in use.
    package private(set) var keys: [StateKey] = []
    /// nil: the memory is this process's alone.
    private let file: StateFile?

    /// Memory of this process alone. Pages cost memory once they are touched.
    ///
    /// - Returns: nil if the system refuses the memory.
    package init?(rows count: Int) {
        capacity = Self.capacity(for: count)
        mappedBytes = capacity * Self.rowBytes
        guard let mapping = unsafe cl_map_anonymous(mappedBytes) else { return nil }
        unsafe self.mapping = mapping
        unsafe rows = mapping
        file = nil
    }

    /// The memory of a file, which other processes may share.
    package init(_ file: StateFile) {
        self.file = file
        capacity = file.capacity
        mappedBytes = file.byteCount
        unsafe mapping = file.mapping
        unsafe rows = file.mapping + StateFile.rowsOffset(capacity: file.capacity)
    }

    deinit {
        if let file { file.unmap() } else { unsafe _ = cl_unmap(mapping, mappedBytes) }
    }

    /// Room for tables that change: what is needed and a quarter, and at least `leastRows`.
    package static func capacity(for rows: Int) -> Int { (max(leastRows, rows + rows / 4) + 7) & ~7 }

    package static let rowBytes = 64
    /// 1.2 MB in a file; of memory only touched pages cost.
    private static let leastRows = 16_384

    /// Lends a row's memory, every field of which is an atomic.
    @inline(__always)
    package func row(_ number: UInt32) -> UnsafeMutableRawPointer {
        precondition(Int(number) < capacity)
        return unsafe rows + Int(number) * Self.rowBytes
    }

    /// The rows of these keys, each of which occurs once; those that have none yet get one.
    ///
    /// - Returns: nil if there is no room, or the file cannot be locked; then nothing is changed.
    package func rows(of wanted: [StateKey]) -> [UInt32]? {
        guard let file else { return rows(of: wanted) { _ in true } }
        return file.whileLocked {
            guard let later = file.keys(from: keys.count) else { return nil }
            keys += later
            return rows(of: wanted) { file.append($0, behind: keys.count) }
        }
    }

    private func rows(of wanted: [StateKey], append: ([StateKey]) -> Bool) -> [UInt32]? {
        guard !keys.isEmpty || file != nil else { // a second row of a key does no harm where the rows are this process's alone
            guard wanted.count <= capacity, append(wanted) else { return nil }
            keys = wanted
            return (0..<UInt32(wanted.count)).map { $0 }
        }
        var known: [StateKey: UInt32] = [:]
        known.reserveCapacity(keys.count)
        for (row, key) in keys.enumerated() { known[key] = UInt32(row) }
        var missing: [StateKey] = []
        for key in wanted where known[key] == nil {
            known[key] = UInt32(keys.count + missing.count)
            missing.append(key)
        }
        guard keys.count + missing.count <= capacity, missing.isEmpty || append(missing) else { return nil }
        keys += missing
        return wanted.map { known[$0]! }
    }

    /// Takes over what stands in a row of the same key elsewhere, unless what stands here is later: suspensions by their
    /// end, anything else only into a row that nobody has used.
    package func take(_ number: UInt32, from other: StateRegion, _ otherNumber: UInt32) {
        // workers use both meanwhile
        let own = unsafe row(number).assumingMemoryBound(to: Atomic<UInt64>.self)
        let others = unsafe other.row(otherNumber).assumingMemoryBound(to: Atomic<UInt64>.self)
        let isLater = keys[Int(number)].kind == RTBL_STATE_TARGET
            ? unsafe others[0].load(ordering: .acquiring) > own[0].load(ordering: .relaxed)
            : (0..<8).allSatisfy { unsafe own[$0].load(ordering: .relaxed) == 0 }
        guard isLater else { return }
        // a target's first word is what makes the others count: it comes last
        for word in (0..<8).reversed() { unsafe own[word].store(others[word].load(ordering: .relaxed), ordering: .releasing) }
    }

    /// Whether this process is the one that tells others what is counted here: of those that share a file there is one, and
    /// another one once that has ended.
    package var isSpeaker: Bool { file?.claim() ?? true }

    /// The file has been truncated, deleted or replaced: another one is to be opened.
    package var isStale: Bool { file.map { $0.isLost || $0.isReplaced } ?? false }
}
