import Foundation

/// Just enough of XML to see that a picture is well-formed: elements nest, attributes are quoted, text is escaped.
struct SVGCheck {
    private(set) var isWellFormed = true
    private var counts: [String: Int] = [:]

    init(_ text: String) {
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            check(text: rest[..<start])
            guard let end = rest[start...].firstIndex(of: ">") else {
                isWellFormed = false
                return
            }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            let name = String(tag.drop { $0 == "/" }.prefix { $0.isLetter })
            if tag.hasPrefix("/") {
                if open.popLast() != name { isWellFormed = false }
            } else {
                counts[name, default: 0] += 1
                if tag.count(where: { $0 == "\"" }) % 2 != 0 || tag.contains("<") { isWellFormed = false }
                if !tag.hasSuffix("/") { open.append(name) }
            }
        }
        if !open.isEmpty || counts["svg"] != 1 { isWellFormed = false }
    }

    func count(_ name: String) -> Int { counts[name] ?? 0 }

    private mutating func check(text: Substring) {
        for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst() where !["amp;", "lt;", "gt;", "quot;"].contains(where: { piece.hasPrefix($0) }) {
            isWellFormed = false
        }
    }
}
