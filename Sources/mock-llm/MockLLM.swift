import Glibc
import NIOCore
import NIOPosix

/// An OpenAI-compatible stand-in backend with quotas, for trying and testing policies without a provider.
@main
struct MockLLM {
    static func main() {
        let options: Options
        switch Options.parse(Array(CommandLine.arguments.dropFirst())) {
        case .run(let parsed): options = parsed
        case .help:
            say(Options.help, to: STDOUT_FILENO)
            exit(EX_OK)
        case .wrong(let why):
            say("mock-llm: \(why)\n\n\(Options.help)", to: STDERR_FILENO)
            exit(EX_USAGE)
        }
        // Blocked before any thread starts, so that every thread inherits it and only `waitForTheEnd` sees them.
        let endings = EndingSignals()
        do {
            let address = try Server(options: options).start()
            say("mock-llm listening on http://\(address)", to: STDOUT_FILENO)
        } catch {
            let hint = (error as? IOError)?.errnoCode == EADDRINUSE ? "; another program uses that port, choose another with --listen" : ""
            say("mock-llm: cannot listen on \(options.host):\(options.port): \(error)\(hint)", to: STDERR_FILENO)
            exit(EX_UNAVAILABLE)
        }
        endings.waitForTheEnd()
        exit(EX_OK)
    }

    /// Written at once: a line in a stdio buffer would reach whoever waits for it on a pipe too late.
    private static func say(_ text: String, to descriptor: Int32) {
        var line = text + "\n"
        line.withUTF8 { bytes in
            _ = unsafe write(descriptor, bytes.baseAddress, bytes.count)  // safe: the buffer lives for the whole call
        }
    }
}
