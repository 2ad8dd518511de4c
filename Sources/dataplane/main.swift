import CLinux
import Glibc
import Proxy

/// Says why on standard error and ends the process.
func leave(_ code: Int32, _ message: String) -> Never {
    log(message)
    exit(code)
}

do throws(Options.UsageError) {
    switch try Options.parse(CommandLine.arguments) {
    case .help: print(Options.help, terminator: "")
    case .serve(let options): serve(options)
    }
} catch {
    leave(64, "\(error); dataplane --help shows all options")
}

func serve(_ options: Options) {
    let signals = cl_signalfd() // before any thread starts, so that all of them inherit the mask
    do throws(Server.Exit) {
        let server = try Server(options)
        for warning in server.warnings { log("warning: \(warning)") }
        log("serving \(options.table) on \(server.addresses.traffic.joined(separator: ", ")); admin port \(server.addresses.admin)")
        server.run(signals: signals)
        log("drained")
    } catch {
        leave(error.code, error.message)
    }
}
