import Proxy
import Testing

@Suite("Body patch: what changes")
struct BodyPatchTests {
    private func expect(
        _ body: String, _ expected: String, path: [String] = ["model"], literal: String = "\"new\"",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let patcher = try Patcher(path, literal: literal)
        #expect(patcher.patch(body) == .patched(Array(expected.utf8)), sourceLocation: sourceLocation)
    }

    private func expect(
        _ body: String, refusedFor fault: BodyFault, at offset: Int, path: [String] = ["model"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let patcher = try Patcher(path)
        #expect(patcher.patch(body) == .refused(fault, at: offset), sourceLocation: sourceLocation)
    }

    @Test("only the value's bytes are replaced, whatever the value is")
    func replaces() throws {
        try expect(#"{"model":"old","n":1.0e2}"#, #"{"model":"new","n":1.0e2}"#)
        try expect("{ \"a\" : [ ] ,\r\n\t\"model\"\t:  \"old\"  , \"b\":null } \n", "{ \"a\" : [ ] ,\r\n\t\"model\"\t:  \"new\"  , \"b\":null } \n")
        for value in ["null", "true", "false", "-0.5E+10", "0", "\"\"", "[]", "{}", #"{"model":"x"}"#, #"[1,{"model":[2]},"]"]"#] {
            try expect("{\"model\":\(value)}", #"{"model":"new"}"#)
            try expect("{\"a\":1,\"model\": \(value) ,\"b\":\(value)}", "{\"a\":1,\"model\": \"new\" ,\"b\":\(value)}")
        }
    }

    @Test("every member of the name, and only at the root")
    func everyMember() throws {
        try expect(#"{"model":1,"a":{"model":2},"model":{"model":3},"b":[{"model":4}],"model":"5"}"#,
            #"{"model":"new","a":{"model":2},"model":"new","b":[{"model":4}],"model":"new"}"#)
        try expect(#"{"Model":1,"mode":2,"models":3,"mod\u0065ls":4,"\u006d":5,"model ":6}"#,
            #"{"model":"new","Model":1,"mode":2,"models":3,"mod\u0065ls":4,"\u006d":5,"model ":6}"#)
    }

    @Test("however the name is escaped")
    func escapedNames() throws {
        for name in [#"mod\u0065l"#, #"\u006Dodel"#, #"\u006d\u006F\u0064\u0065\u006c"#] {
            try expect("{\"\(name)\":1}", "{\"\(name)\":\"new\"}")
        }
        for name in [#"mod\\u0065l"#, #"mod\u0045l"#, #"mode\u006c\u0000"#, #"\ud800model"#, #"model\udc00"#] {
            try expect("{\"\(name)\":1}", "{\"model\":\"new\",\"\(name)\":1}")
        }
        for name in [#"\uD83D\uDE00\/\u00e9\u000a\u0022\u005c"#, #"😀/é\n\"\\"#] {
            try expect("{\"\(name)\":1}", "{\"\(name)\":\"new\"}", path: ["\u{1F600}/é\n\"\\"])
        }
        try expect(#"{"\b\f\n\r\t\/":1}"#, #"{"\b\f\n\r\t\/":"new"}"#, path: ["\u{8}\u{c}\n\r\t/"])
        try expect(#"{"\ud83d":1,"\ud83dx":2,"\ud83d\n":3,"\ud83d\u0041":4}"#,
            #"{"😀":"new","\ud83d":1,"\ud83dx":2,"\ud83d\n":3,"\ud83d\u0041":4}"#, path: ["😀"])
        try expect(#"{"":1}"#, #"{"":"new"}"#, path: [""])
        // Half a pair and something near the other half is no character.
        try expect(#"{"\ud83d\ue000":1}"#, #"{"\u{1F800}":"new","\ud83d\ue000":1}"#.replacing(#"\u{1F800}"#, with: "\u{1F800}"), path: ["\u{1F800}"])
        for scalar: Unicode.Scalar in ["\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"] {
            let escaped = String(scalar).utf16.map { "\\u" + String(0x1_0000 + Int($0), radix: 16).dropFirst() }.joined()
            try expect("{\"x\(escaped)y\":1}", "{\"x\(escaped)y\":\"new\"}", path: ["x\(scalar)y"])
        }
    }

    @Test("the digits of an escape are hexadecimal, whatever stands beside them")
    func hexDigits() throws {
        let patcher = try Patcher()
        let edges: [UInt8] = [0x00, 0x0F, 0x10, 0x19, 0x2F, 0x30, 0x39, 0x3A, 0x40, 0x41, 0x46, 0x47, 0x5B, 0x60, 0x61, 0x66, 0x67, 0x7F, 0x80, 0xAF, 0xB0, 0xB9, 0xBA, 0xC1, 0xE0, 0xE1, 0xE7, 0xFF]
        func isHex(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit && byte < 0x80 }
        for place in 0..<3 {
            for first in edges {
                for second in edges {
                    var body = Array(#"{"a":"\u0aF9"}"#.utf8)
                    (body[8 + place], body[9 + place]) = (first, second)
                    #expect(patcher.patch(body).isRefused != (isHex(first) && isHex(second)), "\(body)")
                }
            }
        }
    }

    @Test("a missing member is inserted first")
    func inserts() throws {
        try expect("{}", #"{"model":"new"}"#)
        try expect(" { \n} ", " {\"model\":\"new\" \n} ")
        try expect(#"{"a":1}"#, #"{"model":"new","a":1}"#)
        try expect("{ \"a\":1}", "{\"model\":\"new\", \"a\":1}")
        try expect("{}", #"{"a\"\\\u0001é":"new"}"#, path: ["a\"\\\u{1}é"])
    }

    @Test("a path goes through objects")
    func paths() throws {
        let path = ["a", "b"]
        try expect(#"{"a":{"b":1}}"#, #"{"a":{"b":"new"}}"#, path: path)
        try expect(#"{"a":{"b":1,"a":{"b":2},"b":3},"b":4,"a":{"\u0062":{"b":5}}}"#,
            #"{"a":{"b":"new","a":{"b":2},"b":"new"},"b":4,"a":{"\u0062":"new"}}"#, path: path)
        try expect(#"{"a":{}}"#, #"{"a":{"b":"new"}}"#, path: path)
        try expect(#"{"a":{ "c":{"b":1}},"a":{ }}"#, #"{"a":{"b":"new", "c":{"b":1}},"a":{"b":"new" }}"#, path: path)
        try expect(#"{"c":{"a":{"b":1}}}"#, #"{"a":{"b":"new"},"c":{"a":{"b":1}}}"#, path: path)
        try expect("{}", #"{"a":{"b":"new"}}"#, path: path)
        try expect(#"{"a":{"x":[{"b":1}]}}"#, #"{"a":{"b":{"c":{"d":"new"}},"x":[{"b":1}]}}"#, path: ["a", "b", "c", "d"])
        try expect(#"{"a":{"b":{"c":{}}}}"#, #"{"a":{"b":{"c":{"d":"new"}}}}"#, path: ["a", "b", "c", "d"])
        try expect(#"{"a":{"b":{}},"a":{},"a":{"b":{"c":1}}}"#, #"{"a":{"b":{"c":"new"}},"a":{"b":{"c":"new"}},"a":{"b":{"c":"new"}}}"#, path: ["a", "b", "c"])
        let eight = (1...8).map { "k\($0)" }
        try expect(#"{"k1":{"k2":{"k3":{"k4":{"k5":{"k6":{"k7":{"k8":[[]]}}}}}}}}"#,
            #"{"k1":{"k2":{"k3":{"k4":{"k5":{"k6":{"k7":{"k8":"new"}}}}}}}}"#, path: eight)
        try expect("{\"k\":0}", #"{"k1":{"k2":{"k3":{"k4":{"k5":{"k6":{"k7":{"k8":"new"}}}}}}},"k":0}"#, path: eight)
    }

    @Test("a path through something other than an object is refused", arguments: ["1", "null", "\"x\"", "[]", "[{\"b\":1}]", "true"])
    func pathNotObject(value: String) throws {
        try expect("{\"a\":\(value)}", refusedFor: .pathNotObject, at: 5, path: ["a", "b"])
        try expect("{\"a\":{\"b\":1},\"a\": \(value)}", refusedFor: .pathNotObject, at: 18, path: ["a", "b"])
        let patcher = try Patcher(["a", "b", "c"])
        let body = Array("{\"a\":{\"b\":\(value)}}".utf8)
        #expect(patcher.patch(body) == .refused(.pathNotObject, at: 10))
        let refusal = patcher.refusal(body)
        #expect(refusal?.component == 1)
    }

    @Test("what is refused, why, and at which byte")
    func refusals() throws {
        let cases: [(String, BodyFault, Int)] = [
            ("", .unexpectedEnd, 0), (" \n", .unexpectedEnd, 2), ("[]", .rootNotObject, 0), (" 1", .rootNotObject, 1),
            ("\u{FEFF}{}", .byteOrderMark, 0), ("{", .unexpectedEnd, 1), ("{}x", .trailingBytes, 2), ("{} {}", .trailingBytes, 3),
            ("{}\0", .trailingBytes, 2), ("{,}", .unexpectedByte, 1), ("{\"a\"}", .unexpectedByte, 4), ("{\"a\":}", .unexpectedByte, 5),
            ("{\"a\":1,}", .unexpectedByte, 7), ("{\"a\":[1,]}", .unexpectedByte, 8), ("{\"a\":[1}", .unexpectedByte, 7),
            ("{\"a\":{]}", .unexpectedByte, 6), ("{\"a\":1 2}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
            ("{'a':1}", .unexpectedByte, 1), ("{\"a\":tru}", .invalidLiteral, 5), ("{\"a\":nulL}", .invalidLiteral, 5),
            ("{\"a\":falsy}", .invalidLiteral, 5), ("{\"a\":truex}", .unexpectedByte, 9), ("{\"a\":NaN}", .unexpectedByte, 5),
            ("{\"a\":01}", .unexpectedByte, 6), ("{\"a\":-}", .invalidNumber, 6), ("{\"a\":1.}", .invalidNumber, 7),
            ("{\"a\":.5}", .unexpectedByte, 5), ("{\"a\":1e}", .invalidNumber, 7), ("{\"a\":1e+}", .invalidNumber, 8),
            ("{\"a\":+1}", .unexpectedByte, 5), ("{\"a\":-01}", .unexpectedByte, 7), ("{\"a\":1\0}", .unexpectedByte, 6),
            ("{\"a\":\"\t\"}", .controlCharacter, 6), ("{\"a\":\"\\x\"}", .invalidEscape, 6), ("{\"a\":\"\\u12g4\"}", .invalidEscape, 6),
            ("{\"\u{1F}\":1}", .controlCharacter, 2), ("{\"a\":\u{C}1}", .unexpectedByte, 5), ("{\"a\":\u{A0}1}", .unexpectedByte, 5),
            ("{\"a\":\"x", .unexpectedEnd, 7), ("{\"a\":[", .unexpectedEnd, 6), ("{/**/}", .unexpectedByte, 1),
        ]
        for (body, fault, offset) in cases { try expect(body, refusedFor: fault, at: offset) }
    }

    @Test("numbers of any size and lone surrogate escapes pass as they stand")
    func oddButValid() throws {
        for value in [
            "123456789012345678901234567890", "-0", "1e999999", "-0.0000e-00001", "\"\\ud800\"", "\"\\uDfFf\\ud800x\"", "\"\\u0000\"", "\"\u{7F}\"",
            "\"\u{FFFF}\u{10FFFF}\"",
        ] {
            try expect("{\"a\":\(value)}", "{\"model\":\"new\",\"a\":\(value)}")
        }
        try expect(#"{"\u0000":1,"\ud800":2}"#, #"{"model":"new","\u0000":1,"\ud800":2}"#)
    }

    @Test("the number of edits is bounded")
    func bounded() throws {
        let patcher = try Patcher(literal: "0")
        let members = Array(repeating: "\"model\":1", count: BodyLimits.maxEdits)
        let body = "{\(members.joined(separator: ","))}"
        #expect(patcher.patch(body) == .patched(Array(body.replacing(":1", with: ":0").utf8)))
        #expect(patcher.patch(body.dropLast() + ",\"model\":1}") == .refused(.tooManyMembers, at: body.utf8.count + 8))
    }

    @Test("deep bodies pass up to the limit", arguments: [["model"], ["a", "b"]])
    func depth(path: [String]) throws {
        let patcher = try Patcher(path, literal: "0", capacity: 16 << 20)
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            let opening = Array(repeating: Array(open.utf8), count: depth).joined()
            return Array("{\"x\":".utf8) + opening + Array("1".utf8) + Array(repeating: Array(close.utf8), count: depth).joined() + Array("}".utf8)
        }
        let inserted = Array((path.count == 1 ? "{\"model\":0," : "{\"a\":{\"b\":0},").utf8)
        for body in [nested(200_000, "[", "]"), nested(100_000, "[{\"a\":", "}]"), nested(BodyLimits.maxDepth - 1, "[", "]")] {
            #expect(patcher.patch(body) == .patched(inserted + body.dropFirst()))
        }
        #expect(patcher.patch(nested(BodyLimits.maxDepth, "[", "]")) == .refused(.tooDeep, at: 4 + BodyLimits.maxDepth))
        // A bracket of the wrong kind is noticed at any depth: the register spills every 64 levels.
        for level in [1, 62, 63, 64, 65, 127, 128, 129, 1_000] {
            var body = nested(1_000, "[", "]")
            body[5 + 1_000 + level] = UInt8(ascii: "}")
            #expect(patcher.patch(body) == .refused(.unexpectedByte, at: 5 + 1_000 + level))
        }
    }

    @Test("the value that was there can be read")
    func firstValue() throws {
        let patcher = try Patcher()
        let text = Array(#"{"x":0,"model":"g\u0070t-4o\/é","model":1}"#.utf8)
        let value = try #require(patcher.firstValue(text))
        #expect(value.start == 15 && value.end == 32 && value.isString)
        for (name, isEqual) in [("gpt-4o/é", true), ("gpt-4o", false), ("gpt-4o/éé", false), ("", false), ("Gpt-4o/é", false)] {
            #expect(patcher.isFirstValue(of: text, name) == isEqual)
        }
        let number = Array(#"{"model":12}"#.utf8)
        let other = try #require(patcher.firstValue(number))
        #expect(other.start == 9 && other.end == 11 && !other.isString)
        #expect(!patcher.isFirstValue(of: number, "12"))
        #expect(!patcher.isFirstValue(of: number, "1"))
        #expect(patcher.firstValue(Array("{}".utf8)) == nil)
    }

    @Test("lists of components that are no path")
    func badPaths() {
        func fault(_ components: [[UInt8]]) -> MemberPathError? {
            do throws(MemberPathError) { _ = try MemberPath(components); return nil } catch { return error }
        }
        #expect(fault([]) == .componentCount(0))
        #expect(fault(Array(repeating: [97], count: 9)) == .componentCount(9))
        #expect(fault(Array(repeating: [97], count: 8)) == nil)
        #expect(fault([[97], [0xFF]]) == .componentNotUTF8(component: 1))
        #expect(fault([[UInt8](repeating: 97, count: 65_535)]) == nil)
        #expect(fault([[UInt8](repeating: 97, count: 65_536)]) == .componentTooLong(component: 0))
    }
}
