import RoutingTable
import Testing
@testable import Compiler

@Suite("Syntax of regular expressions")
struct RegexSyntaxTests {
    @Test("What each form matches, and what not, by every form of the automaton", arguments: [
        ("", [""], ["a"]),
        ("/chat/(.*)", ["/chat/", "/chat/a/b"], ["/cha", "/chat", "x/chat/"]),
        (".", ["a", "é", "中", "😀"], ["", "\n", "ab"]),
        ("(?s).", ["\n", "a"], [""]),
        ("[^/]+", ["a", "é\n"], ["", "a/", "/"]),
        ("[a-cx-]", ["a", "c", "x", "-"], ["d", ""]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^\\]a]", ["b"], ["]", "a"]),
        ("[[:alpha:]][[:^digit:]][[:word:]]", ["aa_"], ["1aa", "a1a", "aa-"]),
        ("\\d\\D\\w\\W\\s\\S", ["1a_- x"], ["aa_- x", "11_- x", "1a-- x"]),
        ("[\\d\\-z]+", ["1-z"], ["a"]),
        ("\\pL\\p{Lu}\\PL\\p{^Lu}[\\p{Nd}]", ["éÉ1x9"], ["1É1x9", "éé1x9"]),
        ("\\x41\\x{42}\\103\\n\\t", ["ABC\n\t"], ["ABC"]),
        ("\\Qa.b\\E.", ["a.bx"], ["axbx"]),
        ("\\.\\*\\_\\/", [".*_/"], ["a"]),
        ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
        ("a*b+c?", ["b", "aabbc"], ["a", "bcc"]),
        ("a{2}b{1,}c{0,2}d{0}", ["aab", "aabbcc"], ["ab", "aabccc", "aabd"]),
        ("a{,2}{", ["a{,2}{"], ["aa"]),
        ("(?i)k[a-b]é", ["Kaé", "\u{212a}BÉ"], ["ka", "kcé"]),
        ("(?i:a)b", ["Ab", "ab"], ["aB"]),
        ("(?i)a(?-i)b", ["Ab"], ["aB"]),
        ("^a$|\\Ab\\z", ["a", "b"], ["ab"]),
        ("a$b|a^b", [], ["ab", "a"]),
        ("(?m)a$\n^b", ["a\nb"], ["ab"]),
        ("a\\b.\\Bb", ["a-b"].filter { _ in false }, ["a-b", "ab"]),
        ("\\ba\\b-\\bb", ["a-b"], ["ab"]),
        ("a\\Bb", ["ab"], ["a"]),
        ("(?P<x>a)(?<y>b)(?:c)", ["abc"], ["ab"]),
        ("(a*)*", ["", "aaa"], ["b"]),
        ("(?:)*a", ["a"], [""]),
        ("[^\\x00-\\x{10FFFF}]", [], ["", "a"]),
    ])
    func matches(pattern: String, yes: [String], no: [String]) throws {
        for (texts, expected) in [(yes, true), (no, false)] {
            for text in texts {
                for forms in [CompiledRegex.Forms.matching, .capturing, []] {
                    #expect(try RegexTesting.match(pattern, text, forms: forms) == expected, "\(pattern) on \(text)")
                }
            }
        }
    }

    @Test("Which text the groups have", arguments: [
        ("/a/(.*)/(.*)", "/a/b/c/d", ["b/c", "d"]),
        ("/a/(.*?)/(.*)", "/a/b/c/d", ["b", "c/d"]),
        ("(?U)/a/(.*)/(.*)", "/a/b/c/d", ["b", "c/d"]),
        ("(a)|(b)", "b", [nil, "b"]),
        ("(a|ab)(c|bcd)(d*)", "abcd", ["a", "bcd", ""]),
        ("(?:(a)|b)*", "ab", ["a"]),
        ("(a*)+", "aa", ["aa"]),
        ("(|a)*", "aa", ["a"]),
        ("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "abcdefghij", ["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
    ] as [(String, String, [String?])])
    func groups(pattern: String, text: String, expected: [String?]) throws {
        for forms in [CompiledRegex.Forms.all, []] {
            #expect(try RegexTesting.groups(pattern, text, forms: forms) == expected)
        }
    }

    @Test("Every mistake has its place and says what to do", arguments: [
        ("a(b", 1, "( without a )"), ("ab)", 2, ") without a ("), ("é[a", 2, "[ without a ]"), ("*a", 0, "nothing before"),
        ("a|+", 2, "nothing before"), ("a**", 2, "repeats a repetition"), ("a+*", 2, "repeats a repetition"), ("a{2}{3}", 4, "repeats a repetition"),
        ("a{1001}", 1, "more than 1000"), ("(?:a{100}){11}", 10, "more than 1000"), ("a{3,2}", 1, "least count"),
        ("[z-a]", 1, "above its last"), ("[[:no:]]", 1, "[:no:]"), ("\\p{Greek}", 0, "Greek"), ("a\\", 1, "backslash"),
        ("(a)\\1", 3, "back to group 1"), ("(?P=a)", 0, "refers back"), ("\\k<a>", 0, "refers back"), ("(?=a)", 0, "looks around"),
        ("(?!a)", 0, "looks around"), ("a(?<=b)", 1, "looks around"), ("(?<!b)", 0, "looks around"), ("\\y", 0, "escape"), ("\\Z", 0, "escape"),
        ("\\C", 0, "\\C"), ("\\xg", 0, "\\x"), ("\\x{110000}", 0, "\\x"), ("(?x)a", 0, "not known"), ("(?P<a-b>c)", 0, "name"),
        ("(?P<a>b)(?P<a>c)", 12, "two groups named a"), ("[\\8]", 1, "back to group"), ("\\E", 0, "escape"), ("\\p{L", 0, "without a }"),
    ])
    func mistakes(pattern: String, offset: Int, reason: String) {
        let error = #expect(throws: RegexError.self) { try CompiledRegex(pattern) }
        #expect(error?.offset == offset, "\(pattern): \(error.map(String.init(describing:)) ?? "")")
        #expect(error?.reason.contains(reason) == true, "\(pattern): \(error?.reason ?? "")")
        #expect(error?.help.isEmpty == false && error?.isTooLarge == false)
    }

    @Test("Limits are named, and nothing below them is refused")
    func limits() throws {
        let long = String(repeating: "a", count: RegexLimits.patternBytes)
        #expect(try RegexTesting.match(long.dropLast().description, long.dropLast().description, forms: []))
        #expect(#expect(throws: RegexError.self) { try CompiledRegex(long + "a") }?.isTooLarge == true)
        let error = #expect(throws: RegexError.self) { try CompiledRegex(".{1000}") }
        #expect(error?.isTooLarge == true && error?.reason.contains("4096 instructions") == true)
        let deep = String(repeating: "(", count: RegexLimits.nesting) + String(repeating: ")", count: RegexLimits.nesting)
        #expect(try CompiledRegex(deep).groups == RegexLimits.nesting)
        #expect(throws: RegexError.self) { try CompiledRegex("(" + deep + ")") }
        #expect(try RegexTesting.match("a{1000}", String(repeating: "a", count: 1000)))
    }

    @Test("One more / at the end of a path, or one less, does not matter; groups do not get it")
    func trailingSlash() throws {
        for forms in [CompiledRegex.Forms.all, []] {
            #expect(try RegexTesting.match("/a/", "/a", isPath: true, forms: forms))
            #expect(try !RegexTesting.match("/a/", "/a", isPath: false, forms: forms))
            #expect(try !RegexTesting.match("/a//", "/a", isPath: true, forms: forms))
            #expect(try RegexTesting.groups("/items/(.*)", "/items", isPath: true, forms: forms) == [""])
            #expect(try RegexTesting.groups("/a(.*/)", "/a/x", isPath: true, forms: forms) == ["/x"])
        }
    }

    @Test("Which texts a pattern can match at all", arguments: [
        ("/chat", "/chat", "/chat", true), ("/chat/(.*)", nil, "/chat", true), ("/chat.*", nil, "", true), ("/chat(/.*)?", nil, "/chat", true),
        ("/a/b|/a/c", nil, "/a", true), ("(?i)/chat/x", nil, "", true), ("(/a)", nil, "/a", true), ("x.*", nil, "", false), (".*", nil, "", true),
        ("^/a\\.b$", "/a.b", "/a.b", true), ("/{2}", "//", "", true), ("//x/.*", nil, "//x", true), ("[^\\x00-\\x{10FFFF}]", nil, "", false),
    ])
    func prefixes(pattern: String, literal: String?, segments: String, canMatch: Bool) throws {
        let regex = try CompiledRegex(pattern)
        #expect(regex.literal == literal, "\(pattern)")
        #expect(regex.segmentPrefix == segments, "\(pattern)")
        #expect(regex.canMatchPath == canMatch, "\(pattern)")
    }
}
