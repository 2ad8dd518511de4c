import CLinux
import Glibc
import RoutingTable
import Synchronization
import TestSupport
import Testing

@testable import Proxy

/// Lines from a worker to the writer.
@Suite struct LineRingTests {
    private func append(_ text: String, to ring: LineRing) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeBytes { unsafe ring.append(Bytes($0)) }
    }

    private func text(_ ring: LineRing) -> String {
        let (first, second) = ring.pieces
        return String(decoding: first.copied + second.copied, as: UTF8.self)
    }

    @Test func wrapsAtEveryPlace() throws {
        let ring = try #require(LineRing(capacity: 16))
        for number in 0..<100 {
            let line = String(repeating: "x", count: number % 15) + "\n"
            #expect(append(line, to: ring) && text(ring) == line)
            #expect(ring.consume(line.utf8.count))
            #expect(text(ring) == "")
        }
        #expect(ring.lost == 0)
    }

    @Test func whatFindsNoRoomIsLostAndCounted() throws {
        let ring = try #require(LineRing(capacity: 16))
        #expect(append("1234567\n", to: ring) && append("abcdefg\n", to: ring))
        #expect(!append("\n", to: ring) && ring.lost == 1)
        #expect(!ring.consume(3) && append("yz\n", to: ring))
        #expect(text(ring) == "4567\nabcdefg\nyz\n" && ring.firstLineBytes == 5)
        #expect(!append("01234567890123456\n", to: ring) && ring.lost == 2, "longer than the ring")
        #expect(text(ring) == "4567\nabcdefg\nyz\n")
    }

    /// One thread puts lines in, another takes them out in pieces of any size: all that were not lost come out whole, in order.
    @Test func twoThreads() throws {
        let seed = UInt64.random(in: 0 ... .max)
        let ring = try #require(LineRing(capacity: 1 << 10))
        let producer = Producer(ring, lines: 100_000)
        #expect(unsafe cl_thread(produce, Unmanaged.passRetained(producer).toOpaque(), 1 << 18) == 0)
        var random = SplitMix64(state: seed)
        var received: [UInt8] = []
        while true {
            let isLast = producer.isDone
            let (first, second) = ring.pieces
            let count = first.count + second.count
            if count == 0 {
                if isLast { break }
                continue
            }
            let taken = isLast ? count : 1 + random.below(count)
            received += (first.copied + second.copied).prefix(taken)
            let endsLine = ring.consume(taken)
            #expect(endsLine == (received.last == UInt8(ascii: "\n")))
        }
        var expected = 0, lines = 0
        for line in received.split(separator: UInt8(ascii: "\n")) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard parts.count == 2, let number = Int(parts[0]), number >= expected, parts[1].allSatisfy({ $0 == "y" }), parts[1].count == 1 + number % 50 else {
                Issue.record("seed \(seed): a broken line behind \(expected): \(parts)")
                return
            }
            expected = number + 1
            lines += 1
        }
        #expect(lines + ring.lost == 100_000 && lines > 0, "seed \(seed)")
    }
}

/// Puts numbered lines of different lengths into a ring.
private final class Producer: @unchecked Sendable {
    private let ring: LineRing
    private let lines: Int
    private let done = Atomic<Bool>(false)

    init(_ ring: LineRing, lines: Int) {
        self.ring = ring
        self.lines = lines
    }

    var isDone: Bool { done.load(ordering: .acquiring) }

    func run() {
        for number in 0..<lines {
            let line = Array("\(number) \(String(repeating: "y", count: 1 + number % 50))\n".utf8)
            unsafe _ = line.withUnsafeBytes { unsafe ring.append(Bytes($0)) }
        }
        done.store(true, ordering: .releasing)
    }
}

private func produce(_ producer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<Producer>.fromOpaque(producer!).takeRetainedValue().run()
    return nil
}

/// Many rings into one file that takes little at a time.
@Suite struct LogWriterTests {
    @Test func linesStayWholeHoweverLittleTheFileTakes() throws {
        let rings = try (0..<5).map { _ in try #require(LineRing(capacity: 1 << 14)) }
        var writer = LogWriter(rings: rings)
        var ends: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        defer { _ = cl_close(ends[0]) }
        #expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
        #expect(fcntl(ends[1], 1031, 4096) == 4096) // F_SETPIPE_SZ: a page
        writer.takeFile(ends[1])
        var random = SplitMix64(state: 7)
        var received: [UInt8] = []
        var numbers = [Int](repeating: 0, count: rings.count)
        for _ in 0..<3000 {
            let ring = random.below(rings.count)
            let line = Array("\(ring) \(numbers[ring]) \(String(repeating: "z", count: random.below(300)))\n".utf8)
            if unsafe line.withUnsafeBytes({ unsafe rings[ring].append(Bytes($0)) }) { numbers[ring] += 1 }
            if random.chance(20) { _ = writer.writeAll() }
            if random.chance(10) { received += read(ends[0], atMost: 1 + random.below(5000)) }
        }
        repeat { received += read(ends[0], atMost: 1 << 16) } while writer.writeAll() != .nothing
        received += read(ends[0], atMost: 1 << 16)
        var seen = [Int](repeating: 0, count: rings.count)
        for line in received.split(separator: UInt8(ascii: "\n")) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let ring = Int(parts[0]), let number = Int(parts[1]), seen[ring] == number, parts[2].allSatisfy({ $0 == "z" }) else {
                Issue.record("a broken line: \(parts)")
                return
            }
            seen[ring] += 1
        }
        #expect(seen == numbers)
    }

    /// A file that takes nothing more keeps a half line: the rest of it is not the beginning of the next file.
    @Test func theNextFileBeginsWithAWholeLine() throws {
        let ring = try #require(LineRing(capacity: 1 << 14))
        var writer = LogWriter(rings: [ring])
        var ends: [Int32] = [0, 0], next: [Int32] = [0, 0]
        #expect(unsafe pipe(&ends) == 0 && pipe(&next) == 0)
        #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], 1031, 4096) == 4096)
        writer.takeFile(ends[1])
        for character in ["a", "b"] {
            let line = Array((String(repeating: character, count: 3000) + "\n").utf8)
            unsafe _ = line.withUnsafeBytes { unsafe ring.append(Bytes($0)) }
        }
        #expect(writer.writeAll() == .full)
        writer.takeFile(next[1])
        let last = Array("c\n".utf8)
        unsafe _ = last.withUnsafeBytes { unsafe ring.append(Bytes($0)) }
        #expect(writer.writeAll() == .wrote)
        #expect(read(next[0], atMost: 100) == Array("c\n".utf8) && ring.lost == 1)
        for end in [ends[0], next[0], next[1]] { _ = cl_close(end) }
    }

    private func read(_ file: Int32, atMost count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let n = unsafe cl_read(file, &bytes, count)
        return n > 0 ? Array(bytes[0..<n]) : []
    }
}
