import Glibc

/// Memory between two pages that may not be touched: reading one byte too far, either way, ends the test run.
@safe
struct GuardedBytes: ~Copyable {
    private let mapping: UnsafeMutableRawPointer
    private let page = 4_096
    private let room: Int

    /// - Parameter capacity: bytes that fit in between, at least.
    init(capacity: Int) {
        room = (capacity + page - 1) / page * page
        unsafe mapping = mmap(nil, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(unsafe mapping != MAP_FAILED)
        precondition(unsafe mprotect(mapping, page, PROT_NONE) == 0)
        precondition(unsafe mprotect(mapping + page + room, page, PROT_NONE) == 0)
    }

    deinit {
        unsafe munmap(mapping, room + 2 * page)
    }

    /// The bytes, so that the guard page begins right behind them.
    @_lifetime(borrow self)
    func ending(_ bytes: [UInt8]) -> RawSpan { place(bytes, at: page + room - bytes.count) }

    /// The bytes, so that the guard page ends right before them.
    @_lifetime(borrow self)
    func beginning(_ bytes: [UInt8]) -> RawSpan { place(bytes, at: page) }

    /// As many bytes to write to, so that the guard page begins right behind them.
    func room(for count: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: mapping + page + room - count, count: count)
    }

    /// What is in them.
    func contents(_ count: Int) -> [UInt8] { unsafe Array(room(for: count)) }

    /// The same as `ending`, to be changed in place.
    func placed(_ bytes: ArraySlice<UInt8>) -> UnsafeMutableRawBufferPointer {
        let target = unsafe room(for: bytes.count)
        unsafe target.copyBytes(from: bytes)
        return unsafe target
    }

    @_lifetime(borrow self)
    private func place(_ bytes: [UInt8], at offset: Int) -> RawSpan {
        precondition(bytes.count <= room)
        // Holds: the mapping is writable between the guard pages, lives as long as self, and is only written here.
        let target = unsafe UnsafeMutableRawBufferPointer(start: mapping + offset, count: bytes.count)
        unsafe target.copyBytes(from: bytes)
        return unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(target)), borrowing: self)
    }
}
