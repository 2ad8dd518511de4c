import CLinux
import RoutingTable

/// One worker's buffers: small ones of a fixed size, which nearly every message fits, and large ones by powers of two.
///
/// Memory is mapped when it is first needed and kept for the next message, so a steady state maps nothing: a page that is
/// mapped anew costs more than copying its bytes. What large ones a second has not needed goes back to the system.
@safe
struct BufferPool: ~Copyable {
    // Safe: free buffers are linked through their own first bytes, which nobody else holds.
    private var freeSmall: UnsafeMutablePointer<UInt8>?
    private var mappedSmall = 0
    /// Free large buffers of 64 KiB, 128 KiB, …, linked in the same way.
    private var freeLarge = unsafe InlineArray<10, UnsafeMutablePointer<UInt8>?>(repeating: nil) // Limits.cachedLargeClasses
    private var cachedLargeBytes = 0
    private let mostCachedBytes: Int
    /// Of each size: how many are free, and the least that were since `trim`.
    private var freeCounts = InlineArray<10, Int>(repeating: 0)
    private var spareCounts = InlineArray<10, Int>(repeating: 0)

    /// - Parameter mostCachedBytes: what is kept of large buffers that are free.
    init(mostCachedBytes: Int = Limits.cachedLargeBytes) { self.mostCachedBytes = min(mostCachedBytes, Limits.cachedLargeBytes) }

    /// A buffer of at least `count` bytes; nil if the worker's bound is reached or the system has no memory.
    mutating func take(atLeast count: Int = 0) -> Buffer? {
        count <= Limits.smallBufferBytes ? takeSmall() : takeLarge(Self.roundedUp(count))
    }

    /// Gives a buffer back and forgets it; nothing happens to one without memory.
    mutating func give(_ buffer: inout Buffer) {
        defer { buffer = .none }
        guard let base = unsafe buffer.base else { return }
        if buffer.capacity == Limits.smallBufferBytes {
            unsafe Self.push(base, onto: &freeSmall)
        } else {
            unsafe giveLarge(base, buffer.capacity)
        }
    }

    /// Makes room for `count` bytes behind `buffer.start`, keeping the content.
    ///
    /// - Parameter wanted: what may be needed in the end; there is room for that where it takes no new memory.
    /// - Returns: whether there is room now; if not, the buffer is as it was.
    mutating func grow(_ buffer: inout Buffer, toHold count: Int, wanted: Int = 0) -> Bool {
        guard buffer.isAllocated else {
            guard let fresh = take(atLeast: count) else { return false }
            buffer = fresh
            return true
        }
        if buffer.capacity - buffer.start >= count { return true }
        buffer.compact()
        if buffer.capacity >= count { return true }
        let newCapacity = Self.roundedUp(count)
        if let larger = takeCached(Self.roundedUp(max(count, wanted))) ?? takeCached(newCapacity) {
            move(&buffer, to: larger)
            return true
        }
        if buffer.capacity > Limits.smallBufferBytes {
            guard let moved = unsafe cl_remap(buffer.base!, buffer.capacity, newCapacity) else { return false }
            unsafe buffer = Buffer(movedTo: moved.assumingMemoryBound(to: UInt8.self), capacity: newCapacity, from: buffer)
            return true
        }
        guard let larger = mapLarge(newCapacity) else { return false }
        move(&buffer, to: larger)
        return true
    }

    private mutating func move(_ buffer: inout Buffer, to other: Buffer) {
        var other = other
        other.append(buffer.bytes)
        give(&buffer)
        buffer = other
    }

    /// Gives back what `buffer` has beyond the size that its content, which is not empty, needs.
    mutating func shrink(_ buffer: inout Buffer) {
        buffer.compact()
        guard buffer.capacity > Limits.smallBufferBytes else { return }
        if buffer.count <= Limits.smallBufferBytes {
            if let smaller = takeSmall() { move(&buffer, to: smaller) }
            return
        }
        let newCapacity = Self.roundedUp(buffer.count)
        guard newCapacity < buffer.capacity, let moved = unsafe cl_remap(buffer.base!, buffer.capacity, newCapacity) else { return }
        unsafe buffer = Buffer(movedTo: moved.assumingMemoryBound(to: UInt8.self), capacity: newCapacity, from: buffer)
    }

