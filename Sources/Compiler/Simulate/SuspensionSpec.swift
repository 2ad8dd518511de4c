import Policies

/// `MODEL@AT+FOR`: a model that is taken out for a while, counted in requests.
package struct SuspensionSpec: Equatable, Sendable {
    /// Why a text is none.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let model: String
    /// Requests that come before it.
    package let at: Int
    /// Requests that it lasts.
    package let length: Int

    /// Split at the last `@`: a model's name may hold one.
    package init(_ text: String) throws(Fault) {
        let fault = Fault(description: "\(Text.quoted(text)) is not MODEL@AT+FOR, as in gpt-4o@100+50")
        guard let mark = text.lastIndex(of: "@"), mark != text.startIndex else { throw fault }
        let numbers = text[text.index(after: mark)...].split(separator: "+", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let at = Int(numbers[0]), let length = Int(numbers[1]), length > 0, at <= Simulation.maxPicks, length <= Simulation.maxPicks
        else { throw fault }
        (model, self.at, self.length) = (String(text[..<mark]), at, length)
    }
}
