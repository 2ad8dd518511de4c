@testable import Compiler

/// SEMANTICS.md section 3, word by word and without an index: every match of every rule is held against the request.
struct ReferenceRouter {
    /// What is asked of a match: whether it takes a request, and how it stands to others that do.
    private struct Candidate {
        let number: Int
        let host: String
        let match: IR.Match
        let isVersioned: Bool
    }

    private let candidates: [Candidate]

    init(_ ir: IR) {
        var candidates: [Candidate] = []
        var number = 0
        for api in ir.apis {
            for rule in api.rules {
                for match in rule.matches {
                    for host in rule.hosts {
                        candidates.append(Candidate(number: number, host: host, match: match, isVersioned: match.basePath == api.basePath))
                    }
                }
                number += 1
            }
        }
        self.candidates = candidates
    }

    /// The number of the rule, in document order, that answers; nil: 404.
    ///
    /// - Parameter path: normalised, but for its trailing slash.
    func rule(host: String, path: String, method: String) -> Int? {
        let entry = self.host(for: host)
        return candidates
            .filter { $0.host == entry && takes($0.match, path) && ($0.match.method == nil || $0.match.method == method) }
            .min { isMoreSpecific($0, than: $1) }?.number
    }

    /// Exact before `*.suffix` (any number of labels, the longest suffix wins).
    private func host(for host: String) -> String? {
        if candidates.contains(where: { $0.host == host }) { return host }
        return candidates.map(\.host)
            .filter { $0.hasPrefix("*") && host.hasSuffix($0.dropFirst()) }
            .max { $0.utf8.count < $1.utf8.count }
    }

    /// Exact matches the whole path, one trailing `/` more or less does not matter; a prefix matches whole segments.
    private func takes(_ match: IR.Match, _ path: String) -> Bool {
        switch match.type {
        case .exact, .regularExpression: path == match.path || path == match.path + "/"
        case .prefix: path == match.path || path.hasPrefix(match.path + "/")
        }
    }

    /// Exact, longest prefix, a route with a version, method, document order.
    private func isMoreSpecific(_ a: Candidate, than b: Candidate) -> Bool {
        func rank(_ candidate: Candidate) -> [Int] {
            [
                candidate.match.type == .exact ? 0 : 1, -candidate.match.path.utf8.count, candidate.isVersioned ? 0 : 1,
                candidate.match.method == nil ? 1 : 0, candidate.number,
            ]
        }
        return rank(a).lexicographicallyPrecedes(rank(b))
    }
}
