import FoundationEssentials

/// The intermediate representation as JSON: IR.md describes the fields. The same representation makes the same
/// bytes: keys are sorted, two blanks indent, a line feed ends the file.
extension IntermediateRepresentation {
    package func json() throws -> [UInt8] { try StableJSON.encode(self) }

    /// Reads what `json()` wrote.
    package init(json: [UInt8]) throws(IRCodingError) {
        struct Versioned: Decodable { var version: Int }
        let data = Data(json)
        do {
            let found = try JSONDecoder().decode(Versioned.self, from: data).version
            guard found == Self.currentVersion else { throw IRCodingError.version(found) }
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch let error as IRCodingError {
            throw error
        } catch let error as DecodingError {
            throw .malformed(Self.explain(error))
        } catch {
            throw .malformed("\(error)")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.reduce("$") { path, key in
                key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
            }
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(let type, let context): return "\(path(context)) is not of the type \(type)"
        case .valueNotFound(_, let context): return "\(path(context)) has no value"
        case .dataCorrupted(let context): return "\(path(context)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}

/// Why a JSON text is no intermediate representation of this version.
package enum IRCodingError: Error, Equatable, CustomStringConvertible {
    case version(Int)
    case malformed(String)

    package var description: String {
        switch self {
        case .version(let found):
            "the intermediate representation has version \(found); this rtblc reads version \(IntermediateRepresentation.currentVersion): compile the CRs again with it"
        case .malformed(let why):
            "this is not an intermediate representation: \(why)"
        }
    }
}

// MARK: - Enumerations with values, in a form that reads well

extension IntermediateRepresentation.Rewrite {
    private enum Keys: String, CodingKey { case replaceFullPath, replacePrefixMatch }

    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Keys.self)
        switch self {
        case .none: break
        case .replaceFullPath(let value): try object.encode(value, forKey: .replaceFullPath)
        case .replacePrefixMatch(let value): try object.encode(value, forKey: .replacePrefixMatch)
        }
    }

    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Keys.self)
        if let value = try object.decodeIfPresent(String.self, forKey: .replaceFullPath) {
            self = .replaceFullPath(value)
        } else if let value = try object.decodeIfPresent(String.self, forKey: .replacePrefixMatch) {
            self = .replacePrefixMatch(value)
        } else {
            self = .none
        }
    }
}

extension IntermediateRepresentation.Field {
    private enum Keys: String, CodingKey { case body, header }

    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Keys.self)
        switch self {
        case .body(let path): try object.encode(path, forKey: .body)
        case .header(let name): try object.encode(name, forKey: .header)
        }
    }

    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Keys.self)
        if let path = try object.decodeIfPresent([String].self, forKey: .body) {
            self = .body(path)
        } else {
            self = .header(try object.decode(String.self, forKey: .header))
        }
    }
}
