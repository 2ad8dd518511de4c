/// Objects of kinds that are somebody else's, counted by kind.
struct ForeignObjects {
    private var kinds: [String: (place: Place, count: Int)] = [:]

    mutating func add(_ kind: String, _ place: Place) { kinds[kind, default: (place, 0)].count += 1 }

    /// Adds what stands behind these in the input.
    mutating func add(_ later: ForeignObjects) {
        for (kind, entry) in later.kinds { kinds[kind, default: (entry.place, 0)].count += entry.count }
    }

    func report(_ diagnostics: inout Diagnostics) {
        for (kind, entry) in kinds.sorted(by: { $0.value.place < $1.value.place }) {
            let objects = entry.count == 1 ? "1 object" : "\(entry.count) objects"
            let own = kind.split(separator: " ").last.flatMap { Kind(rawValue: String($0)) }
            diagnostics.report(.otherGroup, "\(objects) of kind \(Text.quotable(kind)) ignored: not a kind that is compiled", at: entry.place,
                               help: own.map { "the \($0.rawValue) that is compiled has apiVersion \($0.group.isEmpty ? "v1" : "\($0.group)/\(KindSchema.all[$0]?.versions.last ?? "")")" })
        }
    }
}
