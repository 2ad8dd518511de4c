import ArgumentParser
import Compiler

/// A table and a request to it.
struct RequestArguments: ParsableArguments {
    @Argument(help: "The table.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Argument(help: "As in the request: POST, GET, …")
    var method: String

    @Argument(help: "http://HOST/PATH?QUERY; /PATH with -H 'Host: …'.")
    var url: String

    @Option(name: [.customShort("H"), .customLong("header")], help: ArgumentHelp("A header of the request; repeatable.", valueName: "name: value"))
    var headers: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func request() throws(ExitCode) -> RequestLine {
        do {
            return try RequestLine(method: method, url: url, headers: headers)
        } catch {
            Console.message("rtblc: \(error)")
            throw .usage
        }
    }
}
