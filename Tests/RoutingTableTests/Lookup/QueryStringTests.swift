import RoutingTable
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
}
