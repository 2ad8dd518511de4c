import ArgumentParser
import Compiler
import RoutingTable

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a table, and who signed it.",
        discussion: """
            Every byte of structure and the digest are checked, as the dataplane does it before it serves. Without a \
            key it says whether the table is signed, and with which key; with --public-key the exit code is 0 only if \
            that key signed exactly this table.

            EXAMPLES
              rtblc verify routes.rtbl
              rtblc verify routes.rtbl --public-key release.pub
            """)

    @Argument(help: "The table.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Option(help: ArgumentHelp("The key that must have signed it, PEM.", valueName: "FILE"), completion: .file())
    var publicKey: String?

    func run() throws {
        let mapped = try TableArgument.open(table)
        let digest = "digest \(mapped.header.digest.hex)"
        guard let publicKey else {
            let state = mapped.header.signature.map { "signed with key \(hexText($0.keyID)) (give --public-key to verify it)" } ?? "unsigned"
            return try Console.output(lines: ["\(table): sound, \(state), \(digest)"])
        }
        let pem = try TableArgument.bytes(of: publicKey)
        let signature = mapped.header.signature
        let (found, digestBytes) = (signature, mapped.header.digest)
        let fault = try TableArgument.withKey(publicKey) { () throws(KeyFault) -> String? in
            let key = try PublicKey(pem: pem)
            guard let found else { return "the table is sound, but not signed" }
            if found.keyID != key.id { return "signed with key \(hexText(found.keyID)), not with \(hexText(key.id))" }
            return key.verifies(found, of: digestBytes) ? nil : "the signature does not fit: it was not made over this table with key \(hexText(key.id))"
        }
        if let fault {
            Console.message("rtblc: \(table): \(fault)")
            throw ExitCode.inputFault
        }
        try Console.output(lines: ["\(table): sound, signed with key \(hexText(signature?.keyID ?? [])), \(digest)"])
    }
}
