extension RouteGraph {
    /// For graphviz.
    package var dot: String {
        var out = "digraph roundtable {\n  rankdir=LR;\n  bgcolor=\"transparent\";\n"
        out += "  node [shape=box, style=\"rounded,filled\", fontname=\"monospace\", fontsize=10];\n  edge [color=\"\(SVG.neutral)\"];\n"
        for layer in Layer.allCases {
            let members = nodes.indices.filter { nodes[$0].layer == layer }
            guard !members.isEmpty else { continue }
            out += "  subgraph \"\(layer)\" {\n    rank=same;\n"
            for number in members {
                let label = nodes[number].lines.map { Self.escape($0) + "\\l" }.joined()
                out += "    n\(number) [label=\"\(label)\", fillcolor=\"\(Self.fill(layer))\"];\n"
            }
            out += "  }\n"
        }
        for edge in edges {
            out += "  n\(edge.from) -> n\(edge.to)\(edge.isSecondary ? " [style=dashed]" : "");\n"
        }
        return out + "}\n"
    }

    /// Inside of a quoted string (graphviz, "The DOT Language").
    private static func escape(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { out, scalar in
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
    }

    static func fill(_ layer: Layer) -> String {
        ["#e3e7ee", "#d6e6fb", "#dcefdc", "#fdebc8", "#f6dbe9", "#e6dff7"][layer.rawValue]
    }

    static func stroke(_ layer: Layer) -> String {
        ["#8a94a6", "#4f86c6", "#5c9e5c", "#c9922e", "#b8648f", "#8468c0"][layer.rawValue]
    }
}
