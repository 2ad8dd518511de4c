import CHiredis

/// What Redis answers, copied out of hiredis' memory.
indirect enum RedisReply: Equatable {
    case nothing
    case integer(Int64)
    /// A string or a status.
    case text([UInt8])
    case error(String)
    case list([RedisReply])

    @unsafe
    init(copying reply: UnsafeMutablePointer<redisReply>) {
        let text = { unsafe [UInt8](UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)) }
        switch unsafe reply.pointee.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(text())
        case REDIS_REPLY_ERROR: self = .error(String(decoding: text(), as: UTF8.self))
        case REDIS_REPLY_INTEGER: self = unsafe .integer(reply.pointee.integer)
        case REDIS_REPLY_ARRAY:
            self = unsafe .list((0..<reply.pointee.elements).map { unsafe RedisReply(copying: reply.pointee.element[$0]!) })
        default: self = .nothing
        }
    }

    var text: [UInt8]? { if case .text(let text) = self { text } else { nil } }
    var list: [RedisReply]? { if case .list(let elements) = self { elements } else { nil } }
    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
}
