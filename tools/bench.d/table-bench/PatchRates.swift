import Glibc
import Policies
import Proxy
import RoutingTable

/// Prints how many bytes a second of a request's body are checked as JSON while its model is found, and how many with the
/// patched body written as well.
enum PatchRates {
    static func print(_ path: String) throws {
        let body = try readFile(path)
        let literal = Array("\"another-model\"".utf8)
        let memberPath = try MemberPath([Array("model".utf8)])
        var out = [UInt8](repeating: 0, count: body.count + literal.count)
        var scanner = BodyScanner()
        var (scan, patch) = (Double.infinity, Double.infinity)
        for _ in 0..<20 {
            let start = ThreadTime.now
            guard case .edits = unsafe scanner.scan(body.span.bytes, path: memberPath) else { return say("table-bench: the body is no JSON object\n") }
            let scanned = ThreadTime.now
            // The literal and the body are lent for the call, and `out` has room for both.
            _ = unsafe out.withUnsafeMutableBytes { unsafe BodyPatch.write(body: body.span.bytes, edits: scanner.lastEdits, path: memberPath, literal: literal.span.bytes, into: $0) }
            scan = min(scan, scanned - start)
            patch = min(patch, ThreadTime.now - start)
        }
        Swift.print("{\"bytes\": \(body.count), \"scan_gb_per_second\": \(Double(body.count) / scan), \"patch_gb_per_second\": \(Double(body.count) / patch)}")
    }

    private static func readFile(_ path: String) throws -> [UInt8] {
        guard let file = unsafe fopen(path, "rb") else { return [] }
        defer { unsafe _ = fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while case let count = unsafe fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }
}
