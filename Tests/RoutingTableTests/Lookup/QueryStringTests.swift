import RoutingTable
import TestSupport
import Testing

@Suite("Query strings")
struct QueryStringTests {
    private func value(of name: String, in query: String) -> String? {
        let (name, query) = (Array(name.utf8), Array(query.utf8))
        var scratch = [UInt8](repeating: 0, count: max(1, query.count))
        return unsafe name.withUnsafeBytes { name in
            unsafe query.withUnsafeBytes { query in
                unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                    unsafe QueryString.value(of: Bytes(name), in: Bytes(query), scratch: scratch.baseAddress!)?.text
                }
            }
        }
    }

    @Test(
        "The first parameter of the name, decoded",
        arguments: [
            ("a", "a=1", "1"), ("a", "b=2&a=1", "1"), ("a", "a=1&a=2", "1"), ("a", "&&a=1&", "1"), ("a", "a", ""), ("a", "a=", ""), ("a", "a=b=c", "b=c"),
            ("a", "%61=%31", "1"), ("a b", "a+b=c+d", "c d"), ("a b", "a%20b=c%20d", "c d"), ("a", "a=%zz%4", "%zz%4"), ("a", "a=%", "%"),
            ("a&b", "a%26b=%3D%26", "=&"), ("ä", "%C3%A4=%c3%a4", "ä"), ("", "=x", "x"), ("a", "a=%2", "%2"),
        ])
    func found(name: String, query: String, expected: String) {
        #expect(value(of: name, in: query) == expected)
    }

    @Test("None of the name", arguments: [("a", ""), ("a", "b=1"), ("a", "A=1"), ("a", "aa=1"), ("aa", "a=1"), ("a", "b=a"), ("", "&&"), ("a=1", "a=1")])
    func absent(name: String, query: String) {
        #expect(value(of: name, in: query) == nil)
    }

    /// The same by splitting: what the URL standard's form parser does, step by step.
    private func reference(_ name: [UInt8], _ query: [UInt8]) -> [UInt8]? {
        func decoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var out: [UInt8] = [], rest = bytes
            while let byte = rest.popFirst() {
                let pair = rest.prefix(2)
                if byte == UInt8(ascii: "%"), pair.count == 2, pair.allSatisfy({ $0 < 0x80 && Character(UnicodeScalar($0)).isHexDigit }) {
                    out.append(UInt8(String(decoding: pair, as: UTF8.self), radix: 16)!)
                    rest = rest.dropFirst(2)
                } else {
                    out.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                }
            }
            return out
        }
        for part in query.split(separator: UInt8(ascii: "&")) {
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            if decoded(halves[0]) == name { return halves.count == 2 ? decoded(halves[1]) : [] }
        }
        return nil
    }

    /// A name and a query of what matters in one.
    private static func random(_ seed: Seed, _ round: Int) -> (name: [UInt8], query: [UInt8]) {
        var random = seed.generator(round: round)
        let alphabet = Array("ab=&%+2f6\u{e9}".utf8)
        func bytes(_ most: Int) -> [UInt8] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
        }
        return (bytes(2), bytes(24))
    }

    @Test("As by splitting, with query, name and scratch each before a page that may not be touched")
    func random() {
        let seed = Seed(of: "query strings")
        let queryRoom = GuardedBytes(capacity: 64), nameRoom = GuardedBytes(capacity: 64), scratchRoom = GuardedBytes(capacity: 64)
        for round in 0..<20_000 {
            let (name, query) = Self.random(seed, round)
            let scratch = unsafe scratchRoom.scratch(query.count)
            let found = unsafe QueryString.value(of: nameRoom.view(name), in: queryRoom.view(query), scratch: scratch)
            let copy = found.map { bytes in (0..<bytes.count).map { bytes[$0] } }
            #expect(copy == reference(name, query), "\(seed), round \(round)")
        }
    }

    @Test("Every parameter by itself: its name in any spelling, its value in no more room than it took")
    func parameters() {
        let seed = Seed(of: "query parameters")
        let queryRoom = GuardedBytes(capacity: 64), nameRoom = GuardedBytes(capacity: 64), scratchRoom = GuardedBytes(capacity: 64)
        for round in 0..<20_000 {
            let (name, query) = Self.random(seed, round)
            let parts = query.isEmpty ? [] : query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map { Array($0) }
            expect(parts, named: nameRoom.view(name), name, in: QueryParameters(queryRoom.view(query)), scratchRoom, "\(seed), round \(round)")
        }
    }

    private func expect(
        _ parts: [[UInt8]], named view: Bytes, _ name: [UInt8], in parameters: QueryParameters, _ room: borrowing GuardedBytes, _ round: Comment
    ) {
        var parameters = parameters
        for part in parts {
            guard let parameter = parameters.next() else {
                Issue.record("too few parameters, \(round)")
                return
            }
            #expect((0..<parameter.count).map { parameter[$0] } == part, round)
            let value = unsafe QueryString.value(of: view, inParameter: parameter, scratch: room.scratch(part.count))
            #expect(value.map { bytes in (0..<bytes.count).map { bytes[$0] } } == reference(name, part), round)
            #expect(QueryString.isCalled(view, parameter) == (value != nil), round)
        }
        #expect(parameters.next() == nil, round)
    }
}
