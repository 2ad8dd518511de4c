import Policies

/// Weights of one rotation.
enum Weights {
    /// Divided by their greatest common divisor.
    static func reduced(_ weights: [Int]) -> [Int] {
        let divisor = weights.reduce(0, greatestCommonDivisor)
        return divisor > 1 ? weights.map { $0 / divisor } : weights
    }

    /// The entries of the rotation.
    static func cycle(_ weights: [Int]) -> Int { reduced(weights).reduce(0, +) }

    /// Weights whose cycle fits, each at least 1, in about the same proportions.
    static func scaled(_ weights: [Int]) -> [Int] {
        let sum = weights.reduce(0, +)
        // Rounding up to 1 adds at most one entry for each weight.
        let room = Limits.cycle - weights.count
        return reduced(weights.map { max(1, Int(Double($0) / Double(sum) * Double(room))) })
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

extension Resolver {
    mutating func checkCycle(_ weights: [Int], _ subject: @autoclosure () -> String, at place: Place) {
        guard weights.count <= Limits.cycle / 2 else {
            return report(.cycleTooLong, "\(subject()): \(weights.count) targets, one rotation holds at most \(Limits.cycle / 2)", at: place)
        }
        let cycle = Weights.cycle(weights)
        guard cycle > Limits.cycle else { return }
        let shown = Weights.scaled(weights).prefix(16).map(String.init).joined(separator: ", ") + (weights.count > 16 ? ", …" : "")
        report(.cycleTooLong, "\(subject()): the weights make a rotation of \(cycle) entries, it holds at most \(Limits.cycle)", at: place,
               help: "use the weights \(shown)")
    }
}
