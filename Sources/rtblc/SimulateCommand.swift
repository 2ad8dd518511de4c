import ArgumentParser
import Compiler

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Shows how requests spread over a route's models.",
        discussion: """
            The dataplane's own balancer picks a target for each of N requests like this one; the clock counts requests, \
            nothing is left to chance. Shares, the longest run of each target, and a picture: a letter is a request, ~ \
            below it marks who is suspended, . is a request that found everybody suspended.

            --suspend MODEL@AT+FOR takes a model out after AT requests, for FOR requests (split at the last @). A GET, \
            HEAD, OPTIONS or DELETE stands for one without a body, which takes no part in the rotation of models.

            EXAMPLES
              rtblc simulate routes.rtbl POST chat.example.com/chat/1.0/chat/completions -n 100
              rtblc simulate routes.rtbl POST chat.example.com/chat/1.0/chat/completions -n 300 --suspend atlas-large@50+100 --svg run.svg
            """)

    @OptionGroup var arguments: RequestArguments

    @Option(name: .customShort("n"), help: ArgumentHelp("Requests.", valueName: "N"))
    var count = 100

    @Option(help: ArgumentHelp("Take a model out after AT requests, for FOR requests; repeatable.", valueName: "MODEL@AT+FOR"))
    var suspend: [String] = []

    @Option(help: ArgumentHelp("Write a picture; - is standard output.", valueName: "FILE"), completion: .file())
    var svg: String?

    func run() throws {
        let request = try arguments.request()
        let mapped = try TableArgument.open(arguments.table)
        let simulation: Simulation
        do {
            simulation = try Simulation(request, count: count, suspensions: suspend.map { spec in try SuspensionSpec(spec) }, in: mapped)
        } catch let fault as SuspensionSpec.Fault {
            Console.message("rtblc: --suspend: \(fault)")
            throw ExitCode.usage
        } catch let fault as Simulation.Fault {
            throw Self.report(fault)
        }
        if let svg { try Console.write(Array(simulation.svg.utf8), to: svg) }
        if arguments.json {
            try Console.output(StableJSON.encode(simulation))
        } else if svg != "-" {
            var lines: [String] = []
            simulation.text { lines.append($0) }
            try Console.output(lines: lines)
        }
    }

    private static func report(_ fault: Simulation.Fault) -> ExitCode {
        switch fault {
        case .noRoute(let explanation):
            var lines: [String] = []
            explanation.text { lines.append($0) }
            Console.message(lines.joined(separator: "\n"))
            return .inputFault
        case .usage:
            Console.message("rtblc: \(fault)")
            return .usage
        case .noMemory:
            Console.message("rtblc: \(fault)")
            return .internalFault
        }
    }
}
