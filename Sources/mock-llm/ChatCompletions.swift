import NIOHTTP1

/// `POST /v1/chat/completions`, in the shapes of OpenAI's chat completion and chat completion chunk objects.
struct ChatCompletions {
    let model: String
    let id: String
    /// Seconds since 1970.
    let created: Int

    func answer(_ request: JSON) -> Answer {
        guard let messages = request["messages"]?.elements else {
            return .error(.badRequest, "Missing required parameter: 'messages'.", param: "messages", code: "missing_required_parameter")
        }
        guard !messages.isEmpty else {
            return .error(
                .badRequest, "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
                param: "messages", code: "empty_array")
        }
        let words = ["Hello", " from", " \(model)", "!", " You", " sent", " \(messages.count)", " message\(messages.count == 1 ? "" : "s")", "."]
        // what OpenAI's cookbook counts beside the text: 3 a message, and 3 for the answer's beginning
        let prompt = messages.reduce(3) { $0 + 3 + Self.tokens(of: $1) }
        let usage = Usage(prompt: prompt, completion: words.count)
        var answer =
            request["stream"]?.isTrue == true
            ? stream(words, usage, reportsUsage: request["stream_options"]?["include_usage"]?.isTrue == true)
            : whole(words, usage)
        answer.tokens = usage.total
        return answer
    }

    /// A message's content is a text, or a list of parts of which some are text.
    private static func tokens(of message: JSON) -> Int {
        if let text = message["content"]?.text { return Usage.tokens(of: text) }
        return (message["content"]?.elements ?? []).reduce(0) { $0 + Usage.tokens(of: $1["text"]?.text ?? "") }
    }

    private func whole(_ words: [String], _ usage: Usage) -> Answer {
        .json([
            "id": .string(id), "object": "chat.completion", "created": .integer(created), "model": .string(model),
            "choices": [
                [
                    "index": 0,
                    "message": ["role": "assistant", "content": .string(words.joined()), "refusal": nil, "annotations": []],
                    "logprobs": nil, "finish_reason": "stop",
                ]
            ],
            "usage": usage.json, "service_tier": "default", "system_fingerprint": "fp_mock",
        ])
    }

    private func stream(_ words: [String], _ usage: Usage, reportsUsage: Bool) -> Answer {
        let deltas: [JSON] = [["role": "assistant", "content": "", "refusal": nil]] + words.map { ["content": .string($0)] } + [[:]]
        var chunks = deltas.enumerated().map { index, delta in
            let isLast = index == deltas.count - 1
            // with include_usage every chunk has the member, and only an additional one, without choices, has the numbers
            return chunk(
                [["index": 0, "delta": delta, "logprobs": nil, "finish_reason": isLast ? "stop" : nil]], usage: reportsUsage ? .null : nil)
        }
        if reportsUsage { chunks.append(chunk([], usage: usage.json)) }
        return .events(chunks)
    }

    private func chunk(_ choices: JSON, usage: JSON?) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("id", .string(id)), ("object", "chat.completion.chunk"), ("created", .integer(created)), ("model", .string(model)),
            ("service_tier", "default"), ("system_fingerprint", "fp_mock"), ("choices", choices),
        ]
        if let usage { members.append(("usage", usage)) }
        return .object(members)
    }
}
