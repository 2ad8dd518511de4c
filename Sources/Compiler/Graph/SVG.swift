/// An SVG document in the making. Colours are chosen to be read on light and on dark ground: text outside of boxes and
/// lines are a middle grey, boxes bring their own light fill and dark text.
struct SVG {
    static let neutral = "#7a808a"
    static let dark = "#1f2430"
    /// Advance of a character of the font, in units of its size: monospaced, so that boxes fit whatever font is there.
    static let advance = 0.602

    private var body = ""
    private let width: Double
    private let height: Double

    init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    static func textWidth(_ text: String, size: Double) -> Double { Double(text.count) * size * advance }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, opacity: Double = 1, stroke: String? = nil, radius: Double = 0) {
        body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" fill=\"\(fill)\""
        if opacity < 1 { body += " fill-opacity=\"\(Self.number(opacity))\"" }
        if let stroke { body += " stroke=\"\(stroke)\"" }
        if radius > 0 { body += " rx=\"\(Self.number(radius))\"" }
        body += "/>\n"
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(_ text: String, _ x: Double, _ y: Double, size: Double = 12, fill: String = neutral, bold: Bool = false, anchor: Anchor = .start) {
        body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" fill=\"\(fill)\""
        if bold { body += " font-weight=\"bold\"" }
        if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
        body += ">\(Self.escape(text))</text>\n"
    }

    /// A curve that leaves and arrives level.
    mutating func link(from start: (x: Double, y: Double), to end: (x: Double, y: Double), dashed: Bool) {
        let bend = (end.x - start.x) / 2
        body += "<path d=\"M\(Self.number(start.x)) \(Self.number(start.y))C\(Self.number(start.x + bend)) \(Self.number(start.y)) "
        body += "\(Self.number(end.x - bend)) \(Self.number(end.y)) \(Self.number(end.x)) \(Self.number(end.y))\" fill=\"none\" stroke=\"\(Self.neutral)\" stroke-width=\"1.2\""
        if dashed { body += " stroke-dasharray=\"5 4\"" }
        body += "/>\n"
    }

    /// What is shown where the pointer rests; put around nothing else.
    mutating func title(_ text: String) { body += "<title>\(Self.escape(text))</title>\n" }

    var document: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(height))" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace">
        \(body)</svg>

        """
    }

    /// At most two decimals, the same on every machine.
    static func number(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : ""
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// XML 1.0: markup escaped, characters that may not stand in a document replaced.
    private static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f || scalar.value == 0xfffe || scalar.value == 0xffff: out += "\u{fffd}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
