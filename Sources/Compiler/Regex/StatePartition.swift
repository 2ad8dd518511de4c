/// The states of an automaton in blocks, which are split until no text tells the states of a block apart
/// (J. Hopcroft's refinement): n log n for n cells, where round after round over all states would be n².
struct StatePartition {
    private(set) var blockOf: [Int]
    /// The states, those of a block side by side; and where each state stands.
    private var members: [Int]
    private var place: [Int]
    private var ranges: [Range<Int>] = []
    /// How many of a block are marked: the first ones.
    private var marked: [Int] = []

    /// The number of each state's block.
    static func blocks(_ next: [[Int]], _ isAccepting: [Bool]) -> [Int] {
        var partition = StatePartition(isAccepting)
        let sources = Sources(next)
        var splitters = Array(partition.ranges.indices)
        while let splitter = splitters.popLast() {
            let targets = partition.members[partition.ranges[splitter]]
            for column in 0..<sources.columnCount {
                var touched: [Int] = []
                for target in targets {
                    for source in sources.of(target, column) {
                        if let block = partition.mark(source) { touched.append(block) }
                    }
                }
                // The larger part stays what it was: waiting to split others, or done with it.
                for block in touched { if let smaller = partition.split(block) { splitters.append(smaller) } }
            }
        }
        return partition.blockOf
    }

    private init(_ isAccepting: [Bool]) {
        blockOf = Array(repeating: 0, count: isAccepting.count)
        members = isAccepting.indices.filter { !isAccepting[$0] }
        let parts = [0..<members.count, members.count..<isAccepting.count].filter { !$0.isEmpty }
        members += isAccepting.indices.filter { isAccepting[$0] }
        place = blockOf
        for (position, state) in members.enumerated() { place[state] = position }
        for part in parts { add(part) }
    }

    private mutating func add(_ range: Range<Int>) {
        for position in range { blockOf[members[position]] = ranges.count }
        ranges.append(range)
        marked.append(0)
    }

    /// - Returns: the state's block, if none of it was marked before.
    private mutating func mark(_ state: Int) -> Int? {
        let block = blockOf[state]
        let first = ranges[block].lowerBound + marked[block]
        let other = members[first]
        members.swapAt(first, place[state])
        (place[other], place[state]) = (place[state], first)
        marked[block] += 1
        return marked[block] == 1 ? block : nil
    }

    /// Parts the marked from the others. The smaller part is a new block.
    private mutating func split(_ block: Int) -> Int? {
        let range = ranges[block]
        let middle = range.lowerBound + marked[block]
        marked[block] = 0
        guard middle < range.upperBound else { return nil }
        let (front, back) = (range.lowerBound..<middle, middle..<range.upperBound)
        ranges[block] = front.count > back.count ? front : back
        add(front.count > back.count ? back : front)
        return ranges.count - 1
    }
}

/// Of each state, those that lead to it over each class of bytes.
private struct Sources {
    let columnCount: Int
    private var list: [Int]
    /// Where the list of a state and column begins.
    private var starts: [Int]

    init(_ next: [[Int]]) {
        columnCount = next[0].count
        starts = Array(repeating: 0, count: next.count * columnCount + 1)
        for row in next { for (column, target) in row.enumerated() { starts[target * columnCount + column + 1] += 1 } }
        for index in starts.indices.dropFirst() { starts[index] += starts[index - 1] }
        list = Array(repeating: 0, count: next.count * columnCount)
        var free = starts
        for (state, row) in next.enumerated() {
            for (column, target) in row.enumerated() {
                let cell = target * columnCount + column
                list[free[cell]] = state
                free[cell] += 1
            }
        }
    }

    func of(_ target: Int, _ column: Int) -> ArraySlice<Int> {
        let cell = target * columnCount + column
        return list[starts[cell]..<starts[cell + 1]]
    }
}
