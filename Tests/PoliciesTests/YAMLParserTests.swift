import Policies
import Testing

@Suite struct YAMLParserTests {
    @Test func readsTypedScalarsAsYAML11() {
        let reading = Reading("a: yes\nb: 0777\nc: 0x1F\nd: 1_000\ne: 1e3\nf: ~\ng: \"yes\"\nh: !!str 5\ni: 08\nj: 1.0.0\nk: Off\nl: nO\n")
        #expect(reading.documents == [#"{"a":true,"b":511,"c":31,"d":1000,"e":1000,"f":null,"g":"yes","h":"5","i":8,"j":"1.0.0","k":false,"l":"nO"}"#])
    }

    @Test func knowsWhereEverythingStands() {
        let text = "\u{FEFF}a: 'x'\r\nb:\r\n  - \"ü\": zz\r\n    c: |\r\n      text\r\n"
        let source = SourceFile(displayName: "a", relativeName: "a", bytes: Array(text.utf8))
        var diagnostics = Diagnostics()
        var places: [String] = []
        _ = YAMLParser(source: source, file: 3).read(&diagnostics) { document, _ in
            let tree = document.tree
            for (key, value) in tree.entries(0) {
                places += [key, value].map { let p = tree.place($0, file: 3); return "\(p.line):\(p.column)+\(p.length)" }
                for element in tree.elements(value) where tree.nodes[value].kind == .sequence {
                    for (key, value) in tree.entries(element) {
                        places += [key, value].map { let p = tree.place($0, file: 3); return "\(p.line):\(p.column)+\(p.length)" }
                    }
                }
            }
        }
        #expect(places == ["1:1+1", "1:4+3", "2:1+1", "3:3+1", "3:5+3", "3:10+2", "4:5+1", "4:8+1"])
        #expect(diagnostics.items.isEmpty)
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3\n", ["RT0104 3:1"]),
        ("yes: 1\non: 2\n", ["RT0104 2:1"]),
        ("1: a\n\"1\": b\n", ["RT0104 2:1"]),
        ("0x10: a\n16: b\n", ["RT0104 2:1"]),
        ("{a: 1, b: {a: 1}}\n", []),
        ("a: *x\n", ["RT0105 1:4"]),
        ("a: &x [*x]\n", ["RT0106 1:8"]),
        ("a: &x 1\nb: *x\n---\nc: *x\n", ["RT0105 4:4"]),
        ("? [a]\n: b\n", ["RT0110 1:3"]),
        ("a:\n\t- b\n", ["RT0101 2:1"]),
        ("a: b: c\n", ["RT0101 1:5"]),
        ("a: [1, 2\n", ["RT0101 2:1"]),
        ("<<: 5\n", ["RT0108 1:5"]),
    ])
    func placesFaults(_ text: String, _ expected: [String]) {
        #expect(Reading(text).places == expected)
    }

    @Test func duplicateKeysOfALargeMappingAreFound() {
        let text = (0..<100).map { "key\($0): \($0)\n" }.joined() + "key42: x\n"
        #expect(Reading(text).places == ["RT0104 101:1"])
    }

    @Test func goesOnBehindABrokenDocument() {
        let reading = Reading("a: 1\n---\nb: [\n---\nc: 3\n---\nd: \"\n---\ne: 5\n")
        #expect(reading.documents.first == #"{"a":1}"#)
        #expect(reading.documents.contains(#"{"c":3}"#))
        #expect(reading.places.count == 2)
        #expect(!reading.isComplete)
    }

    @Test func mergesAsKubernetesDoes() {
        let reading = Reading("base: &b {x: 1, y2: 2}\nmore: &m {y2: 3, z: 4}\none:\n  <<: *b\n  y2: 9\ntwo:\n  <<: [*m, *b]\n")
        #expect(reading.documents == [#"{"base":{"x":1,"y2":2},"more":{"y2":3,"z":4},"one":{"x":1,"y2":9},"two":{"x":1,"y2":3,"z":4}}"#])
        #expect(reading.codes.isEmpty)
    }

    @Test func skipsEmptyDocuments() {
        #expect(Reading("---\n---\n# nothing\n---\na: 1\n---\n").documents == [#"{"a":1}"#])
        #expect(Reading("").isComplete)
        #expect(Reading("\u{FEFF}").isComplete)
    }

    // MARK: encodings

    @Test func refusesWhatIsNotUTF8() {
        #expect(Reading(Array("a: 1\nb: x".utf8) + [0xFF, 0x0A]).places == ["RT0102 2:5"])
        #expect(Reading([0xFF, 0xFE, 0x61, 0x00]).codes == [.encoding])
        #expect(Reading(Array("a: ".utf8) + [0xC0, 0xAF]).codes == [.encoding])
        #expect(Reading(Array("a: \u{0}".utf8)).codes == [.encoding])
    }

    @Test func readsJSON() {
        #expect(Reading(#"{"a": [1, true, null, "x\u00fc"], "b": {"c": -1.5}}"#).documents == [#"{"a":[1,true,null,"xü"],"b":{"c":-1.5}}"#])
    }

    // MARK: bombs

    @Test func nestingIsLimitedWhileEventsArrive() {
        let clock = ContinuousClock()
        for (open, count) in [("[", 200_000), ("{a: ", 100_000), ("- ", 100_000), ("[{a: ", 50_000)] {
            let elapsed = clock.measure { #expect(Reading(String(repeating: open, count: count)).codes == [.depth]) }
            #expect(elapsed < .seconds(1), "\(open)")
        }
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(Reading(deep).codes.isEmpty)
        #expect(Reading("[" + deep + "]").codes == [.depth])
    }

    @Test func aliasesCannotNestDeeperThanTheLimit() {
        let half = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        let nested = String(repeating: "[", count: 60) + "*a" + String(repeating: "]", count: 60)
        #expect(Reading("- &a \(half)\n- \(nested)\n").codes == [.depth])
    }

    @Test func aliasExpansionIsBounded() {
        var laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 { laughs += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ","))]\n" }
        var quadratic = "a: &a \(String(repeating: "x", count: 40_000))\nb:\n"
        for _ in 0..<10_000 { quadratic += "- *a\n" }
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            #expect(Reading(laughs).codes == [.aliasExpansion])
            #expect(Reading(quadratic).codes == [.aliasExpansion])
        }
        #expect(elapsed < .seconds(2))
        var merges = "a0: &a0 {k0: v}\n"
        for level in 1...40 { merges += "a\(level): &a\(level)\n  <<: *a\(level - 1)\n  k\(level): *a\(level - 1)\n" }
        #expect(Reading(merges).codes == [.aliasExpansion])
    }

    @Test func everyCutOfADocumentIsReadOrRefused() {
        let text = Array("a: &x [1, 'two', \"th\\u00fcree\"]\nb: {<<: {c: *x}, d: |\n  text\n}\n--- !!map\ne: >-\n  folded\n".utf8)
        for cut in 0...text.count {
            let reading = Reading(Array(text[..<cut]))
            #expect(reading.isComplete != reading.diagnostics.hasErrors || reading.isComplete)
        }
    }
}
