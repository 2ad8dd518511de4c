extension Simulation {
    private enum Picture {
        static let labelSize = 12.0
        static let laneHeight = 26.0
        static let laneGap = 10.0
        static let top = 44.0
        static let plotWidth = 750.0
        /// Bars side by side; with more requests than this, a bar stands for several and its height for their share.
        static let bars = 250
        static let labelCharacters = 36
        /// Okabe and Ito's colours, told apart by colour-blind people too; yellow is left out, white ground swallows it.
        static let colors = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c3f", "#8661c1"]
        static let exhausted = "#c62828"
    }

    /// A lane for each target: bars where it is picked, grey ground while it is suspended.
    package var svg: String {
        let labels = targets.map { Self.shortened("\($0.letter)  \($0.model ?? $0.backend)") }
        let left = 16 + (labels + ["none"]).map { SVG.textWidth($0, size: Picture.labelSize) }.max()! + 14 // there is at least "none"
        let facts = targets.map { "\(percent($0.share)) (\(percent($0.expectedShare)))  \(grouped($0.picks)) picks, run \($0.longestRun)" }
        let right = facts.map { SVG.textWidth($0, size: Picture.labelSize) }.max() ?? 0
        let lanes = targets.count + (exhausted > 0 ? 1 : 0)
        let bottom = Picture.top + Double(lanes) * (Picture.laneHeight + Picture.laneGap)
        var svg = SVG(width: left + Picture.plotWidth + right + 30, height: bottom + 44)
        let owner = Self.shortened(owner, to: 80)
        svg.title("Simulation of \(owner)")
        svg.text("\(grouped(requests)) requests to \(owner), pool \(pool)", 16, 24, size: 14, bold: true)
        svg.text("share (by weight)", left + Picture.plotWidth + 14, 32, size: 11)
        for (number, target) in targets.enumerated() {
            let y = Picture.top + Double(number) * (Picture.laneHeight + Picture.laneGap)
            lane(&svg, number, y, left, Picture.colors[number % Picture.colors.count])
            for span in target.suspensions { suspension(&svg, span, y, left) }
            svg.text(labels[number], 16, y + 17)
            svg.text(facts[number], left + Picture.plotWidth + 14, y + 17)
        }
        if exhausted > 0 {
            let y = bottom - Picture.laneHeight - Picture.laneGap
            lane(&svg, nil, y, left, Picture.exhausted)
            svg.text("none", 16, y + 17)
            svg.text("\(grouped(exhausted)) exhausted: \(allSuspended)", left + Picture.plotWidth + 14, y + 17)
        }
        axis(&svg, bottom, left)
        return svg.document
    }

    private func x(_ request: Int, _ left: Double) -> Double { left + Double(request) / Double(requests) * Picture.plotWidth }

    /// - Parameter number: of the target; nil: requests that no target took.
    private func lane(_ svg: inout SVG, _ number: Int?, _ y: Double, _ left: Double, _ color: String) {
        svg.rectangle(left, y, Picture.plotWidth, Picture.laneHeight, fill: "#808080", opacity: 0.12)
        let bars = min(requests, Picture.bars)
        for bar in 0..<bars {
            let range = bar * requests / bars..<(bar + 1) * requests / bars
            let share = Double(range.count { picks[$0] == number }) / Double(range.count)
            guard share > 0 else { continue }
            let width = x(range.upperBound, left) - x(range.lowerBound, left)
            let height = share * Picture.laneHeight
            svg.rectangle(x(range.lowerBound, left), y + Picture.laneHeight - height, max(0.6, width * 0.88), height, fill: color)
        }
    }

    private func suspension(_ svg: inout SVG, _ span: [Int], _ y: Double, _ left: Double) {
        let start = x(min(span[0], requests), left), end = x(min(span[1], requests), left)
        guard end > start else { return }
        svg.rectangle(start, y, end - start, Picture.laneHeight, fill: "#6b7280")
        if end - start > SVG.textWidth("suspended", size: 11) + 6 {
            svg.text("suspended", (start + end) / 2, y + 17, size: 11, fill: "#ffffff", anchor: .middle)
        }
    }

    private func axis(_ svg: inout SVG, _ bottom: Double, _ left: Double) {
        let parts = min(requests, 5)
        for part in 0...parts {
            let request = requests * part / parts
            svg.rectangle(x(request, left) - 0.5, bottom - 2, 1, 6, fill: SVG.neutral)
            svg.text(grouped(request), x(request, left), bottom + 18, size: 11, anchor: .middle)
        }
        svg.text("requests", left + Picture.plotWidth / 2, bottom + 34, size: 11, anchor: .middle)
    }

    private static func shortened(_ text: String, to limit: Int = Picture.labelCharacters) -> String {
        text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }
}
