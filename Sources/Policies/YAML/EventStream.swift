import CYAML

/// libyaml's parser over a buffer: events in, `TreeBuilder` calls out.
///
/// All of the module's contact with C pointers is here. They hold because libyaml's objects live at stable addresses
/// owned by this value, every event is deleted before the next is asked for, and strings are copied out before.
@safe struct EventStream {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let file: UInt32
    private let firstLine: UInt32
    private let boundary: UInt32?
    private let bytes: UnsafeBufferPointer<UInt8>
    /// The line from 0 at which the document that is being read begins, of its `---` if it has one.
    private(set) var documentLine: UInt32?

    /// - Parameters:
    ///   - bytes: must outlive the stream, without a byte order mark.
    ///   - boundary: the line from 0 whose document is no longer read.
    init(_ bytes: UnsafeBufferPointer<UInt8>, file: UInt32, firstLine: UInt32, boundary: UInt32?) {
        unsafe (parser, event) = (.allocate(capacity: 1), .allocate(capacity: 1))
        unsafe (self.bytes, self.file, self.firstLine, self.boundary) = (bytes, file, firstLine, boundary)
        unsafe parser.initialize(to: yaml_parser_t())
        unsafe event.initialize(to: yaml_event_t())
        guard unsafe yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    mutating func destroy() {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe event.deallocate()
    }

    /// - Returns: false at the end of the stream, or of what is to be read of it.
    mutating func nextDocument(into builder: inout TreeBuilder, _ diagnostics: inout Diagnostics) throws(TreeBuilder.Refusal) -> Bool {
        builder.startDocument()
        while true {
            guard unsafe yaml_parser_parse(parser, event) == 1 else { throw fault() }
            defer { unsafe yaml_event_delete(event) }
            switch unsafe event.pointee.type {
            case YAML_STREAM_END_EVENT: return false
            case YAML_DOCUMENT_START_EVENT:
                let line = unsafe firstLine + UInt32(clamping: event.pointee.end_mark.line)
                if let boundary, line >= boundary { return false }
                documentLine = line
            case YAML_DOCUMENT_END_EVENT: return true
            case YAML_SCALAR_EVENT: try scalar(&builder, &diagnostics)
            case YAML_SEQUENCE_START_EVENT: try collection(.sequence, &builder, &diagnostics)
            case YAML_MAPPING_START_EVENT: try collection(.mapping, &builder, &diagnostics)
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: builder.end(&diagnostics)
            case YAML_ALIAS_EVENT:
                let name = unsafe string(event.pointee.data.alias.anchor) ?? ""
                try builder.alias(node(.alias, .plain, .none), to: name)
            default: break
            }
        }
    }

    private func scalar(_ builder: inout TreeBuilder, _ diagnostics: inout Diagnostics) throws(TreeBuilder.Refusal) {
        let data = unsafe event.pointee.data.scalar
        let style: Node.Style = switch unsafe data.style {
        case YAML_PLAIN_SCALAR_STYLE: .plain
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .quoted
        }
        let tag = unsafe tag(data.tag, isScalar: true, &diagnostics)
        let text = unsafe UnsafeRawBufferPointer(start: data.value, count: data.length)
        unsafe try builder.scalar(node(.scalar, style, tag), text: text, anchor: string(data.anchor))
    }

    private func collection(_ kind: Node.Kind, _ builder: inout TreeBuilder, _ diagnostics: inout Diagnostics) throws(TreeBuilder.Refusal) {
        // The two events' data begin alike, but C does not promise it: each is read by its own name.
        let isMapping = kind == .mapping
        let anchor = unsafe string(isMapping ? event.pointee.data.mapping_start.anchor : event.pointee.data.sequence_start.anchor)
        let name = unsafe isMapping ? event.pointee.data.mapping_start.tag : event.pointee.data.sequence_start.tag
        let tag = unsafe tag(name, isScalar: false, &diagnostics)
        try builder.start(node(kind, .flow, tag), anchor: anchor)
    }

    private func string(_ pointer: UnsafePointer<yaml_char_t>?) -> String? {
        unsafe pointer.map { unsafe String(cString: $0) }
    }

    private func node(_ kind: Node.Kind, _ style: Node.Style, _ tag: Node.Tag) -> Node {
        let (start, end) = unsafe (event.pointee.start_mark, event.pointee.end_mark)
        let isOneLine = start.line == end.line && (kind == .scalar || kind == .alias)
        return Node(kind: kind, style: style, tag: tag, line: firstLine + UInt32(clamping: start.line) + 1,
                    column: UInt32(clamping: start.column) + 1,
                    extent: isOneLine ? UInt32(clamping: max(1, end.column - min(start.column, end.column))) : 1, end: 0)
    }

    /// Of a tag that Kubernetes does not know nothing is left but a scalar's being a string.
    private func tag(_ name: UnsafePointer<yaml_char_t>?, isScalar: Bool, _ diagnostics: inout Diagnostics) -> Node.Tag {
        guard let name = unsafe string(name) else { return .none }
        switch name {
        case "tag:yaml.org,2002:str" where isScalar, "!" where isScalar: return .string
        case "tag:yaml.org,2002:int" where isScalar: return .integer
        case "tag:yaml.org,2002:float" where isScalar: return .float
        case "tag:yaml.org,2002:bool" where isScalar: return .boolean
        case "tag:yaml.org,2002:null" where isScalar: return .null
        case "tag:yaml.org,2002:binary" where isScalar: return .binary
        case "tag:yaml.org,2002:timestamp" where isScalar: return .timestamp
        case "tag:yaml.org,2002:map" where !isScalar, "tag:yaml.org,2002:seq" where !isScalar, "!" where !isScalar: return .none
        default:
            let at = node(.scalar, .plain, .none)
            diagnostics.report(.unsupportedTag, "tag \(Text.quoted(name)) has no meaning here: it is passed over",
                               at: Place(file: file, line: at.line, column: at.column, length: 1), help: "remove the tag")
            return isScalar ? .string : .none
        }
    }

    // MARK: faults

    /// Whether libyaml's reader takes every character: UTF-8 without control characters.
    static func isReadable(_ text: [UInt8]) -> Bool {
        guard let text = String(validating: text, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x10000...0x10FFFF: true
            default: false
            }
        }
    }

