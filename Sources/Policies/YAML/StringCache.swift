/// Strings that were made lately: the objects of an API stand together and name each other, and strings with one storage
/// cost 16 bytes where each of its own would cost 64.
package final class StringCache {
    private var slots = [String](repeating: "", count: Limits.cachedStrings)

    package init() {}

    /// A string of the same text.
    package func shared(_ string: String) -> String {
        guard string.utf8.count > 15 else { return string }
        return self.string(Array(string.utf8)[...], hash: NodeTree.hash(string.utf8))
    }

    /// - Parameter hash: of `text`, as `NodeTree.hash` makes it.
    func string(_ text: ArraySlice<UInt8>, hash: UInt32) -> String {
        // Up to 15 bytes lie in the String itself.
        guard text.count > 15 else { return String(decoding: text, as: UTF8.self) }
        let slot = Int(hash) & (Limits.cachedStrings - 1)
        if slots[slot].utf8.count == text.count, slots[slot].utf8.elementsEqual(text) { return slots[slot] }
        let string = String(decoding: text, as: UTF8.self)
        slots[slot] = string
        return string
    }
}
