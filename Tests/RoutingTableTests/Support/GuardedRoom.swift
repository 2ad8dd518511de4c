import Glibc
import RoutingTable

/// Memory between two pages that may not be touched: one byte too far, either way, ends the test run.
@safe
struct GuardedRoom: ~Copyable {
    // Safe: the mapping is this value's own; both uses below stay between the guard pages or end the process.
    private let mapping: UnsafeMutableRawPointer
    private let page = 4096
    private let size: Int

    init(capacity: Int) {
        size = (capacity + page - 1) / page * page
        unsafe mapping = mmap(nil, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        precondition(unsafe mapping != MAP_FAILED)
        precondition(unsafe mprotect(mapping, page, PROT_NONE) == 0)
        precondition(unsafe mprotect(mapping + page + size, page, PROT_NONE) == 0)
    }

    deinit { unsafe _ = munmap(mapping, size + 2 * page) }

    /// Room whose last byte is the last before the guard page.
    func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(count <= size)
        return unsafe (mapping + page + size - count).assumingMemoryBound(to: UInt8.self)
    }

    /// These bytes, the guard page right behind them.
    func place(_ bytes: [UInt8]) -> Bytes {
        let target = unsafe room(bytes.count)
        unsafe target.update(from: bytes, count: bytes.count)
        return unsafe Bytes(base: target, count: bytes.count)
    }
}
