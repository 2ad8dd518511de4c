extension RouteGraph {
    /// Boxes in a picture: more make a file that nobody looks at.
    package static let maxPictureNodes = 5_000

    private enum Picture {
        static let textSize = 11.0
        static let titleSize = 12.0
        static let lineHeight = 15.0
        static let padding = 9.0
        static let margin = 20.0
        static let headHeight = 30.0
        static let lineCharacters = 64
    }

    package var nodeCount: Int { nodes.count }

    /// An SVG picture, columns from hosts to backends.
    package var svg: String {
        let lines = nodes.map { $0.lines.map(Self.shortened) }
        let sizes = lines.map { lines in
            let title = SVG.textWidth(lines[0], size: Picture.titleSize), rest = lines.dropFirst().map { SVG.textWidth($0, size: Picture.textSize) }.max() ?? 0
            return (width: max(title, rest) + 2 * Picture.padding, height: Double(lines.count) * Picture.lineHeight + 2 * Picture.padding - 3)
        }
        let layout = LayeredLayout(
            sizes: sizes, layers: nodes.map(\.layer.rawValue), edges: edges.map { ($0.from, $0.to) }, left: Picture.margin,
            top: Picture.margin + Picture.headHeight)
        let hasLegend = edges.contains(where: \.isSecondary)
        var svg = SVG(width: layout.width + Picture.margin, height: layout.height + Picture.margin + (hasLegend ? 24 : 0))
        svg.title("Routes of a table")
        for column in layout.columns {
            guard let first = column.first else { continue }
            let box = layout.boxes[first]
            svg.text(nodes[first].layer.title, box.x + box.width / 2, Picture.margin + 12, size: 13, bold: true, anchor: .middle)
        }
        for edge in edges {
            let (from, to) = (layout.boxes[edge.from], layout.boxes[edge.to])
            svg.link(from: (from.x + from.width, from.middle), to: (to.x, to.middle), dashed: edge.isSecondary)
        }
        for (number, node) in nodes.enumerated() {
            let box = layout.boxes[number]
            svg.rectangle(box.x, box.y, box.width, box.height, fill: Self.fill(node.layer), stroke: Self.stroke(node.layer), radius: 5)
            for (row, text) in lines[number].enumerated() {
                svg.text(
                    text, box.x + Picture.padding, box.y + Picture.padding + 9 + Double(row) * Picture.lineHeight,
                    size: row == 0 ? Picture.titleSize : Picture.textSize, fill: row == 0 ? SVG.dark : "#4a5160", bold: row == 0)
            }
        }
        if hasLegend {
            svg.text("dashed: requests without a body, or with every model suspended", Picture.margin, layout.height + 30, size: 11)
        }
        return svg.document
    }

    /// The end of a long line says most: of a path its last segments, of a name its suffix.
    private static func shortened(_ text: String) -> String {
        text.count <= Picture.lineCharacters ? text : text.prefix(Picture.lineCharacters / 2 - 1) + "…" + text.suffix(Picture.lineCharacters / 2)
    }
}
