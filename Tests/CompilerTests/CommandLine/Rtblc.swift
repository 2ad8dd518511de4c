import Foundation

/// Runs the rtblc that was built beside these tests.
enum Rtblc {
    struct Result {
        var code: Int32
        var output: [UInt8]
        var messages: String
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let path = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "rtblc")

    /// The test runner stands in the build folder, or, for some ways to run tests, elsewhere.
    static let isBuilt = FileManager.default.isExecutableFile(atPath: executable.path)
    private static let executable = FileManager.default.isExecutableFile(atPath: path.path) ? path : root.appending(path: ".build/debug/rtblc")

    static func run(_ arguments: String..., input: String = "", in folder: URL = root) throws -> Result {
        let process = Process()
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        // Output of these tests is smaller than a pipe holds (64 KiB), so reading one after the other cannot block.
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let messages = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(code: process.terminationStatus, output: [UInt8](output), messages: String(decoding: messages, as: UTF8.self))
    }

    /// A folder for one test; the caller removes it.
    static func scratch() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rtblc-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        return folder
    }
}
