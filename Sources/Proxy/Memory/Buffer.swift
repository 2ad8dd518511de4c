import RoutingTable

/// Memory lent by a worker's `BufferPool`, with the bytes in `start ..< end` of it in use.
///
/// A plain value that is copied like a pointer: whoever holds it last gives it back. An empty one has no memory.
@safe
struct Buffer: BitwiseCopyable {
    // Safe: `capacity` bytes from `base` on belong to whoever holds the buffer, and every access checks them.
    private(set) var base: UnsafeMutablePointer<UInt8>?
    private(set) var capacity: Int
    // Each connection has several, idle or not: 24 bytes instead of 32. What is in use ends below 4 GiB
    // (`Limits.largestMaxBody` and a head).
    private var start32: UInt32 = 0
    private var end32: UInt32 = 0

    static var none: Buffer { unsafe Buffer(base: nil, capacity: 0) }

    @unsafe
    init(base: UnsafeMutablePointer<UInt8>?, capacity: Int) {
        unsafe self.base = base
        self.capacity = capacity
    }

    /// The first byte that is still needed.
    private(set) var start: Int {
        get { Int(start32) }
        set { start32 = UInt32(newValue) }
    }
    private(set) var end: Int {
        get { Int(end32) }
        set { end32 = UInt32(newValue) }
    }

    /// The same content at a new place, after the pool has made room.
    @unsafe
    init(movedTo base: UnsafeMutablePointer<UInt8>, capacity: Int, from old: Buffer) {
        unsafe self.init(base: base, capacity: capacity)
        start = old.start
        end = old.end
    }

    var isAllocated: Bool { unsafe base != nil }
    var count: Int { end - start }
    var isEmpty: Bool { start == end }
    var space: Int { capacity - end }

    /// The bytes in use.
    var bytes: Bytes { self[start..<end] }

    /// Bytes by their distance from the memory's beginning, which `consume` does not change.
    subscript(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= end)
        guard let base = unsafe base else { return .empty }
        return unsafe Bytes(base: base + range.lowerBound, count: range.count)
    }

    /// The first `count` bytes are done with.
    mutating func consume(_ count: Int) {
        precondition(count >= 0 && start + count <= end)
        start += count
    }

    mutating func clear() { (start, end) = (0, 0) }

    /// Cuts the bytes in use off at `newEnd`.
    mutating func truncate(to newEnd: Int) {
        precondition(newEnd >= start && newEnd <= end)
        end = newEnd
    }

    /// Moves what is in use to the memory's beginning.
    mutating func compact() {
        guard start > 0, let base = unsafe base else { return }
        unsafe base.update(from: base + start, count: count)
        (start, end) = (0, count)
    }

    mutating func append(_ bytes: Bytes) {
        guard bytes.count > 0 else { return }
        precondition(bytes.count <= space)
        unsafe Self.copy(bytes, to: base! + end)
        end += bytes.count
    }

    /// Appends `name: value` and the line's end.
    mutating func appendField(_ name: Bytes, _ value: Bytes) {
        let count = name.count + value.count + 4
        precondition(count <= space)
        let place = unsafe base! + end
        unsafe Self.copy(name, to: place)
        unsafe (place[name.count], place[name.count + 1]) = (ASCII.colon, ASCII.space)
        unsafe Self.copy(value, to: place + (name.count + 2))
        unsafe (place[count - 2], place[count - 1]) = (ASCII.carriageReturn, ASCII.lineFeed)
        end += count
    }

    /// Names and values of fields are short: their bytes are moved here in words that overlap, not by a call for each.
    @inline(__always)
    private static func copy(_ bytes: Bytes, to place: UnsafeMutablePointer<UInt8>) {
        // Safe: every word lies in the `count` bytes, which the caller has checked the room for.
        let (from, to, count) = unsafe (UnsafeRawPointer(bytes.base), UnsafeMutableRawPointer(place), bytes.count)
        @inline(__always)
        func move<Word: BitwiseCopyable>(_: Word.Type, _ size: Int) {
            unsafe to.storeBytes(of: from.loadUnaligned(as: Word.self), as: Word.self)
            unsafe (to + (count - size)).storeBytes(of: (from + (count - size)).loadUnaligned(as: Word.self), as: Word.self)
        }
        switch count {
        case 17...32: move(ByteBlock.self, 16)
        case 8...16: move(UInt64.self, 8)
        case 4...7: move(UInt32.self, 4)
        case 2...3: move(UInt16.self, 2)
        case 1: unsafe place.pointee = bytes[0]
        default: unsafe to.copyMemory(from: from, byteCount: count)
        }
    }

    mutating func append(_ byte: UInt8) {
        precondition(space > 0)
        unsafe base![end] = byte
        end += 1
    }

    /// Where it is called the count is known, and what is left of `copy` is two words.
    @inline(__always)
    mutating func append(_ literal: StaticString) {
        let bytes = Bytes(literal)
        precondition(bytes.count <= space)
        unsafe Self.copy(bytes, to: base! + end)
        end += bytes.count
    }

    /// At most 15 bytes: a longer one may be allocated anew for it. Literals are `StaticString`s.
    @_disfavoredOverload
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { unsafe append(Bytes(UnsafeRawBufferPointer($0))) }
    }

    mutating func append(decimal value: UInt64) {
        let room = unsafe UnsafeMutableRawBufferPointer(start: base! + end, count: space)
        end += unsafe DecimalBytes.write(value, to: room, at: 0)
    }

    mutating func append(hex value: UInt64) {
        var shift = (63 - max(0, value.leadingZeroBitCount)) / 4 * 4
        if value == 0 { shift = 0 }
        while shift >= 0 {
            let digit = UInt8(value >> UInt64(shift) & 15)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            shift -= 4
        }
    }

    /// Room to write `count` bytes to; `commit` says how many were.
    @unsafe
    func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(count <= space)
        return unsafe base! + end
    }

    mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= space)
        end += count
    }

    /// The bytes from `position` on, to be changed in place.
    @unsafe
    func mutableBytes(from position: Int) -> UnsafeMutableRawBufferPointer {
        precondition(position >= 0 && position <= end)
        return unsafe UnsafeMutableRawBufferPointer(start: base.map { unsafe $0 + position }, count: end - position)
    }

    // MARK: - Sockets

    /// Receives at most `limit` bytes behind those in use. Returns their number, 0 at the peer's end, or -errno.
    mutating func receive(from transport: Transport, limit: Int = .max) -> Int {
        let wanted = min(space, limit)
        precondition(wanted > 0)
        let n = unsafe transport.receive(base! + end, wanted)
        if n > 0 { end += n }
        return n
    }

    /// Sends bytes in use. Returns their number, or -errno. They are not consumed.
    func send(to transport: Transport) -> Int {
        guard let base = unsafe base else { return 0 }
        return unsafe transport.send(base + start, count)
    }
}
