/// The name under which OpenAI answers: that of the dated model that an alias stands for today.
enum ModelName {
    private static let dated = [
        "gpt-4o": "gpt-4o-2024-08-06",
        "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
        "o1-mini": "o1-mini-2024-09-12",
    ]

    /// The aliases that `GET /v1/models` lists.
    static let known = ["gpt-4o", "gpt-4o-mini", "o1-mini"]

    /// A name that bears a date already is its own answer.
    static func answering(for requested: String) -> String {
        if let name = dated[requested] { return name }
        return endsWithDate(requested) ? requested : requested + "-2024-07-18"
    }

    /// `…-YYYY-MM-DD`
    private static func endsWithDate(_ name: String) -> Bool {
        let tail = Array(name.utf8.suffix(11))
        guard tail.count == 11, name.utf8.count > 11 else { return false }
        return tail.enumerated().allSatisfy { index, byte in
            [0, 5, 8].contains(index) ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}
