import Glibc
import RoutingTable

/// Memory between two pages that may not be touched: one byte too far, either way, ends the test run.
@safe
package struct GuardedBytes: ~Copyable {
    // Safe: the mapping is this value's own; all uses below stay between the guard pages or end the process.
    private let mapping: UnsafeMutableRawPointer
    private let page = 4_096
    private let size: Int

    /// - Parameter capacity: bytes that fit in between, at least.
    package init(capacity: Int) {
        size = max(1, (capacity + page - 1) / page) * page
        unsafe mapping = mmap(nil, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(unsafe mapping != MAP_FAILED)
        precondition(unsafe mprotect(mapping, page, PROT_NONE) == 0)
        precondition(unsafe mprotect(mapping + page + size, page, PROT_NONE) == 0)
    }

    deinit { unsafe _ = munmap(mapping, size + 2 * page) }

    // MARK: - Spans, as the dataplane's parsers take them

    /// The bytes, so that the guard page begins right behind them.
    @_lifetime(borrow self)
    package func ending(_ bytes: [UInt8]) -> RawSpan { place(bytes, at: page + size - bytes.count) }

    /// The bytes, so that the guard page ends right before them.
    @_lifetime(borrow self)
    package func beginning(_ bytes: [UInt8]) -> RawSpan { place(bytes, at: page) }

    @_lifetime(borrow self)
    private func place(_ bytes: [UInt8], at offset: Int) -> RawSpan {
        precondition(bytes.count <= size)
        // Holds: the mapping is writable between the guard pages, lives as long as self, and is only written here.
        let target = unsafe UnsafeMutableRawBufferPointer(start: mapping + offset, count: bytes.count)
        unsafe target.copyBytes(from: bytes)
        return unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(target)), borrowing: self)
    }

    // MARK: - Room to write to

    /// As many bytes to write to, so that the guard page begins right behind them.
    package func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        precondition(count <= size)
        return unsafe UnsafeMutableRawBufferPointer(start: mapping + page + size - count, count: count)
    }

    /// The same, for what takes bytes by their first.
    package func scratch(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        unsafe room(for: count).baseAddress!.assumingMemoryBound(to: UInt8.self)
    }

    /// What is in them.
    package func contents(_ count: Int) -> [UInt8] { unsafe Array(room(for: count)) }

    /// The same as `ending`, to be changed in place.
    package func placed(_ bytes: ArraySlice<UInt8>) -> UnsafeMutableRawBufferPointer {
        let target = unsafe room(for: bytes.count)
        unsafe target.copyBytes(from: bytes)
        return unsafe target
    }

    /// The same as `ending`, as the table's lookups take it.
    package func view(_ bytes: [UInt8]) -> Bytes { unsafe Bytes(UnsafeRawBufferPointer(placed(bytes[...]))) }
}
