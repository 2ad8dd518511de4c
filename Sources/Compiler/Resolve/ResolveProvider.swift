import Policies

extension Resolver {
    /// Where no AIProvider says otherwise: OpenAI's requests and answers.
    static let defaultProvider = IR.Provider(
        object: nil, requestModel: .body(["model"]), responseModel: .body(["model"]), promptTokens: .body(["usage", "prompt_tokens"]),
        completionTokens: .body(["usage", "completion_tokens"]), totalTokens: .body(["usage", "total_tokens"]))

    mutating func resolveProvider(_ index: Int) -> IR.Provider? {
        let provider = resources.aiProviders[index]
        let defaults = Self.defaultProvider
        let request = provider.requestModel.map { field($0, provider.header.id, like: nil) }
        // A nil inside means a fault that is reported; the default only stands in where the CR says nothing.
        return IR.Provider(
            object: reference(provider.header), requestModel: (request ?? defaults.requestModel) ?? defaults.requestModel,
            responseModel: provider.responseModel.map { field($0, provider.header.id, like: nil) } ?? defaults.responseModel,
            promptTokens: provider.promptTokens.map { field($0, provider.header.id, like: defaults.promptTokens) } ?? defaults.promptTokens,
            completionTokens: provider.completionTokens.map { field($0, provider.header.id, like: defaults.completionTokens) } ?? defaults.completionTokens,
            totalTokens: provider.totalTokens.map { field($0, provider.header.id, like: defaults.totalTokens) } ?? defaults.totalTokens)
    }

    /// A top-level key, a path `$.a.b` (also written `$a.b`, as in WSO2's samples), or a header's name.
    /// - Parameter usual: what an OpenAI answer has here; a path that differs from it in case and underscores only
    ///   cannot match one.
    private mutating func field(_ place: AIProvider.ValuePlace, _ id: ObjectID, like usual: IR.Field?) -> IR.Field? {
        let text = place.value.value
        if place.isHeader {
            if Pattern.headerName.matches(Array(text.utf8)[...]) { return .header(text) }
            report(.fieldPath, "\(id): \(Text.quoted(text)) is no header name", at: place.value.place)
            return nil
        }
        guard let keys = Self.keys(text) else {
            report(.fieldPath, "\(id): \(Text.quoted(text)) is neither a top-level key nor a path of keys", at: place.value.place, help: "write a path as $.a.b")
            return nil
        }
        if case .body(let expected)? = usual, keys != expected, Self.folded(keys) == Self.folded(expected) {
            report(.tokenPath, "\(id): \(Text.quoted(text)) is read as \(Text.quoted(Self.path(keys))), which no OpenAI answer has", at: place.value.place,
                   help: "write \(Text.quoted(Self.path(expected)))")
        }
        return .body(keys)
    }

    /// Those of nearly all AIProviders, which so share them.
    private static let usualKeys = [["model"], ["usage", "prompt_tokens"], ["usage", "completion_tokens"], ["usage", "total_tokens"]]

    private static func keys(_ text: String) -> [String]? {
        guard text.hasPrefix("$") else { return text.isEmpty ? nil : usualKeys.first { $0 == [text] } ?? [text] }
        let rest = text.dropFirst().drop { $0 == "." }
        guard !rest.contains(where: { "[]*'\"()?@ $".contains($0) }) else { return nil }
        let keys = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !keys.contains(""), !text.hasPrefix("$..") else { return nil }
        return usualKeys.first { $0 == keys } ?? keys
    }

    private static func folded(_ keys: [String]) -> [String] { keys.map { $0.lowercased().filter { $0 != "_" } } }
    private static func path(_ keys: [String]) -> String { "$." + keys.joined(separator: ".") }
}