    private func fault() -> TreeBuilder.Refusal {
        let state = unsafe parser.pointee
        guard unsafe state.error != YAML_MEMORY_ERROR else { fatalError("libyaml: out of memory") }
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "cannot be read"
        if unsafe state.error == YAML_READER_ERROR {
            let offset = unsafe min(state.problem_offset, bytes.count)
            return TreeBuilder.Refusal(
                code: .encoding, message: "the text is not clean UTF-8: \(problem)", place: place(ofByte: offset),
                help: "save the file as UTF-8 without control characters")
        }
        let mark = unsafe state.problem_mark
        var message = problem
        if let context = unsafe state.context {
            let start = unsafe state.context_mark
            unsafe message += ", " + String(cString: context)
            if start.line != mark.line { message += " that begins at line \(firstLine + UInt32(clamping: start.line) + 1)" }
        }
        let place = Place(file: file, line: firstLine + UInt32(clamping: mark.line) + 1, column: UInt32(clamping: mark.column) + 1, length: 1)
        return TreeBuilder.Refusal(code: .syntax, message: message, place: place, help: help(for: problem))
    }

    private func help(for problem: String) -> String? {
        switch problem {
        case "found character that cannot start any token": "quote the value; indent with spaces, not with tabs"
        case "mapping values are not allowed in this context": "quote the value, or check the indentation of this line"
        case "did not find expected key", "did not find expected '-' indicator": "check the indentation of this line"
        case "could not find expected ':'": "a key needs a colon and a space behind it"
        default: nil
        }
    }

    private func place(ofByte offset: Int) -> Place {
        let before = unsafe Array(bytes[..<offset])
        var (line, column, i) = (firstLine + 1, UInt32(1), 0)
        while i < before.count {
            let width = SourceFile.lineBreakWidth(before, at: i)
            if width > 0 { (line, column) = (line + 1, 1) } else if before[i] & 0xC0 != 0x80 { column += 1 }
            i += max(width, 1)
        }
        return Place(file: file, line: line, column: column, length: 1)
    }
}
