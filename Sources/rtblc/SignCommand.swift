import ArgumentParser
import Compiler
import RoutingTable

struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Signs a table.",
        discussion: """
            The table is checked whole; then a signature over its digest is put behind it, in place of an older one. \
            No byte of the table itself changes.

            EXAMPLES
              rtblc sign routes.rtbl --key release.key
            """)

    @Argument(help: "The table; it is replaced as a whole or not at all.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Option(help: ArgumentHelp("The private key, PEM without a passphrase.", valueName: "FILE"), completion: .file())
    var key: String

    func run() throws {
        let file = try TableArgument.bytes(of: table)
        let pem = try TableArgument.bytes(of: key)
        let header = try TableArgument.map(file, named: table).header
        let signed = try TableArgument.withKey(key) { () throws(KeyFault) in
            try SignedTable.sign(file, under: header, with: PrivateKey(pem: pem))
        }
        try Console.write(signed, to: table)
        Console.message("\(table): signed, digest \(header.digest.hex.prefix(12))")
    }
}
