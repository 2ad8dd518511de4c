import Policies

/// What is kept of a regular expression that has been compiled: APIs made by one generator share most of theirs.
struct ExpressionFacts {
    let groups: Int
    /// The text that alone matches, if it is only one.
    let literal: String?
    /// Whether it can match the empty path or one that begins with `/`.
    let canMatchPath: Bool
    /// The whole segments that every match begins with.
    let segmentPrefix: String
}

extension Resolver {
    /// nil: it is malformed or too large, which is reported.
    mutating func expression(_ text: Located<String>, _ subject: String) -> ExpressionFacts? {
        let result: Result<ExpressionFacts, RegexError>
        if let known = expressions[text.value] { result = known } else {
            do throws(RegexError) {
                let regex = try CompiledRegex(text.value)
                result = .success(ExpressionFacts(groups: regex.groups, literal: regex.literal, canMatchPath: regex.canMatchPath, segmentPrefix: regex.segmentPrefix))
            } catch { result = .failure(error) }
            expressions[text.value] = result
        }
        switch result {
        case .success(let facts): return facts
        case .failure(let error):
            report(.regularExpression, "\(subject): regular expression \(Text.quoted(text.value)) \(error.reason)", at: Self.place(text, offset: error.offset), help: error.help)
            return nil
        }
    }

    /// A place inside a scalar, where it is written as it reads; else the scalar's own.
    /// - Parameter offset: in UTF-8 bytes.
    static func place(_ text: Located<String>, offset: Int) -> Place {
        let length = text.value.unicodeScalars.count
        let quotes = Int(text.place.length) - length
        guard quotes == 0 || quotes == 2 else { return text.place }
        let before = min(String(decoding: text.value.utf8.prefix(offset), as: UTF8.self).unicodeScalars.count, max(0, length - 1))
        var place = text.place
        place.column += UInt32(before + quotes / 2)
        place.length = UInt32(max(1, length - before))
        return place
    }
}