    // MARK: -

    private static func roundedUp(_ count: Int) -> Int {
        var capacity = Limits.largeBufferBytes
        while capacity < count { capacity *= 2 }
        return capacity
    }

    private static func push(_ base: UnsafeMutablePointer<UInt8>, onto list: inout UnsafeMutablePointer<UInt8>?) {
        unsafe UnsafeMutableRawPointer(base).storeBytes(of: list, as: UnsafeMutablePointer<UInt8>?.self)
        unsafe list = base
    }

    private static func pop(from list: inout UnsafeMutablePointer<UInt8>?) -> UnsafeMutablePointer<UInt8>? {
        guard let base = unsafe list else { return nil }
        unsafe list = UnsafeRawPointer(base).load(as: UnsafeMutablePointer<UInt8>?.self)
        return unsafe base
    }

    private mutating func takeSmall() -> Buffer? {
        if unsafe freeSmall == nil { mapMoreSmall() }
        guard let base = unsafe Self.pop(from: &freeSmall) else { return nil }
        return unsafe Buffer(base: base, capacity: Limits.smallBufferBytes)
    }

    private mutating func mapMoreSmall() {
        let perChunk = Limits.smallBuffersPerChunk
        guard mappedSmall + perChunk <= Limits.smallBuffersPerWorker,
            let chunk = unsafe cl_map_anonymous(perChunk * Limits.smallBufferStride)
        else { return }
        mappedSmall += perChunk
        for i in (0..<perChunk).reversed() {
            unsafe Self.push((chunk + i * Limits.smallBufferStride).assumingMemoryBound(to: UInt8.self), onto: &freeSmall)
        }
    }

    private static func largeClass(_ capacity: Int) -> Int? {
        let number = (capacity / Limits.largeBufferBytes).trailingZeroBitCount
        return number < Limits.cachedLargeClasses ? number : nil
    }

    private mutating func takeLarge(_ capacity: Int) -> Buffer? { takeCached(capacity) ?? mapLarge(capacity) }

    private mutating func takeCached(_ capacity: Int) -> Buffer? {
        guard let number = Self.largeClass(capacity), let base = unsafe Self.pop(from: &freeLarge[number]) else { return nil }
        cachedLargeBytes -= capacity
        freeCounts[number] -= 1
        spareCounts[number] = min(spareCounts[number], freeCounts[number])
        return unsafe Buffer(base: base, capacity: capacity)
    }

    private mutating func mapLarge(_ capacity: Int) -> Buffer? {
        guard let base = unsafe cl_map_anonymous(capacity) else { return nil }
        return unsafe Buffer(base: base.assumingMemoryBound(to: UInt8.self), capacity: capacity)
    }

    private mutating func giveLarge(_ base: UnsafeMutablePointer<UInt8>, _ capacity: Int) {
        if let number = Self.largeClass(capacity), cachedLargeBytes + capacity <= mostCachedBytes {
            unsafe Self.push(base, onto: &freeLarge[number])
            cachedLargeBytes += capacity
            freeCounts[number] += 1
        } else {
            unsafe _ = cl_unmap(base, capacity)
        }
    }

    // MARK: - What is not needed

    /// Whether `trim` is to be called every `Limits.trimMillis`.
    var isToBeTrimmed: Bool { cachedLargeBytes > 0 }

    /// Gives back to the system what has lain free since the last call, or as much of it as a turn has time for.
    mutating func trim() {
        var bytes = 0
        for number in 0..<Limits.cachedLargeClasses {
            let capacity = Limits.largeBufferBytes << number
            while spareCounts[number] > 0, bytes < Limits.trimmedBytes, let base = unsafe Self.pop(from: &freeLarge[number]) {
                unsafe _ = cl_unmap(base, capacity)
                bytes += capacity
                cachedLargeBytes -= capacity
                freeCounts[number] -= 1
                spareCounts[number] -= 1
            }
            spareCounts[number] = freeCounts[number]
        }
    }
}
