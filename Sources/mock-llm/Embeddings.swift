import NIOHTTP1

/// `POST /v1/embeddings`: the same text always has the same numbers, and they mean nothing.
struct Embeddings {
    let model: String

    func answer(_ request: JSON) -> Answer {
        let inputs: [JSON]
        switch request["input"] {
        case .some(.string(let text)): inputs = [.string(text)]
        // a list of numbers is one input, in tokens
        case .some(.array(let list)): inputs = list.first?.number == nil ? list : [.array(list)]
        default: return .error(.badRequest, "Missing required parameter: 'input'.", param: "input", code: "missing_required_parameter")
        }
        let dimensions = request["dimensions"]?.number ?? 1_536
        guard (1...Limits.embeddingInputs).contains(inputs.count), (1...Limits.embeddingDimensions).contains(dimensions) else {
            return .error(
                .badRequest, "Want 1 to \(Limits.embeddingInputs) inputs and 1 to \(Limits.embeddingDimensions) dimensions.", param: "input")
        }
        let inBase64 = request["encoding_format"]?.text == "base64"
        let data = inputs.enumerated().map { index, input -> JSON in
            let vector = Self.vector(for: input.serialized, dimensions: dimensions)
            return ["object": "embedding", "index": .integer(index), "embedding": inBase64 ? .string(Self.base64(vector)) : .array(vector.map { .real(Double($0)) })]
        }
        let prompt = inputs.reduce(0) { $0 + ($1.elements?.count ?? Usage.tokens(of: $1.text ?? "")) }
        // OpenAI's embedding models have no dated names
        var answer = Answer.json([
            "object": "list", "data": .array(data), "model": .string(model),
            "usage": ["prompt_tokens": .integer(prompt), "total_tokens": .integer(prompt)],
        ])
        answer.tokens = prompt
        return answer
    }

    /// Numbers from -1 to 1, drawn by a xorshift generator that the text's FNV-1a hash seeds, scaled to length 1.
    private static func vector(for text: [UInt8], dimensions: Int) -> [Float] {
        var state = text.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } | 1
        let raw = (0..<dimensions).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
        }
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return raw.map { $0 / length }
    }

    /// Little-endian floats, the form that OpenAI's own client asks for.
    private static func base64(_ vector: [Float]) -> String {
        Base64.encode(vector.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } })
    }
}
