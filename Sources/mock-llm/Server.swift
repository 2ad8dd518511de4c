import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens, and gives each connection its handlers.
struct Server {
    let options: Options

    /// Returns the address that it listens on, `ADDR:PORT`, when it does.
    func start() throws -> String {
        let log = RequestLog()
        let identity = IdentityProvider(clients: options.clients)
        let provider = Provider(options: options, log: log, identity: identity)
        let delay = TimeAmount.milliseconds(Int64(options.delayMillis))
        // one thread: answers are counted in the order in which they were asked for
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let capture = RequestCapture(log)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(CaptureBeforeDecoding(capture))
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(CaptureAfterDecoding(capture))
                    try pipeline.addHandler(HTTPServerPipelineHandler())
                    try pipeline.addHandler(HTTPServerProtocolErrorHandler())
                    try pipeline.addHandler(RequestHandler(provider: provider, delay: delay))
                }
            }
            .bind(host: options.host, port: options.port).wait()
        let address = Self.text(channel.localAddress) ?? "\(options.host):\(options.port)"
        identity.setIssuer(options.issuer ?? "http://\(address)")
        return address
    }

    private static func text(_ address: SocketAddress?) -> String? {
        guard let host = address?.ipAddress, let port = address?.port else { return nil }
        return address?.protocol == .inet6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
