/// Token counts. Nothing here knows a tokenizer: a token is four bytes, begun ones included, as OpenAI's rule of thumb has it.
struct Usage {
    let prompt: Int
    let completion: Int

    var total: Int { prompt + completion }

    static func tokens(of text: String) -> Int { (text.utf8.count + 3) / 4 }

    /// As in a chat completion.
    var json: JSON {
        [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(completion), "total_tokens": .integer(total),
            "prompt_tokens_details": ["cached_tokens": 0, "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
            ],
        ]
    }
}
