import Testing

@testable import Proxy

@Suite("JSON of tokens and key sets")
struct StrictJSONTests {
    private static func parse(_ text: String) -> StrictJSON? { StrictJSON(Array(text.utf8)) }

    @Test("Members by their kinds")
    func members() throws {
        let object = try #require(Self.parse(#"{"s":"x","i":12,"r":1.5,"l":["a","b"],"m":["a",1],"e":[],"o":{},"t":true,"n":null}"#))
        #expect(object["s"] == .string("x"))
        #expect(object["i"] == .number(12))
        #expect(object["r"] == .number(1.5))
        #expect(object["l"] == .strings(["a", "b"]))
        #expect(object["e"] == .strings([]))
        for name in ["m", "o", "t", "n"] { #expect(object[name] == .other) }
        #expect(object["absent"] == .absent)
        #expect(object.bytes("s") == Array("x".utf8))
        #expect(object.bytes("l") == Array(#"["a","b"]"#.utf8))
        #expect(object.bytes("absent") == nil)
    }

    @Test(
        "What is not one object without doubt is refused",
        arguments: [
            "", " ", "[]", "1", "null", #"{"a":1} x"#, #"{"a":1}{"#, #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"o":{"a":1,"a":1}}"#, #"{"a":"\u0000"}"#,
            #"{"a":1,}"#, "{a:1}", "{\"a\":\"\u{1}\"}", #"{"a":"\ud800"}"#, #"{"a":99999999999999999999}"#,
        ])
    func refused(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test("Nesting ends before jansson's recursion could")
    func depth() {
        let limit = Limits.tokenNesting
        func nested(_ depth: Int) -> String { #"{"a":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}" }
        #expect(Self.parse(nested(limit)) != nil)
        #expect(Self.parse(nested(limit + 1)) == nil)
        #expect(Self.parse(nested(2_000)) == nil)
        // brackets in strings are none
        #expect(Self.parse(#"{"a":"\"# + "\"" + String(repeating: "[{", count: 2_000) + #""}"#) != nil)
    }

    @Test("No cut of a text is taken for another text")
    func cuts() {
        let text = Array(#"{"alg":"RS256","kid":"a","x":{"y":[1,2]}}"#.utf8)
        for count in 0..<text.count { #expect(StrictJSON(Array(text[..<count])) == nil) }
        #expect(StrictJSON(text) != nil)
    }
}
