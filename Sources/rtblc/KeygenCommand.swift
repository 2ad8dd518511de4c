import ArgumentParser
import Compiler
import RoutingTable

struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Makes a key pair for signing tables.",
        discussion: """
            Ed25519, as PEM: NAME.key (PKCS #8, readable by its owner only) signs, NAME.pub verifies and may be given \
            to anybody. A file that exists is never overwritten.

            EXAMPLES
              rtblc keygen -o release
              rtblc sign routes.rtbl --key release.key
              dataplane --table routes.rtbl --public-key release.pub
            """)

    @Option(name: [.short, .long], help: ArgumentHelp("Path of the two files, without .key and .pub.", valueName: "NAME"))
    var output: String

    func run() throws {
        let (secret, open) = (output + ".key", output + ".pub")
        for path in [secret, open] where NewFile.exists(path) {
            Console.message("rtblc: \(path) exists; keys are never overwritten")
            throw ExitCode.cannotCreate
        }
        do {
            let key = try PrivateKey()
            try NewFile.write(key.pem(), to: secret, mode: 0o600)
            try NewFile.write(key.publicPEM(), to: open, mode: 0o644)
            Console.message("\(secret), \(open): key \(hexText(key.id))")
        } catch let error as OutputError {
            Console.message("rtblc: \(error)")
            throw ExitCode.cannotCreate
        } catch {
            Console.message("rtblc: \(error)")
            throw ExitCode.internalFault
        }
    }
}
