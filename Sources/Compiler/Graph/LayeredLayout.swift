/// Places the nodes of a graph whose edges all go from a layer to a later one: a column for each layer; in a column
/// an order with few crossings (the mean of the neighbours, swept both ways), then heights near the neighbours'.
struct LayeredLayout {
    struct Box {
        var x = 0.0
        var y = 0.0
        var width = 0.0
        var height = 0.0
        var middle: Double { y + height / 2 }
    }

    private enum Limits {
        /// Sweeps over all columns: crossings hardly fall after the first few. Odd, so that the last one goes forward
        /// and the targets of one pool stay together.
        static let orderSweeps = 9
        static let placeSweeps = 12
    }

    static let rowGap = 14.0
    static let columnGap = 64.0

    private(set) var boxes: [Box]
    /// Node numbers by layer, from top to bottom; layers without nodes are left out.
    private(set) var columns: [[Int]]
    private let neighbours: [(before: [Int], after: [Int])]

    /// - Parameters:
    ///   - sizes: of the nodes.
    ///   - layers: of the nodes.
    init(sizes: [(width: Double, height: Double)], layers: [Int], edges: [(from: Int, to: Int)], left: Double, top: Double) {
        boxes = sizes.map { Box(width: $0.width, height: $0.height) }
        columns = Set(layers).sorted().map { layer in layers.indices.filter { layers[$0] == layer } }
        var neighbours = Array(repeating: (before: [Int](), after: [Int]()), count: sizes.count)
        for edge in edges {
            neighbours[edge.from].after.append(edge.to)
            neighbours[edge.to].before.append(edge.from)
        }
        self.neighbours = neighbours
        placeColumns(left)
        order()
        placeRows(top)
    }

    var width: Double { boxes.map { $0.x + $0.width }.max() ?? 0 }
    var height: Double { boxes.map { $0.y + $0.height }.max() ?? 0 }

    private mutating func placeColumns(_ left: Double) {
        var x = left
        for column in columns {
            let width = column.map { boxes[$0].width }.max() ?? 0
            for node in column { (boxes[node].x, boxes[node].width) = (x, width) }
            x += width + Self.columnGap
        }
    }

    private mutating func order() {
        var rank = Array(repeating: 0.0, count: boxes.count)
        func note(_ column: [Int]) { for (place, node) in column.enumerated() { rank[node] = Double(place) } }
        columns.forEach(note)
        for sweep in 0..<Limits.orderSweeps {
            let isForward = sweep % 2 == 0
            for index in isForward ? Array(columns.indices.dropFirst()) : columns.indices.dropLast().reversed() {
                func mean(_ node: Int) -> Double {
                    let near = isForward ? neighbours[node].before : neighbours[node].after
                    return near.isEmpty ? rank[node] : near.reduce(0) { $0 + rank[$1] } / Double(near.count)
                }
                let keyed = columns[index].map { (mean($0), rank[$0], $0) }
                columns[index] = keyed.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
                note(columns[index])
            }
        }
    }

    private mutating func placeRows(_ top: Double) {
        for column in columns {
            var y = top
            for node in column {
                boxes[node].y = y
                y += boxes[node].height + Self.rowGap
            }
        }
        for sweep in 0..<Limits.placeSweeps {
            let isForward = sweep % 2 == 1 // the last sweep goes forward: what follows stands beside what it follows
            for index in isForward ? Array(columns.indices) : columns.indices.reversed() { place(columns[index], isForward, top) }
        }
        let highest = boxes.map(\.y).min() ?? top
        for node in boxes.indices { boxes[node].y += top - highest }
    }

    /// Moves every box of a column to the mean height of its neighbours, as far as order and gaps allow: boxes that
    /// would overlap become one block, which goes to the mean of where its boxes want to be.
    private mutating func place(_ column: [Int], _ isForward: Bool, _ top: Double) {
        struct Block { var nodes: [Int]; var wish: Double; var height: Double; var y: Double { wish / Double(nodes.count) } }
        var blocks: [Block] = []
        for node in column {
            let near = isForward ? neighbours[node].before : neighbours[node].after
            let middle = near.isEmpty ? boxes[node].middle : near.reduce(0) { $0 + boxes[$1].middle } / Double(near.count)
            var block = Block(nodes: [node], wish: middle - boxes[node].height / 2, height: boxes[node].height)
            while let last = blocks.last, last.y + last.height + Self.rowGap > block.y {
                let shift = last.height + Self.rowGap
                block = Block(
                    nodes: last.nodes + block.nodes, wish: last.wish + block.wish - shift * Double(block.nodes.count), height: shift + block.height)
                blocks.removeLast()
            }
            blocks.append(block)
        }
        for block in blocks {
            var y = block.y
            for node in block.nodes {
                boxes[node].y = y
                y += boxes[node].height + Self.rowGap
            }
        }
    }
}
