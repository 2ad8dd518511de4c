import CTable

/// A deterministic automaton that notes the positions of groups as it goes. It exists where at every byte at most one
/// way through the pattern is left (a "one-pass" pattern), as in `/items/([^/]+)` and `/chat/(.*)`.
struct CaptureAutomaton {
    struct Cell: Hashable {
        var next = 0
        /// Positions noted before the byte is consumed.
        var noted: UInt32 = 0
    }

    /// State 0 is dead, state 1 the start.
    private(set) var next: [[Cell]]
    /// The positions noted at the end of the text; nil: the state does not accept.
    private(set) var accepting: [UInt32?]

    /// nil: the pattern is not of that kind, or the automaton would be too large.
    init?(_ determiner: inout RegexDeterminiser) {
        let classes = determiner.classes
        var numbers: [RegexDeterminiser.State: Int] = [determiner.start: 1]
        var states = [determiner.start]
        next = [[Cell](repeating: Cell(), count: classes.count)]
        accepting = [nil]
        var done = 0
        while done < states.count {
            guard (states.count + 1) * classes.count <= RegexLimits.captureAutomatonCells, determiner.work <= 2 * RegexLimits.automatonWork else { return nil }
            let state = states[done]
            accepting.append(determiner.acceptance(of: state))
            var row: [Cell] = []
            for byte in classes.representatives {
                var cell = Cell()
                for arrival in determiner.follow(state, next: byte) {
                    guard let target = determiner.target(of: arrival, over: byte) else { continue }
                    guard cell.next == 0 else { return nil } // two ways
                    let successor = RegexDeterminiser.State(waiting: [target], previous: determiner.context(of: byte))
                    if numbers[successor] == nil {
                        states.append(successor)
                        numbers[successor] = states.count
                    }
                    cell = Cell(next: numbers[successor]!, noted: arrival.noted)
                }
                row.append(cell)
            }
            next.append(row)
            done += 1
        }
    }
}
