import CTLS

/// Strings as C takes an array of them. Whoever makes one frees it.
@safe
struct CStrings {
    // Safe: `count` pointers to terminated copies, until `free`.
    private let copies: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe copies = .allocate(capacity: max(1, count))
        for (i, string) in strings.enumerated() { unsafe (copies + i).initialize(to: Self.copy(of: string)) }
    }

    var pointers: UnsafePointer<UnsafePointer<CChar>?> { unsafe UnsafePointer(copies) }

    private static func copy(of string: String) -> UnsafePointer<CChar> {
        let text = string.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
        for (i, byte) in text.enumerated() { unsafe (copy + i).initialize(to: byte) }
        return unsafe UnsafePointer(copy)
    }

    mutating func free() {
        for i in 0..<count { unsafe copies[i]?.deallocate() }
        unsafe copies.deallocate()
    }
}

/// Room for the text that says why something of TLS cannot be used. Whoever makes one frees it.
@safe
struct TLSProblem {
    // Safe: CT_PROBLEM_BYTES bytes, zero until C has written a terminated text, until `free`.
    let buffer: UnsafeMutablePointer<CChar>

    init() {
        unsafe buffer = .allocate(capacity: CT_PROBLEM_BYTES)
        unsafe buffer.initialize(repeating: 0, count: CT_PROBLEM_BYTES)
    }

    var text: String { unsafe String(cString: buffer) }
    func free() { unsafe buffer.deallocate() }
}
