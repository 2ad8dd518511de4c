import AdminPage
import Testing

@testable import Proxy

@Suite struct PageDocumentTests {
    @Test func filesStandWhereTheyAreReferredTo() {
        let document = PageDocument(
            index: "<a>\n<link rel=\"stylesheet\" href=\"x.css\">\n<script src=\"x.js\"></script>\n", files: [("x.css", "p{}"), ("x.js", "abc")])
        #expect(String(decoding: document.html, as: UTF8.self) == "<a>\n<style>p{}</style>\n<script>abc</script>\n")
        // SHA-256 of "abc" (FIPS 180-4, the standard's own example), in base64
        #expect(document.contentSecurityPolicy.contains("script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='; "))
    }

    @Test func thePageRefersToNothingOutside() {
        let html = String(decoding: PageDocument.live.html, as: UTF8.self)
        for (name, text) in AdminPage.files {
            #expect(html.contains(text), "\(name) is in no place of its own")
            // they would end the element that they stand in
            #expect(!text.contains("</script") && !text.contains("</style") && !text.contains("<!--"), "\(name)")
        }
        #expect(!html.contains(" src=") && !html.contains("stylesheet"))
        #expect(!PageDocument.live.contentSecurityPolicy.contains("unsafe"))
    }
}
