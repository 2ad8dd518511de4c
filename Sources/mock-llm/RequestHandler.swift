import NIOCore
import NIOHTTP1

/// Collects one request, has it answered and sends the answer. The pipeline handler before it gives it one at a time.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let provider: Provider
    private let delay: TimeAmount
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isTooLarge = false

    init(provider: Provider, delay: TimeAmount) {
        self.provider = provider
        self.delay = delay
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ByteBuffer()
            isTooLarge = false
            if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
        case .body(var part):
            isTooLarge = isTooLarge || body.readableBytes + part.readableBytes > Limits.bodyBytes
            if !isTooLarge { body.writeBuffer(&part) }
        case .end:
            guard let head else { return }
            let answer =
                isTooLarge
                ? Answer.error(.payloadTooLarge, "The body has more than \(Limits.bodyBytes) bytes.") : provider.answer(head, body: body)
            body = ByteBuffer()
            after(delay, context) { handler, context in handler.send(answer, to: head, context) }
        }
    }

    /// A request that the decoder refused: the handler before this one has answered 400, and what follows has no framing.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func send(_ answer: Answer, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: answer.headers)
        head.headers.add(name: "Date", value: HTTPDate.now())
        if !request.isKeepAlive { head.headers.add(name: "Connection", value: "close") }
        switch answer.body {
        case .whole(let bytes):
            if answer.status != .noContent { head.headers.add(name: "Content-Length", value: String(bytes.count)) }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if request.method != .HEAD, !bytes.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil) }
            end(request, context)
        case .events(let events):
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            send(events[...], to: request, context)
        }
    }

    private func send(_ events: ArraySlice<[UInt8]>, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard let event = events.first else { return end(request, context) }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: event)))), promise: nil)
        after(delay, context) { handler, context in handler.send(events.dropFirst(), to: request, context) }
    }

    private func end(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let keepsAlive = request.isKeepAlive
        let sent = context.eventLoop.makePromise(of: Void.self)
        if !keepsAlive {
            sent.futureResult.assumeIsolated().whenComplete { [context] _ in context.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    /// Does nothing if the client has gone by then.
    private func after(_ delay: TimeAmount, _ context: ChannelHandlerContext, _ body: @escaping (RequestHandler, ChannelHandlerContext) -> Void) {
        guard delay > .zero else { return body(self, context) }
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            if context.channel.isActive { body(self, context) }
        }
    }
}
