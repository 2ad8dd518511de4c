/// What one call of `ChunkDecoder.decode` did.
package struct ChunkStep: BitwiseCopyable, Equatable {
    package enum Outcome: BitwiseCopyable, Equatable {
        /// The region is used up, the body is not at its end.
        case needMore
        /// The body has ended. What follows the consumed bytes belongs to the next message.
        case done
        /// The body is broken: answer if nothing has been answered yet, and close.
        case bad(HTTPFault)
    }

    /// Bytes of the region that were read.
    package var consumed: Int
    /// Bytes of content, which now stand at the front of the region.
    package var produced: Int
    package var outcome: Outcome
}

/// Undoes the chunked coding (RFC 9112 7.1), at whatever bytes the stream is cut. Extensions are ignored and trailers
/// dropped, both within bounds; every line ends in CR LF.
package struct ChunkDecoder: BitwiseCopyable {
    private enum State: UInt8, BitwiseCopyable {
        case size, sizeBlank, chunkExtension, sizeLineFeed
        case data, dataCarriageReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case done
    }

    private var state = State.size
    private var sizeDigits: UInt8 = 0
    private var trailerFields: UInt8 = 0
    private var trailerBytes: UInt16 = 0
    private var chunkExtensionBytes: UInt16 = 0
    private var bodyExtensionBytes: UInt16 = 0
    /// The size while its digits are read, then what is left of the chunk's data. Below 2^63.
    private var remaining: UInt64 = 0

    package init() {}

    package var isDone: Bool { state == .done }

    /// Decodes what is in `region` and moves the content in it to its front. Never reads or writes outside of it.
    package mutating func decode(_ region: UnsafeMutableRawBufferPointer) -> ChunkStep {
        var read = 0
        var written = 0
        do throws(HTTPFault) {
            while read < region.count, state != .done {
                if state == .data {
                    let count = Int(min(remaining, UInt64(region.count - read)))
                    unsafe ChunkDecoder.move(region, from: read, to: written, count)
                    read += count
                    written += count
                    remaining -= UInt64(count)
                    if remaining == 0 { state = .dataCarriageReturn }
                } else {
                    // the loop's condition keeps read below region.count
                    try step(unsafe region[read])
                    read += 1
                }
            }
        } catch {
            return ChunkStep(consumed: read, produced: written, outcome: .bad(error))
        }
        return ChunkStep(consumed: read, produced: written, outcome: state == .done ? .done : .needMore)
    }

    /// `to` is never behind `from`, and `from + count` never past the end: `decode` has computed all three.
    @inline(__always)
    private static func move(_ region: UnsafeMutableRawBufferPointer, from: Int, to: Int, _ count: Int) {
        guard from != to, count > 0, let base = region.baseAddress else { return }
        unsafe (base + to).copyMemory(from: base + from, byteCount: count)
    }

    /// One byte of anything but data.
    private mutating func step(_ byte: UInt8) throws(HTTPFault) {
        switch state {
        case .size: try stepSize(byte)
        case .sizeBlank: try stepSizeBlank(byte)
        case .chunkExtension: try stepExtension(byte)
        case .sizeLineFeed:
            guard byte == ASCII.lineFeed else { throw .chunkLineEnd }
            state = remaining == 0 ? .trailerStart : .data
        case .dataCarriageReturn:
            guard byte == ASCII.carriageReturn else { throw .chunkDataEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == ASCII.lineFeed else { throw .chunkDataEnd }
            state = .size
            sizeDigits = 0
            chunkExtensionBytes = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed: try stepTrailer(byte)
        case .data, .done: preconditionFailure("not a byte of a chunk's frame")
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(HTTPFault) {
        if let digit = ASCII.hexValue(byte) {
            sizeDigits += 1
            guard remaining < 1 << 59, Int(sizeDigits) <= Limits.chunkSizeDigits else { throw .chunkSizeTooLarge }
            remaining = remaining << 4 | UInt64(digit)
            return
        }
        guard sizeDigits > 0 else { throw .chunkSizeMalformed }
        switch byte {
        case ASCII.carriageReturn: state = .sizeLineFeed
        case ASCII.semicolon:
            state = .chunkExtension
            try countExtensionByte()
        case ASCII.space, ASCII.tab:
            state = .sizeBlank
            try countExtensionByte()
        case ASCII.lineFeed: throw .chunkLineEnd
        default: throw .chunkSizeMalformed
        }
    }

    /// Blanks behind a size belong to an extension (RFC 9112 7.1.1). Without one they are refused: "5 " is five to some.
    private mutating func stepSizeBlank(_ byte: UInt8) throws(HTTPFault) {
        switch byte {
        case ASCII.semicolon: state = .chunkExtension
        case ASCII.space, ASCII.tab: break
        default: throw .chunkSizeMalformed
        }
        try countExtensionByte()
    }

    private mutating func stepExtension(_ byte: UInt8) throws(HTTPFault) {
        if byte == ASCII.carriageReturn {
            state = .sizeLineFeed
            return
        }
        guard byte != ASCII.lineFeed else { throw .chunkLineEnd }
        guard byte >= ASCII.space && byte != ASCII.delete || byte == ASCII.tab else { throw .chunkExtensionMalformed }
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(HTTPFault) {
        chunkExtensionBytes += 1
        bodyExtensionBytes += 1
        guard Int(chunkExtensionBytes) <= Limits.chunkExtensionBytes, Int(bodyExtensionBytes) <= Limits.bodyExtensionBytes else {
            throw .chunkExtensionsTooLarge
        }
    }

    /// Field lines as in a head (RFC 9112 7.1.2), or the empty line at the end.
    private mutating func stepTrailer(_ byte: UInt8) throws(HTTPFault) {
        trailerBytes += 1
        guard Int(trailerBytes) <= Limits.trailerBytes else { throw .trailersTooLarge }
        switch state {
        case .trailerStart where byte == ASCII.carriageReturn: state = .lastLineFeed
        case .trailerStart:
            guard ByteSet.token.contains(byte) else { throw trailerNameFault(byte) }
            trailerFields += 1
            guard Int(trailerFields) <= Limits.trailerFields else { throw .trailersTooLarge }
            state = .trailerName
        case .trailerName where byte == ASCII.colon: state = .trailerValue
        case .trailerName:
            guard ByteSet.token.contains(byte) else { throw trailerNameFault(byte) }
        case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
        case .trailerValue:
            guard byte != ASCII.lineFeed else { throw .bareLF }
            guard byte >= ASCII.space && byte != ASCII.delete || byte == ASCII.tab else { throw .controlCharacter }
        case .trailerLineFeed:
            guard byte == ASCII.lineFeed else { throw .bareCR }
            state = .trailerStart
        default:
            guard byte == ASCII.lineFeed else { throw .bareCR }
            state = .done
        }
    }

    /// `state` tells whether the byte stands first in its line.
    private func trailerNameFault(_ byte: UInt8) -> HTTPFault {
        switch byte {
        case ASCII.colon: .fieldNameEmpty
        case ASCII.lineFeed: .bareLF
        case ASCII.carriageReturn: .fieldWithoutColon
        case ASCII.space, ASCII.tab: state == .trailerName ? .blankInName : .obsoleteFold
        default: .fieldNameNotToken
        }
    }
}
