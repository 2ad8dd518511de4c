extension Pattern {
    /// RFC 1123 subdomain as Kubernetes takes it for names: its labels may be longer than 63 characters.
    package static let objectName = Pattern(
        expression: #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#,
        description: "lower-case letters, digits, - and ., beginning and ending with a letter or digit",
        matches: { text in
            text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(hasFormOfLabel)
        })

    /// RFC 1123 label: a namespace.
    package static let label = Pattern(
        expression: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        description: "lower-case letters, digits and -, beginning and ending with a letter or digit",
        matches: { $0.count <= 63 && hasFormOfLabel($0) })

    /// `spec.basePath` of an API (its CRD).
    package static let basePath = Pattern(
        expression: "^[/][a-zA-Z0-9~/_.-]*$", description: "a / and then letters, digits, ~ / _ . and -",
        matches: { $0.first == UInt8(ascii: "/") && $0.allSatisfy { isAlphanumeric($0) || "~/_.-".utf8.contains($0) } })

    /// A key of a Secret or ConfigMap; it is a file's name when the object is mounted.
    package static let dataKey = Pattern(
        expression: "^[-._a-zA-Z0-9]+$", description: "letters, digits, - _ and .",
        matches: { text in
            !text.isEmpty && text.count <= Limits.objectName && !text.elementsEqual(".".utf8) && !text.elementsEqual("..".utf8)
                && text.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
        })

    /// A field name (RFC 9110 5.1).
    package static let headerName = Pattern(
        expression: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description: "a header name",
        matches: { !$0.isEmpty && $0.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) } })

    /// A field value (RFC 9110 5.5) that needs no trimming: visible ASCII, blanks and tabs inside.
    package static let headerValue = Pattern(
        expression: #"^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$"#, description: "visible ASCII characters, with blanks only between them",
        matches: { text in
            guard let first = text.first, let last = text.last else { return false }
            return first > 0x20 && last > 0x20 && text.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x09 }
        })

    /// Gateway API's Duration (GEP-2257): at most four numbers of at most five digits, each with its unit.
    package static let duration = Pattern(
        expression: "^([0-9]{1,5}(h|m|s|ms)){1,4}$", description: "numbers with the units h, m, s and ms, such as 1m30s", matches: { Duration.milliseconds($0) != nil })

    private static func hasFormOfLabel(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        return first != UInt8(ascii: "-") && last != UInt8(ascii: "-") && text.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
    }

    package static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
    }
}
