import CTable
import RoutingTable

/// The head of a request as its target gets it: written anew from what was understood of the client's.
extension Worker {
    /// - Parameter bodyCount: bytes of the body as it is sent.
    mutating func writeRequestHead(_ slot: Int, bodyCount: Int) {
        guard let match = clients[slot].match, let target = clients[slot].target, let path = requestPath(clients[slot].head) else {
            preconditionFailure("a request is sent only after it was routed")
        }
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        let backend = table.backends[table.targets[target].backendIndex]
        let endpoint = endpoint(of: target)
        let credential = unsafe configuration.pointee.credential(of: backend)
        let head = clients[slot].head

        scratch.written.append(head[requestHead.methodName.indices])
        scratch.written.append(" ")
        let upstreamPath = UpstreamPath(match, in: table, path: path, basePath: endpoint.basePath, scratch: &scratch.regex)
        let room = unsafe scratch.written.reserve(upstreamPath.maxCount)
        scratch.written.commit(unsafe upstreamPath.write(to: room))
        writeQuery(slot, head, credential)
        scratch.written.append(" HTTP/1.1\r\nHost: ")
        scratch.written.append(endpoint.hostHeader)
        scratch.written.append("\r\n")

        writeRequestFields(slot, head, credential)
        let modelHeader = modelHeader(slot)
        if !modelHeader.isEmpty { writeModelField(modelHeader, table.string(table.targets[target].model)) }
        if hasBody(slot) {
            scratch.written.append("Content-Length: ")
            scratch.written.append(decimal: UInt64(bodyCount))
            scratch.written.append("\r\n")
        }
        scratch.written.append("Via: 1.1 roundtable\r\n\r\n")
    }

    /// The client's fields and those that the rule sets or adds; in place of either the credential and the model, which
    /// no filter changes.
    private mutating func writeRequestFields(_ slot: Int, _ head: Bytes, _ credential: CredentialValue?) {
        let filters = headerFilters(slot, .request)
        let countsTokens = clients[slot].target.map { self.countsTokens($0) } ?? false
        let modelHeader = modelHeader(slot)
        let credentialName = credential.map { $0.kind == .header ? $0.name : .empty } ?? .empty
        for i in 0..<requestHead.fields.count {
            let field = requestHead.fields[i]
            if field.isHopByHop || field.id.isWrittenAnew || (countsTokens && field.id == .acceptEncoding) { continue }
            let name = head[field.name.indices]
            if name.equalsIgnoringCase(credentialName) || name.equalsIgnoringCase(modelHeader) || filters.replaces(name) { continue }
            if isCredentialField(slot, name) { continue }
            writeField(name, head[field.value.indices])
        }
        for number in filters.numbers {
            guard let (name, value) = filters.addition(number) else { continue }
            let id = HeaderName(name)
            if id.isHopByHop || id.isWrittenAnew || (countsTokens && id == .acceptEncoding) { continue }
            if name.equalsIgnoringCase(credentialName) || name.equalsIgnoringCase(modelHeader) { continue }
            writeField(name, value)
        }
        if !credentialName.isEmpty, let value = credential?.value { writeField(credentialName, value) }
        if countsTokens { scratch.written.append("Accept-Encoding: identity\r\n") } // the usage must be readable
    }

    /// The query as it came, but for a parameter that the credential sets, and for the caller's own credentials.
    mutating func writeQuery(_ slot: Int, _ head: Bytes, _ credential: CredentialValue?) {
        let credential = credential.flatMap { $0.kind == .query ? $0 : nil }
        guard credential != nil || mayHaveCredentialParameter(slot) else {
            if let query = requestHead.query {
                scratch.written.append("?")
                scratch.written.append(head[query.indices])
            }
            return
        }
        var separator: StaticString = "?"
        if let query = requestHead.query {
            var parameters = QueryParameters(head[query.indices])
            while let parameter = parameters.next() {
                if credential.map({ QueryString.isCalled($0.name, parameter) }) == true || isCredentialParameter(slot, parameter) { continue }
                scratch.written.append(separator)
                scratch.written.append(parameter)
                separator = "&"
            }
        }
        if let credential, let value = credential.value {
            scratch.written.append(separator)
            scratch.written.append(credential.name)
            scratch.written.append("=")
            scratch.written.append(value)
        }
    }

    mutating func writeField(_ name: Bytes, _ value: Bytes) { scratch.written.appendField(name, value) }

    /// A model's name as a field's value: its control characters, which would end the line, percent-encoded.
    mutating func writeModelField(_ name: Bytes, _ model: Bytes) {
        if model.span.skipText(from: 0) == model.count {
            writeField(name, model)
            return
        }
        scratch.written.append(name)
        scratch.written.append(": ")
        for i in 0..<model.count {
            if model[i] < 0x20 || model[i] == ASCII.delete {
                scratch.written.append("%")
                if model[i] < 0x10 { scratch.written.append("0") }
                scratch.written.append(hex: UInt64(model[i]))
            } else {
                scratch.written.append(model[i])
            }
        }
        scratch.written.append("\r\n")
    }

    /// The header that takes the model of this request; empty: none does.
    private mutating func modelHeader(_ slot: Int) -> Bytes {
        let snapshot = unsafe configuration.pointee.snapshot
        guard let pool = clients[slot].pool, let provider = unsafe snapshot.pointee.table.pools[pool].providerIndex else { return .empty }
        return unsafe snapshot.pointee[provider].modelHeader
    }

    private mutating func hasBody(_ slot: Int) -> Bool {
        clients[slot].bodyBytes > 0 || requestHead.contentLength != nil || requestHead.isChunked || !mayLackContent(clients[slot].method)
    }
}

extension HeaderName {
    /// Fields that are not passed on but written from what was understood, or that end here.
    var isWrittenAnew: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .expect: true
        default: false
        }
    }
}
