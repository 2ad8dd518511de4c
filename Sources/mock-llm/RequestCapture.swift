import NIOCore
import NIOHTTP1

/// One connection's bytes on their way to the HTTP decoder, cut into requests where the decoder says that one ends.
///
/// The decoder does not say how many bytes it took. So it gets them in pieces that cannot hold the end of one request
/// and the beginning of the next: line by line, but inside a body of known length, which is given whole.
final class RequestCapture {
    private let log: RequestLog
    private let connection: Int
    private var bytes = ByteBuffer()
    private var length = 0
    private var remainingBody = 0
    private var path = ""

    init(_ log: RequestLog) {
        self.log = log
        connection = log.nextConnection()
    }

    /// Takes and records the next piece.
    func piece(of buffer: inout ByteBuffer) -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        let lineEnd = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map { $0 - buffer.readerIndex + 1 }
        let wanted = remainingBody > 0 ? remainingBody : lineEnd ?? buffer.readableBytes
        guard let piece = buffer.readSlice(length: min(wanted, buffer.readableBytes)) else { return nil }
        remainingBody = max(0, remainingBody - piece.readableBytes)
        length += piece.readableBytes
        let room = Limits.recordedBytes - bytes.readableBytes
        if room > 0 { bytes.writeImmutableBuffer(piece.getSlice(at: piece.readerIndex, length: min(room, piece.readableBytes)) ?? piece) }
        return piece
    }

    func decoded(_ head: HTTPRequestHead) {
        path = RequestTarget(head.uri).path
        // the decoder has refused every head with two framings, so this one is the body's
        remainingBody = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
    }

    /// The request is over, or the connection is. What asks for the recorded requests is not one of them.
    func end(isComplete: Bool) {
        if length > 0, path != RequestTarget.recordedRequests {
            log.add(.init(connection: connection, bytes: bytes, length: length, isComplete: isComplete))
        }
        bytes = ByteBuffer()
        length = 0
        remainingBody = 0
        path = ""
    }
}

/// In front of the decoder.
final class CaptureBeforeDecoding: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let capture: RequestCapture

    init(_ capture: RequestCapture) {
        self.capture = capture
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while let piece = capture.piece(of: &buffer) {
            context.fireChannelRead(wrapInboundOut(piece))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        capture.end(isComplete: false)
        context.fireChannelInactive()
    }
}

/// Behind the decoder.
final class CaptureAfterDecoding: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let capture: RequestCapture

    init(_ capture: RequestCapture) {
        self.capture = capture
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): capture.decoded(head)
        case .body: break
        case .end: capture.end(isComplete: true)
        }
        context.fireChannelRead(data)
    }
}
