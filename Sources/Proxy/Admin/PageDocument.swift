import AdminPage
import COpenSSL
import RoutingTable

/// The page as one document, and the policy by which a browser runs what stands in it and nothing else.
struct PageDocument {
    let html: [UInt8]
    /// Content Security Policy (W3C, level 3): scripts and styles by their SHA-256, connections to where the page came from.
    let contentSecurityPolicy: String

    static let live = PageDocument(index: AdminPage.index, files: AdminPage.files)

    /// - Parameters:
    ///   - index: refers to each file on a line of its own, as a link to a style sheet or a script with a source.
    ///   - files: what takes the place of those lines.
    init(index: String, files: [(name: String, text: String)]) {
        var scripts: [String] = [], styles: [String] = []
        let lines = index.split(separator: "\n", omittingEmptySubsequences: false).map { (line) -> String in
            for (name, text) in files {
                if line == "<link rel=\"stylesheet\" href=\"\(name)\">" {
                    styles.append(Self.source(text))
                    return "<style>\(text)</style>"
                }
                if line == "<script src=\"\(name)\"></script>" {
                    scripts.append(Self.source(text))
                    return "<script>\(text)</script>"
                }
            }
            return String(line)
        }
        html = Array(lines.joined(separator: "\n").utf8)
        contentSecurityPolicy = """
            default-src 'none'; script-src \(scripts.joined(separator: " ")); style-src \(styles.joined(separator: " ")); connect-src 'self'; \
            img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
            """
    }

    private static func source(_ text: String) -> String {
        let digest = Digest(of: unsafe Array(text.utf8).span.bytes).bytes // a UInt8 has no padding that could be read uninitialised
        var encoded = [UInt8](repeating: 0, count: 4 * ((digest.count + 2) / 3) + 1)
        unsafe _ = EVP_EncodeBlock(&encoded, digest, Int32(digest.count)) // 4 characters for each 3 bytes begun, and a 0
        return "'sha256-\(String(decoding: encoded.dropLast(), as: UTF8.self))'"
    }

    var response: AdminResponse {
        AdminResponse(
            status: 200, contentType: "text/html; charset=utf-8", body: html,
            fields: [
                ("Content-Security-Policy", contentSecurityPolicy), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
                ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ])
    }
}
