/// Every bound of the policy reader, in one place. Past one of them the reader refuses with a placed diagnostic.
package enum Limits {
    /// Nesting of mappings and sequences, aliases followed. A Kubernetes object needs about 15.
    package static let depth = 100
    /// Nodes and bytes of text that the aliases of one document may stand for. 80 kB of nested aliases can stand
    /// for 400 MB; the readers downstream walk what an alias stands for, so this bounds their time.
    package static let aliasedNodes = 100_000
    package static let aliasedText = 8 << 20
    /// Nodes of one document: indices are 32 bits, and a `List` of a whole cluster is one document.
    package static let nodesPerDocument = 64 << 20
    /// Bytes of scalar text of one document: offsets are 32 bits.
    package static let textPerDocument = 1 << 31
    /// Bytes of the pieces that a large file is parsed in: thousands of documents, so that what a piece costs does not
    /// count, and few enough bytes that every thread may hold one.
    package static let pieceBytes = 4 << 20
    /// Strings that are kept to be shared, a power of two.
    static let cachedStrings = 4096
    /// Bytes of one input file.
    package static let fileBytes = 1 << 32 - 1
    /// Input files of one compilation.
    package static let files = 4 << 20
    /// Nested folders below a PATH argument.
    package static let folderDepth = 64
    /// Diagnostics kept; further ones are only counted. 1,000,000 of about 200 bytes are 200 MB.
    package static let diagnostics = 1_000_000
    /// Warnings shown per code, unless all are asked for.
    package static let warningsPerCode = 20
    /// Searches for a near name in one run, and the candidates looked at in each: an input of 800,000 objects
    /// with every name wrong must not take quadratic time.
    package static let nearNameSearches = 200
    package static let nearNameCandidates = 200_000
    /// Characters of a name or value that a message quotes.
    package static let quotedCharacters = 120
    /// Characters of a source line that an excerpt shows; a longer line is cut.
    package static let excerptCharacters = 200
    /// Bytes of an object's name and namespace (RFC 1123 subdomain, Kubernetes).
    package static let objectName = 253
    /// `weight` of a target or a backendRef.
    package static let weight = 1_000_000_000
    /// Seconds that a policy may ask for: about 31 years.
    package static let seconds = 1_000_000_000
    /// Seconds of a timeout: a table keeps milliseconds in 32 bits.
    package static let timeoutSeconds = 4_294_967
    /// Entries of one rotation after division by the greatest common divisor (RTBL_MAX_CYCLE).
    package static let cycle = 65_535
    /// Segments of a path that a table can route (RTBL_MAX_PATH_SEGMENTS).
    package static let pathSegments = 64
    /// Bytes of a string in a table (RTBL_MAX_STRING).
    package static let string = 65_535
    /// Characters of a text that no field bounds more closely: of 4 bytes each, they fit such a string.
    package static let text = 16_383
    /// Characters of a certificate, or of several in one PEM text.
    package static let certificate = 65_535
    /// Counts of requests, tokens, connections: 32 bits in the CRDs.
    package static let count = 4_294_967_295
}
