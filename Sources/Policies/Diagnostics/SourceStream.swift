import Glibc

/// Reads a source from front to back. A byte order mark at the start is no part of it.
package struct SourceStream: ~Copyable {
    /// The system's reason why a file cannot be read: errno.
    package struct Failure: Error, Sendable { package let code: Int32 }

    /// Comes before the rest.
    private var held: ArraySlice<UInt8> = []
    /// -1: there is no rest.
    private var descriptor: Int32 = -1
    /// Bytes that are probably still to come.
    private var expected = 0
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    package init(_ source: SourceFile) throws(Failure) {
        switch source.content {
        case .held(let bytes): held = bytes[...]
        case .onDisk(let path):
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(code: errno) }
            expected = source.size
            held = try text(startingWith: [], upTo: Self.byteOrderMark.count)[...]
        }
        if held.starts(with: Self.byteOrderMark) { held = held.dropFirst(Self.byteOrderMark.count) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Returns: `start` and what follows, in all `count` bytes; fewer: that is the end.
    mutating func text(startingWith start: [UInt8], upTo count: Int) throws(Failure) -> [UInt8] {
        var text = start
        let part = held.prefix(max(0, count - text.count))
        text += part
        held = held.dropFirst(part.count)
        while text.count < count, descriptor >= 0 {
            let part = try read(min(count - text.count, Self.mostAtOnce, max(expected + 1, Self.leastAtOnce)))
            if part.isEmpty { break }
            if text.isEmpty { text = part } else { text += part }
        }
        return text
    }

    /// A file of known size in one piece and no more: an input may be 100,000 small files.
    private static let (leastAtOnce, mostAtOnce) = (4096, 8 << 20)

    /// - Returns: empty at the end.
    private mutating func read(_ count: Int) throws(Failure) -> [UInt8] {
        let file = descriptor
        var failure: Int32 = 0
        let part = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // The system writes into the buffer that it is lent, and says how much.
            var got = unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            while got < 0, errno == EINTR { got = unsafe Glibc.read(file, buffer.baseAddress, buffer.count) }
            if got < 0 { failure = errno }
            filled = max(0, got)
        }
        if failure != 0 { throw Failure(code: failure) }
        expected -= part.count
        return part
    }
}
