import CLinux
import CTable
import Synchronization

/// The memory of cursors, suspensions and counts, a row for each by its key, so that it outlives the tables that are
/// served: the same key has the same row in every table. Rows are only ever added.
///
/// One thread adds rows. Whatever changes in a row is an atomic of its own, which any thread may change at any time.
@safe
package final class StateRegion: @unchecked Sendable {
    // Safe: header, keys and rows lie in one mapping that this object owns, `byteCount` long as `capacity` demands; rows
    // are given out below `capacity` only.
    private let header: UnsafeMutablePointer<rtbl_state_header>
    private let keys: UnsafeMutablePointer<UInt64>
    private let rows: UnsafeMutableRawPointer
    package let capacity: Int
    package let byteCount: Int

    /// Memory of this process alone. Pages cost memory once they are touched.
    ///
    /// - Returns: nil if the system refuses the memory.
    package convenience init?(rows: Int) {
        let capacity = Self.capacity(for: rows)
        guard let mapping = unsafe cl_map_anonymous(Self.byteCount(capacity: capacity)) else { return nil }
        unsafe self.init(adopting: mapping, capacity: capacity)
        unsafe header.pointee.capacity = UInt32(capacity)
    }

    /// Takes over a mapping of `byteCount(capacity:)` bytes, whose content has been checked.
    @unsafe
    package init(adopting mapping: UnsafeMutableRawPointer, capacity: Int) {
        self.capacity = capacity
        byteCount = Self.byteCount(capacity: capacity)
        unsafe header = mapping.assumingMemoryBound(to: rtbl_state_header.self)
        unsafe keys = (mapping + Int(RTBL_STATE_HEADER_BYTES)).assumingMemoryBound(to: UInt64.self)
        unsafe rows = mapping + Int(RTBL_STATE_HEADER_BYTES) + capacity * MemoryLayout<UInt64>.stride
    }

    deinit { unsafe _ = cl_unmap(header, byteCount) }

    /// Room for tables that change: what is needed and a quarter, and at least `Limits.leastRows`.
    package static func capacity(for rows: Int) -> Int { (max(leastRows, rows + rows / 4) + 7) & ~7 }

    package static func byteCount(capacity: Int) -> Int {
        Int(RTBL_STATE_HEADER_BYTES) + capacity * (MemoryLayout<UInt64>.stride + rowBytes)
    }

    package static let rowBytes = 64
    /// 1.2 MB, of which only touched pages cost memory.
    private static let leastRows = 16_384

    package var count: Int { unsafe Int(header.pointee.count) }

    package func key(_ row: Int) -> StateKey {
        precondition(row < capacity)
        return unsafe StateKey(raw: keys[row])
    }

    /// Lends a row's memory, every field of which is an atomic.
    @inline(__always)
    package func row(_ number: UInt32) -> UnsafeMutableRawPointer {
        precondition(Int(number) < capacity)
        return unsafe rows + Int(number) * Self.rowBytes
    }

    /// The rows of these keys, each of which occurs once; those that have none yet get one.
    ///
    /// - Returns: nil if there is no room; then nothing is changed.
    package func rows(of wanted: [StateKey]) -> [UInt32]? {
        let present = count
        guard present > 0 else { return append(wanted, behind: 0).map { Array($0) } }
        var known: [StateKey: UInt32] = [:]
        known.reserveCapacity(present)
        for row in 0..<present { known[key(row)] = UInt32(row) }
        let missing = wanted.filter { known[$0] == nil }
        guard let added = append(missing, behind: present) else { return nil }
        for (key, row) in zip(missing, added) { known[key] = row }
        return wanted.map { known[$0]! }
    }

    private func append(_ new: [StateKey], behind present: Int) -> Range<UInt32>? {
        guard present + new.count <= capacity else { return nil }
        for (offset, key) in new.enumerated() { unsafe keys[present + offset] = key.raw }
        unsafe header.pointee.count = UInt32(present + new.count)
        return UInt32(present)..<UInt32(present + new.count)
    }
}
